//! Particles (조사) and forms of the copula (이다) that follow a name without a space.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::first_character::ByFirstCharacter;

/// What the syllable before a particle must end in.
#[derive(Clone, Copy)]
enum After {
    /// Anything.
    Any,
    /// A consonant (받침).
    Consonant,
    /// A vowel.
    Vowel,
    /// A vowel or ㄹ: 로.
    VowelOrRieul,
    /// A consonant but ㄹ: 으로.
    ConsonantButRieul,
}

/// Whether more particles may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    More,
    End,
}

use After::{Any, Consonant, ConsonantButRieul, Vowel, VowelOrRieul};
use Then::{End, More};

/// The one table of particles.
const PARTICLES: &[(&str, After, Then)] = &[
    // Case.
    ("은", Consonant, End),
    ("는", Vowel, End),
    ("이", Consonant, End),
    ("가", Vowel, End),
    ("을", Consonant, End),
    ("를", Vowel, End),
    ("의", Any, End),
    ("에", Any, More),
    ("엔", Any, End),
    ("에서", Any, More),
    ("에선", Any, End),
    ("에게", Any, More),
    ("에게서", Any, More),
    ("에겐", Any, End),
    ("께", Any, More),
    ("께서", Any, More),
    ("한테", Any, More),
    ("와", Vowel, More),
    ("과", Consonant, More),
    ("랑", Vowel, End),
    ("이랑", Consonant, End),
    ("하고", Any, End),
    ("로", VowelOrRieul, More),
    ("으로", ConsonantButRieul, More),
    ("로서", VowelOrRieul, More),
    ("으로서", ConsonantButRieul, More),
    ("로써", VowelOrRieul, End),
    ("으로써", ConsonantButRieul, End),
    ("론", VowelOrRieul, End),
    ("으론", ConsonantButRieul, End),
    // Focus.
    ("도", Any, End),
    ("만", Any, More),
    ("만큼", Any, More),
    ("부터", Any, More),
    ("까지", Any, More),
    ("까진", Any, End),
    ("보다", Any, More),
    ("보단", Any, End),
    ("처럼", Any, More),
    ("같이", Any, End),
    ("대로", Any, End),
    ("마저", Any, End),
    ("조차", Any, End),
    ("밖에", Any, End),
    ("뿐", Any, More),
    ("쯤", Any, More),
    ("나", Vowel, End),
    ("이나", Consonant, End),
    ("든", Vowel, End),
    ("이든", Consonant, End),
    ("든지", Vowel, End),
    ("이든지", Consonant, End),
    ("라도", Vowel, End),
    ("이라도", Consonant, End),
    ("란", Vowel, End),
    ("이란", Consonant, End),
    // Quotation.
    ("라고", Vowel, More),
    ("이라고", Consonant, More),
    ("라는", Vowel, End),
    ("이라는", Consonant, End),
    ("라며", Vowel, End),
    ("이라며", Consonant, End),
    ("라면", Vowel, End),
    ("이라면", Consonant, End),
    // Copula.
    ("다", Vowel, End),
    ("이다", Any, End),
    ("며", Vowel, End),
    ("이며", Any, End),
    ("이고", Any, End),
    ("이자", Any, End),
    ("지만", Vowel, End),
    ("이지만", Any, End),
    ("였다", Vowel, End),
    ("이었다", Any, End),
    ("였던", Vowel, End),
    ("이었던", Any, End),
    ("였고", Vowel, End),
    ("이었고", Any, End),
    ("였지만", Vowel, End),
    ("이었지만", Any, End),
    ("여서", Vowel, End),
    ("이어서", Any, End),
    ("라서", Vowel, End),
    ("이라서", Any, End),
    ("인데", Any, End),
    ("인지", Any, More),
    ("이기", Any, More),
    ("이냐", Any, End),
    ("입니다", Any, End),
    // Enumeration.
    ("등", Any, More),
    ("들", Any, More),
];

static BY_FIRST_SYLLABLE: LazyLock<ByFirstCharacter<(&str, After, Then)>> =
    LazyLock::new(|| ByFirstCharacter::new(PARTICLES.iter().map(|&particle| (particle.0, particle))));

/// Longer chains do not occur; the limit bounds the search.
const MAX_CHAIN: usize = 3;

/// Whether all of `tail` is a chain of one to three particles that may follow `previous`.
pub(crate) fn is_particle_chain(previous: char, tail: &str) -> bool {
    chain(previous, tail, MAX_CHAIN)
}

/// Longest chain that [`stem_length`] takes off, in syllables: as many as fit into the table's keys.
const LONGEST_TAIL: usize = 4;

/// Chains of one or two particles of up to [`LONGEST_TAIL`] syllables, with the classes of syllables they may follow.
static TAILS: LazyLock<FxHashMap<u64, u8>> = LazyLock::new(|| {
    let singles = PARTICLES.iter().map(|(particle, ..)| (*particle).to_owned());
    let pairs = PARTICLES
        .iter()
        .filter(|(.., then)| *then == More)
        .flat_map(|(first, ..)| {
            let second = PARTICLES.iter().map(|(second, ..)| *second);
            second.map(move |second| format!("{first}{second}"))
        });
    let mut tails = FxHashMap::default();
    for tail in singles.chain(pairs) {
        let characters: Vec<char> = tail.chars().collect();
        let classes = CLASS_EXAMPLES
            .iter()
            .enumerate()
            .fold(0, |classes, (class, &example)| {
                classes | u8::from(chain(example, &tail, 2)) << class
            });
        if characters.len() <= LONGEST_TAIL && classes != 0 {
            tails.insert(tail_key(&characters), classes);
        }
    }
    tails
});

/// A character of each class that particles tell apart: vowel, ㄹ, other consonant, no syllable.
const CLASS_EXAMPLES: [char; 4] = ['가', '갈', '각', 'A'];

fn class(previous: char) -> u8 {
    match final_consonant(previous) {
        Some(NO_FINAL) => 0,
        Some(RIEUL) => 1,
        Some(_) => 2,
        None => 3,
    }
}

fn tail_key(tail: &[char]) -> u64 {
    tail.iter().fold(0, |key, &syllable| {
        key << 16 | u64::from(u32::from(syllable) & 0xffff)
    })
}

/// How many characters of `word` are left without the longest chain of particles at its end; at least one. A guess for
/// statistics: 회의 loses its last syllable too.
pub(crate) fn stem_length(word: &[char]) -> usize {
    let shortest = word.len().saturating_sub(LONGEST_TAIL).max(1);
    let stem = (shortest..word.len()).find(|&length| {
        let tail = &word[length..];
        let is_hangul = tail.iter().all(|character| ('가'..='힣').contains(character));
        is_hangul
            && TAILS
                .get(&tail_key(tail))
                .is_some_and(|classes| classes >> class(word[length - 1]) & 1 == 1)
    });
    stem.unwrap_or(word.len())
}

fn chain(previous: char, tail: &str, left: usize) -> bool {
    if left == 0 {
        return false;
    }
    BY_FIRST_SYLLABLE.of(tail).any(|&(particle, after, then)| {
        let Some(rest) = tail.strip_prefix(particle) else {
            return false;
        };
        fits(after, previous)
            && (rest.is_empty()
                || then == More
                    && particle
                        .chars()
                        .next_back()
                        .is_some_and(|last| chain(last, rest, left - 1)))
    })
}

fn fits(after: After, previous: char) -> bool {
    // How a letter, digit or sign is read aloud is not known: both forms may follow.
    let Some(last) = final_consonant(previous) else {
        return true;
    };
    match after {
        Any => true,
        Consonant => last != NO_FINAL,
        Vowel => last == NO_FINAL,
        VowelOrRieul => last == NO_FINAL || last == RIEUL,
        ConsonantButRieul => last != NO_FINAL && last != RIEUL,
    }
}

const NO_FINAL: u32 = 0;
const RIEUL: u32 = 8;

/// Number of the final consonant of a Hangul syllable in the order of Unicode.
fn final_consonant(syllable: char) -> Option<u32> {
    const FIRST: u32 = 0xAC00;
    const LAST: u32 = 0xD7A3;
    const FINALS: u32 = 28;
    let code = u32::from(syllable);
    (FIRST..=LAST).contains(&code).then(|| (code - FIRST) % FINALS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        let cases = [
            ("모빌리티엑스포가", 7),
            ("학교에서는", 2),
            ("별빛은", 2),
            ("별빛는", 3),
            ("AI가", 2),
            ("나라", 2),
            ("은", 1),
            ("대표", 2),
            ("서울까지의", 2),
        ];
        for (word, length) in cases {
            let word: Vec<char> = word.chars().collect();
            assert_eq!(stem_length(&word), length, "{word:?}");
        }
        assert_eq!(stem_length(&[]), 0);
    }

    #[test]
    fn chains() {
        let yes = [
            ('버', "는"),
            ('국', "은"),
            ('국', "이라는"),
            ('원', "으로부터"),
            ('울', "로부터는"),
            ('버', "에서도"),
            ('T', "은"),
            ('T', "는"),
            ('국', "까지만의"),
            ('아', "다"),
            ('성', "등을"),
        ];
        for (previous, tail) in yes {
            assert!(is_particle_chain(previous, tail), "{previous}{tail}");
        }
        let no = [
            ('종', "로"),
            ('울', "으로"),
            ('버', "은"),
            ('국', "는"),
            ('국', "인"),
            ('국', "어"),
            ('타', "버스"),
            ('국', ""),
            ('버', "가의"),
            ('국', "에까지만의도"),
        ];
        for (previous, tail) in no {
            assert!(!is_particle_chain(previous, tail), "{previous}{tail}");
        }
    }
}
