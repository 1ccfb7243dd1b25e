//! Who does what a predicate says: its subject, who reports it, the topic of a clause before, the source of the sentence,
//! or whoever the sentences before spoke of.

use super::confidence;
use super::draft::Participant;
use super::inflection::Position;
use super::memory::Memory;
use super::particle::Case;
use super::roles::{View, WORDS_IN_REACH};
use super::sentence::Phrase;
use super::trigger::Occurrence;

/// Who acts, and where that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    /// The actors: several where they are joined by 와/과.
    pub participants: Vec<Participant>,
    /// Factor of confidence.
    pub factor: f32,
    /// Whether the clause itself names them.
    pub is_explicit: bool,
}

/// Who does what the predicate says.
pub(super) fn find_actor(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Actor {
    let named = |phrase| actors_of(view, phrase).map(|participants| explicit(participants, 1.0));
    let of_clause = view.subject_phrase(occurrence).and_then(named);
    let found = of_clause
        .or_else(|| reporter(view, occurrence))
        .or_else(|| of_sentence(view, occurrence))
        .or_else(|| {
            let source = view.named_source.cloned();
            source.map(|source| explicit(vec![source], confidence::ACTOR_OF_SENTENCE))
        });
    if let Some(found) = found {
        return found;
    }
    match memory.recall() {
        Some((participant, factor)) => Actor {
            participants: vec![participant],
            factor,
            is_explicit: false,
        },
        None => Actor {
            participants: Vec::new(),
            factor: confidence::NO_ACTOR,
            is_explicit: false,
        },
    }
}

fn explicit(participants: Vec<Participant>, factor: f32) -> Actor {
    let is_named = participants
        .iter()
        .any(|participant| participant.mention.is_some());
    Actor {
        participants,
        factor: if is_named {
            factor
        } else {
            factor * confidence::ACTOR_UNNAMED
        },
        is_explicit: true,
    }
}

fn actors_of(view: View<'_>, phrase: &Phrase) -> Option<Vec<Participant>> {
    let joined = view.joined(phrase);
    let last = view.actor_of(phrase)?;
    let kind = last.mention.map(|(_, kind)| kind);
    let mut participants: Vec<Participant> = view
        .names_in(&joined)
        .iter()
        .filter(|placed| Some(placed.kind()) == kind && is_listed(view, placed.end(), &last))
        .map(Participant::of_mention)
        .collect();
    if participants.is_empty() {
        participants.push(last);
    }
    Some(participants)
}

/// Whether the name that ends at `end` is the last of a list or joined to the next part of it: 가람과 나래, 다온은.
fn is_listed(view: View<'_>, end: usize, last: &Participant) -> bool {
    if end >= last.range.end {
        return end == last.range.end;
    }
    let behind = view.text(&(end..last.range.end));
    ["과 ", "와 ", ", ", "·", ",", "과", "와"]
        .iter()
        .any(|glue| behind.starts_with(glue))
        || behind.starts_with('(')
            && [")와", ")과", "),", ")·"]
                .iter()
                .any(|glue| behind.contains(glue))
}

/// Who reports it in the same clause: 출시한다고 별빛은 밝혔다.
fn reporter(view: View<'_>, occurrence: &Occurrence) -> Option<Actor> {
    if occurrence.reading.position != Position::Quoted {
        return None;
    }
    let phrase = view
        .phrases_after(occurrence.predicate)
        .find(|phrase| matches!(phrase.case, Case::Topic | Case::Subject))?;
    actors_of(view, phrase).map(|participants| explicit(participants, confidence::ACTOR_OF_SENTENCE))
}

/// The topic of a clause before.
fn of_sentence(view: View<'_>, occurrence: &Occurrence) -> Option<Actor> {
    let clause = view.sentence.words[occurrence.predicate].clause;
    let before = view
        .sentence
        .phrases
        .partition_point(|phrase| view.sentence.words[phrase.words.start].clause < clause);
    view.sentence.phrases[..before]
        .iter()
        .rev()
        .take_while(|phrase| phrase.words.end + WORDS_IN_REACH > occurrence.word)
        .filter(|phrase| matches!(phrase.case, Case::Topic | Case::Subject))
        .find_map(|phrase| actors_of(view, phrase).filter(|found| found.iter().any(Participant::is_actor)))
        .map(|participants| explicit(participants, confidence::ACTOR_OF_SENTENCE))
}
