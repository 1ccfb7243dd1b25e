//! Roles before the name.

use gisa_article_model::{EntityType, Mention};

use super::after::belongs;
use super::phrase::{Phrase, glued_title};
use super::word::{is_bare_noun, without_gloss};
use super::{Field, is_affiliation};
use crate::letters::is_alphanumeric;
use crate::titles::{LONGEST_WORD, Title, read_title};

/// So many words may stand between an affiliation and the title.
const MOST_NOUNS: usize = 3;
/// So much text before a name is looked at, in bytes.
const LONGEST: usize = 300;
/// Words before a title that are part of it whether or not an affiliation stands before them.
const PARTS: &[&str] = &[
    "전", "前", "현", "신임", "전직", "공동", "총괄", "수석", "겸", "초대",
];
/// Titles that say little without the noun before them: 보험 담당.
const NEED_NOUN: &[&str] = &["담당", "담당관", "책임자", "관리자"];
/// A noun after an affiliation that says that its holder has left it: 새론 출신 의사.
const ORIGIN: &str = "출신";

/// The role that stands before the person at `index`, behind byte `floor`.
pub(super) fn read(field: &Field<'_>, index: usize, floor: usize) -> Option<Phrase> {
    let person = field.mentions[index].span.start_byte as usize;
    let mut from = floor.max(person.saturating_sub(LONGEST));
    while !field.text.is_char_boundary(from) {
        from += 1;
    }
    let head = field.text.get(from..person)?;
    let end = from + own_words(head)?.len();
    let word = last_word(&field.text[from..end]);
    let start = end - word.len();
    if let Some((affiliation, mention)) = field
        .last_before(end)
        .filter(|(_, mention)| reaches(mention, start))
    {
        return glued(field, affiliation, mention, end);
    }
    let found = read_title(word).filter(|found| found.tail.is_empty())?;
    Some(with_affiliation(field, from, start..end, found.title))
}

/// `head` up to the title that stands right before the name.
fn own_words(head: &str) -> Option<&str> {
    let head = head.strip_suffix([' ', '\u{a0}'])?;
    // The copula between title and name: 최고경영자(CEO)인 제이 밀러.
    let copula = ["인", "이자", "이던", "이었던", "였던"]
        .iter()
        .find_map(|copula| head.strip_suffix(copula))
        .filter(|head| without_gloss(head).len() < head.len() || is_title(last_word(head)));
    Some(without_gloss(copula.unwrap_or(head)))
}

fn is_title(word: &str) -> bool {
    read_title(word).is_some_and(|found| found.tail.is_empty())
}

/// The letters and digits that `text` ends in.
fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|&(byte, character)| is_alphanumeric(character) && text.len() - byte <= LONGEST_WORD)
        .last()
        .map_or(text.len(), |(byte, _)| byte);
    &text[start..]
}

/// Whether `mention` reaches into the word that starts at `start`.
fn reaches(mention: &Mention, start: usize) -> bool {
    mention.span.end_byte as usize > start
}

/// 대구시장 홍한별.
fn glued(field: &Field<'_>, index: usize, mention: &Mention, end: usize) -> Option<Phrase> {
    if !is_affiliation(mention.entity_type) {
        return None;
    }
    let glued = glued_title(mention, field.text.get(mention.span.end_byte as usize..end)?)?;
    (glued.is_bare && glued.range.end == end).then_some(Phrase {
        title: glued.range,
        entry: glued.entry,
        former: None,
        affiliation: Some(index),
    })
}

/// The title with the words before it and the affiliation before those.
fn with_affiliation(
    field: &Field<'_>,
    from: usize,
    title: std::ops::Range<usize>,
    entry: &'static Title,
) -> Phrase {
    let mut sure = title.start;
    let mut start = title.start;
    let mut affiliation = None;
    for _ in 0..=MOST_NOUNS {
        affiliation = affiliation_before(field, from, start, entry);
        if affiliation.is_some() {
            sure = start;
            break;
        }
        let Some(rest) = field.text[from..start].strip_suffix(' ') else {
            break;
        };
        let word = last_word(rest);
        let end = from + rest.len();
        let is_name = field
            .last_before(end)
            .is_some_and(|(_, mention)| reaches(mention, end - word.len()));
        if is_name || word == ORIGIN || !is_bare_noun(word) {
            break;
        }
        start = end - word.len();
        let needs_noun = end + 1 == title.start && NEED_NOUN.contains(&&field.text[title.clone()]);
        if sure == end + 1 && (needs_noun || PARTS.contains(&word) || is_title(word)) {
            sure = start;
        }
    }
    Phrase {
        title: sure..title.end,
        entry,
        former: None,
        affiliation,
    }
}

/// The affiliation right before `start`: 새론 대표, 새론의 대표, 새론 소속 의사, 새론(SRN) 대표, 새론(대표.
fn affiliation_before(field: &Field<'_>, from: usize, start: usize, title: &Title) -> Option<usize> {
    let head = &field.text[from..start];
    let name = match head.strip_suffix('(') {
        Some(name) => name.trim_end_matches(['\'', '"', '’', '”']),
        None => {
            let name = head.strip_suffix(' ')?;
            let name = name.strip_suffix('의').or_else(|| name.strip_suffix(" 소속"));
            without_gloss(name.unwrap_or(&head[..head.len() - 1]))
        }
    };
    let end = from + name.len();
    let (index, mention) = field.last_before(end)?;
    let ends_here = mention.span.end_byte as usize == end;
    let fits = mention.entity_type != EntityType::Person && belongs(mention, title);
    (ends_here && fits).then_some(index)
}
