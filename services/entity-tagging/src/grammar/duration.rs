//! Lengths of time (`3개월`, `1년 6개월`, `사흘`), and the dates that lie one away (`5년 뒤`).

use gisa_article_model::{Amount, DurationUnit, EntityType, IsoDuration, NormalizedValue};
use rust_decimal::Decimal;

use super::decision::{CERTAIN, LIKELY, Match};
use super::number::{self, Number, NumberStyle, Quantified, Start};
use super::resolution;
use super::scan::{Cursor, is_hangul};
use super::timeline::Timeline;

/// A length of time that was read.
struct Length<'text> {
    duration: IsoDuration,
    end: Cursor<'text>,
    confidence: f32,
}

/// Words that are a length by themselves.
const WHOLE_WORDS: &[(&str, i64, DurationUnit)] = &[
    ("하루", 1, DurationUnit::Day),
    ("이틀", 2, DurationUnit::Day),
    ("사흘", 3, DurationUnit::Day),
    ("나흘", 4, DurationUnit::Day),
    ("닷새", 5, DurationUnit::Day),
    ("엿새", 6, DurationUnit::Day),
    ("이레", 7, DurationUnit::Day),
    ("여드레", 8, DurationUnit::Day),
    ("아흐레", 9, DurationUnit::Day),
    ("열흘", 10, DurationUnit::Day),
    ("보름", 15, DurationUnit::Day),
    ("일주일", 1, DurationUnit::Week),
    ("한주", 1, DurationUnit::Week),
    ("한달", 1, DurationUnit::Month),
    ("두달", 2, DurationUnit::Month),
    ("석달", 3, DurationUnit::Month),
    ("넉달", 4, DurationUnit::Month),
    ("반년", 6, DurationUnit::Month),
    ("한 해", 1, DurationUnit::Year),
    ("한해", 1, DurationUnit::Year),
    ("일 년", 1, DurationUnit::Year),
    ("일년", 1, DurationUnit::Year),
    ("반세기", 50, DurationUnit::Year),
];

/// Words that a length is glued to: 약3년, 최근3년.
const GLUED_IN_FRONT: &[&str] = &[
    "약", "총", "각", "단", "만", "최근", "지난", "향후", "무려", "최대", "최장",
];

/// Units of time; a longer one stands before what it starts with.
const UNITS: &[(&str, DurationUnit)] = &[
    ("개년", DurationUnit::Year),
    ("년", DurationUnit::Year),
    ("개월", DurationUnit::Month),
    ("달", DurationUnit::Month),
    ("주일", DurationUnit::Week),
    ("주", DurationUnit::Week),
    ("일", DurationUnit::Day),
    ("시간", DurationUnit::Hour),
    ("분", DurationUnit::Minute),
    ("초", DurationUnit::Second),
];

/// A length of time at the cursor, or the date that it is away when 전, 뒤 or 후 follows.
pub(super) fn date_or_duration(start: &Start<'_>, timeline: &Timeline) -> Option<Match> {
    let cursor = start.cursor;
    if cursor.previous().is_some_and(is_hangul) && !cursor.follows_word(GLUED_IN_FRONT) {
        return None;
    }
    let length = nights_and_days(cursor)
        .or_else(|| quarters_in_a_row(cursor))
        .or_else(|| word(cursor))
        .or_else(|| counted(start))?;
    if let Some(date) = distant_date(cursor, &length, timeline) {
        return Some(date);
    }
    let end = length
        .end
        .eat("여")
        .filter(|end| end.ends_amount())
        .unwrap_or(length.end);
    Some(Match {
        end: end.position(),
        entity_type: EntityType::Duration,
        value: Some(NormalizedValue::Duration(length.duration)),
        confidence: length.confidence,
    })
}

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    WHOLE_WORDS.iter().for_each(|(word, ..)| see(word));
}

/// 5년 뒤: the length and the direction are one relative date.
fn distant_date(cursor: Cursor<'_>, length: &Length<'_>, timeline: &Timeline) -> Option<Match> {
    let at = length.end.eat("여").unwrap_or(length.end).skip_space();
    let (word, end) = at.eat_any(&["전", "뒤", "후"])?;
    if !end.ends_word() {
        return None;
    }
    let sign = if word == "전" { -1 } else { 1 };
    let interval = resolution::distant(timeline, cursor, &length.duration, sign)?;
    Some(Match {
        end: end.position(),
        entity_type: EntityType::Date,
        value: Some(NormalizedValue::Date(interval)),
        confidence: LIKELY,
    })
}

/// 2박 3일.
fn nights_and_days(cursor: Cursor<'_>) -> Option<Length<'_>> {
    let (nights, _, after) = number::short_integer(cursor)?;
    let (days, _, after) = number::short_integer(after.eat("박")?.skip_space())?;
    let end = after.eat("일").filter(|end| end.ends_amount())?;
    (days > nights).then(|| Length {
        duration: simple(Decimal::from(days), DurationUnit::Day),
        end,
        confidence: CERTAIN,
    })
}

/// 4분기 연속: quarters have no designator in ISO 8601, so they become months.
fn quarters_in_a_row(cursor: Cursor<'_>) -> Option<Length<'_>> {
    let (quarters, _, after) = number::short_integer(cursor)?;
    let (_, end) = after.eat_any(&["분기", "개 분기", "개분기"])?;
    let follows = end
        .skip_space()
        .eat_any(&["연속", "만에", "동안", "째"])
        .is_some();
    let duration = simple(Decimal::from(quarters * 3), DurationUnit::Month);
    follows.then_some(Length {
        duration,
        end,
        confidence: LIKELY,
    })
}

fn word(cursor: Cursor<'_>) -> Option<Length<'_>> {
    let (word, count, unit, end) = WHOLE_WORDS
        .iter()
        .find_map(|(word, count, unit)| Some((*word, *count, *unit, cursor.eat(word)?)))?;
    // 한 해 alone is mostly the year that is spoken of.
    let is_span =
        !matches!(word, "한 해" | "한해") || end.skip_space().eat_any(&["동안", "만에", "간"]).is_some();
    (is_span && end.ends_amount()).then(|| Length {
        duration: simple(Decimal::from(count), unit),
        end,
        confidence: LIKELY,
    })
}

fn simple(count: Decimal, unit: DurationUnit) -> IsoDuration {
    IsoDuration {
        parts: vec![(count, unit)],
        upper: None,
    }
}

/// A number with a unit of time, and smaller ones behind it: 1년 6개월, 2년 반.
fn counted<'text>(start: &Start<'text>) -> Option<Length<'text>> {
    let (quantified, unit, mut end) = part_of(start.cursor, start.quantified_at(start.cursor)?)?;
    if let Some(length) = repeated_range(&quantified, unit, end) {
        return Some(length);
    }
    let (mut parts, upper) = match quantified.amount {
        Amount::Exact(value) => (vec![(value, unit)], None),
        Amount::Range(low, high) => (vec![(low, unit)], Some(vec![(high, unit)])),
    };
    if let Some((months, after)) = sentenced_months(unit, end).filter(|_| upper.is_none()) {
        parts.push((months, DurationUnit::Month));
        end = after;
    }
    while upper.is_none()
        && let Some((next, smaller, after)) = part(end.skip_space())
        && let Amount::Exact(value) = next.amount
        && parts
            .last()
            .is_some_and(|(_, last)| follows_in_length(*last, smaller))
    {
        parts.push((value, smaller));
        end = after;
    }
    if let Some((half, after)) = half_of(unit, end).filter(|_| upper.is_none() && parts.len() == 1) {
        parts.push(half);
        end = after;
    }
    let duration = IsoDuration { parts, upper };
    (end.ends_amount() && !is_ordinal(end)).then_some(Length {
        duration,
        end,
        confidence: CERTAIN,
    })
}

/// 3개월~6개월, 6개월~1년.
fn repeated_range<'text>(
    first: &Quantified,
    unit: DurationUnit,
    end: Cursor<'text>,
) -> Option<Length<'text>> {
    let (upper, upper_unit, after) = part(end.eat_range_mark()?)?;
    let (Amount::Exact(low), Amount::Exact(high)) = (first.amount, upper.amount) else {
        return None;
    };
    // 6개월~1년: the larger unit comes first in the order of units.
    let grows = upper_unit < unit || upper_unit == unit && low < high;
    let duration = IsoDuration {
        parts: vec![(low, unit)],
        upper: Some(vec![(high, upper_unit)]),
    };
    if !grows || !after.ends_amount() {
        return None;
    }
    Some(Length {
        duration,
        end: after,
        confidence: CERTAIN,
    })
}

/// 1년 6월 of a sentence: behind a number of years, 월 can only count months.
fn sentenced_months(unit: DurationUnit, end: Cursor<'_>) -> Option<(Decimal, Cursor<'_>)> {
    let (months, _, after) = number::short_integer(end.skip_space())?;
    let end = after
        .eat("월")
        .filter(|end| end.ends_amount() && unit == DurationUnit::Year)?;
    Some((Decimal::from(months), end))
}

fn half_of(unit: DurationUnit, end: Cursor<'_>) -> Option<((Decimal, DurationUnit), Cursor<'_>)> {
    let after = end.skip_space().eat("반").filter(|after| after.ends_amount())?;
    match unit {
        DurationUnit::Year => Some(((Decimal::from(6), DurationUnit::Month), after)),
        DurationUnit::Hour => Some(((Decimal::from(30), DurationUnit::Minute), after)),
        _ => None,
    }
}

fn follows_in_length(larger: DurationUnit, smaller: DurationUnit) -> bool {
    use DurationUnit::{Day, Hour, Minute, Month, Second, Year};
    matches!(
        (larger, smaller),
        (Year, Month) | (Month, Day) | (Day, Hour) | (Hour, Minute) | (Minute, Second)
    )
}

/// One number with its unit.
fn part(cursor: Cursor<'_>) -> Option<(Quantified, DurationUnit, Cursor<'_>)> {
    part_of(cursor, number::quantified(cursor)?)
}

/// The number at the cursor with its unit.
fn part_of<'text>(
    cursor: Cursor<'text>,
    (quantified, after): (Quantified, Cursor<'text>),
) -> Option<(Quantified, DurationUnit, Cursor<'text>)> {
    let spaced = after.skip_space();
    let (word, unit, end) = UNITS
        .iter()
        .find_map(|(word, unit)| Some((*word, *unit, spaced.eat(word)?)))?;
    let number = &quantified.last;
    let is_spaced = spaced.position() != after.position();
    let fits = match number.style {
        NumberStyle::Digits => {
            !is_spaced || number.about || number.scale > 0 || matches!(word, "개월" | "시간")
        }
        NumberStyle::Native => is_spaced && matches!(word, "달" | "시간" | "주" | "해") || word == "시간",
        NumberStyle::Sino => is_spaced && matches!(word, "년" | "일" | "시간" | "분" | "초"),
    };
    (fits && !is_calendar(cursor, &quantified, unit, end)).then_some((quantified, unit, end))
}

/// Whether the number and its unit name a date or something else that has no length.
fn is_calendar(cursor: Cursor<'_>, quantified: &Quantified, unit: DurationUnit, end: Cursor<'_>) -> bool {
    let number: &Number = &quantified.last;
    match unit {
        DurationUnit::Year => number.plain().is_some_and(|year| names_year(year, end)),
        DurationUnit::Day => {
            number.plain().is_some_and(|day| day <= 31) && !follows_as_length(end) && !precedes_length(cursor)
        }
        // 10만 주 are shares.
        DurationUnit::Week => {
            let counts_shares = ["주식", "보통주", "우선주", "주당", "증자", "배당"];
            let sentence = cursor.sentence_before(40);
            number.scale > 0
                || number.punctuated
                || number.value > Decimal::from(60)
                || end.eat("당").is_some()
                || counts_shares.iter().any(|word| sentence.contains(word))
        }
        DurationUnit::Minute => {
            end.eat("기").is_some()
                || end
                    .eat("의")
                    .is_some_and(|after| starts_with_digit(after.skip_space()))
        }
        _ => false,
    }
}

/// Whether `N년` is a year of the calendar. Round ones may be a length: 2000년 동안.
pub(super) fn names_year(number: u32, end: Cursor<'_>) -> bool {
    (1000..3000).contains(&number) && !(number.is_multiple_of(100) && follows_as_length(end))
}

fn starts_with_digit(cursor: Cursor<'_>) -> bool {
    cursor.peek().is_some_and(|next| next.is_ascii_digit())
}

/// Whether what follows `20일` makes it a length and not a day of the month.
pub(super) fn follows_as_length(end: Cursor<'_>) -> bool {
    const GLUED: &[&str] = &["간", "째", "짜리", "치", "여", "씩"];
    const SPACED: &[&str] = &[
        "동안",
        "만에",
        "만의",
        "만인",
        "이내",
        "안에",
        "안팎",
        "연속",
        "넘게",
        "이상",
        "이하",
        "미만",
        "가까이",
        "가량",
        "남짓",
        "내내",
        "간의",
        "간 ",
        "전부터",
        "전까지",
        "전에",
        "전의",
        "전만",
        "전보다",
        "뒤에",
        "뒤면",
        "뒤부터",
        "후에",
        "후면",
        "후부터",
        "전 ",
        "뒤 ",
        "후 ",
        "내 ",
        "내에",
        "내로",
        "앞으로",
        "남은",
        "남았",
        "걸",
        "정도",
    ];
    let is_glued = end.eat_any(GLUED).is_some_and(|(_, after)| after.ends_word());
    is_glued || end.skip_space().eat_any(SPACED).is_some()
}

/// Whether what precedes `20일` makes it a length.
pub(super) fn precedes_length(cursor: Cursor<'_>) -> bool {
    cursor.follows_word(&[
        "최대", "최장", "최소", "총", "단", "불과", "꼬박", "무려", "주", "평균", "약",
    ])
}

/// 3년 차, 5년차: an ordinal.
fn is_ordinal(end: Cursor<'_>) -> bool {
    end.skip_space().eat("차").is_some_and(Cursor::ends_word)
}
