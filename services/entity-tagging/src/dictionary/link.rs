//! Chooses what a name stands for, from simple evidence that can be read off.
//!
//! Each sense of a spelling collects points: [`NAME`] or [`ALIAS`] for how it is called, and those of
//! [`ACTOR`], [`WORD`] and [`AFFILIATION`] that apply. Its score is its share of all points. The best sense is linked
//! if it leads by [`CLEAR_MARGIN`]; else the link is NIL with all candidates, and the type is that of the best.

use std::collections::BTreeSet;

use gisa_article_model::{EntityCandidate, EntityLink, EntityType, TaggerLayer};

use super::boundary::tail;
use super::surface::{EntityPlace, Sense};
use super::{Dictionary, NameMatch, Trust};
use crate::resolver::Candidate;
use crate::titles::is_person_title;

/// The spelling is the entity's name.
const NAME: f32 = 1.0;
/// The spelling is an alias.
const ALIAS: f32 = 0.7;
/// An organization: of a company and its service of the same name, news mean the company when nothing speaks for the
/// service.
const ACTOR: f32 = 0.4;
/// The word after the name goes with the type: 대표 after a person, 앱 after a product.
const WORD: f32 = 1.0;
/// The organization that a homonymous person's id names (`person:kim-sung-hoon-upstage`) is in the article.
const AFFILIATION: f32 = 1.0;

/// Lead in score from which the best sense is chosen.
const CLEAR_MARGIN: f32 = 0.15;

/// Confidence that a whole name of the dictionary is a mention, by how easily it is mistaken.
const LONG_NAME: f32 = 0.97;
const LONG_ALIAS: f32 = 0.93;
const SHORT_NAME: f32 = 0.9;
const SHORT_ALIAS: f32 = 0.8;
/// Of an imported name.
const IMPORTED: f32 = 0.85;
/// Factor where the senses differ in type.
const SEVERAL_TYPES: f32 = 0.85;

const PRODUCT_WORDS: &[&str] = &[
    "앱",
    "서비스",
    "플랫폼",
    "이용자",
    "사용자",
    "모델",
    "버전",
    "출시",
    "에서",
    "업데이트",
    "기능",
    "계정",
];
const ORGANIZATION_WORDS: &[&str] = &[
    "대표",
    "회장",
    "관계자",
    "측",
    "본사",
    "직원",
    "임직원",
    "노조",
    "주가",
    "창업자",
];
const LOCATION_WORDS: &[&str] = &["시내", "지역", "일대", "소재", "현지", "정부"];

/// What the whole article says about which entities are meant.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The part after the colon of the ids of organizations that are named without doubt.
    organizations: BTreeSet<String>,
}

impl Context {
    /// Collects what `names`, found in the fields of one article, say without doubt.
    pub fn new<'names>(dictionary: &Dictionary, names: impl IntoIterator<Item = &'names NameMatch>) -> Self {
        let certain = names.into_iter().filter_map(|name| match name.senses.as_slice() {
            [
                Sense {
                    entity: EntityPlace::Curated(entity),
                    entity_type: EntityType::Organization,
                    ..
                },
            ] => Some(*entity),
            _ => None,
        });
        let slug = |entity: usize| {
            let id = &dictionary.curated(entity).id;
            id.split_once(':').map(|(_, slug)| slug.to_owned())
        };
        Self {
            organizations: certain.filter_map(slug).collect(),
        }
    }

    /// Whether `id` ends in the slug of an organization of the article.
    fn names_affiliation_of(&self, id: &str) -> bool {
        id.match_indices('-')
            .any(|(hyphen, _)| self.organizations.contains(&id[hyphen + 1..]))
    }
}

pub(super) fn choose(dictionary: &Dictionary, text: &str, name: &NameMatch, context: &Context) -> Candidate {
    let following = following_word(text, name.range.end);
    let mut weighed: Vec<(f32, EntityType, String)> = name
        .senses
        .iter()
        .map(|sense| {
            let id = dictionary.id_of(sense);
            (points(&id, *sense, following, context), sense.entity_type, id)
        })
        .collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best_type = weighed.first().map(|(_, entity_type, _)| *entity_type);
    let total: f32 = weighed.iter().map(|(points, ..)| points).sum();
    let candidates: Vec<EntityCandidate> = weighed
        .into_iter()
        .map(|(points, _, entity_id)| EntityCandidate {
            entity_id,
            score: points / total,
        })
        .collect();
    let runner_up = candidates.get(1).map_or(0.0, |candidate| candidate.score);
    let clear = candidates
        .first()
        .filter(|best| !name.acts && best.score - runner_up >= CLEAR_MARGIN);
    Candidate {
        range: name.range.clone(),
        // Without senses there is no match.
        entity_type: best_type
            .filter(|_| !name.acts)
            .unwrap_or(EntityType::Organization),
        value: None,
        confidence: confidence(name),
        link: Some(EntityLink {
            entity_id: clear.map(|best| best.entity_id.clone()),
            candidates,
        }),
        layer: TaggerLayer::Dictionary,
    }
}

fn points(id: &str, sense: Sense, following: &str, context: &Context) -> f32 {
    let mut points = if sense.canonical { NAME } else { ALIAS };
    let follows = |words: &[&str]| words.iter().any(|word| following.starts_with(word));
    points += match sense.entity_type {
        EntityType::Person if is_person_title(following) => WORD,
        EntityType::Product if follows(PRODUCT_WORDS) => WORD,
        EntityType::Organization if follows(ORGANIZATION_WORDS) => ACTOR + WORD,
        EntityType::Organization => ACTOR,
        EntityType::Location if follows(LOCATION_WORDS) => WORD,
        _ => 0.0,
    };
    if sense.entity_type == EntityType::Person && context.names_affiliation_of(id) {
        points += AFFILIATION;
    }
    points
}

fn confidence(name: &NameMatch) -> f32 {
    let canonical = name.senses.iter().any(|sense| sense.canonical);
    let confidence = match (name.trust, canonical, name.short) {
        (Trust::Weak | Trust::Strong, ..) => IMPORTED,
        (Trust::Curated, true, false) => LONG_NAME,
        (Trust::Curated, true, true) => SHORT_NAME,
        (Trust::Curated, false, false) => LONG_ALIAS,
        (Trust::Curated, false, true) => SHORT_ALIAS,
    };
    if name.only_type().is_some() {
        confidence
    } else {
        confidence * SEVERAL_TYPES
    }
}

/// The word after a name: what is glued to it, or what follows after a space.
fn following_word(text: &str, end: usize) -> &str {
    let glued = tail(text, end);
    if !glued.is_empty() || !text[end..].starts_with(' ') {
        return glued;
    }
    tail(text, end + 1)
}
