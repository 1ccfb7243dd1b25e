//! Entities to protobuf and back: the payload of DICTIONARY.

use gisa_article_codec::{
    DecodeError,
    mention::{decode_entity_type, encode_entity_type},
    time::{decode_timestamp, encode_timestamp},
};
use gisa_proto::{events::v1::EntityChanged, tagging::v1 as proto};
use jiff::Timestamp;
use prost::Message as _;

use crate::dictionary::{Entity, type_of_id};

/// A change of an entity as bytes of `gisa.events.v1.EntityChanged`; `entity` is `None` if it is deleted.
pub fn encode_change(entity_id: &str, entity: Option<&Entity>, changed_at: Timestamp) -> Vec<u8> {
    EntityChanged {
        entity_id: entity_id.to_owned(),
        entity: entity.map(encode_entity),
        changed_at: Some(encode_timestamp(changed_at)),
    }
    .encode_to_vec()
}

/// Reads what [`encode_change`] wrote: the id, the entity unless it was deleted, and the time.
pub fn decode_change(bytes: &[u8]) -> Result<(String, Option<Entity>, Timestamp), DecodeError> {
    let message = EntityChanged::decode(bytes).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    let changed_at = message.changed_at.ok_or(DecodeError::Missing("changed_at"))?;
    let entity = message.entity.map(decode_entity).transpose()?;
    if entity
        .as_ref()
        .is_some_and(|entity| entity.id != message.entity_id)
    {
        return Err(out_of_range("entity_id", message.entity_id));
    }
    Ok((
        message.entity_id,
        entity,
        decode_timestamp(&changed_at, "changed_at")?,
    ))
}

/// An entity as protobuf, without what its state in the log says.
pub(crate) fn encode_entity(entity: &Entity) -> proto::Entity {
    proto::Entity {
        id: entity.id.clone(),
        r#type: encode_entity_type(entity.entity_type).into(),
        name: entity.name.clone(),
        aliases: entity.aliases.clone(),
        external_ids: entity.external_ids.clone().into_iter().collect(),
        ..proto::Entity::default()
    }
}

fn decode_entity(message: proto::Entity) -> Result<Entity, DecodeError> {
    let entity_type =
        decode_entity_type(message.r#type()).filter(|kind| type_of_id(&message.id) == Some(*kind));
    let entity = Entity {
        entity_type: entity_type.ok_or_else(|| out_of_range("type", message.id.clone()))?,
        id: message.id,
        name: message.name,
        aliases: message.aliases,
        external_ids: message.external_ids.into_iter().collect(),
    };
    // An index of names cannot hold these.
    let broken = |name: &&str| name.is_empty() || name.contains('\0');
    if let Some(name) = entity.names().find(broken) {
        return Err(out_of_range("name", name.to_owned()));
    }
    Ok(entity)
}

fn out_of_range(field: &'static str, value: String) -> DecodeError {
    DecodeError::OutOfRange { field, value }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gisa_article_model::EntityType;

    use super::*;

    #[test]
    fn changes_round_trip_and_broken_ones_are_refused() {
        let entity = Entity {
            id: "org:a".into(),
            entity_type: EntityType::Organization,
            name: "가나".into(),
            aliases: vec!["다라".into()],
            external_ids: BTreeMap::from([("krx".into(), "1".into())]),
        };
        let time: Timestamp = "2026-11-30T00:00:00.5Z".parse().unwrap();
        for state in [Some(&entity), None] {
            let decoded = decode_change(&encode_change("org:a", state, time)).unwrap();
            assert_eq!(decoded, ("org:a".to_owned(), state.cloned(), time));
        }
        let with = |change: fn(&mut Entity)| {
            let mut entity = entity.clone();
            change(&mut entity);
            decode_change(&encode_change("org:a", Some(&entity), time))
        };
        assert!(with(|entity| entity.id = "org:b".into()).is_err());
        assert!(with(|entity| entity.entity_type = EntityType::Date).is_err());
        assert!(with(|entity| entity.name = String::new()).is_err());
        assert!(with(|entity| entity.aliases = vec!["가\0".into()]).is_err());
        assert!(decode_change(b"no message").is_err());
    }
}
