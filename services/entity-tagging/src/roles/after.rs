//! Roles behind the name.

use std::ops::Range;

use gisa_article_model::{EntityType, Mention};

use super::phrase::{Phrase, glued_title};
use super::word::{connection, gloss, gloss_length, is_bare_noun, is_courtesy};
use super::{Field, MOST_SHARING, is_affiliation};
use crate::titles::{Title, first_word, read_title};

/// A phrase has at most so many words and names.
const MOST_WORDS: usize = 10;
/// So many nouns may stand before a title: 고성능 컴퓨팅 담당 이사 has two.
const MOST_NOUNS: usize = 4;
/// Longest text between an affiliation and the name behind it, in bytes.
const LONGEST_GAP: usize = 60;
/// What units of an organization end in.
const UNITS: &[char] = &[
    '팀', '실', '부', '국', '과', '소', '원', '단', '처', '터', '룹', '회',
];

/// The roles that stand behind the person at `index`.
pub(super) fn read(field: &Field<'_>, index: usize) -> Vec<Phrase> {
    let end = field.mentions[index].span.end_byte as usize;
    let mut phrases = in_bracket(field, end);
    if phrases.is_empty() {
        phrases = behind_name(field, end);
    }
    if let Some(first) = phrases.first_mut()
        && first.affiliation.is_none()
    {
        first.affiliation = before_name(field, index, first.entry);
    }
    phrases
}

/// 김별(42·새론 대표).
fn in_bracket(field: &Field<'_>, end: usize) -> Vec<Phrase> {
    let Some(inside) = gloss(field.from(end)) else {
        return Vec::new();
    };
    let age = |character: char| character.is_ascii_digit() || matches!(character, '·' | ',' | ' ' | '세');
    let closing = end + 1 + inside.len();
    let phrases = Reader::new(field, closing - inside.trim_start_matches(age).len()).read();
    match phrases.last() {
        Some(last) if last.title.end == closing => phrases,
        _ => Vec::new(),
    }
}

fn behind_name(field: &Field<'_>, end: usize) -> Vec<Phrase> {
    let mut at = end + gloss_length(field.from(end));
    for _ in 0..MOST_SHARING {
        let Some(rest) = field.from(at).strip_prefix(['·', 'ㆍ']) else {
            break;
        };
        let Some((_, other)) = field
            .starting_at(field.text.len() - rest.len())
            .filter(|(_, other)| other.entity_type == EntityType::Person)
        else {
            return Vec::new();
        };
        let end = other.span.end_byte as usize;
        at = end + gloss_length(field.from(end));
    }
    let rest = field.from(at);
    if let Some(found) = read_title(first_word(rest)) {
        return vec![Phrase {
            title: at..at + found.stem.len(),
            entry: found.title,
            former: None,
            affiliation: None,
        }];
    }
    match rest.strip_prefix([' ', '\u{a0}']) {
        Some(rest) => Reader::new(field, field.text.len() - rest.len()).read(),
        None => Vec::new(),
    }
}

/// 새론 김별 대표, 미국 김별 대통령: the affiliation before the name.
fn before_name(field: &Field<'_>, index: usize, title: &Title) -> Option<usize> {
    let mut person = index;
    for _ in 0..MOST_SHARING {
        let Some(previous) = person.checked_sub(1).filter(|&previous| {
            let gap = gap(field, previous, person);
            field.mentions[previous].entity_type == EntityType::Person && matches!(gap, Some("·" | "ㆍ"))
        }) else {
            break;
        };
        person = previous;
    }
    let nearest = person.checked_sub(1)?;
    let gap = gap(field, nearest, person)?;
    let (affiliation, gap) = match gap.strip_prefix(')') {
        Some(gap) => (outside_bracket(field, nearest)?, gap),
        None => (nearest, gap),
    };
    let connects = matches!(gap, " " | "의 " | " 소속 " | " 산하 ") || is_unit(gap);
    (connects && belongs(&field.mentions[affiliation], title)).then_some(affiliation)
}

/// The text between two mentions.
fn gap<'a>(field: &Field<'a>, left: usize, right: usize) -> Option<&'a str> {
    let start = field.mentions[left].span.end_byte as usize;
    let end = field.mentions[right].span.start_byte as usize;
    field.text.get(start..end).filter(|gap| gap.len() <= LONGEST_GAP)
}

/// The mention whose gloss `inside` is: 한별연구원(HRI).
fn outside_bracket(field: &Field<'_>, inside: usize) -> Option<usize> {
    let outside = inside.checked_sub(1)?;
    (gap(field, outside, inside)? == "(").then_some(outside)
}

/// One noun that a unit may be called by: 새론 연구소 김별 소장.
fn is_unit(gap: &str) -> bool {
    let word = gap.strip_prefix(' ').and_then(|gap| gap.strip_suffix(' '));
    word.is_some_and(|word| first_word(word) == word && word.ends_with(UNITS) && is_bare_noun(word))
}

/// Whether the holder of a title may belong to `affiliation`.
pub(super) fn belongs(affiliation: &Mention, title: &Title) -> bool {
    match affiliation.entity_type {
        EntityType::Organization => true,
        EntityType::Location => title.may_serve_place(),
        _ => false,
    }
}

/// Reads phrases word by word.
struct Reader<'f, 'a> {
    field: &'f Field<'a>,
    at: usize,
    /// Start of the title.
    start: Option<usize>,
    nouns: usize,
    /// 전 as the last word.
    last_former: Option<Range<usize>>,
    /// 전 before the affiliation.
    former: Option<Range<usize>>,
    affiliation: Option<usize>,
    /// The title so far, which a further word may make longer.
    found: Option<(usize, &'static Title)>,
    /// 겸 stands behind the title so far.
    joins: bool,
    phrases: Vec<Phrase>,
}

/// What follows from a word.
enum Step {
    /// The phrase goes on.
    On,
    /// It has ended.
    End,
}

impl<'f, 'a> Reader<'f, 'a> {
    fn new(field: &'f Field<'a>, at: usize) -> Self {
        Self {
            field,
            at,
            start: None,
            nouns: 0,
            last_former: None,
            former: None,
            affiliation: None,
            found: None,
            joins: false,
            phrases: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Phrase> {
        for _ in 0..MOST_WORDS {
            let step = match self.field.starting_at(self.at) {
                Some((index, mention)) => self.name(index, mention),
                None => self.word(),
            };
            if matches!(step, Step::End) {
                break;
            }
            let Some(length) = connection(self.field.from(self.at)) else {
                break;
            };
            self.at += length;
        }
        self.finish();
        self.phrases
    }

    fn name(&mut self, index: usize, mention: &Mention) -> Step {
        let end = mention.span.end_byte as usize;
        if self.found.is_some() && !self.joins {
            return Step::End;
        }
        if !is_affiliation(mention.entity_type) {
            let is_noun = matches!(mention.entity_type, EntityType::Product | EntityType::Event);
            let is_bare = first_word(self.field.from(end)).is_empty();
            return if is_noun && is_bare {
                self.noun(end)
            } else {
                Step::End
            };
        }
        self.finish();
        self.former = self.last_former.take().or(self.former.take());
        self.affiliation = Some(index);
        if let Some(glued) = glued_title(mention, self.field.from(end)) {
            self.start = Some(glued.range.start);
            return self.title(glued.range.end, glued.entry, glued.is_bare);
        }
        self.at = end + gloss_length(self.field.from(end));
        if first_word(self.field.from(self.at)).is_empty() {
            Step::On
        } else {
            Step::End
        }
    }

    fn word(&mut self) -> Step {
        let word = first_word(self.field.from(self.at));
        let end = self.at + word.len();
        let is_cut = self
            .field
            .next_from(self.at)
            .is_some_and(|(_, next)| (next.span.start_byte as usize) < end);
        if word.is_empty() || is_cut {
            return Step::End;
        }
        if let Some(found) = read_title(word) {
            let next_is_own = self.found.is_none() || self.joins || !self.is_before_person(end);
            if !next_is_own {
                return Step::End;
            }
            self.start.get_or_insert(self.at);
            let goes_on = found.tail.is_empty() || found.tail == "이자";
            self.joins = found.tail == "이자";
            let end = self.at + found.stem.len();
            let step = self.title(end, found.title, goes_on);
            if self.joins {
                self.at = self.at.max(end + found.tail.len());
            }
            return step;
        }
        if self.found.is_some() && word == "겸" {
            self.joins = true;
            self.at = end;
            return Step::On;
        }
        if self.found.is_some() && !self.joins || is_courtesy(word) || !is_bare_noun(word) {
            return Step::End;
        }
        self.noun(end)
    }

    fn noun(&mut self, end: usize) -> Step {
        self.nouns += 1;
        if self.nouns > MOST_NOUNS {
            return Step::End;
        }
        let is_former = matches!(self.field.text.get(self.at..end), Some("전" | "前"));
        self.last_former = is_former.then_some(self.at..end);
        self.start.get_or_insert(self.at);
        self.at = end;
        Step::On
    }

    fn title(&mut self, end: usize, entry: &'static Title, goes_on: bool) -> Step {
        self.found = Some((end, entry));
        self.at = end + gloss_length(self.field.from(end));
        if goes_on { Step::On } else { Step::End }
    }

    fn is_before_person(&self, end: usize) -> bool {
        self.field
            .starting_at(end + 1)
            .is_some_and(|(_, next)| next.entity_type == EntityType::Person)
    }

    /// Ends the phrase so far, if it has a title, and begins the next.
    fn finish(&mut self) {
        let start = self.start.take();
        self.nouns = 0;
        self.joins = false;
        let (Some((end, entry)), Some(start)) = (self.found.take(), start) else {
            return;
        };
        let affiliation = self
            .affiliation
            .take()
            .filter(|&index| belongs(&self.field.mentions[index], entry) || self.is_glued(index, start));
        self.phrases.push(Phrase {
            title: start..end,
            entry,
            former: self.former.take(),
            affiliation,
        });
    }

    fn is_glued(&self, affiliation: usize, start: usize) -> bool {
        self.field.mentions[affiliation].span.end_byte as usize >= start
    }
}
