//! When the caller of a call gives up.

use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::MetadataMap;

/// Header of gRPC: digits and a unit.
const GRPC_TIMEOUT: &str = "grpc-timeout";

/// When the caller gives up, as counted from now; `None` if it waits for ever.
pub(super) fn deadline(metadata: &MetadataMap) -> Option<Instant> {
    let value = metadata.get(GRPC_TIMEOUT)?.to_str().ok()?;
    Instant::now().checked_add(parse(value)?)
}

fn parse(value: &str) -> Option<Duration> {
    let (last, unit) = value.char_indices().next_back()?;
    let digits = &value[..last];
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(amount * 3600),
        'M' => Duration::from_secs(amount * 60),
        'S' => Duration::from_secs(amount),
        'm' => Duration::from_millis(amount),
        'u' => Duration::from_micros(amount),
        'n' => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_has_them() {
        assert_eq!(parse("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse("2M"), Some(Duration::from_secs(120)));
        assert_eq!(parse("3S"), Some(Duration::from_secs(3)));
        assert_eq!(parse("1500m"), Some(Duration::from_millis(1500)));
        assert_eq!(parse("99999999u"), Some(Duration::from_micros(99_999_999)));
        assert_eq!(parse("7n"), Some(Duration::from_nanos(7)));
        for wrong in ["", "S", "1", "123456789S", "-1S", "1초"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
