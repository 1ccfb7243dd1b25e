//! Names that are everyday words too, and count only with support from their surroundings.

use super::NameMatch;

/// Names whose other meaning is the more frequent one in the news: 경기 (economy, match), 인도 (handover, pavement).
const EVERYDAY_WORDS: &[&str] = &["경기", "선전", "구미", "고성", "우시", "리가"];

pub(super) fn is_everyday_word(text: &str) -> bool {
    EVERYDAY_WORDS.contains(&text)
}

/// Drops everyday words unless they are part of a chain of places (경기 수원시).
pub(super) fn keep_supported(mut names: Vec<NameMatch>) -> Vec<NameMatch> {
    names.retain(|name| name.chained || !name.everyday);
    names
}
