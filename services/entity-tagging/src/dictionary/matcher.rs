//! Finds names: an automaton over all spellings, then word boundaries, then the longest name at each place.

use std::ops::Range;

use daachorse::CharwiseDoubleArrayAhoCorasick;
use gisa_article_model::EntityType;

use super::DictionaryError;
use super::boundary::{glued_tail, is_cut, may_begin, may_end};
use super::location_chain::Level;
use super::suffix::is_tail_of;
use super::surface::{Sense, SurfaceTable};

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

/// The automaton; `None` for no spellings at all.
#[derive(Debug)]
pub(super) struct Matcher(Option<Automaton>);

struct Automaton(CharwiseDoubleArrayAhoCorasick<u32>);

impl std::fmt::Debug for Automaton {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Automaton")
            .field("states", &self.0.num_states())
            .finish()
    }
}

impl Matcher {
    pub(super) fn new(surfaces: &SurfaceTable) -> Result<Self, DictionaryError> {
        let spellings = (0u32..)
            .zip(surfaces.iter())
            .map(|(number, surface)| (&surface.text, number));
        let mut spellings = spellings.peekable();
        if spellings.peek().is_none() {
            return Ok(Self(None));
        }
        let automaton =
            CharwiseDoubleArrayAhoCorasick::with_values(spellings).map_err(DictionaryError::Index)?;
        Ok(Self(Some(Automaton(automaton))))
    }

    /// Names in `text`, sorted, not overlapping.
    pub(super) fn find(&self, text: &str, surfaces: &SurfaceTable) -> Vec<NameMatch> {
        let Some(Automaton(automaton)) = &self.0 else {
            return Vec::new();
        };
        let mut found: Vec<NameMatch> = automaton
            .find_overlapping_iter(text)
            .filter_map(|hit| whole_name(text, hit.start()..hit.end(), hit.value(), surfaces))
            .collect();
        found.sort_by(|a, b| {
            a.range
                .start
                .cmp(&b.range.start)
                .then(b.range.end.cmp(&a.range.end))
        });
        let mut covered = 0;
        found.retain(|name| {
            let free = name.range.start >= covered;
            if free {
                covered = name.range.end;
            }
            free
        });
        found
    }
}

fn whole_name(text: &str, range: Range<usize>, number: u32, surfaces: &SurfaceTable) -> Option<NameMatch> {
    if !may_begin(text, range.start) || !may_end(text, range.end) {
        return None;
    }
    let tail = glued_tail(text, range.end);
    let surface = surfaces.get(number);
    let possible = |sense: &&Sense| {
        is_tail_of(sense.entity_type, &surface.text, tail)
            && !is_cut(text, range.start, range.end, sense.entity_type)
    };
    let senses: Vec<Sense> = surface.senses.iter().filter(possible).copied().collect();
    (!senses.is_empty()).then_some(NameMatch {
        range,
        senses,
        everyday: surface.everyday,
        acts: false,
        chained: false,
        short: surface.short,
    })
}
