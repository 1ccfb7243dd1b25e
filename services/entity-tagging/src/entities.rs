//! The entities of an article: which of its mentions name the same one, what it is called, and the roles of persons.
//!
//! Names are of one entity if
//! * they link to the same id, or have the same type and spelling, white space and case aside;
//! * one glosses the other in a bracket: 쿠다(CUDA);
//! * one is a person's surname and the other the full name before it: 김별 대표 … 김 대표, 샘 올트먼 … 올트먼.
//!
//! Two ids are never one entity, and a short form of an organization's name (삼성 of 삼성전자) is one only by its id.

mod grouping;
mod surnames;
#[cfg(test)]
mod tests;

use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

use gisa_article_model::{EntitySummary, EntityType, Mention, PersonRole, TextField};

use crate::document::is_other_name;
use crate::roles::find_roles;
use crate::tagger::TextToTag;
use grouping::Grouping;
use surnames::Surnames;

/// The entities of an article, most salient first; equally salient ones by their first mention. Every mention of a name
/// belongs to exactly one. `mentions` are sorted as the tagger sorts them.
pub fn summarise(text: &TextToTag<'_>, mentions: &[Mention]) -> Vec<EntitySummary> {
    let roles = find_roles(text, mentions);
    let mut grouping = Grouping::new(mentions);
    let surnames = Surnames::new(text, mentions);
    join_spellings(mentions, &surnames, &mut grouping);
    join_glosses(text, mentions, &mut grouping);
    surnames.join(&roles, &mut grouping);
    let mut entities = collect(mentions, &mut grouping);
    add_roles(roles, &mut grouping, &mut entities);
    let mut entities: Vec<EntitySummary> = entities.into_iter().map(|(_, entity)| entity).collect();
    entities.sort_by(|a, b| b.salience.total_cmp(&a.salience));
    entities
}

/// The text of a field.
fn field_text<'a>(text: &TextToTag<'a>, field: TextField) -> &'a str {
    match field {
        TextField::Title => text.title,
        TextField::Subtitle => text.subtitle,
        TextField::Body => text.body,
    }
}

/// A spelling without white space and case.
fn folded(surface: &str) -> Cow<'_, str> {
    let is_folded = |character: char| !character.is_whitespace() && !character.is_uppercase();
    if surface.chars().all(is_folded) {
        return Cow::Borrowed(surface);
    }
    surface
        .chars()
        .filter(|character| !character.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

fn join_spellings(mentions: &[Mention], surnames: &Surnames<'_>, grouping: &mut Grouping<'_>) {
    let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(mentions.len());
    let mut by_spelling: HashMap<(EntityType, Cow<'_, str>), usize> = HashMap::with_capacity(mentions.len());
    for (index, mention) in mentions.iter().enumerate() {
        if !mention.entity_type.is_name() {
            continue;
        }
        let id = mention.link.as_ref().and_then(|link| link.entity_id.as_deref());
        if let Some(id) = id {
            grouping.join(*by_id.entry(id).or_insert(index), index);
        }
        if !surnames.is_short(index) {
            let key = (mention.entity_type, folded(&mention.surface));
            grouping.join(*by_spelling.entry(key).or_insert(index), index);
        }
    }
}

/// 쿠다(CUDA), 가나다연구원(이하 가연).
fn join_glosses(text: &TextToTag<'_>, mentions: &[Mention], grouping: &mut Grouping<'_>) {
    const QUOTES: [char; 4] = ['\'', '"', '’', '”'];
    for (index, pair) in mentions.windows(2).enumerate() {
        let [name, gloss] = pair else { continue };
        let entity_type = name.entity_type;
        // A place in the bracket behind a place is where it lies: 나이로비(케냐).
        let alike = name.field == gloss.field
            && entity_type == gloss.entity_type
            && entity_type.is_name()
            && entity_type != EntityType::Location;
        let text = field_text(text, name.field);
        let gap = text.get(name.span.end_byte as usize..gloss.span.start_byte as usize);
        let opens = gap.is_some_and(|gap| matches!(gap.trim_start_matches(QUOTES), "(" | "(이하 "));
        let rest = text.get(gloss.span.end_byte as usize..).unwrap_or_default();
        if alike
            && opens
            && rest.trim_start_matches(QUOTES).starts_with(')')
            && is_other_name(&name.surface, &gloss.surface, entity_type)
        {
            grouping.join(index, index + 1);
        }
    }
}

/// The entities with the first mention of each, in the order of the text.
fn collect(mentions: &[Mention], grouping: &mut Grouping<'_>) -> Vec<(usize, EntitySummary)> {
    let mut entities: Vec<(usize, EntitySummary)> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (index, mention) in mentions.iter().enumerate() {
        if !mention.entity_type.is_name() {
            continue;
        }
        let first = grouping.first(index);
        let place = *places.entry(first).or_insert_with(|| {
            let entity = EntitySummary {
                entity_type: mention.entity_type,
                name: String::new(),
                entity_id: grouping.id(first).map(str::to_owned),
                mentions: Vec::new(),
                salience: 0.0,
                roles: Vec::new(),
            };
            entities.push((first, entity));
            entities.len() - 1
        });
        let entity = &mut entities[place].1;
        if mention.surface.chars().count() > entity.name.chars().count() {
            entity.name.clone_from(&mention.surface);
        }
        entity.mentions.push(index as u32);
        entity.salience = entity.salience.max(mention.salience);
    }
    entities
}

/// Gives the roles to their persons: each title with each affiliation once, and without one only where no affiliation
/// is named anywhere.
fn add_roles(
    roles: Vec<(usize, PersonRole)>,
    grouping: &mut Grouping<'_>,
    entities: &mut [(usize, EntitySummary)],
) {
    let mut affiliated: HashSet<(usize, String)> = HashSet::new();
    for (person, role) in &roles {
        if role.affiliation.is_some() {
            affiliated.insert((grouping.first(*person), role.title.clone()));
        }
    }
    let places: HashMap<usize, usize> = entities
        .iter()
        .enumerate()
        .map(|(place, &(first, _))| (first, place))
        .collect();
    let mut known: HashSet<(usize, String, Option<usize>)> = HashSet::new();
    for (person, role) in roles {
        let first = grouping.first(person);
        let affiliation = role.affiliation.map(|index| grouping.first(index as usize));
        let told_better = affiliation.is_none() && affiliated.contains(&(first, role.title.clone()));
        if !told_better
            && known.insert((first, role.title.clone(), affiliation))
            && let Some(&place) = places.get(&first)
        {
            entities[place].1.roles.push(role);
        }
    }
}
