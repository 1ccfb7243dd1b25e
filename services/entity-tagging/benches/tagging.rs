//! How fast texts are tagged: articles and bytes per second, on the sample articles of the project.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark without its samples has nothing to measure"
)]

use std::path::Path;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use gisa_article_model::ZonedTime;
use gisa_entity_tagging::dictionary::Dictionary;
use gisa_entity_tagging::tagger::{Tagger, TextToTag};

struct Sample {
    title: String,
    body: String,
    published_at: ZonedTime,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/articles");
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ndjson"));
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts
        .flat_map(|text| text.lines().map(sample).collect::<Vec<_>>())
        .collect()
});

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::new(Dictionary::built_in().unwrap()));

fn sample(line: &str) -> Sample {
    let article: serde_json::Value = serde_json::from_str(line).unwrap();
    let field = |name: &str| article[name].as_str().unwrap_or_default().to_owned();
    Sample {
        title: field("title"),
        body: field("body"),
        published_at: ZonedTime::in_korea(field("published_at").parse().unwrap()),
    }
}

fn main() {
    divan::main();
}

/// Finding the names of the bodies.
#[divan::bench]
fn dictionary_layer_articles(bencher: Bencher<'_, '_>) {
    let dictionary = TAGGER.dictionary();
    let names = || {
        SAMPLES
            .iter()
            .map(|sample| dictionary.find_names(&sample.body).len())
            .sum::<usize>()
    };
    bencher.counter(ItemsCount::new(SAMPLES.len())).bench(names);
}

/// The same, in bytes.
#[divan::bench]
fn dictionary_layer_bytes(bencher: Bencher<'_, '_>) {
    let dictionary = TAGGER.dictionary();
    let names = || {
        SAMPLES
            .iter()
            .map(|sample| dictionary.find_names(&sample.body).len())
            .sum::<usize>()
    };
    bencher.counter(BytesCount::new(body_bytes())).bench(names);
}

/// Everything, from the text to mentions with spans, links and salience.
#[divan::bench]
fn tagger_articles(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(SAMPLES.len()))
        .bench(|| tag_all(&TAGGER));
}

/// The same, in bytes of the bodies.
#[divan::bench]
fn tagger_bytes(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::new(body_bytes()))
        .bench(|| tag_all(&TAGGER));
}

/// Building the tagger from the built-in dictionary: what a start or a new dictionary costs.
#[divan::bench(sample_count = 10)]
fn build() -> Tagger {
    Tagger::new(Dictionary::built_in().unwrap())
}

fn tag_all(tagger: &Tagger) -> usize {
    let text = |sample: &'static Sample| TextToTag {
        title: &sample.title,
        subtitle: "",
        body: &sample.body,
        published_at: sample.published_at,
    };
    SAMPLES
        .iter()
        .map(|sample| tagger.tag(&text(sample)).mentions.len())
        .sum()
}

fn body_bytes() -> usize {
    SAMPLES.iter().map(|sample| sample.body.len()).sum()
}
