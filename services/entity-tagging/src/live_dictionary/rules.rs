//! What an entity must be like to be written: all that is wrong is said at once.

use std::collections::{BTreeMap, BTreeSet};

use gisa_article_codec::mention::decode_entity_type;
use gisa_proto::tagging::v1 as proto;
use unicode_normalization::is_nfc;

use crate::dictionary::{Entity, is_general_term, type_of_id};

/// One syllable is part of too many other words.
const SHORTEST_NAME: usize = 2;
const LONGEST_NAME: usize = 100;
const MOST_ALIASES: usize = 100;
const LONGEST_ID: usize = 128;
const MOST_EXTERNAL_IDS: usize = 20;
const LONGEST_EXTERNAL_ID: usize = 128;

/// The entity of a request; or the fields that break a rule, each with what is wrong.
pub fn check_entity(entity: proto::Entity) -> Result<Entity, Vec<(String, String)>> {
    let mut violations = Vec::new();
    let mut violation = |field: String, problem: &str| violations.push((field, problem.to_owned()));

    let entity_type = type_of_id(&entity.id).filter(|_| entity.id.len() <= LONGEST_ID);
    if entity_type.is_none() {
        violation(
            "entity.id".into(),
            "must be person:, org:, loc:, product: or event: and lower-case words joined by hyphens, up to 128 characters",
        );
    }
    let given_type = decode_entity_type(entity.r#type()).filter(|given| given.is_name());
    match (given_type, entity_type) {
        (None, _) => violation(
            "entity.type".into(),
            "must be PERSON, ORGANIZATION, LOCATION, PRODUCT or EVENT",
        ),
        (Some(given), Some(of_id)) if given != of_id => {
            violation("entity.type".into(), "must be the type that the id begins with");
        }
        _ => (),
    }
    if let Some(problem) = problem_of_name(&entity.name) {
        violation("entity.name".into(), problem);
    }
    if entity.aliases.len() > MOST_ALIASES {
        violation("entity.aliases".into(), "must be at most 100");
    }
    let mut known = BTreeSet::from([entity.name.as_str()]);
    for (index, alias) in entity.aliases.iter().enumerate() {
        let field = || format!("entity.aliases[{index}]");
        if let Some(problem) = problem_of_name(alias) {
            violation(field(), problem);
        }
        if !known.insert(alias) {
            violation(field(), "is the name or an earlier alias");
        }
    }
    if entity.external_ids.len() > MOST_EXTERNAL_IDS {
        violation("entity.external_ids".into(), "must be at most 20");
    }
    let external_ids: BTreeMap<String, String> = entity.external_ids.into_iter().collect();
    for (scheme, id) in &external_ids {
        if !is_scheme(scheme) || !is_external_id(id) {
            violation(
                format!("entity.external_ids[{scheme}]"),
                "must be a scheme of lower-case letters, digits and hyphens, and an id of 1 to 128 characters",
            );
        }
    }

    match entity_type {
        Some(entity_type) if violations.is_empty() => Ok(Entity {
            id: entity.id,
            entity_type,
            name: entity.name,
            aliases: entity.aliases,
            external_ids,
        }),
        _ => Err(violations),
    }
}

fn problem_of_name(name: &str) -> Option<&'static str> {
    let length = name.chars().count();
    let problems = [
        (length < SHORTEST_NAME, "must have at least 2 characters"),
        (length > LONGEST_NAME, "must have at most 100 characters"),
        (
            name.trim() != name || name.contains(char::is_control),
            "must not have control characters, or white space at its ends",
        ),
        (!is_nfc(name), "must be in Unicode normalisation form C"),
        (is_general_term(name), "is a general term, which is never a name"),
    ];
    problems
        .into_iter()
        .find_map(|(applies, problem)| applies.then_some(problem))
}

fn is_scheme(scheme: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&scheme.len()) && scheme.bytes().all(allowed)
}

fn is_external_id(id: &str) -> bool {
    (1..=LONGEST_EXTERNAL_ID).contains(&id.chars().count()) && !id.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use gisa_proto::entity::v1::EntityType;

    use super::*;

    fn good() -> proto::Entity {
        proto::Entity {
            id: "org:haeoreum-tech".into(),
            r#type: EntityType::Organization.into(),
            name: "해오름테크".into(),
            aliases: vec!["해오름".into()],
            external_ids: HashMap::from([("krx".into(), "000001".into())]),
            ..proto::Entity::default()
        }
    }

    #[test]
    fn a_good_entity_is_taken() {
        let entity = check_entity(good()).unwrap();
        assert_eq!(entity.names().collect::<Vec<_>>(), ["해오름테크", "해오름"]);
        assert_eq!(entity.external_ids["krx"], "000001");
    }

    #[test]
    fn each_problem_is_told_with_its_field() {
        let long = "가".repeat(101);
        type Spoil = Box<dyn Fn(&mut proto::Entity)>;
        let cases: Vec<(&str, Spoil)> = vec![
            ("entity.id", Box::new(|e| e.id = "org:Haeoreum".into())),
            ("entity.id", Box::new(|e| e.id = String::new())),
            (
                "entity.id",
                Box::new(|e| e.id = format!("org:{}", "a".repeat(128))),
            ),
            ("entity.type", Box::new(|e| e.r#type = EntityType::Date.into())),
            ("entity.type", Box::new(|e| e.r#type = EntityType::Person.into())),
            ("entity.name", Box::new(|e| e.name = "가".into())),
            ("entity.name", Box::new(|e| e.name = "AI".into())),
            ("entity.name", Box::new(move |e| e.name = long.clone())),
            ("entity.name", Box::new(|e| e.name = "해오름 ".into())),
            (
                "entity.name",
                Box::new(|e| e.name = "\u{1112}\u{1162}오름".into()),
            ),
            ("entity.aliases[1]", Box::new(|e| e.aliases.push("해".into()))),
            (
                "entity.aliases[1]",
                Box::new(|e| e.aliases.push("스마트팜".into())),
            ),
            (
                "entity.aliases[1]",
                Box::new(|e| e.aliases.push("해오름테크".into())),
            ),
            ("entity.aliases[1]", Box::new(|e| e.aliases.push("가\0나".into()))),
            (
                "entity.aliases",
                Box::new(|e| e.aliases = (0..101).map(|n| format!("해오름{n}")).collect()),
            ),
            (
                "entity.external_ids[KRX]",
                Box::new(|e| e.external_ids = HashMap::from([("KRX".into(), "1".into())])),
            ),
            (
                "entity.external_ids[krx]",
                Box::new(|e| e.external_ids = HashMap::from([("krx".into(), String::new())])),
            ),
        ];
        for (field, spoil) in cases {
            let mut entity = good();
            spoil(&mut entity);
            let violations = check_entity(entity).unwrap_err();
            let fields: Vec<&str> = violations.iter().map(|(field, _)| field.as_str()).collect();
            assert_eq!(fields, [field], "{violations:?}");
        }
        let everything = check_entity(proto::Entity::default()).unwrap_err();
        assert_eq!(everything.len(), 3, "{everything:?}");
    }
}
