//! The features of the sequence model: what a character's label depends on.
//!
//! Every character has exactly [`FEATURES`] features, each a hash of 32 bits of a template's number and of what the template
//! sees, never 0. Training and serving share this file, so that they cannot differ.

use std::ops::Range;

use crate::common_nouns::NounMark;
use crate::dictionary::stem_length;

/// Features of one character.
pub const FEATURES: usize = 52;

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

/// A sentence, prepared once for all of its characters. The memory serves one sentence after the other.
#[derive(Debug, Default)]
struct Prepared {
    /// Characters with digits folded to `0`, with a margin of [`MARGIN`] on both sides.
    folded: Vec<u64>,
    /// The same of the characters as they are.
    exact: Vec<u64>,
    /// Kinds of characters, with the margin.
    kinds: Vec<u64>,
    /// Words: runs without white space and signs; [`WORDS_AROUND`] words that stand for nothing on both sides.
    words: Vec<Word>,
    /// The word that a character stands in, or the next one after it.
    word_at: Vec<u32>,
    /// What a character is enclosed by.
    enclosures: Vec<u64>,
    /// Hash of a character's word up to it, of the last [`LONGEST_AFFIX`] characters.
    prefixes: Vec<u64>,
    /// Hash of a character's word from it to the end, of the first [`LONGEST_AFFIX`] characters.
    suffixes: Vec<u64>,
}

/// A word with the hashes that its own characters and those of its neighbours use.
#[derive(Clone, Debug)]
struct Word {
    range: Range<usize>,
    /// Its end without particles.
    stem_end: usize,
    whole: u64,
    stem: u64,
    first_two: u64,
    last_two: u64,
    stem_last_two: u64,
    stem_last_three: u64,
}

impl Word {
    /// Stands for the words before the first and after the last.
    const NONE: Self = Self {
        range: 0..0,
        stem_end: 0,
        whole: 2,
        stem: 2,
        first_two: 2,
        last_two: 2,
        stem_last_two: 2,
        stem_last_three: 2,
    };

    /// The upper half of the hash of all of it.
    fn hash(&self) -> u32 {
        (self.whole >> 32) as u32
    }

    /// A word of characters `range`; `folded` is the sentence without margins.
    fn new(range: Range<usize>, sentence: &[char], folded: &[u64]) -> Self {
        let stem_end = range.start + stem_length(&sentence[range.clone()]);
        let last = |end: usize, count: usize| hash(&folded[end.saturating_sub(count).max(range.start)..end]);
        Self {
            stem_end,
            whole: hash(&folded[range.clone()]),
            stem: hash(&folded[range.start..stem_end]),
            first_two: hash(&folded[range.start..range.end.min(range.start + 2)]),
            last_two: last(range.end, 2),
            stem_last_two: last(stem_end, 2),
            stem_last_three: last(stem_end, 3),
            range,
        }
    }
}

/// So many words before and after a character's word are seen.
const WORDS_AROUND: usize = 2;

/// Longest part of a word that is seen as a whole, in characters.
const LONGEST_AFFIX: usize = 12;

const MARGIN: usize = 5;

/// Calls `emit` with the position and the features of every character of a sentence, in order. `evidence` has an entry a
/// character.
pub fn extract(sentence: &[char], evidence: &[Evidence], mut emit: impl FnMut(usize, &[u32; FEATURES])) {
    debug_assert_eq!(sentence.len(), evidence.len());
    let prepared = Prepared::new(sentence);
    let mut features = [0; FEATURES];
    for position in 0..sentence.len() {
        prepared.fill(position, evidence, &mut features);
        emit(position, &features);
    }
}

/// Extracts features from one sentence after the other.
#[derive(Debug, Default)]
pub(super) struct Extractor {
    prepared: Prepared,
    plain: Vec<bool>,
}

impl Extractor {
    /// Like [`extract`], with `None` for the characters of plain words and for what stands between them. A word is plain
    /// if `is_plain` says so of its hash, it stands in no quotes or brackets, and no other layer has found something in
    /// it.
    pub(super) fn extract_unless_plain(
        &mut self,
        sentence: &[char],
        evidence: &[Evidence],
        is_plain: impl Fn(u32) -> bool,
        mut emit: impl FnMut(Option<&[u32; FEATURES]>),
    ) {
        let Self { prepared, plain } = self;
        prepared.prepare(sentence);
        plain.clear();
        plain.extend(
            prepared.words.iter().map(|word| {
                word.range.is_empty() || is_plain(word.hash()) && prepared.is_bare(word, evidence)
            }),
        );
        let mut features = [0; FEATURES];
        for position in 0..sentence.len() {
            let index = prepared.word_at[position] as usize;
            let in_word = prepared.words[index].range.contains(&position);
            if plain[index] && (in_word || plain[index - 1]) && prepared.enclosures[position] == 0 {
                emit(None);
                continue;
            }
            prepared.fill(position, evidence, &mut features);
            emit(Some(&features));
        }
    }
}

/// The words of a sentence, each with its hash: runs without white space and signs, digits folded.
pub fn words(sentence: &[char]) -> Vec<(Range<usize>, u32)> {
    let prepared = Prepared::new(sentence);
    let words = prepared.words.iter().filter(|word| !word.range.is_empty());
    words.map(|word| (word.range.clone(), word.hash())).collect()
}

/// Multiplying by it spreads the bits of a number over the upper half of the product.
const SPREADING: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn mix(value: u64) -> u64 {
    let product = value.wrapping_mul(SPREADING);
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

/// Makes `values` so many of `value`.
fn refill<T: Clone>(values: &mut Vec<T>, length: usize, value: T) {
    values.clear();
    values.resize(length, value);
}

impl Prepared {
    fn new(sentence: &[char]) -> Self {
        let mut prepared = Self::default();
        prepared.prepare(sentence);
        prepared
    }

    fn prepare(&mut self, sentence: &[char]) {
        let length = sentence.len();
        refill(&mut self.folded, length + 2 * MARGIN, OUTSIDE);
        refill(&mut self.exact, length + 2 * MARGIN, OUTSIDE);
        refill(&mut self.kinds, length + 2 * MARGIN, 0);
        refill(&mut self.words, WORDS_AROUND, Word::NONE);
        refill(&mut self.word_at, length, 0);
        refill(&mut self.enclosures, length, 0);
        refill(&mut self.prefixes, length, 3);
        refill(&mut self.suffixes, length, 3);
        for (index, &character) in sentence.iter().enumerate() {
            self.exact[MARGIN + index] = u64::from(u32::from(character));
            self.folded[MARGIN + index] = match character {
                '0'..='9' => u64::from(b'0'),
                _ => self.exact[MARGIN + index],
            };
            self.kinds[MARGIN + index] = kind(character);
        }
        self.find_words(sentence);
        self.enclose(sentence);
    }

    fn find_words(&mut self, sentence: &[char]) {
        let mut start = 0;
        while start < sentence.len() {
            let kinds = &self.kinds[MARGIN + start..MARGIN + sentence.len()];
            let signs = kinds.iter().take_while(|&&kind| !is_word_kind(kind)).count();
            let length = kinds[signs..]
                .iter()
                .take_while(|&&kind| is_word_kind(kind))
                .count();
            let range = start + signs..start + signs + length;
            self.word_at[start..range.end].fill(self.words.len() as u32);
            start = range.end;
            if length > 0 {
                self.hash_affixes(&range);
                let folded = &self.folded[MARGIN..];
                self.words.push(Word::new(range, sentence, folded));
            }
        }
        self.words.resize(self.words.len() + WORDS_AROUND + 1, Word::NONE);
    }

    fn hash_affixes(&mut self, word: &Range<usize>) {
        let folded = &self.folded[MARGIN..];
        for at in word.clone() {
            self.prefixes[at] = match at - word.start {
                0 => hash(&folded[at..=at]),
                before if before < LONGEST_AFFIX => join(self.prefixes[at - 1], folded[at]),
                _ => hash(&folded[at + 1 - LONGEST_AFFIX..=at]),
            };
        }
        for at in word.clone().rev() {
            self.suffixes[at] = match word.end - 1 - at {
                0 => hash(&folded[at..=at]),
                after if after < LONGEST_AFFIX => join(self.suffixes[at + 1], folded[at]),
                _ => hash(&folded[at..at + LONGEST_AFFIX]),
            };
        }
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

    /// Whether no other layer has found anything in a word, and it stands in no quotes or brackets.
    fn is_bare(&self, word: &Word, evidence: &[Evidence]) -> bool {
        let is_bare =
            |evidence: &Evidence| (evidence.dictionary, evidence.gazetteer, evidence.expression) == (0, 0, 0);
        evidence[word.range.clone()].iter().all(is_bare) && self.enclosures[word.range.start] == 0
    }

    fn word_hash_before(&self, position: usize) -> u64 {
        let index = self.word_at[position] as usize;
        let word = &self.words[index];
        if !word.range.is_empty() && word.range.start < position {
            word.whole
        } else {
            self.words[index - 1].whole
        }
    }

    fn fill(&self, position: usize, all_evidence: &[Evidence], features: &mut [u32; FEATURES]) {
        let at = MARGIN + position;
        // Slices of a fixed length make the compiler check the bounds once.
        let characters = &self.folded[position..=position + 2 * MARGIN];
        let kinds = &self.kinds[position..=position + 2 * MARGIN];
        let c = |offset: isize| characters[MARGIN.wrapping_add_signed(offset)];
        let k = |offset: isize| kinds[MARGIN.wrapping_add_signed(offset)];
        let index = self.word_at[position] as usize;
        let [before_last, last, word, next, after_next] =
            &self.words[index - WORDS_AROUND..=index + WORDS_AROUND]
        else {
            return;
        };
        let in_word = word.range.contains(&position);
        let (from_start, to_end) = if in_word {
            (
                (position - word.range.start).min(7) as u64,
                (word.range.end - position).min(7) as u64,
            )
        } else {
            (8, 8)
        };
        let prefix = self.prefixes[position];
        let suffix = self.suffixes[position];
        let evidence = all_evidence[position];
        let near = |offset: isize| {
            position
                .checked_add_signed(offset)
                .and_then(|index| all_evidence.get(index))
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
        let to_stem_end = match in_word {
            true if position < word.stem_end => (word.stem_end - position).min(6) as u64,
            true => 7,
            false => 8,
        };
        let shape = (-3..=3).fold(0, |shape, offset| shape << 4 | k(offset));
        let near_shape = k(-1) << 8 | k(0) << 4 | k(1);

        let values: [u64; FEATURES] = [
            // Characters.
            self.exact[at],
            c(-2),
            c(-1),
            c(1),
            c(2),
            // Two.
            c(-2) << 21 | c(-1),
            c(-1) << 21 | c(0),
            c(0) << 21 | c(1),
            c(1) << 21 | c(2),
            c(-1) << 21 | c(1),
            // Three.
            (c(-3) << 21 | c(-2)) << 21 | c(-1),
            (c(-2) << 21 | c(-1)) << 21 | c(0),
            (c(-1) << 21 | c(0)) << 21 | c(1),
            (c(0) << 21 | c(1)) << 21 | c(2),
            (c(1) << 21 | c(2)) << 21 | c(3),
            // Four and five.
            join((c(-3) << 21 | c(-2)) << 21 | c(-1), c(0)),
            join((c(0) << 21 | c(1)) << 21 | c(2), c(3)),
            join((c(-2) << 21 | c(-1)) << 21 | c(0), c(1) << 21 | c(2)),
            join((c(0) << 21 | c(1)) << 21 | c(2), c(3) << 21 | c(4)),
            // Kinds of characters.
            shape,
            near_shape << 32 | c(0),
            // Words.
            prefix,
            suffix,
            join(prefix, next.whole),
            join(suffix, last.whole),
            join(join(last.whole, next.whole), from_start << 4 | to_end),
            join(before_last.whole, from_start),
            join(after_next.whole, to_end),
            join(last.last_two, from_start << 4 | k(0)),
            join(next.first_two, to_end << 4 | k(0)),
            join(word.last_two, from_start << 4 | to_end),
            from_start << 12 | to_end << 8 | k(-1) << 4 | k(0),
            // Words without their particles.
            join(word.stem, from_start),
            join(word.stem_last_two, to_stem_end),
            join(word.stem_last_three, to_stem_end),
            join(next.stem_last_two, to_end.min(2) << 4 | to_stem_end.min(2)),
            join(next.stem_last_three, to_end.min(2)),
            join(next.stem, to_end.min(2)),
            join(last.stem, from_start),
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
            noun_near,
            join(noun, from_start << 4 | to_end),
            join(join(noun, gazetteer), dictionary),
            join(noun_near, near_shape),
        ];
        for (template, (feature, value)) in features.iter_mut().zip(values).enumerate() {
            let number = template as u64 + 1;
            let product = (value ^ (number << 58).wrapping_add(number << 43)).wrapping_mul(SPREADING);
            *feature = ((product >> 32) as u32).max(1);
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
