//! The words of a sentence.

use std::ops::Range;

use gisa_article_model::EntityType;

use super::{Placed, Source, Word};
use crate::relations::particle::{self, Case};
use crate::relations::word_class::{WordClass, class_of};
use crate::sentences::enclosure::{Enclosure, EnclosureKind};

/// Signs that may stand around a word: ends of sentences, marks of lists.
fn is_outer_sign(character: char) -> bool {
    matches!(
        character,
        '.' | '!' | '?' | '…' | ';' | ':' | ',' | '~' | '·' | '-' | '*'
    ) || is_list_mark(character)
}

fn is_list_mark(character: char) -> bool {
    matches!(
        character,
        '△' | '▲' | '▶' | '▷' | '■' | '●' | '◆' | '◇' | '①'..='⑳'
    )
}

/// The words of the sentence in `range`; `enclosures` are those that open in it and behind.
pub(super) fn words(source: Source<'_>, range: Range<usize>, enclosures: &[Enclosure]) -> Vec<Word> {
    let text = source.text;
    let mut words = Vec::new();
    let mut draft = Draft::new(range.start);
    let mut enclosures = enclosures.iter().peekable();
    let mut at = range.start;
    while at < range.end {
        while enclosures.next_if(|enclosure| enclosure.open < at).is_some() {}
        let enclosure = enclosures.next_if(|enclosure| enclosure.open == at && enclosure.end <= range.end);
        if let Some(enclosure) = enclosure {
            match enclosure.kind {
                EnclosureKind::DoubleQuote => {
                    draft.finish(source, at, false, &mut words);
                    draft.speech = Some(enclosure.inner());
                }
                EnclosureKind::Parenthesis if at > draft.start => draft.gloss = Some(at),
                _ => {}
            }
            at = enclosure.end;
            draft.tail = at;
            continue;
        }
        let Some(character) = text[at..range.end].chars().next() else {
            break;
        };
        let end = at + character.len_utf8();
        let is_separator = character == ','
            && !text[end..range.end]
                .chars()
                .next()
                .is_some_and(|next| next.is_ascii_digit());
        if character.is_whitespace() || is_separator {
            draft.finish(source, at, is_separator, &mut words);
            draft = Draft::new(end);
        }
        at = end;
    }
    draft.finish(source, range.end, false, &mut words);
    words
}

/// A word whose end has not been reached.
struct Draft {
    start: usize,
    tail: usize,
    gloss: Option<usize>,
    speech: Option<Range<usize>>,
}

impl Draft {
    fn new(start: usize) -> Self {
        Self {
            start,
            tail: start,
            gloss: None,
            speech: None,
        }
    }

    fn finish(&mut self, source: Source<'_>, at: usize, comma: bool, words: &mut Vec<Word>) {
        let text = source.text;
        let mut start = self.start;
        start += text[start..at].len() - text[start..at].trim_start_matches(is_outer_sign).len();
        let tail = self.tail.max(start);
        let end = tail + text[tail..at].trim_end_matches(is_outer_sign).len();
        if start < end {
            let word = analysed(source, start..end, tail);
            let marks = &text[self.start..start];
            words.push(Word {
                starts_item: marks.contains(is_list_mark),
                gloss: self.gloss.filter(|open| (start..end).contains(open)),
                speech: self.speech.take(),
                comma,
                ..word
            });
        } else if let (true, Some(last)) = (comma, words.last_mut()) {
            last.comma = true;
        }
        *self = Self::new(at);
    }
}

/// The word in `range` with its class and case.
fn analysed(source: Source<'_>, range: Range<usize>, tail: usize) -> Word {
    let text = source.text;
    let last_mention = last_mention_in(source, &range);
    let name_end = last_mention
        .map(|placed| placed.end())
        .filter(|end| (tail..=range.end).contains(end))
        .or((tail > range.start).then_some(tail));
    let plain = &text[name_end.unwrap_or(tail)..range.end];
    let class = if plain.is_empty() && name_end.is_some() {
        WordClass::Noun
    } else {
        class_of(plain, name_end.is_some())
    };
    let case = if class == WordClass::Noun {
        case(plain, name_end, range.end)
    } else {
        None
    };
    let is_date = last_mention.is_some_and(|placed| {
        matches!(
            placed.kind(),
            EntityType::Date | EntityType::Time | EntityType::Duration
        ) && placed.start() <= range.start
            && placed.end() + "에는".len() >= range.end
    });
    Word {
        range,
        tail,
        gloss: None,
        speech: None,
        starts_item: false,
        comma: false,
        class,
        case,
        is_date,
        clause: 0,
    }
}

fn case(plain: &str, name_end: Option<usize>, end: usize) -> Option<(usize, Case)> {
    if let (Some(name_end), Some(case)) = (name_end, particle::case_of(plain)) {
        return Some((name_end, case));
    }
    let (length, case) = particle::split(plain)?;
    Some((end - plain.len() + length, case))
}

/// The last mention that ends in the word or reaches over its end.
fn last_mention_in<'a>(source: Source<'a>, range: &Range<usize>) -> Option<Placed<'a>> {
    let next = source
        .mentions
        .partition_point(|placed| placed.start() < range.end);
    let last = source.mentions[..next].last()?;
    (last.end() > range.start).then_some(*last)
}
