//! How an expression can start that begins with Hangul: nearly all words of a text are told by two characters to start
//! none, and no part of the grammar has to look at them.

use std::sync::LazyLock;

use super::scan::is_hangul;
use super::{calendar, calendar_parts, calendar_words, clock, duration, number, percent, quantity};

/// What may follow a first syllable.
#[derive(Clone, Debug)]
enum Second {
    Anything,
    OneOf(Vec<char>),
}

/// By first syllable, in the order of Unicode.
static STARTS: LazyLock<Vec<Second>> = LazyLock::new(|| {
    let mut starts = vec![Second::OneOf(Vec::new()); number_of('힣') + 1];
    let mut add = |word: &str| {
        let mut characters = word.chars();
        let Some(first) = characters.next().filter(|&first| is_hangul(first)) else {
            return;
        };
        let start = &mut starts[number_of(first)];
        match (characters.next(), start) {
            (Some(second), Second::OneOf(seconds)) => seconds.push(second),
            (None, start) => *start = Second::Anything,
            (Some(_), Second::Anything) => (),
        }
    };
    calendar::each_start(&mut add);
    calendar_parts::each_start(&mut add);
    calendar_words::each_start(&mut add);
    clock::each_start(&mut add);
    duration::each_start(&mut add);
    number::each_start(&mut add);
    percent::each_start(&mut add);
    quantity::each_start(&mut add);
    starts
});

fn number_of(syllable: char) -> usize {
    syllable as usize - '가' as usize
}

/// Whether an expression can start with the syllable `first` and the character behind it.
pub(super) fn can_start(first: char, second: Option<char>) -> bool {
    match &STARTS[number_of(first)] {
        Second::Anything => true,
        Second::OneOf(seconds) => second.is_some_and(|second| seconds.contains(&second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_by_two_characters() {
        for word in [
            "지난해",
            "두 명",
            "이천만",
            "섭씨",
            "마이너스",
            "올",
            "보름",
            "천명",
            "밤",
            "오전",
        ] {
            let mut characters = word.chars();
            assert!(can_start(characters.next().unwrap(), characters.next()), "{word}");
        }
        for word in ["지역", "이상", "전기", "억", "그래서", "일본", "사람", "이"] {
            let mut characters = word.chars();
            assert!(
                !can_start(characters.next().unwrap(), characters.next()),
                "{word}"
            );
        }
    }
}
