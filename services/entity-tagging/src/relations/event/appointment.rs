//! APPOINTMENT: a person gets a post.

use gisa_article_model::{
    ArgumentRole::{Agent, Object, Position as Post},
    EntityType,
};

use crate::relations::actor::Actor;
use crate::relations::draft::{Draft, Participant};
use crate::relations::inflection::Position;
use crate::relations::particle::Case;
use crate::relations::roles::View;
use crate::relations::sentence::Phrase;
use crate::relations::trigger::{Occurrence, Voice};
use crate::titles::read_title;

/// The phrase that names the post: 단장으로, 대표에.
pub(super) fn post_phrase<'a>(view: View<'a>, occurrence: &Occurrence) -> Option<&'a Phrase> {
    view.phrases_before(occurrence.word).find(|phrase| {
        matches!(phrase.case, Case::Direction | Case::Place) && is_post(view.text(&phrase.range))
    })
}

/// Names of posts that are no titles of persons.
const POSTS: &[&str] = &["사령탑", "자리", "홍보대사", "감사"];

/// Whether a phrase ends with the name of a post.
pub(in crate::relations) fn is_post(text: &str) -> bool {
    let last = text.split_whitespace().next_back().unwrap_or("");
    read_title(last).is_some_and(|title| title.tail.is_empty())
        || POSTS.iter().any(|post| last.ends_with(post))
}

/// Adds who was appointed by whom to what; whether that makes a relation.
pub(super) fn add_appointed(
    view: View<'_>,
    occurrence: &Occurrence,
    actor: &Actor,
    draft: &mut Draft,
) -> bool {
    let person_in = |phrase: &Phrase| {
        view.names_in(&phrase.range)
            .into_iter()
            .rfind(|placed| placed.kind() == EntityType::Person)
            .map(|placed| Participant::of_mention(&placed))
    };
    let phrases = || view.phrases_before(occurrence.word);
    let intransitive = matches!(occurrence.trigger.stem, "취임" | "승진" | "부임" | "연임" | "맡");
    let by_object = phrases()
        .filter(|phrase| phrase.case == Case::Object)
        .find_map(person_in);
    let is_subject = |phrase: &&Phrase| matches!(phrase.case, Case::Subject | Case::Topic | Case::Also);
    let has_object = phrases().any(|phrase| phrase.case == Case::Object);
    let is_about_subject = intransitive || occurrence.voice == Voice::Passive || !has_object;
    let appointed = if is_about_subject {
        phrases().filter(is_subject).find_map(person_in)
    } else {
        by_object
    };
    let post = post_phrase(view, occurrence).or_else(|| {
        phrases().find(|phrase| phrase.case == Case::Object && is_post(view.text(&phrase.range)))
    });
    let Some(appointed) = appointed.or_else(|| post.and_then(person_in)) else {
        return false;
    };
    draft.add(Object, appointed.clone());
    if let Some(post) = post {
        let start = view
            .names_in(&post.range)
            .last()
            .map_or(post.range.start, |placed| placed.end());
        let text = view.text(&(start..post.range.end));
        let start = start + text.len() - text.trim_start().len();
        draft.add(Post, Participant::of_range(start..post.range.end));
    }
    let organization =
        |participant: &&Participant| **participant != appointed && participant.is(EntityType::Organization);
    let agent = actor.participants.iter().find(organization);
    if let Some(agent) = agent.filter(|_| actor.is_explicit) {
        draft.add(Agent, agent.clone());
        draft.confidence *= actor.factor;
    }
    // 맡다 and 선정하다 say many other things.
    match occurrence.trigger.stem {
        "맡" => post.is_some() && occurrence.reading.position == Position::Final,
        "선정" | "지명" => post.is_some(),
        _ => true,
    }
}
