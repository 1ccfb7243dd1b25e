//! PARTNERSHIP, CONTRACT and INVESTMENT: what several parties do, or one does with money.

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Object, Partner},
    EntityType,
};

use crate::relations::actor::Actor;
use crate::relations::draft::{Draft, Participant};
use crate::relations::inflection::Position;
use crate::relations::particle::Case;
use crate::relations::roles::View;
use crate::relations::trigger::Occurrence;

/// PARTNERSHIP: at least two parties.
pub(super) fn add_partners(
    view: View<'_>,
    occurrence: &Occurrence,
    actor: &Actor,
    draft: &mut Draft,
) -> bool {
    let with = view
        .phrases_before(occurrence.word)
        .filter(|phrase| phrase.case == Case::With)
        .flat_map(|phrase| {
            let names = view.names_in(&phrase.range).into_iter();
            names.filter(|placed| match placed.kind() {
                EntityType::Organization => true,
                EntityType::Location => placed.end() == phrase.range.end,
                _ => false,
            })
        });
    let mut partners: Vec<Participant> = with.map(|placed| Participant::of_mention(&placed)).collect();
    let is_party = |one: &&Participant| one.is(EntityType::Organization) || one.is(EntityType::Location);
    let mut actors = actor.participants.iter().filter(is_party);
    let Some(first) = actors.next() else {
        return false;
    };
    partners.retain(|partner| partner != first);
    draft.add(Agent, first.clone());
    draft.add_all(Partner, actors.cloned());
    draft.add_all(Partner, partners);
    if let Some(object) = view.object(occurrence) {
        draft.add(Object, object);
    }
    draft.confidence *= actor.factor;
    draft.has(Partner)
}

/// INVESTMENT: money, or a company that is bought.
pub(super) fn add_investment(
    view: View<'_>,
    occurrence: &Occurrence,
    actor: &Actor,
    draft: &mut Draft,
) -> bool {
    let clause = view.clause_of(occurrence.word);
    let amounts = view.expressions(&clause, &[EntityType::Money]);
    let target = view
        .phrases_before(occurrence.word)
        .filter(|phrase| matches!(phrase.case, Case::Place | Case::Object))
        .find(|phrase| !view.names_in(&phrase.range).is_empty())
        .map(|phrase| view.thing_of(&phrase.range));
    let has_amount = !amounts.is_empty();
    draft.add_all(Amount, amounts.iter().map(Participant::of_mention));
    let is_bought = matches!(occurrence.trigger.stem, "인수" | "매입" | "출자" | "투자");
    if let Some(target) = target.filter(|_| is_bought || has_amount) {
        draft.add(Object, target);
    }
    let is_deal = has_amount || is_bought && draft.has(Object);
    if !is_deal {
        return false;
    }
    draft.add_all(Agent, actor.participants.iter().cloned());
    draft.confidence *= actor.factor;
    draft.has(Agent)
}

/// What is won when a contract is won.
const WORKS: &[&str] = &["사업", "공사", "물량", "프로젝트", "계약"];

/// CONTRACT: with somebody or over an amount or thing.
pub(super) fn add_contract(
    view: View<'_>,
    occurrence: &Occurrence,
    actor: &Actor,
    draft: &mut Draft,
) -> bool {
    let clause = view.clause_of(occurrence.word);
    let amounts = view.expressions(&clause, &[EntityType::Money]);
    draft.add_all(Amount, amounts.iter().map(Participant::of_mention));
    let partners = view
        .phrases_before(occurrence.word)
        .filter(|phrase| matches!(phrase.case, Case::With | Case::Source))
        .flat_map(|phrase| view.names_in(&phrase.range))
        .filter(|placed| matches!(placed.kind(), EntityType::Organization | EntityType::Person))
        .map(|placed| Participant::of_mention(&placed));
    let mut actors = actor.participants.iter().cloned();
    if let Some(first) = actors.next() {
        draft.add(Agent, first);
    }
    draft.add_all(Partner, actors);
    draft.add_all(Partner, partners);
    let object = view.object(occurrence);
    // 메달을 따냈다 is no contract.
    let is_work = object.as_ref().is_some_and(|object| {
        let text = view.text(&object.range);
        WORKS.iter().any(|work| text.ends_with(work))
    });
    if occurrence.trigger.stem == "따내" && !is_work {
        return false;
    }
    draft.add_all(Object, object);
    draft.confidence *= actor.factor;
    let is_relative = occurrence.reading.position == Position::Relative;
    if is_relative && !(draft.has(Partner) || draft.has(Amount)) {
        return false;
    }
    draft.has(Agent) && (draft.has(Partner) || draft.has(Amount) || draft.has(Object))
}
