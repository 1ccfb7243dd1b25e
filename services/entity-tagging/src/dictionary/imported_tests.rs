//! Tests of imported names beside curated ones: trust, links, and the evidence for a model.

use std::sync::LazyLock;

use gisa_article_model::EntityType;
use proptest::prelude::*;

use super::imported::{Collection, Key};
use super::*;

const CURATED: &str = "\
id\ttype\tname\taliases\texternal_ids
org:maru\tORGANIZATION\t마루\t마루전자\t
loc:garam-si\tLOCATION\t가람시\t\t
";

const ROWS: &str = "\
가람\tL-
다온 키트\tP+\tQ5
다온 키츠\tP+\tQ5\t다온 키트
달빛 호수\tE+\tQ1
달빛 호수\tR+\tQ2
마루\tP-
마루전자 아람\tO+\tQ4
새나루동\tL+\t
이나래\tP-
";

fn imported(rows: &str) -> ImportedNames {
    let file = zstd::bulk::compress(rows.as_bytes(), 1).unwrap();
    ImportedNames::unpack(&[Collection {
        name: "test",
        key: Key::Class,
        file: &file,
    }])
    .unwrap()
}

static SMALL: LazyLock<Dictionary> = LazyLock::new(|| {
    let entities = Dictionary::read_tsv(CURATED, "test.tsv").unwrap();
    Dictionary::new(entities, imported(ROWS)).unwrap()
});

fn links(text: &str) -> Vec<(&str, Option<String>, usize)> {
    let names = SMALL.find_names(text);
    let context = Context::new(&SMALL, &names);
    names
        .iter()
        .map(|name| {
            let link = SMALL.link(text, name, &context).link.unwrap();
            (&text[name.range.clone()], link.entity_id, link.candidates.len())
        })
        .collect()
}

#[test]
fn trusted_names_are_proposed_and_linked() {
    let some = |id: &str| Some(id.to_owned());
    let cases = [
        (
            "다온 키트는 말했다",
            vec![("다온 키트", some("test:Q5/다온_키트"), 1)],
        ),
        (
            "다온 키츠가 왔다",
            vec![("다온 키츠", some("test:Q5/다온_키트"), 1)],
        ),
        // Two entities of one name, and nothing to tell them apart.
        ("달빛 호수를 보았다", vec![("달빛 호수", None, 2)]),
        // Weak ones propose nothing.
        ("이나래 씨가 가람에 갔다", vec![]),
        // What was entered by hand is not mixed with imports.
        ("마루는 커졌다", vec![("마루", some("org:maru"), 1)]),
        // The longest name wins, wherever it comes from.
        (
            "마루전자 아람이 졌다",
            vec![("마루전자 아람", some("test:Q4/마루전자_아람"), 1)],
        ),
        ("마루전자 아람드리", vec![("마루전자", some("org:maru"), 1)]),
        (
            "가람시 새나루동에서",
            vec![("가람시 새나루동", some("test:/새나루동"), 1)],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(links(text), expected, "{text}");
    }
}

#[test]
fn imported_names_are_less_certain() {
    let confidence = |text: &str| {
        let names = SMALL.find_names(text);
        SMALL.link(text, &names[0], &Context::default()).confidence
    };
    assert!(confidence("다온 키트는") < confidence("마루전자는"));
    assert!(confidence("달빛 호수는") < confidence("다온 키트는"));
}

/// (spelling, pairs of type and trust)
type Seen<'a> = (&'a str, Vec<(EntityType, Trust)>);

fn spellings<'a>(dictionary: &Dictionary, text: &'a str) -> Vec<Seen<'a>> {
    let seen = |hit: GazetteerHit| {
        let pairs = hit.classes.types().flat_map(|entity_type| {
            let trusts = Trust::ALL.into_iter();
            trusts
                .filter(|&trust| hit.classes.contains(entity_type, trust))
                .map(|trust| (entity_type, trust))
                .collect::<Vec<_>>()
        });
        (&text[hit.range.clone()], pairs.collect())
    };
    dictionary.spellings(text).into_iter().map(seen).collect()
}

#[test]
fn evidence_of_any_trust() {
    use EntityType::{Location, Organization, Person};
    let company = [("마루전자", vec![(Organization, Trust::Curated)])];
    let cases: &[(&str, &[Seen<'_>])] = &[
        ("이나래는", &[("이나래", vec![(Person, Trust::Weak)])]),
        ("이나래드는", &[]),
        ("새이나래는", &[]),
        (
            "마루와 가람시는",
            &[
                (
                    "마루",
                    vec![(Person, Trust::Weak), (Organization, Trust::Curated)],
                ),
                ("가람시", vec![(Location, Trust::Curated)]),
            ],
        ),
        // The longest that is whole.
        ("마루전자는", &company),
        ("마루전자기기", &[]),
        ("마루전자 아람드리", &company),
        // A NUL of the text belongs to no spelling.
        ("마루전자\0", &company),
        ("", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(spellings(&SMALL, text), *expected, "{text:?}");
    }
    assert!(spellings(&Dictionary::from_entities(Vec::new()).unwrap(), "마루").is_empty());
}

#[test]
fn a_wrong_row_is_refused() {
    let error = Dictionary::new(Vec::new(), imported("가\tP-\n나\tD+\n")).unwrap_err();
    assert_eq!(error.to_string(), "test, line 2: unknown type \"D+\"");
}

static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::built_in().unwrap());

#[test]
fn the_built_in_collections() {
    let names = ImportedNames::unpack(built_in::COLLECTIONS).unwrap();
    let rows: Vec<_> = names.rows().collect::<Result<_, _>>().unwrap();
    assert!(rows.len() > 400_000, "{}", rows.len());
    assert!(BUILT_IN.spelling_count() > 400_000);
    let id = |text: &str| {
        let (place, _) = rows.iter().find(|(_, name)| name.text == text)?;
        names.id(*place)
    };
    // One of each collection: code of the exchange, class and name, number of a city, code of a country.
    assert_eq!(id("대원강업").as_deref(), Some("krx:000430"));
    assert_eq!(id("더글라스 애덤스").as_deref(), Some("kiwi:Q5/더글러스_애덤스"));
    assert_eq!(id("두샨베").as_deref(), Some("geonames:1221874"));
    assert_eq!(id("카나리아 제도").as_deref(), Some("cldr:IC"));
    assert_eq!(id("양쯔강삼각주").as_deref(), Some("mecab:양쯔강삼각주"));
}

fn fragment() -> impl Strategy<Value = String> {
    let names = ImportedNames::unpack(built_in::COLLECTIONS).unwrap();
    let some: Vec<String> = names
        .rows()
        .step_by(499)
        .map(|row| row.unwrap().1.text.to_owned())
        .collect();
    let glue = [
        "는 ", "(", "\0", "에서 ", "장은 ", " ", "\n", "😀", "인", "2", "a",
    ];
    prop_oneof![
        prop::sample::select(some),
        prop::sample::select(glue.to_vec()).prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_gives_sound_spellings(fragments in prop::collection::vec(fragment(), 0..12)) {
        let text = fragments.concat();
        let spellings = BUILT_IN.spellings(&text);
        let mut covered = 0;
        for hit in &spellings {
            prop_assert!(hit.range.start >= covered, "in order, without overlap");
            covered = hit.range.end;
            prop_assert!(text.get(hit.range.clone()).is_some_and(|spelling| !spelling.is_empty()));
            prop_assert!(hit.classes.types().next().is_some());
        }
        // Where the dictionary finds a name, it knows a spelling.
        for name in BUILT_IN.find_names(&text) {
            prop_assert!(spellings.iter().any(|hit| hit.range.start < name.range.end && name.range.start < hit.range.end));
        }
    }
}
