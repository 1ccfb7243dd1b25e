//! Particles (조사) and forms of the copula (이다) that follow a name without a space.

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

/// Longer chains do not occur; the limit bounds the search.
const MAX_CHAIN: usize = 3;

/// Whether all of `tail` is a chain of one to three particles that may follow `previous`.
pub(crate) fn is_particle_chain(previous: char, tail: &str) -> bool {
    chain(previous, tail, MAX_CHAIN)
}

fn chain(previous: char, tail: &str, left: usize) -> bool {
    if left == 0 {
        return false;
    }
    PARTICLES.iter().any(|&(particle, after, then)| {
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
