//! Dates and times as people and feeds write them.

use gisa_article_model::ZonedTime;
use jiff::{civil::Time, fmt::temporal::Pieces, tz::Offset};

/// What is accepted, for messages.
const FORMS: &str = "RFC 3339 (2026-11-02T09:30:00+09:00), or in Korean time 2026-11-02 09:30 or 2026-11-02";

/// Reads a point in time: RFC 3339, or without an offset in Korean time; a date alone is the start of its day.
pub fn parse_published_at(text: &str) -> Result<ZonedTime, String> {
    let unreadable = || format!("`{text}` is no date: use {FORMS}");
    let pieces = Pieces::parse(text.trim()).map_err(|_| unreadable())?;
    let offset = match pieces.to_numeric_offset() {
        Some(offset) => offset,
        // A zone by name would need a table of zones; without its offset the time would be taken for Korean.
        None if pieces.time_zone_annotation().is_some() => return Err(unreadable()),
        None => Offset::constant(9),
    };
    let time = pieces.time().unwrap_or(Time::midnight());
    let instant = offset
        .to_timestamp(pieces.date().to_datetime(time))
        .map_err(|_| unreadable())?;
    if offset.seconds().abs() > ZonedTime::MAX_OFFSET_SECONDS {
        return Err(unreadable());
    }
    Ok(ZonedTime {
        instant,
        utc_offset_seconds: offset.seconds(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_korean_unless_they_say_otherwise() {
        for (text, expected) in [
            ("2024-04-03", "2024-04-03T00:00:00+09:00"),
            ("2024-04-03 09:30", "2024-04-03T09:30:00+09:00"),
            ("2024-04-03T09:30:05", "2024-04-03T09:30:05+09:00"),
            ("2024-04-03T09:30:00Z", "2024-04-03T09:30:00+00:00"),
            ("2024-04-03T09:30:00-05:00", "2024-04-03T09:30:00-05:00"),
        ] {
            assert_eq!(parse_published_at(text).unwrap().to_string(), expected, "{text}");
        }
        for wrong in [
            "",
            "어제",
            "2024-13-01",
            "2024-04-03T09:30[America/New_York]",
            "1712102400",
        ] {
            assert!(
                parse_published_at(wrong).unwrap_err().contains("is no date"),
                "{wrong}"
            );
        }
    }
}
