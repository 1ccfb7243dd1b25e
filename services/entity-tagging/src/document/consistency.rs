//! One surface, one type: what most of the article says of a surface holds for all of it.

use hashbrown::{HashMap, HashSet};
use std::ops::Range;

use gisa_article_model::{EntityLink, EntityType, TaggerLayer};

use super::Field;
use crate::dictionary::{is_general_term, is_whole_name};
use crate::letters::{is_alphanumeric, is_numeric};
use crate::resolver::Candidate;

/// A surface is known to the rest of the article when it was found with this confidence.
const KNOWN: f32 = 0.75;
/// Factor on the confidence of the best mention for the further ones.
const CERTAINTY: f32 = 0.9;
/// Share of the votes from which a type holds for all mentions of a surface.
const MAJORITY: f32 = 0.6;
/// A surface that is seldom found has to be found this surely once.
const SURE: f32 = 0.8;
/// Longest surface that is looked for, in characters.
const LONGEST: usize = 30;

/// What an article says about one surface.
#[derive(Clone, Debug, Default)]
struct Surface {
    /// Sum of confidences by type.
    votes: Vec<(EntityType, f32)>,
    mentions: usize,
    best: f32,
    /// A layer other than the model has found it.
    entered: bool,
}

impl Surface {
    fn add(&mut self, name: &Candidate) {
        let vote = self
            .votes
            .iter_mut()
            .find(|(known, _)| *known == name.entity_type);
        match vote {
            Some((_, sum)) => *sum += name.confidence,
            None => self.votes.push((name.entity_type, name.confidence)),
        }
        self.mentions += 1;
        self.best = self.best.max(name.confidence);
        self.entered |= name.layer != TaggerLayer::Model;
    }

    /// The type with most votes, if it has the majority of them.
    fn majority(&self) -> Option<EntityType> {
        let total: f32 = self.votes.iter().map(|(_, votes)| votes).sum();
        let (entity_type, votes) = self.votes.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (*votes >= MAJORITY * total).then_some(*entity_type)
    }
}

fn surfaces<'a, 'n>(fields: impl Iterator<Item = (&'a str, &'n [Candidate])>) -> HashMap<&'a str, Surface> {
    let mut surfaces: HashMap<&str, Surface> = HashMap::new();
    for (text, names) in fields {
        for name in names {
            surfaces.entry(&text[name.range.clone()]).or_default().add(name);
        }
    }
    surfaces
}

/// Gives every model's mention the type that most mentions of its surface have, and drops the surfaces that the model
/// finds in less than half of the places where they stand, and nowhere surely.
pub(super) fn agree(texts: &[&str], names: &mut [Vec<Candidate>]) {
    let known = surfaces(texts.iter().copied().zip(names.iter().map(Vec::as_slice)));
    let doubtful: HashSet<&str> = known
        .iter()
        .filter(|(_, surface)| !surface.entered && surface.best < SURE)
        .map(|(text, _)| *text)
        .collect();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for text in texts {
        for (range, surface) in occurrences(text, &doubtful) {
            let entity_type = known[surface].votes[0].0;
            if is_whole_name(text, range.start, range.end, entity_type) {
                *places.entry(surface).or_default() += 1;
            }
        }
    }
    for (text, names) in texts.iter().zip(names) {
        names.retain_mut(|name| {
            let surface = &text[name.range.clone()];
            let Some(article) = known.get(surface).filter(|_| name.layer == TaggerLayer::Model) else {
                return true;
            };
            if let Some(majority) = article.majority()
                && !is_place_or_authority(majority, name.entity_type)
            {
                name.entity_type = majority;
            }
            let places = places.get(surface).copied().unwrap_or(0);
            places <= 2 * article.mentions
        });
    }
}

/// 대구시에서 and 대구시가 differ rightly.
fn is_place_or_authority(a: EntityType, b: EntityType) -> bool {
    use EntityType::{Location, Organization};
    matches!((a, b), (Location, Organization) | (Organization, Location))
}

/// Gives mentions that are not linked the link that their surface has elsewhere in the article, if the type is the same.
pub(super) fn share_links(texts: &[&str], names: &mut [Vec<Candidate>]) {
    let mut links: HashMap<(&str, EntityType), EntityLink> = HashMap::new();
    for (text, names) in texts.iter().zip(names.iter()) {
        for name in names.iter().filter(|name| name.is_linked()) {
            let surface = &text[name.range.clone()];
            if let Some(link) = &name.link {
                links
                    .entry((surface, name.entity_type))
                    .or_insert_with(|| link.clone());
            }
        }
    }
    for (text, names) in texts.iter().zip(names) {
        for name in names.iter_mut().filter(|name| !name.is_linked()) {
            if let Some(link) = links.get(&(&text[name.range.clone()], name.entity_type)) {
                name.link = Some(link.clone());
            }
        }
    }
}

/// Finds the surfaces that were found surely elsewhere, where nothing has been found; one list a field.
pub(super) fn find(fields: &[Field<'_>]) -> Vec<Vec<Candidate>> {
    let mut best: HashMap<&str, &Candidate> = HashMap::new();
    for field in fields {
        for name in field.names.iter().filter(|name| name.confidence >= KNOWN) {
            let surface = &field.text[name.range.clone()];
            if surface.chars().count() < 2 || is_general_term(surface) {
                continue;
            }
            let known = best.entry(surface).or_insert(name);
            if name.confidence > known.confidence {
                *known = name;
            }
        }
    }
    let wanted: HashSet<&str> = best.keys().copied().collect();
    let further = |field: &Field<'_>| {
        occurrences(field.text, &wanted)
            .filter(|(range, _)| !field.has_name_in(range))
            .map(|(range, surface)| Candidate {
                range,
                confidence: best[surface].confidence * CERTAINTY,
                layer: TaggerLayer::Document,
                ..best[surface].clone()
            })
            .filter(|name| is_whole_name(field.text, name.range.start, name.range.end, name.entity_type))
            .collect()
    };
    fields.iter().map(further).collect()
}

/// Where the surfaces stand in `text` at the beginning of a word: the longest at each place.
fn occurrences<'t, 's: 't>(
    text: &'t str,
    surfaces: &'t HashSet<&'s str>,
) -> impl Iterator<Item = (Range<usize>, &'s str)> + 't {
    let mut firsts: Vec<char> = surfaces
        .iter()
        .filter_map(|surface| surface.chars().next())
        .collect();
    firsts.sort_unstable();
    firsts.dedup();
    let mut lengths: Vec<usize> = surfaces
        .iter()
        .map(|surface| surface.chars().count())
        .filter(|&length| length <= LONGEST)
        .collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.dedup();
    let mut previous = ' ';
    text.char_indices().filter_map(move |(start, character)| {
        let begins_word = !is_alphanumeric(previous) || is_numeric(previous) != is_numeric(character);
        previous = character;
        if !begins_word || firsts.binary_search(&character).is_err() {
            return None;
        }
        let rest = &text[start..];
        lengths.iter().find_map(|&length| {
            let end = rest
                .char_indices()
                .nth(length)
                .map_or(rest.len(), |(byte, _)| byte);
            let surface = surfaces.get(&rest[..end])?;
            Some((start..start + end, *surface))
        })
    })
}
