//! Plain words: frequent words that are part of no name in any sentence to learn from. The model passes over them.

use std::collections::BTreeSet;

use gisa_entity_tagging::model::features::words;
use rustc_hash::FxHashMap;

use crate::corpus::Sentence;

/// A rarer word may be part of a name that no sentence has.
const LEAST_COUNT: u32 = 3;

#[derive(Default)]
struct Uses {
    count: u32,
    in_name: bool,
}

/// Hashes of the plain words of `sentences`: of Hangul alone, because other words are too often names.
pub fn plain_words<'a>(sentences: impl Iterator<Item = &'a Sentence>) -> BTreeSet<u32> {
    let mut uses: FxHashMap<u32, Uses> = FxHashMap::default();
    for sentence in sentences {
        for (range, hash) in words(&sentence.text) {
            let word = &sentence.text[range.clone()];
            let is_hangul = word.iter().all(|character| ('가'..='힣').contains(character));
            let mut mentions = sentence.mentions.iter();
            let uses = uses.entry(hash).or_default();
            uses.count += 1;
            uses.in_name |=
                !is_hangul || mentions.any(|mention| mention.start < range.end && range.start < mention.end);
        }
    }
    let plain = uses
        .into_iter()
        .filter(|(_, uses)| uses.count >= LEAST_COUNT && !uses.in_name);
    plain.map(|(hash, _)| hash).collect()
}
