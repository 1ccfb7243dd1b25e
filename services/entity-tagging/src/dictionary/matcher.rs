//! Finds names: a trie over all spellings, then word boundaries, then the longest name at each place.
//!
//! A name begins where a word does, so the trie is entered only there: about once in four characters, which makes a large
//! dictionary as fast as a small one. Each entry costs at most as many steps as the longest name has characters.

use std::ops::Range;

use crawdad::Trie;
use gisa_article_model::EntityType;

use super::boundary::{glued_tail, is_cut, is_word_character, may_begin, may_end};
use super::location_chain::Level;
use super::suffix::is_tail_of;
use super::surface::{Sense, SurfaceTable};
use super::{DictionaryError, GazetteerClasses, GazetteerHit, Trust};

/// A name of the dictionary in a text.
#[derive(Clone, Debug)]
pub struct NameMatch {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What the spelling may stand for, as far as what follows it allows; never empty.
    pub(super) senses: Vec<Sense>,
    /// The spelling is a word of the language too.
    pub(super) everyday: bool,
    /// A city or district that acts (포천시는), so that its authority is meant, which has no entity of its own.
    pub(super) acts: bool,
    /// Begins with a wider place: 서울 송파구.
    pub(super) chained: bool,
    /// The spelling, without what was joined or added, is short and so the more easily something else.
    pub(super) short: bool,
    /// How far the spelling is trusted; never [`Trust::Weak`].
    pub(super) trust: Trust,
}

impl NameMatch {
    /// Keeps the senses of this type.
    pub(super) fn restrict_to(&mut self, entity_type: EntityType) {
        self.senses.retain(|sense| sense.entity_type == entity_type);
    }

    /// Whether it may be of this type.
    pub(super) fn may_be(&self, entity_type: EntityType) -> bool {
        self.senses.iter().any(|sense| sense.entity_type == entity_type)
    }

    /// How narrow a place it is, if it may be one.
    pub(super) fn level(&self) -> Option<Level> {
        self.senses.iter().find_map(|sense| sense.level)
    }

    /// The type, if all senses agree on it.
    pub(super) fn only_type(&self) -> Option<EntityType> {
        let first = self.senses.first()?.entity_type;
        self.senses
            .iter()
            .all(|sense| sense.entity_type == first)
            .then_some(first)
    }
}

/// The trie; `None` for no spellings at all.
pub(super) struct Matcher(Option<Trie>);

impl std::fmt::Debug for Matcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.0.as_ref().map(Trie::heap_bytes);
        formatter.debug_struct("Matcher").field("bytes", &bytes).finish()
    }
}

impl Matcher {
    pub(super) fn new(surfaces: &SurfaceTable) -> Result<Self, DictionaryError> {
        if surfaces.len() == 0 {
            return Ok(Self(None));
        }
        let spellings = surfaces.texts().zip(0u32..);
        let trie = Trie::from_records(spellings).map_err(DictionaryError::Index)?;
        Ok(Self(Some(trie)))
    }

    /// Names in `text`, sorted, not overlapping.
    pub(super) fn find(&self, text: &str, surfaces: &SurfaceTable) -> Vec<NameMatch> {
        let Some(trie) = &self.0 else {
            return Vec::new();
        };
        let mut found: Vec<NameMatch> = Vec::new();
        let mut covered = 0;
        let mut in_word = false;
        for (start, character) in text.char_indices() {
            let begins_word = !in_word;
            in_word = is_word_character(character);
            if begins_word
                && start >= covered
                && let Some(name) = longest_name(trie, text, start, surfaces)
            {
                covered = name.range.end;
                found.push(name);
            }
        }
        found
    }

    /// The spellings in `text` that are whole names, whatever their trust, from the left, not overlapping: at each place
    /// the longest.
    pub(super) fn whole_spellings(&self, text: &str, surfaces: &SurfaceTable) -> Vec<GazetteerHit> {
        let Some(trie) = &self.0 else {
            return Vec::new();
        };
        let mut found: Vec<GazetteerHit> = Vec::new();
        let mut covered = 0;
        let mut in_word = false;
        let mut spellings: Vec<(usize, u32)> = Vec::new();
        for (start, character) in text.char_indices() {
            let begins_word = !in_word;
            in_word = is_word_character(character);
            if !begins_word || start < covered {
                continue;
            }
            spellings.clear();
            spellings.extend(spellings_at(trie, text, start));
            if spellings.is_empty() || !may_begin(text, start) {
                continue;
            }
            let whole = spellings.iter().rev().find_map(|&(end, number)| {
                let classes = surfaces.classes(number);
                ends_whole(text, start, end, classes).then_some(GazetteerHit {
                    range: start..end,
                    classes,
                })
            });
            if let Some(hit) = whole {
                covered = hit.range.end;
                found.push(hit);
            }
        }
        found
    }
}

/// The spellings that begin at `start`, short ones first: where they end, and their numbers.
fn spellings_at<'text>(
    trie: &'text Trie,
    text: &'text str,
    start: usize,
) -> impl Iterator<Item = (usize, u32)> + 'text {
    let rest = &text[start..];
    // The trie marks the end of a spelling by NUL, so a NUL of the text would count as part of the spelling.
    let characters = rest.chars().take_while(|character| *character != '\0');
    trie.common_prefix_search(characters)
        .map(move |(number, characters)| (start + byte_length(rest, characters), number))
}

fn byte_length(text: &str, characters: usize) -> usize {
    text.char_indices()
        .nth(characters)
        .map_or(text.len(), |(byte, _)| byte)
}

fn longest_name(trie: &Trie, text: &str, start: usize, surfaces: &SurfaceTable) -> Option<NameMatch> {
    let spellings = spellings_at(trie, text, start);
    let mut proposing = spellings.filter(|(_, number)| surfaces.classes(*number).proposes());
    let first = proposing.next()?;
    if !may_begin(text, start) {
        return None;
    }
    let longer: Vec<(usize, u32)> = proposing.collect();
    longer
        .into_iter()
        .rev()
        .chain([first])
        .find_map(|(end, number)| whole_name(text, start..end, number, surfaces))
}

/// The name in `range`, which begins where a name may.
fn whole_name(text: &str, range: Range<usize>, number: u32, surfaces: &SurfaceTable) -> Option<NameMatch> {
    if !may_end(text, range.end) {
        return None;
    }
    let tail = glued_tail(text, range.end);
    let surface = &text[range.clone()];
    let possible = |sense: &&Sense| {
        is_tail_of(sense.entity_type, surface, tail)
            && !is_cut(text, range.start, range.end, sense.entity_type)
    };
    let senses: Vec<Sense> = surfaces.senses(number).iter().filter(possible).copied().collect();
    if senses.is_empty() {
        return None;
    }
    let curated = surfaces.curated_spelling(number);
    Some(NameMatch {
        range,
        senses,
        everyday: curated.is_some_and(|surface| surface.everyday),
        acts: false,
        chained: false,
        short: curated.is_some_and(|surface| surface.short),
        trust: curated.map_or(Trust::Strong, |_| Trust::Curated),
    })
}

/// Whether a name of one of these types, that begins at `start`, may end at `end`.
fn ends_whole(text: &str, start: usize, end: usize, classes: GazetteerClasses) -> bool {
    if !may_end(text, end) {
        return false;
    }
    let tail = glued_tail(text, end);
    let name = &text[start..end];
    classes
        .types()
        .any(|entity_type| is_tail_of(entity_type, name, tail) && !is_cut(text, start, end, entity_type))
}
