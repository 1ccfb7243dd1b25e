//! Reads calendar expressions: `지난 5일`, `올해 1분기`, `10월 23~26일`, `다음 주 월요일`, `2021~2025년`.

use gisa_article_model::{EntityType, NormalizedValue};

use super::calendar_parts::{
    bare_detail, ends_date, half, month_detail, quarter, same_period, season, shared_unit, year_part,
};
use super::calendar_words::{day_word, digit_date, span_of_years, week_phrase};
use super::decision::{CERTAIN, GUESSED, LIKELY, Match};
use super::duration::{follows_as_length, names_year};
use super::number::short_integer;
use super::phrase::{Detail, Direction, Parsed, Phrase, YearReference, only};
use super::resolution::{Place, resolve, resolve_end, spanning};
use super::scan::{Cursor, is_hangul, is_tilde};
use super::timeline::Timeline;

/// A date or an interval of two at the cursor.
pub(super) fn date(cursor: Cursor<'_>, timeline: &Timeline) -> Option<Match> {
    // 제1일, 코로나3월.
    if cursor.previous().is_some_and(is_hangul) {
        return None;
    }
    let (first, end) = phrase(cursor)?;
    let place = Place {
        start: cursor,
        end,
        timeline,
    };
    if let Some((last, range_end)) = range_end(end) {
        let place = Place {
            end: range_end,
            ..place
        };
        let ends =
            resolve(&first, place).and_then(|start| Some((start, resolve_end(&first, start, &last, place)?)));
        if let Some(interval) = ends.and_then(|(start, end)| spanning(start, end)) {
            return Some(matched(NormalizedValue::Date(interval), range_end, CERTAIN));
        }
    }
    let interval = resolve(&first, place)?;
    Some(matched(NormalizedValue::Date(interval), end, confidence(&first)))
}

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    see(NEXT);
    DIRECTIONS.iter().for_each(|(word, _)| see(word));
    YEARS.iter().for_each(|(word, ..)| see(word));
}

fn matched(value: NormalizedValue, end: Cursor<'_>, confidence: f32) -> Match {
    Match {
        end: end.position(),
        entity_type: EntityType::Date,
        value: Some(value),
        confidence,
    }
}

fn confidence(phrase: &Phrase) -> f32 {
    match phrase.detail {
        Detail::Years(..) | Detail::SamePeriod => LIKELY,
        Detail::WholeYear if phrase.year.is_none() => GUESSED,
        _ => CERTAIN,
    }
}

/// The second date of `A~B` and `A부터 B까지`, with a bracket such as (수) in between.
fn range_end(first_end: Cursor<'_>) -> Parsed<'_> {
    let at = skip_bracket(first_end);
    if let Some(after) = at.skip_space().eat_char(is_tilde) {
        return phrase(after.skip_space());
    }
    let (last, end) = phrase(at.eat("부터")?.skip_space())?;
    let closes = skip_bracket(end);
    (closes.eat("까지").is_some() || closes.skip_space().eat("사이").is_some()).then_some((last, end))
}

/// Behind a short bracket: (현지시간), (수).
fn skip_bracket(cursor: Cursor<'_>) -> Cursor<'_> {
    let Some(inside) = cursor.eat("(") else {
        return cursor;
    };
    let window = inside
        .rest()
        .char_indices()
        .take(8)
        .find(|(_, mark)| *mark == ')');
    window.map_or(cursor, |(at, _)| inside.moved_to(inside.position() + at + 1))
}

fn phrase(cursor: Cursor<'_>) -> Parsed<'_> {
    day_word(cursor)
        .or_else(|| week_phrase(cursor))
        .or_else(|| digit_date(cursor))
        .or_else(|| span_of_years(cursor))
        .or_else(|| composed(cursor))
}

/// Next, of quarters.
const NEXT: &str = "다음";

/// Words that choose one of several dates.
const DIRECTIONS: &[(&str, Direction)] = &[
    ("지난", Direction::Last),
    ("오는", Direction::Next),
    ("다가오는", Direction::Next),
    ("이번", Direction::This),
];

/// 지난, 이번 or 오는 in front of a date.
pub(super) fn direction(cursor: Cursor<'_>) -> Option<(Direction, Cursor<'_>)> {
    // 다음 is also "then": 다음 3월 names no month.
    if let Some(after) = cursor
        .eat(NEXT)
        .map(Cursor::skip_space)
        .filter(|after| after.eat("분기").is_some())
    {
        return Some((Direction::Next, after));
    }
    let (direction, after) = DIRECTIONS
        .iter()
        .find_map(|(word, direction)| Some((*direction, cursor.eat(word)?)))?;
    Some((direction, after.skip_space()))
}

/// A direction, a year, a month and the finest part, each as far as it is there.
fn composed(cursor: Cursor<'_>) -> Parsed<'_> {
    let named_year = year(cursor);
    let (direction, start) = match (named_year, direction(cursor)) {
        (None, Some((direction, after))) => (Some(direction), after),
        _ => (None, cursor),
    };
    let year = named_year.or_else(|| year(start));
    let at = year.map_or(start, |(_, end, _)| end.skip_space());
    let reference = year.map(|(reference, ..)| reference);
    if let Some((found, end)) = detail(at, direction, reference.is_some()) {
        return Some((
            Phrase {
                direction,
                year: reference,
                ..found
            },
            end,
        ));
    }
    let (_, end, stands_alone) = year?;
    (stands_alone && ends_date(end)).then_some((
        Phrase {
            direction,
            year: reference,
            ..only(Detail::WholeYear)
        },
        end,
    ))
}

/// Words for a year, and whether each can stand without anything finer.
const YEARS: &[(&str, YearReference, bool)] = &[
    ("지난 한 해", YearReference::FromReference(-1), true),
    ("지난해", YearReference::FromReference(-1), true),
    ("지난 해", YearReference::FromReference(-1), true),
    ("작년", YearReference::FromReference(-1), true),
    ("재작년", YearReference::FromReference(-2), true),
    ("지지난해", YearReference::FromReference(-2), true),
    ("올해", YearReference::FromReference(0), true),
    ("올 한 해", YearReference::FromReference(0), true),
    ("올 한해", YearReference::FromReference(0), true),
    ("금년", YearReference::FromReference(0), true),
    ("올", YearReference::FromReference(0), false),
    ("내년", YearReference::FromReference(1), true),
    ("내후년", YearReference::FromReference(2), true),
    ("후년", YearReference::FromReference(2), true),
    ("전년도", YearReference::FromSentence(-1), true),
    ("전년", YearReference::FromSentence(-1), true),
    ("이듬해", YearReference::FromMentioned(1), true),
    ("같은 해", YearReference::FromMentioned(0), true),
    ("같은해", YearReference::FromMentioned(0), true),
    ("그해", YearReference::FromMentioned(0), true),
];

/// A year, and whether it can stand without anything finer.
fn year(cursor: Cursor<'_>) -> Option<(YearReference, Cursor<'_>, bool)> {
    if let Some((reference, end, alone)) = YEARS
        .iter()
        .find_map(|(word, reference, alone)| Some((*reference, cursor.eat(word)?, *alone)))
    {
        return Some((reference, end, alone));
    }
    numbered_year(cursor)
}

/// 2024년, 2024학년도, '24년, and 23년 where a month follows.
fn numbered_year(cursor: Cursor<'_>) -> Option<(YearReference, Cursor<'_>, bool)> {
    let quoted = cursor.eat_char(|mark| matches!(mark, '\'' | '’' | '‘'));
    let (number, digits, after) = short_integer(quoted.unwrap_or(cursor))?;
    let (unit, end) = after
        .eat_any(&["학년도", "년도", "년"])
        .or_else(|| after.skip_space().eat_any(&["회계연도", "년도"]))?;
    let year = match (digits, quoted) {
        (4, None) if names_year(number, end) => number,
        // '24년, but a quotation may begin with a length.
        (2, Some(_)) if !follows_as_length(end) => 2000 + number,
        (2, None) if unit == "년도" && number >= 50 => 1900 + number,
        (2, None) if unit == "년도" && number < 10 => 2000 + number,
        (2, None) if shared_unit(end.skip_space(), "월", 12).is_some() => 2000 + number,
        _ => return None,
    };
    Some((
        YearReference::Absolute(i16::try_from(year).ok()?),
        end,
        digits == 4 || quoted.is_some() || unit == "년도",
    ))
}

/// What is finer than a year. Some of it needs a year or a direction in front (봄, 말).
fn detail(at: Cursor<'_>, direction: Option<Direction>, has_year: bool) -> Parsed<'_> {
    let anchored = has_year || direction.is_some();
    month_detail(at)
        .or_else(|| quarter(at, direction))
        .or_else(|| half(at))
        .or_else(|| season(at).filter(|_| anchored))
        .or_else(|| year_part(at, has_year))
        .or_else(|| same_period(at).filter(|_| has_year))
        .or_else(|| {
            if has_year {
                None
            } else {
                bare_detail(at, direction)
            }
        })
}
