//! What the tagger says of an article as a whole.

use gisa_article_model::{
    Analysis, Argument, ArgumentRole, ContentSignature, EntitySummary, PersonRole, Relation, RelationType,
    TextRange, Topic, TopicScore,
};
use gisa_proto::entity::v1 as proto;

use crate::{
    DecodeError,
    mention::{
        decode_entity_type, decode_field, decode_span, encode_entity_type, encode_field, encode_span,
        enum_codec,
    },
    value::{decode_interval, encode_interval},
};

/// An analysis as protobuf.
pub fn encode_analysis(analysis: &Analysis) -> proto::Analysis {
    proto::Analysis {
        entities: analysis.entities.iter().map(encode_entity).collect(),
        relations: analysis.relations.iter().map(encode_relation).collect(),
        topics: analysis.topics.iter().map(encode_topic_score).collect(),
        signature: analysis
            .signature
            .as_ref()
            .map(|signature| proto::ContentSignature {
                minima: signature.minima.to_vec(),
            }),
    }
}

/// A protobuf analysis of a text with so many mentions. Fails where it names a mention that the text does not have.
pub fn decode_analysis(message: proto::Analysis, mentions: usize) -> Result<Analysis, DecodeError> {
    let entities = message.entities.into_iter();
    let relations = message.relations.into_iter();
    Ok(Analysis {
        entities: entities
            .map(|entity| decode_entity(entity, mentions))
            .collect::<Result<_, _>>()?,
        relations: relations
            .map(|relation| decode_relation(relation, mentions))
            .collect::<Result<_, _>>()?,
        topics: message
            .topics
            .iter()
            .map(decode_topic_score)
            .collect::<Result<_, _>>()?,
        signature: message.signature.map(decode_signature).transpose()?,
    })
}

fn encode_entity(entity: &EntitySummary) -> proto::EntitySummary {
    proto::EntitySummary {
        r#type: encode_entity_type(entity.entity_type).into(),
        name: entity.name.clone(),
        entity_id: entity.entity_id.clone().unwrap_or_default(),
        mentions: entity.mentions.clone(),
        salience: entity.salience,
        roles: entity.roles.iter().map(encode_role).collect(),
    }
}

fn decode_entity(message: proto::EntitySummary, mentions: usize) -> Result<EntitySummary, DecodeError> {
    let roles = message.roles.iter();
    Ok(EntitySummary {
        entity_type: decode_entity_type(message.r#type())
            .ok_or_else(|| DecodeError::out_of_range("entities.type", message.r#type))?,
        roles: roles
            .map(|role| decode_role(role, mentions))
            .collect::<Result<_, _>>()?,
        mentions: message
            .mentions
            .into_iter()
            .map(|mention| checked(mention, mentions, "entities.mentions"))
            .collect::<Result<_, _>>()?,
        name: message.name,
        entity_id: Some(message.entity_id).filter(|id| !id.is_empty()),
        salience: message.salience,
    })
}

fn encode_role(role: &PersonRole) -> proto::PersonRole {
    proto::PersonRole {
        title: role.title.clone(),
        affiliation: role.affiliation,
        evidence: Some(encode_range(role.evidence)),
    }
}

fn decode_role(message: &proto::PersonRole, mentions: usize) -> Result<PersonRole, DecodeError> {
    Ok(PersonRole {
        title: message.title.clone(),
        affiliation: message
            .affiliation
            .map(|mention| checked(mention, mentions, "roles.affiliation"))
            .transpose()?,
        evidence: decode_range(message.evidence.as_ref(), "roles.evidence")?,
    })
}

fn encode_relation(relation: &Relation) -> proto::Relation {
    proto::Relation {
        r#type: encode_relation_type(relation.relation_type).into(),
        arguments: relation.arguments.iter().map(encode_argument).collect(),
        evidence: Some(encode_range(relation.evidence)),
        date: relation.date.as_ref().map(encode_interval),
        confidence: relation.confidence,
    }
}

fn decode_relation(message: proto::Relation, mentions: usize) -> Result<Relation, DecodeError> {
    Ok(Relation {
        relation_type: decode_relation_type(message.r#type())
            .ok_or_else(|| DecodeError::out_of_range("relations.type", message.r#type))?,
        evidence: decode_range(message.evidence.as_ref(), "relations.evidence")?,
        date: message.date.as_ref().map(decode_interval).transpose()?,
        arguments: message
            .arguments
            .into_iter()
            .map(|argument| decode_argument(argument, mentions))
            .collect::<Result<_, _>>()?,
        confidence: message.confidence,
    })
}

fn encode_argument(argument: &Argument) -> proto::RelationArgument {
    proto::RelationArgument {
        role: encode_argument_role(argument.role).into(),
        surface: argument.surface.clone(),
        place: Some(encode_range(argument.place)),
        mention: argument.mention,
    }
}

fn decode_argument(message: proto::RelationArgument, mentions: usize) -> Result<Argument, DecodeError> {
    Ok(Argument {
        role: decode_argument_role(message.role())
            .ok_or_else(|| DecodeError::out_of_range("arguments.role", message.role))?,
        place: decode_range(message.place.as_ref(), "arguments.place")?,
        mention: message
            .mention
            .map(|mention| checked(mention, mentions, "arguments.mention"))
            .transpose()?,
        surface: message.surface,
    })
}

fn encode_range(range: TextRange) -> proto::TextRange {
    proto::TextRange {
        field: encode_field(range.field).into(),
        span: Some(encode_span(range.span)),
    }
}

fn decode_range(message: Option<&proto::TextRange>, name: &'static str) -> Result<TextRange, DecodeError> {
    let message = message.ok_or(DecodeError::Missing(name))?;
    Ok(TextRange {
        field: decode_field(message.field()).ok_or_else(|| DecodeError::out_of_range(name, message.field))?,
        span: decode_span(message.span.as_ref().ok_or(DecodeError::Missing(name))?),
    })
}

fn encode_topic_score(score: &TopicScore) -> proto::TopicScore {
    proto::TopicScore {
        topic: encode_topic(score.topic).into(),
        score: score.score,
    }
}

fn decode_topic_score(message: &proto::TopicScore) -> Result<TopicScore, DecodeError> {
    Ok(TopicScore {
        topic: decode_topic(message.topic())
            .ok_or_else(|| DecodeError::out_of_range("topics.topic", message.topic))?,
        score: message.score,
    })
}

fn decode_signature(message: proto::ContentSignature) -> Result<ContentSignature, DecodeError> {
    let minima = message.minima.try_into();
    Ok(ContentSignature {
        minima: minima
            .map_err(|minima: Vec<u32>| DecodeError::out_of_range("signature.minima", minima.len()))?,
    })
}

/// A position in the list of mentions, if the list is long enough.
fn checked(position: u32, mentions: usize, field: &'static str) -> Result<u32, DecodeError> {
    if (position as usize) < mentions {
        Ok(position)
    } else {
        Err(DecodeError::out_of_range(field, position))
    }
}

enum_codec!(
    encode_relation_type,
    decode_relation_type,
    RelationType,
    proto::RelationType,
    [
        Hire,
        Appointment,
        Launch,
        Contract,
        Partnership,
        Investment,
        Target,
        Result,
        Statement
    ]
);
enum_codec!(
    encode_argument_role,
    decode_argument_role,
    ArgumentRole,
    proto::ArgumentRole,
    [Agent, Object, Partner, Position, Amount, Date, Place, Quotation]
);
enum_codec!(
    encode_topic,
    decode_topic,
    Topic,
    proto::Topic,
    [ItScience, Economy, Society, LifeCulture, World, Sports, Politics]
);

#[cfg(test)]
mod tests;
