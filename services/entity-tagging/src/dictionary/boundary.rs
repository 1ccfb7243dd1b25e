//! Where a name may begin and end.
//!
//! Korean glues particles, titles and further nouns to a name, so white space does not say where it ends: what follows
//! must be read. The run of word characters after a name, up to the next space or sign, is its tail; the name stands
//! only if the whole tail is a suffix and particles.

use gisa_article_model::EntityType;

use super::particle::is_particle_chain;
use super::suffix::is_tail_of;

/// How long the content of a bracket behind a name may be, in bytes, for what follows to belong to the name.
const LONGEST_GLOSS: usize = 60;

/// Whether `text[start..end]` begins and ends where a name of this type may.
pub(crate) fn is_whole_name(text: &str, start: usize, end: usize, entity_type: EntityType) -> bool {
    let name = &text[start..end];
    may_begin(text, start)
        && may_end(text, end)
        && !is_cut(text, start, end, entity_type)
        && is_tail_of(entity_type, name, glued_tail(text, end))
}

/// Hangul, Latin letters and digits: what a word is made of. Ideographs are none, since they are glued to names as
/// abbreviations (中알리바바, 美 구글, 네이버發).
#[inline]
pub(super) fn is_word_character(character: char) -> bool {
    match character {
        // Most characters of a text, before the slow table.
        '가'..='힣' | '0'..='9' | 'A'..='Z' | 'a'..='z' => true,
        ' ' => false,
        'ㆍ' | '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => is_kana(character),
        '①'..='⓿' | '❶'..='➓' => false,
        _ => character.is_alphanumeric(),
    }
}

fn is_kana(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | 'ー')
}

/// The word characters that follow `end`.
pub(super) fn tail(text: &str, end: usize) -> &str {
    let rest = &text[end..];
    let length = rest
        .find(|character| !is_word_character(character))
        .unwrap_or(rest.len());
    &rest[..length]
}

/// What stands glued behind a name: its tail, or the word characters behind a bracket that follows it. A particle or a
/// further noun comes after the bracket (엔비디아(NVIDIA)는, 가나다(인공지능 블록체인)관).
pub(super) fn glued_tail(text: &str, end: usize) -> &str {
    let inside = match text[end..].strip_prefix('(') {
        Some(rest) => rest
            .find([')', '(', '\n'])
            .filter(|length| *length <= LONGEST_GLOSS)
            .map(|length| &rest[..length]),
        None => return tail(text, end),
    };
    match inside {
        Some(inside) if text[end + 1 + inside.len()..].starts_with(')') => tail(text, end + inside.len() + 2),
        _ => "",
    }
}

/// Whether a name may begin at `start`: not inside a word.
pub(super) fn may_begin(text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    let Some(previous) = before.next() else {
        return true;
    };
    if is_word_character(previous) {
        return false;
    }
    let second = before.next();
    let after_latin = second.is_some_and(|character| character.is_ascii_alphanumeric());
    if joins_latin(previous) && after_latin && starts_with_latin(&text[start..]) {
        return false;
    }
    // After a closing quote or bracket comes its particle, which may be spelt like a name ('혁신'이란).
    if is_closing(previous, second) {
        let run = tail(text, start);
        return !is_particle_chain(previous, run);
    }
    true
}

/// Whether a name may end at `end`, as far as signs are concerned: not before a hyphen, point or ampersand that leads on
/// to the rest of a longer name (GPT-4, AT&T, kakao.com, S25+).
pub(super) fn may_end(text: &str, end: usize) -> bool {
    let mut after = text[end..].chars();
    let Some(sign) = after.next() else {
        return true;
    };
    let next_is_latin = after
        .next()
        .is_some_and(|character| character.is_ascii_alphanumeric());
    let ends_in_latin = text[..end].ends_with(|character: char| character.is_ascii_alphanumeric());
    let next_is_digit =
        text[end + sign.len_utf8()..].starts_with(|character: char| character.is_ascii_digit());
    match sign {
        '+' | '@' | '_' => false,
        '.' => !next_is_latin,
        '-' => !(next_is_digit || ends_in_latin && next_is_latin),
        '&' | '\'' => !(ends_in_latin && next_is_latin),
        ',' => !(next_is_digit && text[..end].ends_with(|character: char| character.is_ascii_digit())),
        _ => true,
    }
}

/// Whether `text[start..end]` is the end of a longer product name (메드-팜2) or a country in a Latin name (PNP Korea
/// Expo).
pub(super) fn is_cut(text: &str, start: usize, end: usize, entity_type: EntityType) -> bool {
    let (before, name, after) = (&text[..start], &text[start..end], &text[end..]);
    match entity_type {
        EntityType::Product => before
            .strip_suffix('-')
            .is_some_and(|head| head.ends_with(is_word_character)),
        EntityType::Location if name.is_ascii() => {
            let latin = |text: Option<&str>| text.is_some_and(starts_with_letter);
            let ends_latin = |text: &str| text.ends_with(|character: char| character.is_ascii_alphabetic());
            latin(after.strip_prefix(' ')) || before.strip_suffix(' ').is_some_and(ends_latin)
        }
        _ => false,
    }
}

fn joins_latin(sign: char) -> bool {
    matches!(sign, '.' | '@' | '_' | '-' | '&' | '+' | '\'')
}

fn starts_with_latin(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_alphanumeric())
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_alphabetic())
}

/// Whether `sign` closes a quotation or bracket; a straight quote does after a word.
fn is_closing(sign: char, before: Option<char>) -> bool {
    match sign {
        '’' | '”' | ')' | ']' | '」' | '』' | '〉' | '》' | '>' => true,
        '"' | '\'' => before.is_some_and(|character| !character.is_whitespace() && !is_opening(character)),
        _ => false,
    }
}

fn is_opening(sign: char) -> bool {
    matches!(sign, '(' | '[' | '‘' | '“' | '「' | '『' | '〈' | '《' | '<')
}
