//! Calendar expressions that are read as a whole: day words, weeks, dates in digits, spans of years.

use jiff::civil::Weekday;

use super::calendar::direction;
use super::calendar_parts::ends_date;
use super::number::short_integer;
use super::phrase::{Detail, Parsed, Phrase, WeekDay, only};
use super::scan::Cursor;

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    let words = [FROM_REFERENCE, FROM_MENTIONED, WEEKS].concat();
    words.into_iter().for_each(|(word, _)| see(word));
}

/// Days from that of the publication.
const FROM_REFERENCE: &[(&str, i64)] = &[
    ("오늘", 0),
    ("금일", 0),
    ("어제", -1),
    ("어저께", -1),
    ("내일", 1),
    ("명일", 1),
    ("모레", 2),
    ("글피", 3),
    ("그저께", -2),
    ("그제", -2),
    ("엊그제", -2),
];

/// Days from the one mentioned last.
const FROM_MENTIONED: &[(&str, i64)] = &[
    ("이날", 0),
    ("이 날", 0),
    ("전일", -1),
    ("같은 날", 0),
    ("같은날", 0),
    ("전날", -1),
    ("다음 날", 1),
    ("다음날", 1),
    ("이튿날", 1),
    ("그날", 0),
];

pub(super) fn day_word(cursor: Cursor<'_>) -> Parsed<'_> {
    let find = |table: &[(&str, i64)]| {
        table
            .iter()
            .find_map(|(word, days)| Some((*days, cursor.eat(word).filter(|end| end.ends_word())?)))
    };
    find(FROM_REFERENCE)
        .map(|(days, end)| (only(Detail::DayFromReference(days)), end))
        .or_else(|| find(FROM_MENTIONED).map(|(days, end)| (only(Detail::DayFromMentioned(days)), end)))
}

/// Weeks from that of the publication.
const WEEKS: &[(&str, i64)] = &[
    ("지지난주", -2),
    ("지난주", -1),
    ("지난 주", -1),
    ("저번 주", -1),
    ("저번주", -1),
    ("이번 주", 0),
    ("이번주", 0),
    ("다음 주", 1),
    ("다음주", 1),
    ("다다음 주", 2),
    ("오는 주말", 0),
];

pub(super) fn week_phrase(cursor: Cursor<'_>) -> Parsed<'_> {
    let (weeks, week_end) = WEEKS
        .iter()
        .find_map(|(word, weeks)| Some((*weeks, cursor.eat(word)?)))?;
    let part = week_part(week_end);
    let end = part.map_or_else(|| part_of_period(week_end), |(_, end)| end);
    // 다음 주자 is the next runner.
    let is_week = end.ends_word() && end.eat("자").is_none();
    let is_weekend = cursor.eat("오는 주말").is_some();
    let part = if is_weekend {
        Some(WeekDay::Weekend)
    } else {
        part.map(|(part, _)| part)
    };
    is_week.then_some((only(Detail::Week(weeks, part)), end))
}

fn week_part(week_end: Cursor<'_>) -> Option<(WeekDay, Cursor<'_>)> {
    if let Some(end) = week_end.eat("말").filter(|end| end.ends_word()) {
        return Some((WeekDay::Weekend, end));
    }
    let (weekday, end) = weekday(week_end.skip_space())?;
    Some((WeekDay::Day(weekday), end))
}

pub(super) fn weekday(cursor: Cursor<'_>) -> Option<(Weekday, Cursor<'_>)> {
    const WEEKDAYS: &[(&str, Weekday)] = &[
        ("월요일", Weekday::Monday),
        ("화요일", Weekday::Tuesday),
        ("수요일", Weekday::Wednesday),
        ("목요일", Weekday::Thursday),
        ("금요일", Weekday::Friday),
        ("토요일", Weekday::Saturday),
        ("일요일", Weekday::Sunday),
    ];
    let (day, end) = WEEKDAYS
        .iter()
        .find_map(|(word, day)| Some((*day, cursor.eat(word)?)))?;
    end.ends_word().then_some((day, end))
}

/// 2024.04.02, 2024. 4. 2, 2024-04-02, 2024/04/02.
pub(super) fn digit_date(cursor: Cursor<'_>) -> Parsed<'_> {
    let (year, 4, after) = short_integer(cursor)? else {
        return None;
    };
    let (mark, after) = after.eat_any(&[".", "-", "/"])?;
    let (month, _, after) = short_integer(skip_space_behind(mark, after))?;
    let (day, digits, end) = short_integer(skip_space_behind(mark, after.eat(mark)?))?;
    let shaped =
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && digits <= 2;
    let goes_on = end
        .eat(mark)
        .is_some_and(|after| after.peek().is_some_and(|next| next.is_ascii_digit()));
    let detail = Detail::FixedDay(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    (shaped && !goes_on && end.ends_word() && end.ends_latin()).then_some((only(detail), end))
}

/// Only full stops have a space behind them (2024. 4. 2).
fn skip_space_behind<'text>(mark: &str, after: Cursor<'text>) -> Cursor<'text> {
    if mark == "." { after.skip_space() } else { after }
}

/// 2021~2025, 2022·2023년, 1990년대, 21세기.
pub(super) fn span_of_years(cursor: Cursor<'_>) -> Parsed<'_> {
    let (direction, at) =
        direction(cursor).map_or((None, cursor), |(direction, after)| (Some(direction), after));
    let (first, digits, after) = short_integer(at)?;
    let (detail, end) = match digits {
        4 => decade(first, after).or_else(|| year_range(first, after))?,
        2 => century(first, after)
            .or_else(|| decade(1900 + first, after).filter(|_| first >= 30 && first % 10 == 0))?,
        _ => return None,
    };
    Some((
        Phrase {
            direction,
            ..only(detail)
        },
        end,
    ))
}

fn century(number: u32, after: Cursor<'_>) -> Option<(Detail, Cursor<'_>)> {
    let end = after
        .eat("세기")
        .filter(|end| end.ends_word() && (10..=30).contains(&number))?;
    let end = part_of_period(end);
    let first = i16::try_from(number * 100 - 99).ok()?;
    Some((Detail::Years(first, first + 99), end))
}

fn decade(first: u32, after: Cursor<'_>) -> Option<(Detail, Cursor<'_>)> {
    let end = after
        .eat("년대")
        .filter(|end| end.ends_word() && first.is_multiple_of(10))?;
    let first = i16::try_from(first).ok()?;
    Some((Detail::Years(first, first + 9), part_of_period(end)))
}

/// Behind 초반, 말 and the like of a period, which change nothing about the years.
pub(super) fn part_of_period(end: Cursor<'_>) -> Cursor<'_> {
    let part = end
        .skip_space()
        .eat_any(&["초반", "중반", "중후반", "후반", "전반", "초", "말"]);
    part.map(|(_, end)| end)
        .filter(|end| end.ends_word())
        .unwrap_or(end)
}

fn year_range(first: u32, after: Cursor<'_>) -> Option<(Detail, Cursor<'_>)> {
    let tilde = after.eat_range_mark();
    let at = tilde.or_else(|| Some(after.eat_any(&["·", ",", "/"])?.1.skip_space()))?;
    let (last, digits, end) = short_integer(at)?;
    // 2023~24년.
    let last = if digits == 2 {
        first / 100 * 100 + last
    } else {
        last
    };
    let with_unit = end.eat("년").filter(|end| ends_date(*end));
    let bare = (tilde.is_some() && digits == 4 && end.ends_word() && end.ends_latin()).then_some(end);
    let is_range =
        (1900..2100).contains(&first) && (1900..2100).contains(&last) && first < last && digits % 2 == 0;
    let detail = Detail::Years(i16::try_from(first).ok()?, i16::try_from(last).ok()?);
    with_unit.or(bare).filter(|_| is_range).map(|end| (detail, end))
}
