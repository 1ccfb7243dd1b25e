//! Decides between the parts of the grammar: at each start the longest match wins.

use gisa_article_model::{EntityType, NormalizedValue};

use super::number::Start;
use super::scan::Cursor;
use super::timeline::Timeline;
use super::{calendar, clock, duration, money, percent, quantity};

/// What one part of the grammar found at a cursor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Match {
    /// Byte behind it.
    pub(super) end: usize,
    /// Its kind.
    pub(super) entity_type: EntityType,
    /// Its value, if resolved.
    pub(super) value: Option<NormalizedValue>,
    /// How sure the part is, 0 to 1.
    pub(super) confidence: f32,
}

/// The rules state their case plainly, the surroundings agree.
pub(super) const CERTAIN: f32 = 0.97;
/// The usual reading of something that has another one.
pub(super) const LIKELY: f32 = 0.85;
/// Read from its surroundings.
pub(super) const GUESSED: f32 = 0.7;

/// The longest match at the cursor. Of two equally long ones the first in this order wins, from the strictest part of
/// the grammar to the most general.
pub(super) fn longest(cursor: Cursor<'_>, timeline: &Timeline) -> Option<Match> {
    let start = Start::new(cursor);
    let candidates = [
        percent::percent(&start),
        money::money(&start),
        clock::time(cursor),
        calendar::date(cursor, timeline),
        duration::date_or_duration(&start, timeline),
        quantity::quantity(&start),
    ];
    let mut best: Option<Match> = None;
    for candidate in candidates.into_iter().flatten() {
        if best.as_ref().is_none_or(|best| candidate.end > best.end) {
            best = Some(candidate);
        }
    }
    best.filter(|best| best.end > cursor.position())
}
