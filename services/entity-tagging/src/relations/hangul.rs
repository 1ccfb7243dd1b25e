//! Syllables of Hangul taken apart and put together, for the inflection of verbs.

const FIRST: u32 = 0xAC00;
const LAST: u32 = 0xD7A3;
const VOWELS: u32 = 21;
const FINALS: u32 = 28;

/// Numbers of final consonants (받침) in the order of Unicode.
pub(super) mod finals {
    pub(in crate::relations) const NONE: u32 = 0;
    pub(in crate::relations) const NIEUN: u32 = 4;
    pub(in crate::relations) const RIEUL: u32 = 8;
    pub(in crate::relations) const MIEUM: u32 = 16;
    pub(in crate::relations) const BIEUP: u32 = 17;
    pub(in crate::relations) const SSANG_SIOS: u32 = 20;
}

/// A syllable of modern Hangul in its three parts, as numbers in the order of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    pub initial: u32,
    pub vowel: u32,
    pub last: u32,
}

impl Syllable {
    /// `None` for what is no syllable of Hangul.
    pub(super) fn of(character: char) -> Option<Self> {
        let code = u32::from(character);
        if !(FIRST..=LAST).contains(&code) {
            return None;
        }
        let index = code - FIRST;
        Some(Self {
            initial: index / (VOWELS * FINALS),
            vowel: index / FINALS % VOWELS,
            last: index % FINALS,
        })
    }

    pub(super) fn compose(self) -> char {
        char::from_u32(FIRST + (self.initial * VOWELS + self.vowel) * FINALS + self.last)
            .unwrap_or('\u{FFFD}')
    }

    pub(super) fn with_last(self, last: u32) -> Self {
        Self { last, ..self }
    }

    pub(super) fn with_vowel(self, vowel: u32) -> Self {
        Self { vowel, ..self }
    }
}

/// How many syllables modern Hangul has.
pub(super) const SYLLABLES: usize = (LAST - FIRST + 1) as usize;

/// Number of a syllable among all; `None` for what is no syllable of Hangul.
pub(super) fn index_of(character: char) -> Option<usize> {
    let code = u32::from(character);
    (FIRST..=LAST).contains(&code).then(|| (code - FIRST) as usize)
}

/// Number of the final consonant; `None` for what is no syllable of Hangul.
pub(super) fn final_of(character: char) -> Option<u32> {
    Syllable::of(character).map(|syllable| syllable.last)
}

/// Whether the last character of `text` is a syllable with this final consonant.
pub(super) fn ends_with_final(text: &str, last: u32) -> bool {
    text.chars().next_back().and_then(final_of) == Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_come_apart_and_together() {
        for character in ['가', '힣', '했', '밝', '의'] {
            assert_eq!(Syllable::of(character).unwrap().compose(), character);
        }
        assert_eq!(Syllable::of('a'), None);
        assert_eq!(final_of('했'), Some(finals::SSANG_SIOS));
        assert!(ends_with_final("출시한", finals::NIEUN) && !ends_with_final("출시", finals::NIEUN));
    }
}
