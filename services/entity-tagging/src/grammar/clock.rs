//! Clock times: `오전 9시 30분`, `14:30`, `오후 2시~4시`, `정오`.

use gisa_article_model::{ClockTime, EntityType, NormalizedValue};
use jiff::civil::Time;

use super::decision::{CERTAIN, Match};
use super::number::short_integer;
use super::scan::{Cursor, is_hangul};

/// Part of the day that an hour is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayPart {
    Morning,
    Afternoon,
    Noon,
    Night,
}

const DAY_PARTS: &[(&str, DayPart)] = &[
    ("오전", DayPart::Morning),
    ("새벽", DayPart::Morning),
    ("아침", DayPart::Morning),
    ("오후", DayPart::Afternoon),
    ("저녁", DayPart::Afternoon),
    ("점심", DayPart::Noon),
    ("한낮", DayPart::Noon),
    ("낮", DayPart::Noon),
    ("밤", DayPart::Night),
];

/// A time before it is put on the 24-hour clock.
#[derive(Clone, Copy, Debug)]
struct Reading {
    part: Option<DayPart>,
    hour: i8,
    minute: i8,
}

/// A time or a span of two at the cursor.
pub(super) fn time(cursor: Cursor<'_>) -> Option<Match> {
    if cursor.peek().is_some_and(|next| next.is_ascii_digit()) && cursor.previous().is_some_and(is_hangul) {
        return None;
    }
    let (clock, end) = named(cursor).or_else(|| span(cursor))?;
    Some(Match {
        end: end.position(),
        entity_type: EntityType::Time,
        value: Some(NormalizedValue::Time(clock)),
        confidence: CERTAIN,
    })
}

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    NAMED.iter().copied().for_each(&mut *see);
    DAY_PARTS.iter().for_each(|(word, _)| see(word));
}

const NAMED: &[&str] = &["정오", "자정"];

/// 정오 and 자정, which are times without an hour.
fn named(cursor: Cursor<'_>) -> Option<(ClockTime, Cursor<'_>)> {
    let (word, end) = cursor.eat_any(NAMED)?;
    let hour = if word == "정오" { 12 } else { 0 };
    end.ends_word().then_some((
        ClockTime {
            start: Time::new(hour, 0, 0, 0).ok()?,
            end: None,
        },
        end,
    ))
}

fn span(cursor: Cursor<'_>) -> Option<(ClockTime, Cursor<'_>)> {
    if let Some(found) = shared_hour_span(cursor) {
        return Some(found);
    }
    let (first, after) = reading(cursor)?;
    let start = first.on_clock(None)?;
    if let Some((second, end)) = range_tail(after)
        && let Some(until) = second.on_clock(Some(first))
    {
        return Some((
            ClockTime {
                start,
                end: Some(until),
            },
            end,
        ));
    }
    Some((ClockTime { start, end: None }, after))
}

/// `9~18시`, where only the second hour has its unit.
fn shared_hour_span(cursor: Cursor<'_>) -> Option<(ClockTime, Cursor<'_>)> {
    let (part, at) = day_part(cursor);
    let (hour, _, after) = short_integer(at)?;
    let first = Reading {
        part,
        hour: i8::try_from(hour).ok().filter(|hour| *hour <= 24)?,
        minute: 0,
    };
    let (second, end) = hours_and_minutes(after.eat_range_mark()?)?;
    let clock = ClockTime {
        start: first.on_clock(None)?,
        end: Some(second.on_clock(Some(first))?),
    };
    Some((clock, end))
}

/// The second time of `9시~18시` or `9시부터 18시까지`.
fn range_tail(after: Cursor<'_>) -> Option<(Reading, Cursor<'_>)> {
    if let Some(at) = after.eat_range_mark() {
        return reading(at);
    }
    let (second, end) = reading(after.eat("부터")?.skip_space())?;
    end.eat("까지").is_some().then_some((second, end))
}

fn reading(cursor: Cursor<'_>) -> Option<(Reading, Cursor<'_>)> {
    let (part, at) = day_part(cursor);
    let (reading, end) = hours_and_minutes(at).or_else(|| digital(at, part.is_some()))?;
    Some((Reading { part, ..reading }, end))
}

fn day_part(cursor: Cursor<'_>) -> (Option<DayPart>, Cursor<'_>) {
    let found = DAY_PARTS
        .iter()
        .find_map(|(word, part)| Some((*part, cursor.eat(word)?)));
    found.map_or((None, cursor), |(part, after)| (Some(part), after.skip_space()))
}

/// 9시, 9시 반, 9시 30분, 9시 30분 15초.
fn hours_and_minutes(cursor: Cursor<'_>) -> Option<(Reading, Cursor<'_>)> {
    let (hour, _, after) = short_integer(cursor)?;
    let hour_end = after.eat("시")?;
    let hour = i8::try_from(hour).ok().filter(|hour| *hour <= 24)?;
    let exact = Reading {
        part: None,
        hour,
        minute: 0,
    };
    if let Some(half) = hour_end.skip_space().eat("반").filter(|end| end.ends_word()) {
        return Some((Reading { minute: 30, ..exact }, half));
    }
    if let Some((minute, end)) = sixtieths(hour_end, "분") {
        let end = sixtieths(end, "초").map_or(end, |(_, end)| end);
        return Some((Reading { minute, ..exact }, end));
    }
    hour_end.ends_word().then_some((exact, hour_end))
}

fn sixtieths<'text>(cursor: Cursor<'text>, unit: &str) -> Option<(i8, Cursor<'text>)> {
    let (value, _, after) = short_integer(cursor.skip_space())?;
    let end = after.eat(unit).filter(|end| end.ends_word())?;
    Some((i8::try_from(value).ok().filter(|value| *value < 60)?, end))
}

/// 14:30. A single-digit hour needs a part of the day, otherwise it may be a ratio or a score.
fn digital(cursor: Cursor<'_>, has_part: bool) -> Option<(Reading, Cursor<'_>)> {
    let (hour, hour_digits, after) = short_integer(cursor)?;
    let (minute, minute_digits, end) = short_integer(after.eat(":")?)?;
    let shaped =
        minute_digits == 2 && minute < 60 && hour <= 24 && (hour_digits == 2 || has_part && hour_digits == 1);
    let end = match end.eat(":").and_then(short_integer) {
        Some((_, 2, end)) => end,
        Some(_) => return None,
        None => end,
    };
    let reading = Reading {
        part: None,
        hour: i8::try_from(hour).ok()?,
        minute: i8::try_from(minute).ok()?,
    };
    (shaped && end.ends_latin() && end.peek() != Some(':')).then_some((reading, end))
}

impl Reading {
    /// The time of day. The end of a span without a part of its own follows its start.
    fn on_clock(self, start: Option<Reading>) -> Option<Time> {
        let mut hour = self.placed(self.part.or_else(|| start.and_then(|start| start.part)));
        if let Some(start) = start.filter(|_| self.part.is_none()) {
            let earliest = start.placed(start.part);
            if hour < earliest && self.hour < 12 && earliest < self.hour + 12 {
                hour = self.hour + 12;
            }
        }
        Time::new(hour % 24, self.minute, 0, 0).ok()
    }

    fn placed(self, part: Option<DayPart>) -> i8 {
        match part {
            Some(DayPart::Morning) if self.hour == 12 => 0,
            Some(DayPart::Afternoon) if self.hour < 12 => self.hour + 12,
            Some(DayPart::Noon) if self.hour < 6 => self.hour + 12,
            Some(DayPart::Night) if (6..12).contains(&self.hour) => self.hour + 12,
            Some(DayPart::Night) if self.hour == 12 => 0,
            _ => self.hour,
        }
    }
}
