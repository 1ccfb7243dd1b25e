//! The features of the sequence model: what a character's label depends on.
//!
//! Every character has exactly [`FEATURES`] features, each a 64-bit hash of a template's number and of what the template
//! sees. Training and serving share this file, so that they cannot differ.

use std::ops::Range;

use crate::common_nouns::NounMark;
use crate::dictionary::stem_length;

/// Features of one character.
pub const FEATURES: usize = 67;

/// What the other layers say of one character, for use as features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Proposal of the dictionary layer: 0 is none, else 1 + 2 · type, one more at its first character.
    pub dictionary: u8,
    /// Longest spelling of any trust in the dictionary: 0 is none, else its classes as 15 bits, shifted left by one, and
    /// one more at its first character.
    pub gazetteer: u16,
    /// Expression of the grammar: 0 is none, 1 inside, 2 at its first character.
    pub expression: u8,
    /// What the lexicon of common nouns says.
    pub noun: NounMark,
}

/// Stands for what lies outside of the sentence.
const OUTSIDE: u64 = 0x11_0000;

/// Quoted text of up to this many characters may be a name.
const LONGEST_QUOTED_NAME: usize = 24;

/// A sentence, prepared once for all of its characters.
struct Prepared<'a> {
    /// Characters with digits folded to `0`, with a margin of [`MARGIN`] on both sides.
    folded: Vec<u64>,
    /// The same of the characters as they are.
    exact: Vec<u64>,
    /// Kinds of characters, with the margin.
    kinds: Vec<u64>,
    evidence: &'a [Evidence],
    /// Words: runs without white space and signs.
    words: Vec<Range<usize>>,
    /// The hash of each word.
    word_hashes: Vec<u64>,
    /// Each word's end without particles.
    stem_ends: Vec<usize>,
    /// The hash of each word without particles.
    stem_hashes: Vec<u64>,
    /// The word that a character stands in, or the next one after it.
    word_at: Vec<u32>,
    /// What a character is enclosed by.
    enclosures: Vec<u64>,
}

const MARGIN: usize = 5;

/// Calls `emit` with the position and the features of every character of a sentence, in order. `evidence` has an entry a
/// character.
pub fn extract(sentence: &[char], evidence: &[Evidence], mut emit: impl FnMut(usize, &[u64; FEATURES])) {
    debug_assert_eq!(sentence.len(), evidence.len());
    let prepared = Prepared::new(sentence, evidence);
    let mut features = [0; FEATURES];
    for position in 0..sentence.len() {
        prepared.fill(position, &mut features);
        emit(position, &features);
    }
}

/// One multiplication and one shift: spreads the bits of `value` over the upper half.
#[inline]
fn mix(value: u64) -> u64 {
    let product = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

#[inline]
fn join(left: u64, right: u64) -> u64 {
    mix(left.rotate_left(23) ^ right)
}

/// Kinds of characters, as far as they tell names.
fn kind(character: char) -> u64 {
    match character {
        '가'..='힣' => 1,
        'A'..='Z' => 2,
        'a'..='z' => 3,
        '0'..='9' => 4,
        ' ' | '\n' | '\t' | '\u{a0}' => 5,
        '\'' | '"' | '‘' | '’' | '“' | '”' | '「' | '」' | '『' | '』' | '《' | '》' | '<' | '>' => {
            6
        }
        '(' | ')' | '[' | ']' => 7,
        '·' | 'ㆍ' | ',' | '/' | '&' | '-' | '+' => 8,
        '一'..='鿿' => 9,
        '.' | '?' | '!' | '…' => 10,
        _ => 11,
    }
}

fn is_word_kind(kind: u64) -> bool {
    matches!(kind, 1..=4 | 9)
}

impl<'a> Prepared<'a> {
    fn new(sentence: &[char], evidence: &'a [Evidence]) -> Self {
        let length = sentence.len();
        let mut folded = vec![OUTSIDE; length + 2 * MARGIN];
        let mut exact = vec![OUTSIDE; length + 2 * MARGIN];
        let mut kinds = vec![0; length + 2 * MARGIN];
        for (index, &character) in sentence.iter().enumerate() {
            exact[MARGIN + index] = u64::from(u32::from(character));
            folded[MARGIN + index] = match character {
                '0'..='9' => u64::from(b'0'),
                _ => exact[MARGIN + index],
            };
            kinds[MARGIN + index] = kind(character);
        }
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut word_hashes = Vec::new();
        let mut stem_ends = Vec::new();
        let mut stem_hashes = Vec::new();
        let mut word_at = vec![0; length];
        let mut start = None;
        for index in 0..=length {
            let inside = index < length && is_word_kind(kinds[MARGIN + index]);
            if index < length {
                word_at[index] = words.len() as u32;
            }
            match (start, inside) {
                (None, true) => start = Some(index),
                (Some(begin), false) => {
                    words.push(begin..index);
                    word_hashes.push(hash(&folded[MARGIN + begin..MARGIN + index]));
                    let stem_end = begin + stem_length(&sentence[begin..index]);
                    stem_ends.push(stem_end);
                    stem_hashes.push(hash(&folded[MARGIN + begin..MARGIN + stem_end]));
                    if index < length {
                        word_at[index] = words.len() as u32;
                    }
                    start = None;
                }
                _ => {}
            }
        }
        let mut prepared = Self {
            folded,
            exact,
            kinds,
            evidence,
            words,
            word_hashes,
            stem_ends,
            stem_hashes,
            word_at,
            enclosures: vec![0; length],
        };
        prepared.enclose(sentence);
        prepared
    }

    /// Marks what stands in short quotes and in brackets, with the word before the opening sign and the word after the
    /// closing one.
    fn enclose(&mut self, sentence: &[char]) {
        let mut open: Option<(usize, char)> = None;
        for (index, &character) in sentence.iter().enumerate() {
            if let Some((start, closing)) = open {
                if character == closing && index > start + 1 {
                    if index - start <= LONGEST_QUOTED_NAME {
                        let before = self.word_hash_before(start);
                        let after = self.folded[MARGIN + index + 1] << 21 | self.folded[MARGIN + index + 2];
                        let sign = u64::from(u32::from(closing));
                        let enclosure = [sign, before, after].into_iter().fold(1, join);
                        self.enclosures[start + 1..index].fill(enclosure | 1);
                    }
                    open = None;
                    continue;
                }
                if index - start > LONGEST_QUOTED_NAME {
                    open = None;
                }
            }
            if open.is_none() {
                open = closing_of(character).map(|closing| (index, closing));
            }
        }
    }

    fn word_hash_before(&self, position: usize) -> u64 {
        let word = self.word_at[position] as usize;
        let next_starts_before = self.words.get(word).is_some_and(|range| range.start < position);
        let index = if next_starts_before {
            Some(word)
        } else {
            word.checked_sub(1)
        };
        index
            .and_then(|index| self.word_hashes.get(index))
            .copied()
            .unwrap_or(1)
    }

    fn word_hash(&self, word: usize, offset: isize) -> u64 {
        word.checked_add_signed(offset)
            .and_then(|index| self.word_hashes.get(index))
            .copied()
            .unwrap_or(2)
    }

    /// The last `count` characters of a word.
    fn word_end(&self, word: usize, offset: isize, count: usize) -> u64 {
        let range = word
            .checked_add_signed(offset)
            .and_then(|index| self.words.get(index));
        range.map_or(2, |range| {
            let start = range.end.saturating_sub(count).max(range.start);
            hash(&self.folded[MARGIN + start..MARGIN + range.end])
        })
    }

    /// The last `count` characters of a word without its particles.
    fn stem_end(&self, word: usize, offset: isize, count: usize) -> u64 {
        let index = word.checked_add_signed(offset).filter(|&index| index < self.words.len());
        index.map_or(2, |index| {
            let end = self.stem_ends[index];
            let start = end.saturating_sub(count).max(self.words[index].start);
            hash(&self.folded[MARGIN + start..MARGIN + end])
        })
    }

    /// A word without its particles.
    fn stem_hash(&self, word: usize, offset: isize) -> u64 {
        let index = word.checked_add_signed(offset);
        index.and_then(|index| self.stem_hashes.get(index)).copied().unwrap_or(2)
    }

    /// The first `count` characters of a word.
    fn word_start(&self, word: usize, offset: isize, count: usize) -> u64 {
        let range = word
            .checked_add_signed(offset)
            .and_then(|index| self.words.get(index));
        range.map_or(2, |range| {
            let end = (range.start + count).min(range.end);
            hash(&self.folded[MARGIN + range.start..MARGIN + end])
        })
    }

    fn fill(&self, position: usize, features: &mut [u64; FEATURES]) {
        let at = MARGIN + position;
        let c = |offset: isize| self.folded[at.wrapping_add_signed(offset)];
        let k = |offset: isize| self.kinds[at.wrapping_add_signed(offset)];
        let word = self.word_at[position] as usize;
        let range = self.words.get(word);
        let in_word = range.is_some_and(|range| range.contains(&position));
        let (from_start, to_end) = match range {
            Some(range) if in_word => (
                (position - range.start).min(7) as u64,
                (range.end - position).min(7) as u64,
            ),
            _ => (8, 8),
        };
        let (prefix, suffix, whole) = match range {
            Some(range) if in_word => (
                hash(&self.folded[MARGIN + range.start.max(position.saturating_sub(11))..=at]),
                hash(&self.folded[at..MARGIN + range.end.min(position + 12)]),
                self.word_hashes[word],
            ),
            _ => (3, 3, 3),
        };
        let evidence = self.evidence[position];
        let near = |offset: isize| {
            position
                .checked_add_signed(offset)
                .and_then(|index| self.evidence.get(index))
                .copied()
                .unwrap_or_default()
        };
        let dictionary = u64::from(evidence.dictionary);
        let gazetteer = u64::from(evidence.gazetteer);
        let expression = u64::from(evidence.expression);
        let dictionary_near =
            u64::from(near(-1).dictionary) << 16 | dictionary << 8 | u64::from(near(1).dictionary);
        let gazetteer_near =
            u64::from(near(-1).gazetteer) << 32 | gazetteer << 16 | u64::from(near(1).gazetteer);
        let expression_near =
            u64::from(near(-1).expression) << 16 | expression << 8 | u64::from(near(1).expression);
        let noun = u64::from(evidence.noun.bits());
        let noun_near = u64::from(near(-1).noun.bits()) << 16 | noun << 8 | u64::from(near(1).noun.bits());
        // Where a character stands to its word's stem: before its end, at it, behind it, or outside of words.
        let to_stem_end = match self.stem_ends.get(word) {
            Some(&end) if in_word && position < end => (end - position).min(6) as u64,
            Some(_) if in_word => 7,
            _ => 8,
        };
        let shape = (-3..=3).fold(0, |shape, offset| shape << 4 | k(offset));
        let near_shape = k(-1) << 8 | k(0) << 4 | k(1);
        let next = self.word_hash(word, 1);
        let previous = self.word_hash(word, -1);

        let values: [u64; FEATURES] = [
            // Characters.
            self.exact[at],
            c(-3),
            c(-2),
            c(-1),
            c(1),
            c(2),
            c(3),
            // Two.
            c(-3) << 21 | c(-2),
            c(-2) << 21 | c(-1),
            c(-1) << 21 | c(0),
            c(0) << 21 | c(1),
            c(1) << 21 | c(2),
            c(2) << 21 | c(3),
            c(-1) << 21 | c(1),
            // Three.
            (c(-3) << 21 | c(-2)) << 21 | c(-1),
            (c(-2) << 21 | c(-1)) << 21 | c(0),
            (c(-1) << 21 | c(0)) << 21 | c(1),
            (c(0) << 21 | c(1)) << 21 | c(2),
            (c(1) << 21 | c(2)) << 21 | c(3),
            (c(2) << 21 | c(3)) << 21 | c(4),
            // Four and five.
            join((c(-3) << 21 | c(-2)) << 21 | c(-1), c(0)),
            join((c(-2) << 21 | c(-1)) << 21 | c(0), c(1)),
            join((c(-1) << 21 | c(0)) << 21 | c(1), c(2)),
            join((c(0) << 21 | c(1)) << 21 | c(2), c(3)),
            join((c(-2) << 21 | c(-1)) << 21 | c(0), c(1) << 21 | c(2)),
            join((c(0) << 21 | c(1)) << 21 | c(2), c(3) << 21 | c(4)),
            join((c(-4) << 21 | c(-3)) << 21 | c(-2), c(-1) << 21 | c(0)),
            // Kinds of characters.
            shape,
            near_shape << 32 | c(0),
            shape >> 8,
            // Words.
            join(whole, from_start),
            prefix,
            suffix,
            join(prefix, next),
            join(suffix, previous),
            join(previous, from_start),
            join(next, to_end),
            join(join(previous, next), from_start << 4 | to_end),
            join(self.word_hash(word, -2), from_start),
            join(self.word_hash(word, 2), to_end),
            join(self.word_end(word, -1, 1), from_start << 4 | k(0)),
            join(self.word_end(word, -1, 2), from_start << 4 | k(0)),
            join(self.word_start(word, 1, 2), to_end << 4 | k(0)),
            join(self.word_end(word, 0, 1), from_start << 4 | to_end),
            join(self.word_end(word, 0, 2), from_start << 4 | to_end),
            from_start << 12 | to_end << 8 | k(-1) << 4 | k(0),
            // Words without their particles.
            join(self.stem_hash(word, 0), from_start),
            join(self.stem_end(word, 0, 2), to_stem_end),
            join(self.stem_end(word, 0, 3), to_stem_end),
            join(self.stem_end(word, 1, 2), to_end.min(2) << 4 | to_stem_end.min(2)),
            join(self.stem_end(word, 1, 3), to_end.min(2)),
            join(self.stem_hash(word, 1), to_end.min(2)),
            join(self.stem_hash(word, -1), from_start),
            // Quotes and brackets.
            join(self.enclosures[position], near_shape),
            u64::from(self.enclosures[position] != 0) << 32 | shape,
            // Other layers.
            dictionary_near,
            dictionary << 32 | c(0),
            join(dictionary_near, to_end << 8 | k(1)),
            gazetteer_near,
            gazetteer << 32 | c(0),
            join(join(gazetteer_near, dictionary_near), to_end << 8 | k(1)),
            expression_near,
            expression << 32 | c(0),
            noun_near,
            join(noun, from_start << 4 | to_end),
            join(join(noun, gazetteer), dictionary),
            join(noun_near, near_shape),
        ];
        for (template, (feature, value)) in features.iter_mut().zip(values).enumerate() {
            *feature = mix(value ^ ((template as u64 + 1) << 58).wrapping_add((template as u64 + 1) << 43));
        }
    }
}

fn hash(characters: &[u64]) -> u64 {
    characters
        .iter()
        .fold(7, |hash, &character| join(hash, character))
}

fn closing_of(character: char) -> Option<char> {
    match character {
        '\'' | '"' => Some(character),
        '‘' => Some('’'),
        '“' => Some('”'),
        '(' => Some(')'),
        '「' => Some('」'),
        '『' => Some('』'),
        '《' => Some('》'),
        '<' => Some('>'),
        _ => None,
    }
}
