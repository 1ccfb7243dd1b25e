//! Words of role phrases: bare nouns, glosses in brackets, connections.

use crate::dictionary::is_particle_chain;
use crate::titles::COURTESIES;

/// Longest gloss that is skipped or read, in bytes.
const LONGEST_GLOSS: usize = 90;

/// Words behind a name that speak of somebody or something else.
const OF_OTHERS: &[&str] = &[
    "측",
    "등",
    "외",
    "및",
    "저",
    "작",
    "역",
    "팬",
    "팬클럽",
    "동생",
    "형",
    "누나",
    "언니",
    "오빠",
    "아내",
    "남편",
    "부인",
    "아들",
    "딸",
    "모친",
    "부친",
    "어머니",
    "아버지",
    "부부",
    "남매",
    "형제",
    "변호인",
    "유족",
    "가족",
    "그리고",
    "또는",
    "이어",
    "대신",
    "역시",
    "같은",
    "이날",
    "오늘",
    "어제",
    "함께",
    "모두",
    "모씨",
    "두",
    "세",
    "네",
    "이후",
    "이전",
    "주도",
    "주재",
];

/// Endings of verbs and of particles that a bare noun does not have.
const NOT_BARE: &[&str] = &[
    "된", "던", "위한", "대한", "관한", "속한", "하는", "되는", "있는", "없는", "에서", "에게", "으로",
    "했다", "하고", "라고", "다고",
];

/// Endings of verbs that only nouns of two syllables may have: 주한, 역할.
const LONG_NOT_BARE: &[char] = &['한', '할'];

/// Endings that look like particles and belong to nouns: 정책과, 국제회의.
const BARE: &[&str] = &[
    "과",
    "회의",
    "협의",
    "심의",
    "국가",
    "전문가",
    "평가",
    "작가",
    "물가",
];

/// Whether `word` can stand in a role phrase before the title: a noun without particle.
pub(super) fn is_bare_noun(word: &str) -> bool {
    if word.is_empty() || OF_OTHERS.contains(&word) || is_courtesy(word) {
        return false;
    }
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends_in(BARE) {
        return true;
    }
    let is_long_verb = word.ends_with(LONG_NOT_BARE) && word.chars().count() > 2;
    !ends_in(NOT_BARE) && !is_long_verb && !has_particle(word)
}

/// Whether a noun of at least two characters with particles makes up `word`.
fn has_particle(word: &str) -> bool {
    /// Longer chains of particles are not looked for.
    const LONGEST_TAIL: usize = 3;
    const SHORTEST_NOUN: usize = 2;
    let length = word.chars().count();
    word.char_indices()
        .enumerate()
        .skip(SHORTEST_NOUN.max(length.saturating_sub(LONGEST_TAIL)))
        .any(|(_, (byte, _))| {
            let (noun, tail) = word.split_at(byte);
            noun.chars()
                .next_back()
                .is_some_and(|last| is_particle_chain(last, tail))
        })
}

/// Whether `word` is 씨 or the like, with particles.
pub(super) fn is_courtesy(word: &str) -> bool {
    COURTESIES.iter().any(|courtesy| {
        let last = courtesy.chars().next_back();
        word.strip_prefix(courtesy)
            .is_some_and(|tail| tail.is_empty() || last.is_some_and(|last| is_particle_chain(last, tail)))
    })
}

/// The inside of the bracket that `text` begins with.
pub(super) fn gloss(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('(')?;
    let end = inside
        .char_indices()
        .take_while(|&(byte, character)| byte <= LONGEST_GLOSS && character != '\n' && character != '(')
        .find(|&(_, character)| character == ')')?
        .0;
    Some(&inside[..end])
}

/// Length of the bracket that `text` begins with, 0 if it begins with none.
pub(super) fn gloss_length(text: &str) -> usize {
    gloss(text).map_or(0, |inside| inside.len() + "()".len())
}

/// `text` without the bracket that it ends in.
pub(super) fn without_gloss(text: &str) -> &str {
    let Some(inside) = text.strip_suffix(')') else {
        return text;
    };
    inside
        .char_indices()
        .rev()
        .take_while(|&(byte, character)| inside.len() - byte <= LONGEST_GLOSS && character != ')')
        .find(|&(_, character)| character == '(')
        .map_or(text, |(byte, _)| &inside[..byte])
}

/// Length of what connects two words of a phrase at the start of `text`.
pub(super) fn connection(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    matches!(first, ' ' | '\u{a0}' | '·' | 'ㆍ' | '&' | '/' | '-').then_some(first.len_utf8())
}
