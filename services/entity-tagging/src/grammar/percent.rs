//! Percentages and percentage points: `59.1%`, `30~40%`, `1.5%포인트`.

use gisa_article_model::{EntityType, NormalizedValue};

use super::decision::{CERTAIN, Match};
use super::number::{self, Quantified, Start};
use super::scan::Cursor;

/// A percentage at the cursor.
pub(super) fn percent(start: &Start<'_>) -> Option<Match> {
    let (negative, at) = eat_minus(start.cursor);
    let (first, points, mut end) = with_sign(start.quantified_at(at)?)?;
    let mut amount = if negative { first.negated() } else { first }.amount;
    if let Some((upper, upper_points, after)) = end
        .eat_range_mark()
        .and_then(number::quantified)
        .and_then(with_sign)
        && let Some(range) = first
            .joined(&upper)
            .filter(|_| !negative && points == upper_points)
    {
        (amount, end) = (range, after);
    }
    let end = end.eat("대").filter(|after| after.ends_word()).unwrap_or(end);
    let value = NormalizedValue::Percent { amount, points };
    Some(Match {
        end: end.position(),
        entity_type: EntityType::Percent,
        value: Some(value),
        confidence: CERTAIN,
    })
}

/// A minus sign or word in front of a number.
pub(super) fn eat_minus(cursor: Cursor<'_>) -> (bool, Cursor<'_>) {
    if let Some(after) = cursor.eat_char(|sign| matches!(sign, '-' | '−' | '–')) {
        return (true, after);
    }
    cursor
        .eat(MINUS)
        .map_or((false, cursor), |after| (true, after.skip_space()))
}

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    see(MINUS);
}

const MINUS: &str = "마이너스";

/// A number with the sign of percent behind it.
fn with_sign<'text>(
    (amount, after): (Quantified, Cursor<'text>),
) -> Option<(Quantified, bool, Cursor<'text>)> {
    let (_, mark_end) = after
        .eat_any(&["%", "％"])
        .or_else(|| after.skip_space().eat_any(&["%", "퍼센트"]))?;
    let points = mark_end
        .eat("p")
        .or_else(|| mark_end.eat("P"))
        .filter(|after| after.ends_latin());
    let points = points.or_else(|| mark_end.skip_space().eat("포인트"));
    Some((amount, points.is_some(), points.unwrap_or(mark_end)))
}
