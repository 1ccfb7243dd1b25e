//! TARGET: what is aimed at or planned.

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Date, Object},
    RelationType::Target,
};

use super::{figures_before, noun_before};
use crate::relations::actor::find_actor;
use crate::relations::confidence;
use crate::relations::draft::{Draft, Participant};
use crate::relations::event::date_of;
use crate::relations::inflection::{Mood, Position, Reading};
use crate::relations::memory::Memory;
use crate::relations::roles::View;
use crate::relations::trigger::{Occurrence, Voice, table::PLAN};

/// The target that 목표 tells of, or a plan with figures.
pub(in crate::relations) fn read_target(
    view: View<'_>,
    occurrence: &Occurrence,
    memory: &Memory,
) -> Option<Draft> {
    if matches!(occurrence.reading.mood, Mood::Negated | Mood::Possible) {
        return None;
    }
    target(view, occurrence, memory, true)
}

/// A plan to do something: 늘릴 계획이다.
pub(in crate::relations) fn read_plan(view: View<'_>, clause: usize, memory: &Memory) -> Option<Draft> {
    let words = view.sentence.clauses[clause].clone();
    let text = view.source.text;
    let noun = words.clone().rev().take(3).find(|&index| {
        let word = view.sentence.word(text, index);
        ["계획", "방침", "목표", "예정"].iter().any(|plan| {
            word.strip_prefix(plan).is_some_and(|rest| {
                matches!(
                    rest,
                    "이다" | "다" | "이라고" | "이며" | "이고" | "으로" | "이라며"
                )
            })
        })
    });
    let resolved = || {
        words.clone().rev().take(3).find(|&index| {
            let next = view.sentence.word(text, index + 1);
            view.sentence.word(text, index).ends_with("기로")
                && (next.starts_with('했') || next.starts_with("하"))
        })
    };
    let predicate = match noun {
        Some(noun) => noun.checked_sub(1).filter(|before| words.contains(before))?,
        None => resolved()?,
    };
    let word = &view.sentence.words[predicate];
    let occurrence = Occurrence {
        trigger: &PLAN,
        voice: Voice::Active,
        reading: Reading {
            position: Position::Final,
            mood: Mood::Plan,
        },
        start: word.range.start,
        word: predicate,
        predicate,
    };
    target(view, &occurrence, memory, false)
}

fn target(view: View<'_>, occurrence: &Occurrence, memory: &Memory, is_named: bool) -> Option<Draft> {
    let clause = view.clause_of(occurrence.predicate);
    let figures = figures_before(view, &clause, occurrence.start);
    let actor = find_actor(view, occurrence, memory);
    let is_actor = actor.participants.iter().any(|one| one.mention.is_some());
    if figures.is_empty() && !(actor.is_explicit && is_actor) {
        return None;
    }
    let mut draft = Draft::new(Target, view.evidence(occurrence), confidence::FIGURE);
    draft.add_all(Amount, figures.iter().map(Participant::of_mention));
    for placed in &figures {
        if let Some(measure) = noun_before(view, placed) {
            draft.add(Object, measure);
        }
    }
    if let Some(phrase) = view.object_phrase(occurrence.word) {
        draft.add(Object, Participant::of_range(phrase.range.clone()));
    }
    if !is_named && figures.is_empty() {
        draft.confidence *= confidence::WEAK;
    }
    draft.add_all(Agent, actor.participants.iter().cloned());
    draft.confidence *= actor.factor;
    if let Some(date) = date_of(view, &clause, occurrence.start) {
        draft.add(Date, date);
    }
    let is_whole = draft.has(Agent) && (draft.has(Amount) || draft.has(Object));
    (is_whole && draft.confidence >= confidence::LEAST).then_some(draft)
}
