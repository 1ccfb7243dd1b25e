//! Common nouns: whether a word is made of words that every Korean dictionary has.
//!
//! A name that nobody has heard of and a common noun look alike to a model that has met neither: 쿠다는, 코딩은. This is
//! evidence for the model, not a decision: many names are made of common nouns.

use std::io::Read as _;

use crate::dictionary::is_particle_chain;

/// Common nouns of two to seven syllables, one a line; see `seeds/dictionary/imported/README.md`.
const BUILT_IN: &[u8] = include_bytes!("../../../seeds/dictionary/imported/common-nouns.txt.zst");

/// Longest noun, in syllables.
const LONGEST: usize = 7;

/// The filter has so many bits a noun: with two of them set, one of about 300 other words passes.
const BITS_PER_NOUN: usize = 32;

/// What the lexicon says of one character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NounMark(u8);

impl NounMark {
    const FIRST: u8 = 1;
    const INSIDE: u8 = 2;
    const BEHIND: u8 = 3;

    /// How the run of syllables is made up in the upper four bits (see [`CommonNouns::mark`]), the place in it in the
    /// lower two: 1 is the first syllable of a noun, 2 a further one, 3 behind the nouns; 0 for no syllable.
    pub fn bits(self) -> u8 {
        self.0
    }
}

/// A set of common nouns; a few other words pass for one.
#[derive(Debug)]
pub struct CommonNouns {
    /// A Bloom filter of two bits a noun; the length is a power of two.
    bits: Vec<u64>,
}

impl CommonNouns {
    /// The lexicon that ships with the service.
    pub fn built_in() -> std::io::Result<Self> {
        let mut list = String::new();
        zstd::stream::read::Decoder::new(BUILT_IN)?.read_to_string(&mut list)?;
        Ok(Self::new(&list))
    }

    /// The nouns of a list, one a line.
    fn new(list: &str) -> Self {
        let count = list.lines().count();
        let mut nouns = Self {
            bits: vec![0; (count * BITS_PER_NOUN / 64 + 1).next_power_of_two()],
        };
        for noun in list.lines() {
            let hash = noun.chars().fold(START, add);
            for (word, bit) in nouns.places(hash) {
                nouns.bits[word] |= bit;
            }
        }
        nouns
    }

    fn places(&self, hash: u64) -> [(usize, u64); 2] {
        let place = |hash: u64| ((hash >> 6) as usize & (self.bits.len() - 1), 1 << (hash & 63));
        [place(hash >> 4), place(hash >> 34)]
    }

    fn contains(&self, hash: u64) -> bool {
        self.places(hash)
            .iter()
            .all(|&(word, bit)| self.bits[word] & bit != 0)
    }

    /// Sets the marks of all syllables of a text; the others stay as they are. A run of syllables is read from the left
    /// as nouns, the longest first; its make-up is four times the number of nouns, up to three, plus what is left: 0 for
    /// nothing, 1 for particles, 2 for one syllable, 3 for more.
    pub fn mark(&self, text: &[char], marks: &mut [NounMark]) {
        let mut start = 0;
        while start < text.len() {
            if !is_syllable(text[start]) {
                start += 1;
                continue;
            }
            let length = text[start..]
                .iter()
                .take_while(|&&character| is_syllable(character))
                .count();
            self.mark_run(&text[start..start + length], &mut marks[start..start + length]);
            start += length;
        }
    }

    fn mark_run(&self, run: &[char], marks: &mut [NounMark]) {
        let mut covered = 0;
        let mut nouns = 0;
        while let Some(length) = self.longest(&run[covered..]) {
            marks[covered].0 = NounMark::FIRST;
            marks[covered + 1..covered + length].fill(NounMark(NounMark::INSIDE));
            covered += length;
            nouns += 1;
        }
        marks[covered..].fill(NounMark(NounMark::BEHIND));
        let rest = match &run[covered..] {
            [] => 0,
            left if nouns > 0 && self.is_particles(run[covered - 1], left) => 1,
            [_] => 2,
            _ => 3,
        };
        let make_up = (4 * nouns.min(3) + rest) << 2;
        for mark in marks {
            mark.0 |= make_up;
        }
    }

    fn is_particles(&self, last: char, rest: &[char]) -> bool {
        const LONGEST_CHAIN: usize = 6;
        rest.len() <= LONGEST_CHAIN && is_particle_chain(last, &rest.iter().collect::<String>())
    }

    /// Length of the longest noun at the start of `run`.
    fn longest(&self, run: &[char]) -> Option<usize> {
        let mut hash = START;
        let mut longest = None;
        for (index, &character) in run.iter().take(LONGEST).enumerate() {
            hash = add(hash, character);
            if index > 0 && self.contains(hash) {
                longest = Some(index + 1);
            }
        }
        longest
    }
}

const START: u64 = 0x5851_f42d_4c95_7f2d;

fn add(hash: u64, character: char) -> u64 {
    let mixed = (hash ^ u64::from(u32::from(character))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}

fn is_syllable(character: char) -> bool {
    ('가'..='힣').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_as_nouns_and_a_rest() {
        let nouns = CommonNouns::new("업무\n시스템\n업무시간\n체육");
        let marks = |text: &str| {
            let text: Vec<char> = text.chars().collect();
            let mut marks = vec![NounMark::default(); text.len()];
            nouns.mark(&text, &mut marks);
            marks
                .iter()
                .map(|mark| (mark.bits() >> 2, mark.bits() & 3))
                .collect::<Vec<_>>()
        };
        assert_eq!(marks("업무"), [(4, 1), (4, 2)]);
        assert_eq!(marks("업무시간"), [(4, 1), (4, 2), (4, 2), (4, 2)]);
        assert_eq!(
            marks("업무시스템에서"),
            [(9, 1), (9, 2), (9, 1), (9, 2), (9, 2), (9, 3), (9, 3)]
        );
        assert_eq!(marks("체육쿠"), [(6, 1), (6, 2), (6, 3)]);
        assert_eq!(
            marks("해오름 AI"),
            [(3, 3), (3, 3), (3, 3), (0, 0), (0, 0), (0, 0)]
        );
        assert_eq!(marks(""), []);
    }

    #[test]
    fn the_built_in_list() {
        let nouns = CommonNouns::built_in().unwrap();
        for noun in ["한국어", "시스템", "반도체"] {
            assert!(nouns.contains(noun.chars().fold(START, add)), "{noun}");
        }
        let others = ["엔비디아", "쿠다", "해오름누리", "옳꿟봙", "가갸거겨"];
        assert!(
            others
                .iter()
                .any(|other| !nouns.contains(other.chars().fold(START, add)))
        );
    }
}
