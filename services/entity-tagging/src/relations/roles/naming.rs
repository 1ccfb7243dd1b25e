//! What a phrase names.

use std::ops::Range;

use gisa_article_model::EntityType;

use super::View;
use crate::relations::draft::Participant;
use crate::relations::sentence::{Phrase, Placed};

/// Nouns that stand for an actor named before: 이 회사.
const STAND_INS: &[&str] = &[
    "회사",
    "이 회사",
    "양사",
    "두 회사",
    "업체",
    "이 업체",
    "도",
    "시",
    "군",
    "구",
    "재단",
    "협회",
    "연구진",
    "연구팀",
    "양측",
    "측",
    "재단 측",
    "회사 측",
    "그",
    "이들",
    "당사",
    "자사",
];

/// How far before a name the bracket that it stands in may open, in bytes.
const LONGEST_BRACKET: usize = 60;

impl<'a> View<'a> {
    /// Names in a range that are not in brackets.
    pub(in crate::relations) fn names_in(&self, range: &Range<usize>) -> Vec<Placed<'a>> {
        self.source
            .mentions_in(range)
            .iter()
            .filter(|placed| placed.kind().is_name() && !self.is_bracketed(placed, range.start))
            .copied()
            .collect()
    }

    /// Whether the mention stands in a bracket that opens behind `from`: 별빛(대표 나하늘).
    fn is_bracketed(&self, placed: &Placed<'_>, from: usize) -> bool {
        let before = self.text(&(from..placed.start()));
        let near = &before[floor(before, before.len().saturating_sub(LONGEST_BRACKET))..];
        near.rfind('(').is_some_and(|open| !near[open..].contains(')'))
    }

    /// Who acts, as a phrase says it: the persons, else the organizations, else what the phrase names.
    pub(in crate::relations) fn actor_of(&self, phrase: &Phrase) -> Option<Participant> {
        let range = &phrase.range;
        let names = self.names_in(range);
        let last = |kind: EntityType| names.iter().rev().find(|placed| placed.kind() == kind);
        let named = last(EntityType::Person)
            .or_else(|| last(EntityType::Organization))
            .or_else(|| last(EntityType::Product))
            .or_else(|| last(EntityType::Event))
            .or_else(|| names.last().filter(|placed| placed.end() == range.end));
        if let Some(placed) = named {
            return Some(Participant::of_mention(placed));
        }
        let is_stand_in = STAND_INS.contains(&self.text(range));
        (!is_stand_in && self.is_noun_phrase(range)).then(|| Participant::of_range(range.clone()))
    }

    /// Whether the range has letters and is not only a date or amount.
    fn is_noun_phrase(&self, range: &Range<usize>) -> bool {
        let text = self.text(range);
        text.chars().any(char::is_alphabetic) && text.chars().count() > 1 && !self.is_expression(range)
    }

    pub(super) fn is_expression(&self, range: &Range<usize>) -> bool {
        self.source.mentions_in(range).iter().any(|placed| {
            !placed.kind().is_name() && placed.start() == range.start && placed.end() == range.end
        })
    }

    /// What a phrase names: the name or the quoted words at its end, else the phrase.
    pub(in crate::relations) fn thing_of(&self, range: &Range<usize>) -> Participant {
        let named = self
            .names_in(range)
            .into_iter()
            .next_back()
            .filter(|placed| self.is_end(&(placed.end()..range.end)));
        if let Some(placed) = named {
            return Participant::of_mention(&placed);
        }
        if let Some(quoted) = self.quoted_end(range) {
            return Participant::of_range(quoted);
        }
        Participant::of_range(self.without_amount(range))
    }

    /// A range without the amount at its end: 연구원 20명.
    fn without_amount(&self, range: &Range<usize>) -> Range<usize> {
        let amount = self
            .source
            .mentions_in(range)
            .last()
            .filter(|placed| !placed.kind().is_name() && placed.end() == range.end);
        let before = amount.map(|placed| range.start..placed.start());
        let before = before.map(|before| before.start..before.start + self.text(&before).trim_end().len());
        before
            .filter(|before| !before.is_empty())
            .unwrap_or_else(|| range.clone())
    }

    /// Whether what stands behind a name is only quotes and brackets.
    fn is_end(&self, range: &Range<usize>) -> bool {
        let rest = self
            .text(range)
            .trim_start_matches(['\'', '"', '’', '”', '」', '』', '》', '〉', '>']);
        rest.is_empty() || rest.starts_with('(') && rest.ends_with(')')
    }

    /// The words in the quotes that the range ends with.
    fn quoted_end(&self, range: &Range<usize>) -> Option<Range<usize>> {
        const QUOTES: [(char, &[char]); 3] = [('\'', &['\'', '‘']), ('’', &['‘', '\'']), ('》', &['《'])];
        let text = self.text(range);
        let close = text.chars().next_back()?;
        let (_, open) = QUOTES.iter().find(|(sign, _)| *sign == close)?;
        let inner = &text[..text.len() - close.len_utf8()];
        let at = inner.rfind(*open)?;
        let open_length = inner[at..].chars().next().map_or(0, char::len_utf8);
        let quoted = range.start + at + open_length..range.start + inner.len();
        (!quoted.is_empty()).then_some(quoted)
    }

    /// Whether the range stands in quotes.
    pub(in crate::relations) fn is_quoted(&self, range: &Range<usize>) -> bool {
        let before = self.source.text.get(..range.start).unwrap_or("");
        before.ends_with(['\'', '‘', '"', '“', '《', '「', '『'])
    }
}

/// The largest boundary of a character that is not behind `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
