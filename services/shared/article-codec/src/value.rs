//! Typed values. Numbers and dates travel as text in the notation of the domain type.

use gisa_article_model::{
    Amount, CalendarGranularity, CalendarInterval, ClockTime, DurationUnit, IsoDuration, NormalizedValue,
};
use gisa_proto::entity::v1::{self as proto, normalized_value::Value};
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use crate::DecodeError;

/// A value as protobuf.
pub fn encode_value(value: &NormalizedValue) -> proto::NormalizedValue {
    let value = match value {
        NormalizedValue::Date(interval) => Value::Date(encode_interval(interval)),
        NormalizedValue::Time(time) => Value::Time(proto::ClockTime {
            iso8601: time.to_string(),
        }),
        NormalizedValue::Duration(duration) => Value::Duration(proto::IsoDuration {
            iso8601: duration.to_string(),
        }),
        NormalizedValue::Money {
            amount,
            currency_code,
        } => Value::Money(proto::MoneyAmount {
            amount: amount.to_string(),
            currency_code: currency_code.clone(),
        }),
        NormalizedValue::Percent { amount, points } => Value::Percent(proto::Percentage {
            amount: amount.to_string(),
            points: *points,
        }),
        NormalizedValue::Quantity { amount, unit } => Value::Quantity(proto::MeasuredQuantity {
            amount: amount.to_string(),
            unit: unit.clone(),
        }),
    };
    proto::NormalizedValue { value: Some(value) }
}

/// A protobuf value.
pub fn decode_value(message: proto::NormalizedValue) -> Result<NormalizedValue, DecodeError> {
    Ok(match message.value.ok_or(DecodeError::Missing("value"))? {
        Value::Date(interval) => NormalizedValue::Date(decode_interval(&interval)?),
        Value::Time(time) => NormalizedValue::Time(decode_clock_time(&time.iso8601)?),
        Value::Duration(duration) => NormalizedValue::Duration(decode_duration(&duration.iso8601)?),
        Value::Money(money) => NormalizedValue::Money {
            amount: decode_amount(&money.amount)?,
            currency_code: money.currency_code,
        },
        Value::Percent(percent) => NormalizedValue::Percent {
            amount: decode_amount(&percent.amount)?,
            points: percent.points,
        },
        Value::Quantity(quantity) => NormalizedValue::Quantity {
            amount: decode_amount(&quantity.amount)?,
            unit: quantity.unit,
        },
    })
}

/// A calendar interval as protobuf.
pub fn encode_interval(interval: &CalendarInterval) -> proto::CalendarInterval {
    proto::CalendarInterval {
        first_day: interval.first_day.to_string(),
        last_day: interval.last_day.to_string(),
        granularity: encode_granularity(interval.granularity).into(),
        iso8601: interval.to_string(),
    }
}

/// A protobuf calendar interval.
pub fn decode_interval(message: &proto::CalendarInterval) -> Result<CalendarInterval, DecodeError> {
    Ok(CalendarInterval {
        granularity: decode_granularity(message.granularity())
            .ok_or_else(|| DecodeError::out_of_range("granularity", message.granularity))?,
        first_day: decode_day(&message.first_day, "first_day")?,
        last_day: decode_day(&message.last_day, "last_day")?,
    })
}

fn encode_granularity(granularity: CalendarGranularity) -> proto::CalendarGranularity {
    match granularity {
        CalendarGranularity::Day => proto::CalendarGranularity::Day,
        CalendarGranularity::Week => proto::CalendarGranularity::Week,
        CalendarGranularity::Month => proto::CalendarGranularity::Month,
        CalendarGranularity::Quarter => proto::CalendarGranularity::Quarter,
        CalendarGranularity::Year => proto::CalendarGranularity::Year,
    }
}

fn decode_granularity(granularity: proto::CalendarGranularity) -> Option<CalendarGranularity> {
    match granularity {
        proto::CalendarGranularity::Unspecified => None,
        proto::CalendarGranularity::Day => Some(CalendarGranularity::Day),
        proto::CalendarGranularity::Week => Some(CalendarGranularity::Week),
        proto::CalendarGranularity::Month => Some(CalendarGranularity::Month),
        proto::CalendarGranularity::Quarter => Some(CalendarGranularity::Quarter),
        proto::CalendarGranularity::Year => Some(CalendarGranularity::Year),
    }
}

fn decode_day(text: &str, field: &'static str) -> Result<Date, DecodeError> {
    text.parse().map_err(|_| DecodeError::out_of_range(field, text))
}

fn decode_amount(text: &str) -> Result<Amount, DecodeError> {
    let number = |part: &str| {
        part.parse::<Decimal>()
            .map_err(|_| DecodeError::out_of_range("amount", text))
    };
    match text.split_once('/') {
        Some((low, high)) => Ok(Amount::Range(number(low)?, number(high)?)),
        None => Ok(Amount::Exact(number(text)?)),
    }
}

fn decode_clock_time(text: &str) -> Result<ClockTime, DecodeError> {
    let time = |part: &str| {
        Time::strptime("%H:%M", part).map_err(|_| DecodeError::out_of_range("time.iso8601", text))
    };
    match text.split_once('/') {
        Some((start, end)) => Ok(ClockTime {
            start: time(start)?,
            end: Some(time(end)?),
        }),
        None => Ok(ClockTime {
            start: time(text)?,
            end: None,
        }),
    }
}

fn decode_duration(text: &str) -> Result<IsoDuration, DecodeError> {
    match text.split_once('/') {
        Some((parts, upper)) => Ok(IsoDuration {
            parts: decode_duration_parts(parts)?,
            upper: Some(decode_duration_parts(upper)?),
        }),
        None => Ok(IsoDuration {
            parts: decode_duration_parts(text)?,
            upper: None,
        }),
    }
}

fn decode_duration_parts(text: &str) -> Result<Vec<(Decimal, DurationUnit)>, DecodeError> {
    let broken = || DecodeError::out_of_range("duration.iso8601", text);
    let mut rest = text.strip_prefix('P').ok_or_else(broken)?;
    let mut in_clock_part = false;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(clock_part) = rest.strip_prefix('T') {
            in_clock_part = true;
            rest = clock_part;
            continue;
        }
        let end = rest
            .find(|character: char| character.is_ascii_alphabetic())
            .ok_or_else(broken)?;
        let number: Decimal = rest[..end].parse().map_err(|_| broken())?;
        let unit = match (rest.as_bytes()[end], in_clock_part) {
            (b'Y', false) => DurationUnit::Year,
            (b'M', false) => DurationUnit::Month,
            (b'W', false) => DurationUnit::Week,
            (b'D', false) => DurationUnit::Day,
            (b'H', true) => DurationUnit::Hour,
            (b'M', true) => DurationUnit::Minute,
            (b'S', true) => DurationUnit::Second,
            _ => return Err(broken()),
        };
        parts.push((number, unit));
        rest = &rest[end + 1..];
    }
    if parts.is_empty() {
        Err(broken())
    } else {
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn amounts() -> impl Strategy<Value = Amount> {
        let number =
            (any::<i64>(), 0_u32..6).prop_map(|(digits, scale)| Decimal::new(digits, scale).normalize());
        prop_oneof![
            number.clone().prop_map(Amount::Exact),
            (number.clone(), number).prop_map(|(low, high)| Amount::Range(low, high)),
        ]
    }

    fn values() -> impl Strategy<Value = NormalizedValue> {
        let parts = (1_i64..5000, 0_u32..2).prop_map(|(digits, scale)| {
            vec![
                (Decimal::new(digits, scale).normalize(), DurationUnit::Year),
                (Decimal::from(3), DurationUnit::Minute),
            ]
        });
        prop_oneof![
            amounts().prop_map(|amount| NormalizedValue::Money {
                amount,
                currency_code: "KRW".into()
            }),
            (amounts(), any::<bool>())
                .prop_map(|(amount, points)| NormalizedValue::Percent { amount, points }),
            (amounts(), "[가-힣]{1,4}").prop_map(|(amount, unit)| NormalizedValue::Quantity { amount, unit }),
            (parts.clone(), proptest::option::of(parts))
                .prop_map(|(parts, upper)| NormalizedValue::Duration(IsoDuration { parts, upper })),
            (0_i8..24, 0_i8..60, any::<bool>()).prop_map(|(hour, minute, span)| NormalizedValue::Time(
                ClockTime {
                    start: time(hour, minute, 0, 0),
                    end: span.then(|| time(minute % 24, hour, 0, 0)),
                }
            )),
            (1000_i16..3000, 1_i8..13, 1_i8..29).prop_map(|(year, month, day)| NormalizedValue::Date(
                CalendarInterval {
                    first_day: date(year, month, day),
                    last_day: date(year + 1, month, day),
                    granularity: CalendarGranularity::Day,
                }
            )),
        ]
    }

    proptest! {
        #[test]
        fn values_round_trip(value in values()) {
            prop_assert_eq!(decode_value(encode_value(&value)), Ok(value));
        }

        #[test]
        fn any_duration_text_is_read_or_refused(text in "[PTYMWDHS0-9./]{0,20}|.{0,20}") {
            let _ = decode_duration(&text);
            let _ = decode_clock_time(&text);
            let _ = decode_amount(&text);
        }
    }
}
