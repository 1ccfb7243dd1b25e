//! Finds names: a trie over all spellings, then word boundaries, then the longest name at each place.
//!
//! A name begins where a word does, so the trie is entered only there: about once in four characters, which makes a large
//! dictionary as fast as a small one. Each entry costs at most as many steps as the longest name has characters.

use std::borrow::Cow;
use std::ops::Range;

use crawdad::Trie;
use gisa_article_model::EntityType;

use super::boundary::{glued_tail, is_cut, is_word_character, may_begin, may_end};
use super::changes::{ChangedSpelling, ChangedSpellings};
use super::location_chain::Level;
use super::suffix::is_tail_of;
use super::surface::{Sense, Surface, SurfaceTable};
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
    /// A trie that numbers `texts`, which are sorted and differ, from 0.
    pub(super) fn new<'text>(texts: impl Iterator<Item = &'text str>) -> Result<Self, DictionaryError> {
        let mut spellings = texts.zip(0u32..).peekable();
        if spellings.peek().is_none() {
            return Ok(Self(None));
        }
        let trie = Trie::from_records(spellings).map_err(DictionaryError::Index)?;
        Ok(Self(Some(trie)))
    }

    /// The trie, unless there are no spellings at all.
    pub(super) fn trie(&self) -> Option<&Trie> {
        self.0.as_ref()
    }
}

/// All spellings: those that the dictionary was built with, and what has changed since.
#[derive(Clone, Copy)]
pub(super) struct Lexicon<'d> {
    pub(super) surfaces: &'d SurfaceTable,
    pub(super) matcher: &'d Matcher,
    pub(super) changes: Option<&'d ChangedSpellings>,
}

/// A spelling as the lexicon has it.
#[derive(Clone, Copy)]
enum Entry<'d> {
    Built(u32),
    Changed(&'d ChangedSpelling),
}

impl<'d> Lexicon<'d> {
    /// Names in `text`, sorted, not overlapping.
    pub(super) fn find(self, text: &str) -> Vec<NameMatch> {
        match (self.matcher.trie(), self.changes) {
            (None, None) => Vec::new(),
            (Some(trie), None) => self.find_with(text, |start| built_at(trie, text, start)),
            (built, Some(changes)) => self.find_with(text, |start| {
                merge(
                    built
                        .into_iter()
                        .flat_map(move |trie| built_at(trie, text, start)),
                    changes.at(text, start),
                )
            }),
        }
    }

    /// The spellings in `text` that are whole names, whatever their trust, from the left, not overlapping: at each place
    /// the longest.
    pub(super) fn whole_spellings(self, text: &str) -> Vec<GazetteerHit> {
        match (self.matcher.trie(), self.changes) {
            (None, None) => Vec::new(),
            (Some(trie), None) => self.whole_spellings_with(text, |start| built_at(trie, text, start)),
            (built, Some(changes)) => self.whole_spellings_with(text, |start| {
                merge(
                    built
                        .into_iter()
                        .flat_map(move |trie| built_at(trie, text, start)),
                    changes.at(text, start),
                )
            }),
        }
    }

    fn find_with<I: Iterator<Item = (usize, Entry<'d>)>>(
        self,
        text: &str,
        spellings_at: impl Fn(usize) -> I,
    ) -> Vec<NameMatch> {
        let mut found: Vec<NameMatch> = Vec::new();
        let mut covered = 0;
        let mut in_word = false;
        for (start, character) in text.char_indices() {
            let begins_word = !in_word;
            in_word = is_word_character(character);
            if begins_word
                && start >= covered
                && let Some(name) = self.longest_name(text, start, spellings_at(start))
            {
                covered = name.range.end;
                found.push(name);
            }
        }
        found
    }

    fn whole_spellings_with<I: Iterator<Item = (usize, Entry<'d>)>>(
        self,
        text: &str,
        spellings_at: impl Fn(usize) -> I,
    ) -> Vec<GazetteerHit> {
        let mut found: Vec<GazetteerHit> = Vec::new();
        let mut covered = 0;
        let mut in_word = false;
        let mut spellings: Vec<(usize, Entry<'d>)> = Vec::new();
        for (start, character) in text.char_indices() {
            let begins_word = !in_word;
            in_word = is_word_character(character);
            if !begins_word || start < covered {
                continue;
            }
            spellings.clear();
            spellings.extend(spellings_at(start));
            if spellings.is_empty() || !may_begin(text, start) {
                continue;
            }
            let whole = spellings.iter().rev().find_map(|&(end, entry)| {
                let classes = self.classes(entry);
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

    fn longest_name(
        self,
        text: &str,
        start: usize,
        spellings: impl Iterator<Item = (usize, Entry<'d>)>,
    ) -> Option<NameMatch> {
        let mut proposing = spellings.filter(|(_, entry)| self.classes(*entry).proposes());
        let first = proposing.next()?;
        if !may_begin(text, start) {
            return None;
        }
        let longer: Vec<(usize, Entry<'d>)> = proposing.collect();
        longer
            .into_iter()
            .rev()
            .chain([first])
            .find_map(|(end, entry)| self.whole_name(text, start..end, entry))
    }

    /// The name in `range`, which begins where a name may.
    fn whole_name(self, text: &str, range: Range<usize>, entry: Entry<'d>) -> Option<NameMatch> {
        if !may_end(text, range.end) {
            return None;
        }
        let tail = glued_tail(text, range.end);
        let surface = &text[range.clone()];
        let possible = |sense: &&Sense| {
            is_tail_of(sense.entity_type, surface, tail)
                && !is_cut(text, range.start, range.end, sense.entity_type)
        };
        let senses: Vec<Sense> = self.senses(entry).iter().filter(possible).copied().collect();
        if senses.is_empty() {
            return None;
        }
        let curated = self.curated(entry);
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

    fn classes(self, entry: Entry<'d>) -> GazetteerClasses {
        match entry {
            Entry::Built(number) => self.surfaces.classes(number),
            Entry::Changed(spelling) => spelling.classes,
        }
    }

    fn senses(self, entry: Entry<'d>) -> Cow<'d, [Sense]> {
        match entry {
            Entry::Built(number) => self.surfaces.senses(number),
            Entry::Changed(spelling) => Cow::Borrowed(spelling.senses()),
        }
    }

    fn curated(self, entry: Entry<'d>) -> Option<&'d Surface> {
        match entry {
            Entry::Built(number) => self.surfaces.curated_spelling(number),
            Entry::Changed(spelling) => spelling.surface(),
        }
    }
}

/// The spellings at one place, short ones first: changed ones stand in the place of equal ones of the build.
fn merge<'d>(
    built: impl Iterator<Item = (usize, Entry<'d>)>,
    changed: impl Iterator<Item = (usize, &'d ChangedSpelling)>,
) -> impl Iterator<Item = (usize, Entry<'d>)> {
    let mut built = built.peekable();
    let mut changed = changed.peekable();
    let merged = std::iter::from_fn(move || {
        match (built.peek(), changed.peek()) {
            (_, None) => return built.next(),
            (Some((built_end, _)), Some((changed_end, _))) if built_end < changed_end => return built.next(),
            (Some((built_end, _)), Some((changed_end, _))) if built_end == changed_end => {
                built.next();
            }
            (_, Some(_)) => (),
        }
        changed
            .next()
            .map(|(end, spelling)| (end, Entry::Changed(spelling)))
    });
    merged.filter(|(_, entry)| !matches!(entry, Entry::Changed(spelling) if spelling.is_gone()))
}

fn built_at<'d>(trie: &'d Trie, text: &'d str, start: usize) -> impl Iterator<Item = (usize, Entry<'d>)> {
    spellings_at(trie, text, start).map(|(end, number)| (end, Entry::Built(number)))
}

/// The spellings that begin at `start`, short ones first: where they end, and their numbers.
pub(super) fn spellings_at<'text>(
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
