//! Whether a sentence speaks of what was or of what will be, read off its predicates behind a date.

use super::scan::{Cursor, final_consonant, is_hangul};

/// The time that the predicate behind a date points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    /// Something happened.
    Past,
    /// Something is planned.
    Future,
    /// The sentence does not tell.
    Unknown,
}

/// How far to look for a predicate, in bytes.
const REACH: usize = 240;
/// 받침 ㄴ and ㅆ in Unicode's order.
const FINAL_N: u32 = 4;
const FINAL_SS: u32 = 20;

const PLAN_WORDS: &[&str] = &[
    "예정",
    "계획",
    "방침",
    "앞두",
    "예고",
    "예상",
    "전망",
    "목표",
    "기로",
    "돌입할",
    "겠다",
    "앞으로",
];
const FUTURE_ENDINGS: &[&str] = &[
    "하는",
    "되는",
    "열리는",
    "어지는",
    "려지는",
    "쳐지는",
    "뤄지는",
    "있을",
    "할",
    "될",
    "릴",
    "질",
    "칠",
    "나설",
    "보일",
    "낼",
    "맞을",
    "까지다",
    "시작하며",
    "부터다",
];
/// Nouns that end like the future.
const NOUNS: &[&str] = &["역할", "분할", "품질", "본질", "물질", "성질"];
const PAST_ENDINGS: &[&str] = &[
    "열린",
    "된",
    "발표한",
    "공개한",
    "출시한",
    "밝힌",
    "개최한",
    "선보인",
    "진행한",
    "기록한",
    "체결한",
    "마감한",
    "시작한",
    "마친",
    "따르면",
    "내놓은",
    "발간한",
    "펴낸",
    "나온",
    "사망한",
    "끝난",
    "인용해",
];

/// The tense of the first predicate behind the cursor in its sentence.
pub(super) fn tense_after(cursor: Cursor<'_>) -> Tense {
    let sentence = cursor.sentence_after(REACH);
    sentence
        .split_whitespace()
        .map(tense_of_word)
        .find(|tense| *tense != Tense::Unknown)
        .unwrap_or(Tense::Unknown)
}

fn tense_of_word(word: &str) -> Tense {
    let word = word.trim_matches(|character: char| !is_hangul(character));
    if PLAN_WORDS.iter().any(|plan| word.contains(plan)) {
        return Tense::Future;
    }
    if PAST_ENDINGS.iter().any(|ending| word.ends_with(ending)) || has_past_suffix(word) {
        return Tense::Past;
    }
    let is_verb = word.chars().count() > 1 && !NOUNS.iter().any(|noun| word.ends_with(noun));
    if is_verb && FUTURE_ENDINGS.iter().any(|ending| word.ends_with(ending)) || has_present_ending(word) {
        return Tense::Future;
    }
    Tense::Unknown
}

/// 받침 ㅆ is the past suffix (했, 었, 됐), except in 있다 and 겠다.
fn has_past_suffix(word: &str) -> bool {
    word.chars()
        .skip(1)
        .any(|syllable| final_consonant(syllable) == Some(FINAL_SS) && !matches!(syllable, '있' | '겠'))
}

/// 한다, 열린다, 나선다고: the plain present, which newsrooms use for plans.
fn has_present_ending(word: &str) -> bool {
    let syllables: Vec<char> = word.chars().collect();
    syllables
        .windows(2)
        .any(|pair| final_consonant(pair[0]) == Some(FINAL_N) && pair[1] == '다')
}
