//! The features of a text for its section: what stands in its words, and which words stand side by side.
//!
//! Each feature is a number below [`BUCKETS`]. Training and serving share this file, so that they cannot differ.

use crate::letters::for_each_letter;

/// Features that there can be: ten times as many as the model knows, so that few unknown ones are taken for known ones.
pub const BUCKETS: u32 = 1 << BUCKET_BITS;

const BUCKET_BITS: u32 = 21;

/// Longest run of characters of a word that is a feature. Four and five do not improve the figures.
const LONGEST_RUN: usize = 3;

/// Characters of a word that stand for it beside its neighbour: particles and endings vary.
const STEM: usize = 2;

/// Stand for the ends of a word; they are no letters.
const START: char = '\u{1}';
const END: char = '\u{2}';

/// Seeds that keep the kinds of features apart: digits of pi.
const RUN: u64 = 0x243f_6a88_85a3_08d3;
const WORD: u64 = 0x1319_8a2e_0370_7344;
const PAIR: u64 = 0xa409_3822_299f_31d0;
const STEMS: u64 = 0x082e_fa98_ec4e_6c89;

/// Calls `take` with every feature of `text`, as often as it occurs: runs of one to three characters within a word and
/// its ends, words, pairs of words, and pairs of their first two characters.
pub fn for_each_feature(text: &str, take: impl FnMut(u32)) {
    let mut extraction = Extraction::new(take);
    for_each_letter(text, |letter| match letter {
        Some(letter) => extraction.letter(letter),
        None => extraction.end_word(),
    });
    extraction.end();
}

/// A text as far as it is read.
struct Extraction<F> {
    take: F,
    /// Hashes of the last one, two, … characters of the word.
    runs: [u64; LONGEST_RUN],
    /// Characters of the word that the runs have, with the mark of its start; 0 between words.
    length: usize,
    /// Hash of the word.
    word: u64,
    /// Hash of the first characters of the word.
    stem: u64,
    /// The same of the word before.
    previous_word: u64,
    previous_stem: u64,
}

impl<F: FnMut(u32)> Extraction<F> {
    fn new(take: F) -> Self {
        Self {
            take,
            runs: [RUN; LONGEST_RUN],
            length: 0,
            word: WORD,
            stem: STEMS,
            previous_word: PAIR,
            previous_stem: STEMS,
        }
    }

    #[inline]
    fn letter(&mut self, letter: char) {
        if self.length == 0 {
            self.extend_runs(START);
        }
        self.extend_runs(letter);
        self.emit_runs(1);
        self.word = join(self.word, u64::from(letter));
        // The mark of the start counts.
        if self.length <= STEM + 1 {
            self.stem = join(self.stem, u64::from(letter));
        }
    }

    fn end_word(&mut self) {
        if self.length == 0 {
            return;
        }
        self.extend_runs(END);
        self.emit_runs(2);
        self.emit(self.word);
        self.emit(join(self.previous_word, self.word));
        self.emit(join(self.previous_stem, self.stem));
        self.previous_word = join(PAIR, self.word);
        self.previous_stem = self.stem;
        self.length = 0;
        self.word = WORD;
        self.stem = STEMS;
    }

    fn end(&mut self) {
        self.end_word();
        if self.previous_word != PAIR {
            self.emit(join(self.previous_word, u64::from(END)));
        }
    }

    #[inline]
    fn extend_runs(&mut self, character: char) {
        for longer in (1..LONGEST_RUN).rev() {
            self.runs[longer] = join(self.runs[longer - 1], u64::from(character));
        }
        self.runs[0] = join(RUN, u64::from(character));
        self.length += 1;
    }

    /// The runs of at least `shortest` characters that end here and lie within the word.
    #[inline]
    fn emit_runs(&mut self, shortest: usize) {
        for length in shortest..=self.length.min(LONGEST_RUN) {
            self.emit(self.runs[length - 1]);
        }
    }

    #[inline]
    fn emit(&mut self, hash: u64) {
        (self.take)((hash >> (u64::BITS - BUCKET_BITS)) as u32);
    }
}

/// Folds `right` into the hash `left`; the upper bits of the result depend on all bits of both.
#[inline]
fn join(left: u64, right: u64) -> u64 {
    let mixed = (left ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn features(text: &str) -> Vec<u32> {
        let mut features = Vec::new();
        for_each_feature(text, |feature| features.push(feature));
        features
    }

    #[test]
    fn a_word_has_its_runs_itself_and_its_pairs() {
        // 가, ^가, 가$, ^가$; the word; its pairs with nothing before and nothing after it; the pair of stems.
        assert_eq!(features("가").len(), 8);
        assert!(features(" …!").is_empty());
        assert!(features("가나").iter().all(|&feature| feature < BUCKETS));
        let distinct: HashSet<u32> = features("가나").into_iter().collect();
        assert_eq!(distinct.len(), features("가나").len());
    }

    #[test]
    fn stems_outlive_particles() {
        let shared = |left: &str, right: &str| {
            let left: HashSet<u32> = features(left).into_iter().collect();
            features(right)
                .iter()
                .filter(|feature| left.contains(feature))
                .count()
        };
        assert!(shared("축구를 이겼다", "축구가 이긴") > shared("를축구 이겼다", "가축구 긴이"));
    }

    #[test]
    fn signs_and_width_do_not_matter() {
        assert_eq!(features("ＡI·반도체"), features("ai 반도체…"));
    }
}
