//! Events: hiring, appointments, launches, contracts, partnerships, investments.

use std::ops::Range;

use gisa_article_model::{
    ArgumentRole::{Amount, Date, Place},
    EntityType,
    RelationType::{self, Appointment, Contract, Hire, Investment, Launch, Partnership},
};

use super::actor::find_actor;
use super::confidence;
use super::draft::{Draft, Participant};
use super::inflection::Mood;
use super::memory::Memory;
use super::particle::Case;
use super::roles::View;
use super::trigger::{Occurrence, Voice};

mod appointment;
mod object;
mod parties;

pub(super) use appointment::is_post;

/// Reads the event that a trigger tells of.
pub(super) fn read(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Option<Draft> {
    let relation = relation_of(view, occurrence)?;
    let mut draft = begin(view, relation, occurrence)?;
    let actor = find_actor(view, occurrence, memory);
    let is_right = match relation {
        Partnership => parties::add_partners(view, occurrence, &actor, &mut draft),
        Appointment => appointment::add_appointed(view, occurrence, &actor, &mut draft),
        Investment => parties::add_investment(view, occurrence, &actor, &mut draft),
        Contract => parties::add_contract(view, occurrence, &actor, &mut draft),
        _ => object::add_object(view, occurrence, &actor, &mut draft),
    };
    if !is_right {
        return None;
    }
    add_circumstances(view, occurrence, &mut draft);
    (draft.confidence >= confidence::LEAST).then_some(draft)
}

/// What the trigger tells of here, where it may tell of several things.
fn relation_of(view: View<'_>, occurrence: &Occurrence) -> Option<RelationType> {
    let events = [Appointment, Hire, Launch, Contract, Partnership, Investment];
    let mut told = events.into_iter().filter(|&relation| occurrence.tells(relation));
    let first = told.next()?;
    // 임용: to a post or as staff.
    match told.next() {
        Some(second) if appointment::post_phrase(view, occurrence).is_none() => Some(second),
        _ => Some(first),
    }
}

fn begin(view: View<'_>, relation: RelationType, occurrence: &Occurrence) -> Option<Draft> {
    let reading = occurrence.reading;
    if reading.mood == Mood::Negated {
        return None;
    }
    let mut likely = confidence::EVENT * confidence::of_reading(reading);
    if occurrence.voice == Voice::Nominal {
        likely *= confidence::CARRIED;
    }
    if occurrence.trigger.is_weak() {
        likely *= confidence::WEAK;
    }
    Some(Draft::new(relation, view.evidence(occurrence), likely))
}

/// Dates, places and numbers of people, as the clause gives them.
fn add_circumstances(view: View<'_>, occurrence: &Occurrence, draft: &mut Draft) {
    let clause = view.clause_of(occurrence.word);
    if let Some(date) = date_of(view, &clause, occurrence.start) {
        draft.add(Date, date);
    }
    let place = view
        .phrases_before(occurrence.word)
        .filter(|phrase| phrase.case == Case::Place)
        .flat_map(|phrase| view.names_in(&phrase.range))
        .find(|placed| placed.kind() == EntityType::Location);
    if let Some(place) = place {
        draft.add(Place, Participant::of_mention(&place));
    }
    if draft.relation == Hire {
        let people = view.expressions(&clause, &[EntityType::Quantity]);
        let people = people
            .iter()
            .filter(|placed| placed.mention.surface.ends_with(['명', '인']));
        draft.add_all(Amount, people.map(Participant::of_mention));
    }
}

/// The date in the clause: the last before the predicate, else the first behind it.
pub(super) fn date_of(view: View<'_>, clause: &Range<usize>, predicate: usize) -> Option<Participant> {
    let dates = view.expressions(clause, &[EntityType::Date]);
    let before = dates.iter().rfind(|placed| placed.end() <= predicate);
    before.or(dates.first()).map(Participant::of_mention)
}
