//! Points in time.

use gisa_article_model::ZonedTime;
use gisa_proto::article::v1 as proto;
use jiff::Timestamp;

use crate::DecodeError;

/// An instant as a protobuf timestamp.
pub fn encode_timestamp(instant: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        // Protobuf wants the nanoseconds not negative; jiff counts both parts downwards before 1970.
        return prost_types::Timestamp {
            seconds: seconds - 1,
            nanos: nanos + 1_000_000_000,
        };
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A protobuf timestamp as an instant; fails outside of the years -9999 to 9999.
pub fn decode_timestamp(
    message: &prost_types::Timestamp,
    field: &'static str,
) -> Result<Timestamp, DecodeError> {
    Timestamp::new(message.seconds, message.nanos).map_err(|_| DecodeError::out_of_range(field, message))
}

/// A zoned time as protobuf.
pub fn encode_zoned(time: ZonedTime) -> proto::ZonedTime {
    proto::ZonedTime {
        instant: Some(encode_timestamp(time.instant)),
        utc_offset_seconds: time.utc_offset_seconds,
    }
}

/// A protobuf zoned time; fails when the instant is missing or either part is out of range.
pub fn decode_zoned(message: &proto::ZonedTime, field: &'static str) -> Result<ZonedTime, DecodeError> {
    let instant = message.instant.as_ref().ok_or(DecodeError::Missing(field))?;
    if message.utc_offset_seconds.abs() > ZonedTime::MAX_OFFSET_SECONDS {
        return Err(DecodeError::out_of_range(field, message.utc_offset_seconds));
    }
    Ok(ZonedTime {
        instant: decode_timestamp(instant, field)?,
        utc_offset_seconds: message.utc_offset_seconds,
    })
}
