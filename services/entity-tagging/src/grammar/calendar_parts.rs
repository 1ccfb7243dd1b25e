//! The parts of calendar expressions below the year: months, days, quarters, halves, seasons.

use super::calendar_words::weekday;
use super::duration::{follows_as_length, precedes_length};
use super::number::{number, short_integer};
use super::phrase::{DayOfMonth, Detail, Direction, MonthReference, Parsed, Phrase, WeekDay, only};
use super::scan::Cursor;

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    MONTHS.iter().for_each(|(word, _)| see(word));
    let words = [LAST_QUARTER, HALVES, PARTS_OF_THIS_YEAR].concat();
    words.into_iter().for_each(see);
}

/// 3월, 4~6월, and what a month is cut into.
pub(super) fn month_detail(at: Cursor<'_>) -> Parsed<'_> {
    let (first, last, end) = shared_unit(at, "월", 12)?;
    if first == last
        && let Some((day, end)) = part_of_month(end.skip_space()).or_else(|| days(end.skip_space(), false))
    {
        return Some((
            Phrase {
                month: Some(MonthReference::Named(first)),
                ..only(Detail::InMonth(day))
            },
            end,
        ));
    }
    // 1월드컵 and 3월급 are no months.
    ends_date(end).then_some((only(Detail::Months(first, last)), end))
}

/// 말, 초순 or a week behind a month.
fn part_of_month(at: Cursor<'_>) -> Option<(DayOfMonth, Cursor<'_>)> {
    if let Some((_, end)) = at
        .eat_any(&["초순", "상순", "중순", "하순", "말", "초", "중반"])
        .filter(|(_, end)| end.ends_word())
    {
        return Some((DayOfMonth::All, end));
    }
    let (nth, end) = ordinal_week(at)?;
    let day = weekday(end.skip_space());
    let end = day.map_or(end, |(_, end)| end);
    end.ends_word()
        .then_some((DayOfMonth::Week(nth, day.map(|(day, _)| WeekDay::Day(day))), end))
}

/// 둘째 주, 마지막 주, 2주차.
fn ordinal_week(at: Cursor<'_>) -> Option<(i8, Cursor<'_>)> {
    const ORDINALS: &[(&str, i8)] = &[
        ("첫째", 1),
        ("첫", 1),
        ("둘째", 2),
        ("두번째", 2),
        ("셋째", 3),
        ("넷째", 4),
        ("다섯째", 5),
        ("마지막", -1),
    ];
    if let Some((nth, after)) = ORDINALS
        .iter()
        .find_map(|(word, nth)| Some((*nth, at.eat(word)?)))
    {
        return Some((nth, after.skip_space().eat("주")?));
    }
    let (number, 1, after) = short_integer(at)? else {
        return None;
    };
    let end = after.eat("주")?.skip_space().eat("차")?;
    (1..=5)
        .contains(&number)
        .then_some((i8::try_from(number).ok()?, end))
}

/// 5일, 23~26일, 3, 4일, with the weekday if it follows. A bare one must not be a length (5일간).
fn days(at: Cursor<'_>, is_bare: bool) -> Option<(DayOfMonth, Cursor<'_>)> {
    let (first, last, end) = shared_unit(at, "일", 31)?;
    let is_length = follows_as_length(end) || is_bare && (precedes_length(at) || is_daily(first, end));
    let at_clock = end.eat_any(&["오전", "오후", "새벽", "낮", "밤"]).is_some();
    if is_length || !(ends_date(end) || at_clock) {
        return None;
    }
    let end = weekday(end.skip_space()).map_or(end, |(_, end)| end);
    Some((DayOfMonth::Days(first, last), end))
}

/// 1일 3회, 1일 평균: a rate.
fn is_daily(day: i8, end: Cursor<'_>) -> bool {
    let next = end.skip_space();
    let counts = |at: Cursor<'_>| {
        let number = number(at);
        number.is_some_and(|(_, end)| {
            end.eat_any(&["회", "개", "번", "명", "인", "식", "잔", "정", "캡슐", "건"])
                .is_some()
        })
    };
    day == 1 && (counts(next) || next.eat_any(&["평균", "권장", "최대", "이용"]).is_some())
}

pub(super) fn quarter(at: Cursor<'_>, direction: Option<Direction>) -> Parsed<'_> {
    if let Some((first, last, end)) = quarter_of_four(at).or_else(|| shared_unit(at, "분기", 4)) {
        let part = end
            .skip_space()
            .eat_any(&["말", "초"])
            .map(|(_, end)| end)
            .filter(|end| end.ends_word());
        let is_count = end
            .skip_space()
            .eat_any(&["연속", "만에", "째", "동안"])
            .is_some();
        let end = part.unwrap_or(end);
        return (!is_count && ends_date(end)).then_some((only(Detail::Quarters(first, last)), end));
    }
    if let Some((_, end)) = at.eat_any(LAST_QUARTER).filter(|(_, end)| end.ends_word()) {
        return Some((only(Detail::QuarterFromMentioned(-1)), end));
    }
    let shift = match direction? {
        Direction::Last => -1,
        Direction::This => 0,
        Direction::Next => 1,
    };
    let end = at.eat("분기").filter(|end| end.ends_word())?;
    Some((only(Detail::QuarterFromReference(shift)), end))
}

/// Words for the quarter before.
const LAST_QUARTER: &[&str] = &["전 분기", "전분기"];

/// 2/4분기.
fn quarter_of_four(at: Cursor<'_>) -> Option<(i8, i8, Cursor<'_>)> {
    let (number, _, after) = short_integer(at)?;
    let number = i8::try_from(number)
        .ok()
        .filter(|number| (1..=4).contains(number))?;
    Some((number, number, after.eat("/4분기")?))
}

const HALVES: &[&str] = &["상반기", "하반기"];

pub(super) fn half(at: Cursor<'_>) -> Parsed<'_> {
    let (word, end) = at.eat_any(HALVES)?;
    let months = if word == "상반기" {
        Detail::Months(1, 6)
    } else {
        Detail::Months(7, 12)
    };
    let part = end
        .skip_space()
        .eat_any(&["말", "초"])
        .map(|(_, end)| end)
        .filter(|end| end.ends_word());
    let end = part.unwrap_or(end);
    ends_date(end).then_some((only(months), end))
}

pub(super) fn season(at: Cursor<'_>) -> Parsed<'_> {
    const SEASONS: &[(&str, i8)] = &[("봄", 5), ("여름", 8), ("가을", 11), ("겨울", 12)];
    let (last_month, end) = SEASONS
        .iter()
        .find_map(|(word, month)| Some((*month, at.eat(word)?)))?;
    let end = end.eat("철").unwrap_or(end);
    ends_date(end).then_some((only(Detail::Season(last_month)), end))
}

const PARTS_OF_THIS_YEAR: &[&str] = &["연말", "연초", "연내"];

/// 말 and 초 behind a year; 연말, 연초, 연내 also alone.
pub(super) fn year_part(at: Cursor<'_>, has_year: bool) -> Parsed<'_> {
    let parts: &[&str] = if has_year {
        &["연말", "연초", "초반", "중반", "후반", "말", "초"]
    } else {
        PARTS_OF_THIS_YEAR
    };
    let (_, end) = at.eat_any(parts)?;
    ends_date(end).then_some((only(Detail::WholeYear), end))
}

pub(super) fn same_period(at: Cursor<'_>) -> Parsed<'_> {
    let (_, end) = at.eat_any(&["같은 기간", "같은기간", "동기", "같은 분기", "같은 달", "동월"])?;
    ends_date(end).then_some((only(Detail::SamePeriod), end))
}

/// What only stands without a year: 지난달 5일, 5일, 지난 주말, 오는 금요일.
pub(super) fn bare_detail(at: Cursor<'_>, direction: Option<Direction>) -> Parsed<'_> {
    if let Some((month, end)) = month_word(at, direction) {
        let finer = part_of_month(end.skip_space()).or_else(|| days(end.skip_space(), false));
        let (day, end) = finer.unwrap_or((DayOfMonth::All, end));
        return ends_date(end).then_some((
            Phrase {
                month: Some(month),
                ..only(Detail::InMonth(day))
            },
            end,
        ));
    }
    if let Some((day, end)) = days(at, direction.is_none()) {
        return Some((only(Detail::InMonth(day)), end));
    }
    let direction = direction?;
    if let Some(end) = at.eat("주말").filter(|end| end.ends_word()) {
        let weeks = if direction == Direction::Last { -1 } else { 0 };
        return Some((only(Detail::Week(weeks, Some(WeekDay::Weekend))), end));
    }
    let (weekday, end) = weekday(at).filter(|_| direction != Direction::This)?;
    Some((only(Detail::NearestWeekday(weekday)), end))
}

/// Words for a month.
const MONTHS: &[(&str, MonthReference)] = &[
    ("지난달", MonthReference::FromReference(-1)),
    ("지난 달", MonthReference::FromReference(-1)),
    ("이달", MonthReference::FromReference(0)),
    ("이번 달", MonthReference::FromReference(0)),
    ("이번달", MonthReference::FromReference(0)),
    ("다음 달", MonthReference::FromReference(1)),
    ("다음달", MonthReference::FromReference(1)),
    ("내달", MonthReference::FromReference(1)),
    ("지지난달", MonthReference::FromReference(-2)),
    ("같은 달", MonthReference::FromMentioned(0)),
    ("같은달", MonthReference::FromMentioned(0)),
    ("전월", MonthReference::FromMentioned(-1)),
    ("월말", MonthReference::FromReference(0)),
    ("월초", MonthReference::FromReference(0)),
];

fn month_word(at: Cursor<'_>, direction: Option<Direction>) -> Option<(MonthReference, Cursor<'_>)> {
    use MonthReference::FromReference;
    // 지난 and 이번 have been read as a direction already.
    match direction {
        None => MONTHS
            .iter()
            .find_map(|(word, month)| Some((*month, at.eat(word)?))),
        Some(Direction::Last) => Some((FromReference(-1), at.eat("달")?)),
        Some(Direction::This) => Some((FromReference(0), at.eat("달")?)),
        Some(Direction::Next) => None,
    }
}

/// Numbers that share a unit, or the one that has it: 5일, 23~26일, 3, 4일, 3·4월. Gives the first and the last.
pub(super) fn shared_unit<'text>(
    cursor: Cursor<'text>,
    unit: &str,
    greatest: u32,
) -> Option<(i8, i8, Cursor<'text>)> {
    let (first, digits, mut at) = short_integer(cursor)?;
    let mut last = first;
    if first == 0 || first > greatest || digits > 2 {
        return None;
    }
    for _ in 0..8 {
        let first_unit_end = at.eat(unit);
        // 23일~26일 and 4월·5월 are one expression too.
        let repeated = first_unit_end
            .and_then(|end| end.eat_any(&["·", "ㆍ"]))
            .map(|(_, after)| after);
        let Some(next) = repeated.or_else(|| eat_list_mark(at)) else {
            break;
        };
        let Some((number, _, after)) =
            short_integer(next).filter(|(number, ..)| *number > last && *number <= greatest)
        else {
            break;
        };
        if repeated.is_some() && after.eat(unit).is_none() {
            break;
        }
        (last, at) = (number, after);
    }
    Some((i8::try_from(first).ok()?, i8::try_from(last).ok()?, at.eat(unit)?))
}

fn eat_list_mark(at: Cursor<'_>) -> Option<Cursor<'_>> {
    at.eat_range_mark()
        .or_else(|| Some(at.eat_any(&["·", "ㆍ", ",", "/", "∙"])?.1.skip_space()))
}

/// Whether a date can end here: particles, or a suffix of dates (3월호, 2024년형, 4월 중).
pub(super) fn ends_date(end: Cursor<'_>) -> bool {
    const SUFFIXES: &[&str] = &[
        "호", "형", "산", "식", "판", "생", "분", "중", "치", "발", "내", "작",
    ];
    end.ends_word() || end.eat_any(SUFFIXES).is_some_and(|(_, after)| after.ends_word())
}
