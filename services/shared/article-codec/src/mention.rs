//! Mentions, spans and links.

use gisa_article_model::{EntityCandidate, EntityLink, EntityType, Mention, Span, TaggerLayer, TextField};
use gisa_proto::entity::v1 as proto;

use crate::{
    DecodeError,
    value::{decode_value, encode_value},
};

/// A mention as protobuf.
pub fn encode_mention(mention: &Mention) -> proto::Mention {
    proto::Mention {
        field: encode_field(mention.field).into(),
        span: Some(encode_span(mention.span)),
        surface: mention.surface.clone(),
        r#type: encode_entity_type(mention.entity_type).into(),
        value: mention.value.as_ref().map(encode_value),
        link: mention.link.as_ref().map(encode_link),
        confidence: mention.confidence,
        salience: mention.salience,
        layer: encode_layer(mention.layer).into(),
    }
}

/// A protobuf mention.
pub fn decode_mention(message: proto::Mention) -> Result<Mention, DecodeError> {
    let out_of_range = |field, value: i32| DecodeError::out_of_range(field, value);
    Ok(Mention {
        field: decode_field(message.field()).ok_or_else(|| out_of_range("field", message.field))?,
        span: decode_span(message.span.as_ref().ok_or(DecodeError::Missing("span"))?),
        entity_type: decode_entity_type(message.r#type())
            .ok_or_else(|| out_of_range("type", message.r#type))?,
        layer: decode_layer(message.layer()).ok_or_else(|| out_of_range("layer", message.layer))?,
        value: message.value.map(decode_value).transpose()?,
        link: message.link.map(decode_link),
        surface: message.surface,
        confidence: message.confidence,
        salience: message.salience,
    })
}

/// A span as protobuf.
pub fn encode_span(span: Span) -> proto::Span {
    proto::Span {
        start_byte: span.start_byte,
        end_byte: span.end_byte,
        start_code_point: span.start_code_point,
        end_code_point: span.end_code_point,
        start_utf16: span.start_utf16,
        end_utf16: span.end_utf16,
    }
}

/// A protobuf span.
pub fn decode_span(message: &proto::Span) -> Span {
    Span {
        start_byte: message.start_byte,
        end_byte: message.end_byte,
        start_code_point: message.start_code_point,
        end_code_point: message.end_code_point,
        start_utf16: message.start_utf16,
        end_utf16: message.end_utf16,
    }
}

fn encode_link(link: &EntityLink) -> proto::EntityLink {
    proto::EntityLink {
        entity_id: link.entity_id.clone().unwrap_or_default(),
        candidates: link
            .candidates
            .iter()
            .map(|candidate| proto::EntityCandidate {
                entity_id: candidate.entity_id.clone(),
                score: candidate.score,
            })
            .collect(),
    }
}

fn decode_link(message: proto::EntityLink) -> EntityLink {
    EntityLink {
        entity_id: Some(message.entity_id).filter(|id| !id.is_empty()),
        candidates: message
            .candidates
            .into_iter()
            .map(|candidate| EntityCandidate {
                entity_id: candidate.entity_id,
                score: candidate.score,
            })
            .collect(),
    }
}

/// Defines a pair of functions between a domain enum and its protobuf twin, whose `Unspecified` has no domain value.
macro_rules! enum_codec {
    ($encode:ident, $decode:ident, $domain:ident, $proto:ty, [$($variant:ident),* $(,)?]) => {
        /// As protobuf.
        pub fn $encode(value: $domain) -> $proto {
            match value { $($domain::$variant => <$proto>::$variant,)* }
        }

        /// From protobuf; `None` when unspecified.
        pub fn $decode(value: $proto) -> Option<$domain> {
            match value { <$proto>::Unspecified => None, $(<$proto>::$variant => Some($domain::$variant),)* }
        }
    };
}
pub(crate) use enum_codec;

enum_codec!(
    encode_field,
    decode_field,
    TextField,
    proto::TextField,
    [Title, Subtitle, Body]
);
enum_codec!(
    encode_entity_type,
    decode_entity_type,
    EntityType,
    proto::EntityType,
    [
        Person,
        Organization,
        Location,
        Product,
        Event,
        Date,
        Time,
        Duration,
        Money,
        Percent,
        Quantity
    ]
);
enum_codec!(
    encode_layer,
    decode_layer,
    TaggerLayer,
    proto::TaggerLayer,
    [Grammar, Dictionary, Model, Document]
);
