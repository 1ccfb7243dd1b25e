//! TARGET: what is aimed at or planned.

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Date, Object},
    EntityType,
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
    target(view, occurrence, memory, false)
}

/// Nouns that say that what stands before is a plan: 늘릴 계획이다.
const PLANS: &[&str] = &["계획", "방침", "목표", "예정"];
/// What may stand behind them.
const PLAN_ENDINGS: &[&str] = &["이다", "다", "이라고", "이며", "이고", "으로", "이라며"];

/// A plan to do something: 늘릴 계획이다, 늘리기로 했다.
pub(in crate::relations) fn read_plan(view: View<'_>, clause: usize, memory: &Memory) -> Option<Draft> {
    const REACH: usize = 3;
    let words = view.sentence.clauses[clause].clone();
    let text = view.source.text;
    let plan_in = |index: usize| {
        let word = view.sentence.word(text, index);
        let plan = PLANS.iter().find(|plan| word.starts_with(**plan))?;
        PLAN_ENDINGS.contains(&&word[plan.len()..]).then_some(*plan)
    };
    let is_resolved = |index: usize| {
        let next = view.sentence.word(text, index + 1);
        view.sentence.word(text, index).ends_with("기로") && next.starts_with(['했', '하'])
    };
    let last = || words.clone().rev().take(REACH);
    let planned = last().find_map(|index| Some((index, plan_in(index)?)));
    let (predicate, plan) = match planned {
        Some((noun, plan)) => (noun.checked_sub(1)?, plan),
        None => (last().find(|&index| is_resolved(index))?, "기로"),
    };
    if !words.contains(&predicate) {
        return None;
    }
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
    // What is only to happen is no target, unless it is counted: 조사할 예정이다.
    let needs_figure = matches!(plan, "예정" | "기로");
    target(view, &occurrence, memory, needs_figure)
}

fn target(view: View<'_>, occurrence: &Occurrence, memory: &Memory, needs_figure: bool) -> Option<Draft> {
    let clause = view.clause_of(occurrence.predicate);
    let figures = figures_before(view, &clause, occurrence.start);
    let actor = find_actor(view, occurrence, memory);
    let is_organization = |one: &Participant| one.is(EntityType::Organization);
    let is_named = actor.is_explicit && actor.participants.iter().any(is_organization);
    if figures.is_empty() && (needs_figure || !is_named) {
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
    if figures.is_empty() {
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
