//! Relations and events by rules: who hired, launched, invested, reached, said.
//!
//! ```text
//! field -> enclosures -> sentences -> words, clauses, phrases -> triggers -> event | figure | statement -> Relation
//! ```
//!
//! * `trigger`: the words that tell of a relation, in all forms (`inflection`, `hangul`);
//! * `sentence`, `word_class`, `particle`: clauses and noun phrases, read off endings and particles (`endings`);
//! * `roles`, `actor`: which phrase plays which part; `memory`: whom a sentence without a subject means;
//! * `event`, `figure`, `statement`: what makes a relation of each kind; `draft`, `confidence`.
//!
//! Relations are read from the body; a headline repeats it in a grammar of its own. Each step looks at a bounded number of
//! words, so the time is linear in the length of the text.

mod actor;
mod confidence;
mod draft;
mod endings;
mod event;
mod figure;
mod hangul;
mod inflection;
mod memory;
mod particle;
#[cfg(test)]
mod property_tests;
mod roles;
mod sentence;
mod statement;
#[cfg(test)]
mod table_tests;
mod trigger;
mod word_class;

use gisa_article_model::{Mention, OffsetMap, Relation, RelationType, TextField};

use crate::sentences::{self, enclosure};
use crate::tagger::TextToTag;
use draft::{Draft, Finisher, Participant};
use memory::Memory;
use particle::Case;
use roles::View;
use sentence::{Placed, Sentence, Source};
use trigger::Occurrence;

/// The relations of a text whose mentions are known, by the start of their evidence.
pub fn find_relations(text: &TextToTag<'_>, mentions: &[Mention]) -> Vec<Relation> {
    let body = text.body;
    let placed = placed(body, mentions);
    let source = Source {
        text: body,
        mentions: &placed,
    };
    let offsets = OffsetMap::new(body);
    let finisher = Finisher {
        field: TextField::Body,
        text: body,
        offsets: &offsets,
        mentions,
    };
    let mut relations: Vec<Relation> = read_field(source)
        .into_iter()
        .filter_map(|draft| finisher.finish(draft))
        .collect();
    relations.sort_by_key(|relation| (relation.evidence.span.start_byte, relation.evidence.span.end_byte));
    relations
}

/// The mentions of the body whose spans fit it, by start.
fn placed<'a>(body: &str, mentions: &'a [Mention]) -> Vec<Placed<'a>> {
    let mut placed: Vec<Placed<'_>> = mentions
        .iter()
        .zip(0u32..)
        .filter(|(mention, _)| mention.field == TextField::Body && mention.span.slice(body).is_some())
        .map(|(mention, index)| Placed::new(index, mention))
        .collect();
    placed.sort_by_key(|placed| (placed.start(), placed.end()));
    placed
}

fn read_field(source: Source<'_>) -> Vec<Draft> {
    let enclosures = enclosure::find(source.text);
    let mut memory = Memory::of_field(source.mentions);
    let mut drafts = Vec::new();
    for range in sentences::split_outside(source.text, &enclosures) {
        let first = enclosures.partition_point(|enclosure| enclosure.open < range.start);
        let sentence = Sentence::parse(source, range, &enclosures[first..]);
        let view = View {
            source,
            sentence: &sentence,
            named_source: None,
        };
        let named_source = view.find_source();
        let view = View {
            named_source: named_source.as_ref(),
            ..view
        };
        drafts.extend(read_sentence(view, &memory));
        memory.take(subject(view));
    }
    drafts
}

fn read_sentence(view: View<'_>, memory: &Memory) -> Vec<Draft> {
    let occurrences = trigger::find(view.source, view.sentence);
    let mut drafts = read_clauses(view, &occurrences, memory);
    let quoted = statement::read_quoted(view, &occurrences, memory);
    if quoted.is_empty() && drafts.is_empty() {
        let reported = statement::read_reported(view, &occurrences);
        drafts.extend(reported.or_else(|| statement::read_subject_matter(view, &occurrences)));
    }
    drafts.extend(quoted);
    drafts
}

/// What the clauses tell of, at most one relation of a type each.
fn read_clauses(view: View<'_>, occurrences: &[Occurrence], memory: &Memory) -> Vec<Draft> {
    let mut clauses: Vec<Vec<Draft>> = vec![Vec::new(); view.sentence.clauses.len()];
    for occurrence in occurrences {
        let clause = view.sentence.words[occurrence.predicate].clause;
        for draft in read_occurrence(view, occurrence, memory) {
            keep_best(&mut clauses[clause], draft);
        }
    }
    for (clause, drafts) in clauses.iter_mut().enumerate() {
        if !drafts.iter().any(|draft| draft.relation == RelationType::Result) {
            drafts.extend(figure::read_stated(view, clause, memory));
        }
        if drafts.is_empty() {
            drafts.extend(figure::read_plan(view, clause, memory));
        }
    }
    clauses.into_iter().flatten().collect()
}

fn read_occurrence(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Vec<Draft> {
    let event = event::read(view, occurrence, memory);
    let result = (event.is_none() && occurrence.tells(RelationType::Result))
        .then(|| figure::read_result(view, occurrence, memory))
        .flatten();
    let target = occurrence
        .tells(RelationType::Target)
        .then(|| figure::read_target(view, occurrence, memory))
        .flatten();
    [event, result, target].into_iter().flatten().collect()
}

/// Adds a draft to those of its clause; of two of one type the likelier stays.
fn keep_best(drafts: &mut Vec<Draft>, draft: Draft) {
    match drafts.iter_mut().find(|other| other.relation == draft.relation) {
        Some(other) if other.confidence < draft.confidence => *other = draft,
        Some(_) => {}
        None => drafts.push(draft),
    }
}

/// Whom a later sentence without a subject means: the first topic or subject that is a name.
fn subject(view: View<'_>) -> Option<Participant> {
    view.sentence
        .phrases
        .iter()
        .take(12)
        .filter(|phrase| matches!(phrase.case, Case::Topic | Case::Subject | Case::Also))
        .find_map(|phrase| view.actor_of(phrase).filter(|actor| actor.mention.is_some()))
}
