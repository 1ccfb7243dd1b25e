//! What the size of the dictionary costs: finding names with 3,000 and with 300,000 of them, the evidence for a model, and
//! the start.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark without its samples has nothing to measure"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use gisa_article_model::EntityType;
use gisa_entity_tagging::dictionary::{Dictionary, Entity};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut files: Vec<PathBuf> = seeds()
        .join("articles")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ndjson"));
    files.sort();
    let bodies = files.iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().map(body).collect::<Vec<_>>()
    });
    bodies.collect::<Vec<_>>().join("\n")
});

static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::built_in().unwrap());
static CURATED: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::from_entities(BUILT_IN.entities().cloned().collect()).unwrap());

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds")
}

fn body(line: &str) -> String {
    let article: serde_json::Value = serde_json::from_str(line).unwrap();
    article["body"].as_str().unwrap_or_default().to_owned()
}

/// All names, curated and imported, sorted.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = BUILT_IN.entities().map(|entity| entity.name.clone()).collect();
    for collection in ["krx", "kiwi", "geonames", "cldr", "mecab"] {
        let file = seeds().join(format!("dictionary/imported/{collection}.tsv.zst"));
        let rows = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
        let rows = String::from_utf8(rows).unwrap();
        names.extend(rows.lines().map(|row| row.split('\t').next().unwrap().to_owned()));
    }
    names.sort();
    names.dedup();
    names
});

/// A dictionary of so many names, all of which propose mentions: those that stand in the text, so that dictionaries of any
/// size find the same, and then others, evenly chosen.
fn dictionary_of(count: usize) -> Dictionary {
    let everything = dictionary(NAMES.iter());
    let standing: BTreeSet<&str> = everything
        .find_names(&TEXT)
        .into_iter()
        .map(|name| &TEXT[name.range])
        .collect();
    let (found, others): (Vec<&String>, Vec<&String>) =
        NAMES.iter().partition(|name| standing.contains(name.as_str()));
    let wanted = count - found.len();
    assert!(wanted <= others.len());
    let evenly = (0..wanted).map(|number| others[number * others.len() / wanted]);
    dictionary(found.iter().copied().chain(evenly))
}

fn dictionary<'a>(names: impl Iterator<Item = &'a String>) -> Dictionary {
    let entity = |(number, name): (usize, &String)| Entity {
        id: format!("org:name-{number}"),
        entity_type: EntityType::Organization,
        name: name.clone(),
        aliases: Vec::new(),
        external_ids: BTreeMap::new(),
    };
    Dictionary::from_entities(names.enumerate().map(entity).collect()).unwrap()
}

fn main() {
    divan::main();
}

/// Finding the names of a text with dictionaries of two sizes: the larger may take 1.5 times as long.
#[divan::bench(args = [3_000, 300_000])]
fn find_names(bencher: Bencher<'_, '_>, names: usize) {
    let dictionary = dictionary_of(names);
    bencher
        .counter(BytesCount::new(TEXT.len()))
        .bench_local(|| dictionary.find_names(&TEXT).len());
}

/// The same with the curated names, without and with the imported ones.
#[divan::bench(args = ["curated", "built in"])]
fn find_names_built_in(bencher: Bencher<'_, '_>, which: &str) {
    let dictionary = if which == "curated" { &*CURATED } else { &*BUILT_IN };
    bencher
        .counter(BytesCount::new(TEXT.len()))
        .bench_local(|| dictionary.find_names(&TEXT).len());
}

/// The evidence for a model.
#[divan::bench]
fn spellings(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::new(TEXT.len()))
        .bench_local(|| BUILT_IN.spellings(&TEXT).len());
}

/// The start: time, and memory as allocated (`alloc`), at most held at once (`max alloc`) and held by the dictionary in
/// the end (`grow`).
#[divan::bench(sample_count = 20, sample_size = 1)]
fn built_in() -> Dictionary {
    Dictionary::built_in().unwrap()
}
