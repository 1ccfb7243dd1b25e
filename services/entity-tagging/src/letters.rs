//! The letters and digits of a text, folded so that spellings of the same text agree: NFKC, lower case, nothing else.
//!
//! Signatures are compared for ever: what this module gives for a text must never change. NFKC and lower case of
//! assigned characters are stable by the policies of Unicode.

use unicode_normalization::UnicodeNormalization as _;

/// Calls `take` with the letters and digits of `text`, and with `None` for every other character.
pub(crate) fn for_each_letter(text: &str, mut take: impl FnMut(Option<char>)) {
    // No character composes with a white space before it, so that words can be normalised one by one.
    for word in text.split(char::is_whitespace) {
        if word.chars().all(is_plain) {
            word.chars().for_each(|character| take(fold_plain(character)));
        } else {
            // `stream_safe` bounds the marks that are sorted at once.
            let normalised = word.chars().stream_safe().nfkc();
            normalised
                .flat_map(char::to_lowercase)
                .for_each(|character| take(character.is_alphanumeric().then_some(character)));
        }
        take(None);
    }
}

/// `char::is_alphanumeric`, without the search in its tables for the characters that Korean text is made of.
#[inline]
pub(crate) fn is_alphanumeric(character: char) -> bool {
    is_syllable(character) || character.is_alphanumeric()
}

/// `char::is_numeric`, without the search in its tables for the characters that Korean text is made of.
#[inline]
pub(crate) fn is_numeric(character: char) -> bool {
    !is_syllable(character) && character.is_numeric()
}

/// Characters that NFKC leaves as they are next to each other: nearly all of Korean news.
fn is_plain(character: char) -> bool {
    character.is_ascii() || is_syllable(character)
}

fn is_syllable(character: char) -> bool {
    matches!(character, '가'..='힣')
}

#[inline]
fn fold_plain(character: char) -> Option<char> {
    if is_syllable(character) {
        return Some(character);
    }
    character
        .is_ascii_alphanumeric()
        .then_some(character.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> String {
        let mut letters = String::new();
        for_each_letter(text, |letter| letters.extend(letter));
        letters
    }

    #[test]
    fn spellings_of_one_text_agree() {
        assert_eq!(letters("Ａ사, ‘ＫＴ’와 3.5㎏…"), "a사kt와35kg");
        let decomposed: String = "한국 값".nfd().collect();
        assert_eq!(letters(&decomposed), "한국값");
    }

    #[test]
    fn signs_and_spaces_end_words() {
        let mut ends = Vec::new();
        for_each_letter("가-나 다", |letter| ends.push(letter));
        assert_eq!(ends, [Some('가'), None, Some('나'), None, Some('다'), None]);
    }

    proptest! {
        #[test]
        fn words_are_normalised_as_the_whole_is(text in "[가-힣a-zA-Z0-9 \u{1100}-\u{11ff}\u{300}-\u{310}①㎡Ａ\n]{0,40}") {
            let whole: String = text
                .nfkc()
                .flat_map(char::to_lowercase)
                .filter(|character| character.is_alphanumeric())
                .collect();
            prop_assert_eq!(letters(&text), whole);
        }
    }
}
