//! What the tagger says of an article as a whole. The signature is left out: it is for comparing articles in bulk, which
//! goes over gRPC.

use gisa_article_model::{Analysis, Argument, EntitySummary, PersonRole, Relation, TextRange, TopicScore};
use serde::Serialize;

/// Topics, entities and relations.
#[derive(Debug, Serialize)]
pub(crate) struct AnalysisRecord<'a> {
    topics: Vec<TopicRecord>,
    entities: Vec<EntityRecord<'a>>,
    relations: Vec<RelationRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct TopicRecord {
    topic: &'static str,
    score: f32,
}

#[derive(Debug, Serialize)]
struct EntityRecord<'a> {
    r#type: &'static str,
    name: &'a str,
    entity_id: Option<&'a str>,
    mentions: &'a [u32],
    salience: f32,
    roles: Vec<RoleRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct RoleRecord<'a> {
    title: &'a str,
    affiliation: Option<u32>,
    evidence: RangeRecord,
}

#[derive(Debug, Serialize)]
struct RelationRecord<'a> {
    r#type: &'static str,
    arguments: Vec<ArgumentRecord<'a>>,
    evidence: RangeRecord,
    date: Option<String>,
    confidence: f32,
}

#[derive(Debug, Serialize)]
struct ArgumentRecord<'a> {
    role: &'static str,
    surface: &'a str,
    mention: Option<u32>,
    place: RangeRecord,
}

/// A range of one field, in code points.
#[derive(Debug, Serialize)]
pub(super) struct RangeRecord {
    field: &'static str,
    start: u32,
    end: u32,
}

impl<'a> AnalysisRecord<'a> {
    pub(crate) fn new(analysis: &'a Analysis) -> Self {
        Self {
            topics: analysis.topics.iter().map(TopicRecord::new).collect(),
            entities: analysis.entities.iter().map(EntityRecord::new).collect(),
            relations: analysis.relations.iter().map(RelationRecord::new).collect(),
        }
    }
}

impl TopicRecord {
    fn new(score: &TopicScore) -> Self {
        Self {
            topic: score.topic.as_str(),
            score: score.score,
        }
    }
}

impl<'a> EntityRecord<'a> {
    fn new(entity: &'a EntitySummary) -> Self {
        Self {
            r#type: entity.entity_type.as_str(),
            name: &entity.name,
            entity_id: entity.entity_id.as_deref(),
            mentions: &entity.mentions,
            salience: entity.salience,
            roles: entity.roles.iter().map(RoleRecord::new).collect(),
        }
    }
}

impl<'a> RoleRecord<'a> {
    fn new(role: &'a PersonRole) -> Self {
        Self {
            title: &role.title,
            affiliation: role.affiliation,
            evidence: RangeRecord::new(role.evidence),
        }
    }
}

impl<'a> RelationRecord<'a> {
    fn new(relation: &'a Relation) -> Self {
        Self {
            r#type: relation.relation_type.as_str(),
            arguments: relation.arguments.iter().map(ArgumentRecord::new).collect(),
            evidence: RangeRecord::new(relation.evidence),
            date: relation.date.map(|date| date.to_string()),
            confidence: relation.confidence,
        }
    }
}

impl<'a> ArgumentRecord<'a> {
    fn new(argument: &'a Argument) -> Self {
        Self {
            role: argument.role.as_str(),
            surface: &argument.surface,
            mention: argument.mention,
            place: RangeRecord::new(argument.place),
        }
    }
}

impl RangeRecord {
    pub(super) fn new(range: TextRange) -> Self {
        Self {
            field: range.field.as_str(),
            start: range.span.start_code_point,
            end: range.span.end_code_point,
        }
    }
}
