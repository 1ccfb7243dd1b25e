//! Which phrase of a sentence plays which part for a predicate.

use std::ops::Range;

use gisa_article_model::EntityType;

use super::draft::Participant;
use super::inflection::Position;
use super::particle::Case;
use super::sentence::{Phrase, Placed, Sentence, Source};
use super::trigger::{Occurrence, Voice};
use super::word_class::WordClass;

/// How many phrases before a predicate are looked at. It bounds the work for each predicate.
const REACH: usize = 24;
/// How many words behind a predicate are looked at.
const WORDS_AHEAD: usize = 12;

/// A sentence with its text: what the roles are read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub source: Source<'a>,
    pub sentence: &'a Sentence,
}

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
    "그는",
    "이들",
    "당사",
    "자사",
    "은행",
    "대학",
    "학교",
    "정부",
];

impl<'a> View<'a> {
    pub(super) fn text(&self, range: &Range<usize>) -> &'a str {
        self.source.text.get(range.clone()).unwrap_or("")
    }

    /// The phrases of the predicate's clause that end before it, the nearest first.
    pub(super) fn phrases_before(&self, word: usize) -> impl Iterator<Item = &'a Phrase> + use<'a> {
        let clause = self.sentence.words[word].clause;
        let sentence = self.sentence;
        let next = sentence
            .phrases
            .partition_point(|phrase| phrase.words.end <= word);
        sentence.phrases[..next]
            .iter()
            .rev()
            .take(REACH)
            .take_while(move |phrase| sentence.words[phrase.words.start].clause == clause)
    }

    /// The phrases behind a word up to the end of the sentence, within reach.
    pub(super) fn phrases_after(&self, word: usize) -> impl Iterator<Item = &'a Phrase> + use<'a> {
        let next = self
            .sentence
            .phrases
            .partition_point(|phrase| phrase.words.start <= word);
        self.sentence.phrases[next..].iter().take(REACH)
    }

    /// Names in a range that are not in brackets.
    pub(super) fn names_in(&self, range: &Range<usize>) -> Vec<Placed<'a>> {
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
        let near = &before[floor(before, before.len().saturating_sub(60))..];
        near.rfind('(').is_some_and(|open| !near[open..].contains(')'))
    }

    /// Who acts, as a phrase says it: the persons, else the organizations, else what the phrase names.
    pub(super) fn actor_of(&self, phrase: &Phrase) -> Option<Participant> {
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

    fn is_expression(&self, range: &Range<usize>) -> bool {
        self.source.mentions_in(range).iter().any(|placed| {
            !placed.kind().is_name() && placed.start() == range.start && placed.end() == range.end
        })
    }

    /// What a phrase names: the name or the quoted words at its end, else the phrase.
    pub(super) fn thing_of(&self, range: &Range<usize>) -> Participant {
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

    /// Whether a phrase belongs to a predicate that describes a noun before the predicate in `word`: 별빛이 개발한 앱을.
    pub(super) fn is_in_relative(&self, phrase: &Phrase, word: usize) -> bool {
        let words = &self.sentence.words;
        (phrase.words.end..word)
            .take(2 * WORDS_AHEAD)
            .find(|&next| !matches!(words[next].class, WordClass::Noun | WordClass::Adverb))
            .is_some_and(|next| words[next].class == WordClass::Relative)
    }

    /// The phrase of who acts in the clause of the predicate in `word`.
    pub(super) fn subject_phrase(&self, occurrence: &Occurrence) -> Option<&'a Phrase> {
        let word = occurrence.predicate;
        let phrases: Vec<&Phrase> = self.phrases_before(occurrence.word.min(word)).collect();
        let is_relative = occurrence.reading.position == Position::Relative;
        if is_relative {
            return phrases
                .iter()
                .find(|phrase| phrase.case == Case::Subject && !self.is_in_relative(phrase, word))
                .copied();
        }
        let topic = phrases
            .iter()
            .rev()
            .find(|phrase| phrase.case == Case::Topic && self.is_possible_actor(phrase));
        // 앱도 냈다: without another object it is the object.
        let has_object = phrases.iter().any(|phrase| phrase.case == Case::Object);
        let is_actor = |phrase: &Phrase| self.actor_of(phrase).is_some_and(|actor| actor.is_actor());
        let also = || {
            phrases
                .iter()
                .find(|phrase| phrase.case == Case::Also && has_object && is_actor(phrase))
        };
        let subject = || {
            phrases
                .iter()
                .find(|phrase| phrase.case == Case::Subject && !self.is_in_relative(phrase, word))
        };
        topic.or_else(also).or_else(subject).copied()
    }

    /// 이번에는, 이곳에서는 and dates are topics but nobody who acts.
    fn is_possible_actor(&self, phrase: &Phrase) -> bool {
        !self.is_expression(&phrase.range)
    }

    /// The phrases that are joined to `phrase` by 와/과 right before it, and itself.
    pub(super) fn joined(&self, phrase: &Phrase) -> Range<usize> {
        let mut start = phrase.range.start;
        let mut first_word = phrase.words.start;
        let index = self
            .sentence
            .phrases
            .partition_point(|other| other.words.start < phrase.words.start);
        for before in self.sentence.phrases[..index].iter().rev().take(REACH) {
            if before.case != Case::With || before.words.end != first_word {
                break;
            }
            start = before.range.start;
            first_word = before.words.start;
        }
        start..phrase.range.end
    }

    /// What the predicate is done to.
    pub(super) fn object(&self, occurrence: &Occurrence) -> Option<Participant> {
        if occurrence.reading.position == Position::Relative && occurrence.voice != Voice::Nominal {
            return self.described(occurrence.predicate);
        }
        let before = occurrence.word;
        match occurrence.voice {
            Voice::Passive => self
                .phrases_before(before)
                .find(|phrase| matches!(phrase.case, Case::Subject | Case::Topic | Case::Also))
                .map(|phrase| self.thing_of(&phrase.range)),
            Voice::Active => self
                .object_phrase(before)
                .map(|phrase| self.thing_of(&phrase.range)),
            Voice::Nominal => self.compound(occurrence).or_else(|| {
                self.object_phrase(before)
                    .map(|phrase| self.thing_of(&phrase.range))
            }),
        }
    }

    /// The nearest object before a word, or what 도 marks as one.
    pub(super) fn object_phrase(&self, word: usize) -> Option<&'a Phrase> {
        self.phrases_before(word)
            .find(|phrase| phrase.case == Case::Object)
            .or_else(|| self.phrases_before(word).find(|phrase| phrase.case == Case::Also))
    }

    /// The noun that the predicate in `word` describes: 별빛이 낸 ‘달나라’.
    fn described(&self, word: usize) -> Option<Participant> {
        let words = &self.sentence.words;
        let first = word + 1;
        let last = (first..words.len()).take(WORDS_AHEAD).find(|&next| {
            words[next].class != WordClass::Noun
                || words[next].case.is_some()
                || words[next].tail > words[next].range.start
        })?;
        let end = match words[last].case {
            Some((end, _)) => end,
            None if words[last].tail > words[last].range.start => words[last].tail,
            None => return None,
        };
        let range = words[first].range.start..end;
        (!range.is_empty()).then(|| self.thing_of(&range))
    }

    /// The nouns before a noun that a verb carries: 차세대 단말기 출시에.
    fn compound(&self, occurrence: &Occurrence) -> Option<Participant> {
        let words = &self.sentence.words;
        let mut first = occurrence.word;
        while first > 0 && occurrence.word - first < WORDS_AHEAD {
            let before = &words[first - 1];
            let joins = before.class == WordClass::Noun
                && before.clause == words[first].clause
                && !before.comma
                && !before.is_date
                && before.speech.is_none()
                && matches!(before.case, None | Some((_, Case::Genitive)));
            if !joins {
                break;
            }
            first -= 1;
        }
        let end = occurrence.start.min(words[occurrence.word].range.end);
        let range = words[first].range.start..end;
        let text = self.source.text.get(range.clone())?.trim_end();
        if text.is_empty() {
            return None;
        }
        let range = range.start..range.start + text.len();
        let without_genitive = match first < occurrence.word {
            true => match words[occurrence.word - 1].case {
                Some((noun_end, Case::Genitive)) if noun_end <= range.end => range.start..noun_end,
                _ => range,
            },
            false => range,
        };
        Some(self.thing_of(&without_genitive))
    }

    /// Mentions of a kind in a clause that are outside of speech, as far as they are near `word`.
    pub(super) fn expressions(&self, clause: Range<usize>, kinds: &[EntityType]) -> Vec<Placed<'a>> {
        self.source
            .mentions_in(&clause)
            .iter()
            .take(4 * REACH)
            .filter(|placed| kinds.contains(&placed.kind()) && !self.is_in_speech(placed))
            .copied()
            .collect()
    }

    fn is_in_speech(&self, placed: &Placed<'_>) -> bool {
        let next = self
            .sentence
            .words
            .partition_point(|word| word.range.start <= placed.start());
        next.checked_sub(1)
            .and_then(|index| self.sentence.words[index].speech.as_ref())
            .is_some_and(|speech| speech.contains(&placed.start()))
    }

    /// 따르면, 의하면: what stands before is where the sentence is from.
    fn is_source_mark(&self, word: usize) -> bool {
        let word = self.sentence.word(self.source.text, word);
        word.starts_with("따르면") || word.starts_with("의하면")
    }

    /// Whether the sentence goes on with 따르면 soon behind the word: 별빛이 발표한 보고서에 따르면.
    pub(super) fn leads_to_source(&self, word: usize) -> bool {
        (word..self.sentence.words.len())
            .take(LONGEST_SOURCE / 2)
            .any(|next| self.is_source_mark(next))
    }

    /// The words before a phrase that describe it: 일하기 좋은 기업에.
    pub(super) fn described_range(&self, phrase: &Phrase) -> Range<usize> {
        let words = &self.sentence.words;
        let mut first = phrase.words.start;
        while first > 0 && phrase.words.start - first < WORDS_AHEAD {
            let before = &words[first - 1];
            let describes = matches!(before.class, WordClass::Noun | WordClass::Relative)
                && matches!(before.case, None | Some((_, Case::Genitive)))
                && before.clause == words[first].clause
                && !before.is_date
                && !before.comma
                && before.speech.is_none();
            if !describes {
                break;
            }
            first -= 1;
        }
        words[first].range.start..phrase.range.end
    }

    /// Who the sentence names as its source: 통계청에 따르면.
    pub(super) fn source_named(&self) -> Option<Participant> {
        let words = &self.sentence.words;
        let index = (0..words.len()).take(4 * REACH).find(|&index| {
            let word = self.sentence.word(self.source.text, index);
            word.starts_with("따르면") || word.starts_with("의하면")
        })?;
        let start = words[words.len().min(index.saturating_sub(LONGEST_SOURCE))]
            .range
            .start;
        let range = start..words[index].range.start;
        self.names_in(&range)
            .into_iter()
            .find(|placed| placed.kind() == EntityType::Organization)
            .map(|placed| Participant::of_mention(&placed))
    }
}

/// How many words before 따르면 the source is looked for in.
const LONGEST_SOURCE: usize = 14;

/// The largest boundary of a character that is not behind `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
