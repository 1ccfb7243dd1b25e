//! Tests of a changed dictionary: it is the one that would be built of the changed entities.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gisa_article_model::EntityType;
use proptest::prelude::*;

use super::imported::{Collection, Key};
use super::*;

/// Short names of few letters, so that they meet: as parts of each other, as homonyms, and with imported ones.
const NAMES: [&str; 12] = [
    "가람",
    "가람시",
    "나루",
    "나루가람",
    "다온",
    "다온 전자",
    "마루",
    "마루시",
    "ABCD",
    "abcd",
    "가람 마루",
    "라온",
];

const IMPORTED: &str = "가람\tL-\tQ1\n나루\tP+\tQ2\n마루\tO+\tQ3\n마루 가람\tE+\tQ4\n";

fn imported() -> ImportedNames {
    let file = zstd::bulk::compress(IMPORTED.as_bytes(), 1).unwrap();
    ImportedNames::unpack(&[Collection {
        name: "test",
        key: Key::Class,
        file: &file,
    }])
    .unwrap()
}

fn entity(id: &str, name: &str, aliases: &[&str]) -> Entity {
    Entity {
        id: id.into(),
        entity_type: type_of_id(id).unwrap(),
        name: name.into(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        external_ids: BTreeMap::new(),
    }
}

/// Ids of a few entities, one a government, whose names are those of its place too.
fn some_entity() -> impl Strategy<Value = Entity> {
    let id = prop::sample::select(vec![
        "org:a",
        "org:b-government",
        "loc:c",
        "loc:d",
        "person:e",
        "product:f",
        "event:g",
    ]);
    let names = prop::collection::vec(prop::sample::select(NAMES.to_vec()), 1..4);
    (id, names).prop_map(|(id, names)| entity(id, names[0], &names[1..]))
}

fn by_id(entities: Vec<Entity>) -> BTreeMap<String, Entity> {
    entities
        .into_iter()
        .map(|entity| (entity.id.clone(), entity))
        .collect()
}

fn text() -> impl Strategy<Value = String> {
    let glue = ["은 ", " ", "에서 ", "시는 ", ", ", "\0", ""];
    let parts = (
        prop::sample::select(NAMES.to_vec()),
        prop::sample::select(glue.to_vec()),
    );
    prop::collection::vec(parts, 0..8).prop_map(|parts| {
        parts
            .into_iter()
            .map(|(name, glue)| format!("{name}{glue}"))
            .collect()
    })
}

fn found(dictionary: &Dictionary, text: &str) -> Vec<Candidate> {
    let names = dictionary.find_names(text);
    let context = Context::new(dictionary, &names);
    let names = names.iter();
    names.map(|name| dictionary.link(text, name, &context)).collect()
}

proptest! {
    #[test]
    fn a_change_is_as_good_as_a_build(
        built in prop::collection::vec(some_entity(), 0..6),
        upserted in prop::collection::vec(some_entity(), 0..4),
        deleted in prop::collection::vec(prop::sample::select(vec!["org:a", "loc:c", "loc:d", "person:e"]), 0..3),
        texts in prop::collection::vec(text(), 6),
    ) {
        let built = by_id(built);
        let upserted = by_id(upserted);
        let mut changed: BTreeMap<&str, Option<&Entity>> = deleted.iter().map(|id| (*id, None)).collect();
        changed.extend(upserted.iter().map(|(id, entity)| (id.as_str(), Some(entity))));

        let base = Dictionary::new(built.values().cloned().collect(), imported()).unwrap();
        let layered = base.changed(&changed).unwrap();
        let kept = built.values().filter(|entity| !changed.contains_key(entity.id.as_str()));
        let added = changed.values().copied().flatten();
        let rebuilt = Dictionary::new(kept.chain(added).cloned().collect(), imported()).unwrap();

        prop_assert!(layered.entities().eq(rebuilt.entities()));
        for id in built.keys().chain(upserted.keys()) {
            prop_assert_eq!(layered.entity(id), rebuilt.entity(id));
            prop_assert_eq!(layered.built_entity(id), built.get(id));
        }
        for text in &texts {
            prop_assert_eq!(found(&layered, text), found(&rebuilt, text), "{:?}", text);
            prop_assert_eq!(layered.spellings(text), rebuilt.spellings(text), "{:?}", text);
        }
    }
}

static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::built_in().unwrap());

#[test]
fn the_built_in_dictionary_changes() {
    let link = |dictionary: &Dictionary, text: &str| {
        let found = found(dictionary, text);
        found
            .first()
            .and_then(|found| found.link.clone())
            .and_then(|link| link.entity_id)
    };
    let text = "해오름누리테크는 오늘 네이버와 협력했다.";
    assert_eq!(link(&BUILT_IN, text).as_deref(), Some("org:naver"));

    let new = entity("org:haeoreum", "해오름누리테크", &[]);
    let changed = BUILT_IN
        .changed(&BTreeMap::from([
            ("org:haeoreum", Some(&new)),
            ("org:naver", None),
        ]))
        .unwrap();
    assert_eq!(link(&changed, text).as_deref(), Some("org:haeoreum"));
    assert!(
        found(&changed, "네이버는 말했다")
            .iter()
            .filter_map(|candidate| candidate.link.as_ref()?.entity_id.as_deref())
            .all(|id| id != "org:naver")
    );
    assert_eq!(changed.entities().count(), BUILT_IN.entities().count());

    let back = changed.changed(&BTreeMap::new()).unwrap();
    assert_eq!(link(&back, text).as_deref(), Some("org:naver"));
    assert_eq!(type_of_id("org:haeoreum"), Some(EntityType::Organization));
    assert_eq!(type_of_id("company:a"), None);
}
