//! Which phrase of a sentence plays which part for a predicate.

use std::ops::Range;

use gisa_article_model::EntityType;

use super::draft::Participant;
use super::inflection::Position;
use super::particle::Case;
use super::sentence::{Phrase, Placed, Sentence, Source};
use super::trigger::{Occurrence, Voice};
use super::word_class::WordClass;

mod naming;
mod source;

/// How many phrases before or behind a predicate are looked at. With [`WORDS_IN_REACH`] it bounds the work for each
/// predicate, and how many predicates look at one phrase.
const REACH: usize = 24;
/// How far from a predicate a phrase may be, in words.
pub(super) const WORDS_IN_REACH: usize = 48;
/// How many words a phrase is followed over.
const WORDS_AHEAD: usize = 12;
/// How many mentions of a clause are looked at.
const MENTIONS_IN_REACH: usize = 96;

/// A sentence with its text: what the roles are read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub source: Source<'a>,
    pub sentence: &'a Sentence,
    /// Who the sentence is said to be from: 나눔연구원에 따르면.
    pub named_source: Option<&'a Participant>,
}

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
            .take_while(move |phrase| {
                phrase.words.end + WORDS_IN_REACH > word
                    && sentence.words[phrase.words.start].clause == clause
            })
    }

    /// The phrases behind a word up to the end of the sentence, within reach.
    pub(super) fn phrases_after(&self, word: usize) -> impl Iterator<Item = &'a Phrase> + use<'a> {
        let next = self
            .sentence
            .phrases
            .partition_point(|phrase| phrase.words.start <= word);
        self.sentence.phrases[next..]
            .iter()
            .take(REACH)
            .take_while(move |phrase| phrase.words.start < word + WORDS_IN_REACH)
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

    /// Mentions of some kinds in a range that are outside of speech, the first ones of many.
    pub(super) fn expressions(&self, range: &Range<usize>, kinds: &[EntityType]) -> Vec<Placed<'a>> {
        self.source
            .mentions_in(range)
            .iter()
            .take(MENTIONS_IN_REACH)
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

    /// The clause of a predicate, or the sentence if it has only one.
    pub(super) fn evidence(&self, occurrence: &Occurrence) -> Range<usize> {
        if self.sentence.clauses.len() < 2 {
            return self.sentence.range.clone();
        }
        self.clause_of(occurrence.predicate)
    }

    /// The range of the clause that a word is in.
    pub(super) fn clause_of(&self, word: usize) -> Range<usize> {
        self.sentence.clause_range(self.sentence.words[word].clause)
    }
}
