//! What the analysis of a whole article costs a character: its topics and its signature, on the sample articles of the
//! project, beside passes over the same text that do next to nothing.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark without its samples has nothing to measure"
)]

use std::hash::Hasher as _;
use std::sync::LazyLock;

use divan::counter::CharsCount;
use divan::{Bencher, black_box};
use gisa_entity_tagging::signature::content_signature;
use gisa_entity_tagging::topics::TopicModel;

#[expect(dead_code, reason = "topics and signature need no date")]
#[path = "shared/samples.rs"]
mod samples;

use samples::SAMPLES;

static TOPICS: LazyLock<TopicModel> = LazyLock::new(|| TopicModel::built_in().unwrap());

fn main() {
    divan::main();
}

/// All characters of titles and bodies, whether they are read or not.
fn characters() -> CharsCount {
    let texts = SAMPLES.iter().flat_map(|sample| [&sample.title, &sample.body]);
    CharsCount::new(texts.map(|text| text.chars().count()).sum::<usize>())
}

/// The sections of each article.
#[divan::bench]
fn topics(bencher: Bencher<'_, '_>) {
    let model = &*TOPICS;
    bencher.counter(characters()).bench(|| {
        for sample in &*SAMPLES {
            black_box(model.scores(&sample.title, "", &sample.body));
        }
    });
}

/// The sections by the titles alone: what a character costs where nothing is left out.
#[divan::bench]
fn topics_of_titles(bencher: Bencher<'_, '_>) {
    let model = &*TOPICS;
    let titles = SAMPLES.iter().map(|sample| sample.title.chars().count());
    let characters = CharsCount::new(titles.sum::<usize>());
    bencher.counter(characters).bench(|| {
        for sample in &*SAMPLES {
            black_box(model.scores(&sample.title, "", ""));
        }
    });
}

/// The signature of each article.
#[divan::bench]
fn signature(bencher: Bencher<'_, '_>) {
    bencher.counter(characters()).bench(|| {
        for sample in &*SAMPLES {
            black_box(content_signature(&sample.title, &sample.body));
        }
    });
}

/// For comparison: the standard library's hash (SipHash 1-3) of the same texts.
#[divan::bench]
fn peer_sip_hash(bencher: Bencher<'_, '_>) {
    bencher.counter(characters()).bench(|| {
        for sample in &*SAMPLES {
            let mut hasher = std::hash::DefaultHasher::new();
            hasher.write(sample.title.as_bytes());
            hasher.write(sample.body.as_bytes());
            black_box(hasher.finish());
        }
    });
}

/// For comparison: decoding the same texts and adding up their characters.
#[divan::bench]
fn peer_characters(bencher: Bencher<'_, '_>) {
    bencher.counter(characters()).bench(|| {
        for sample in &*SAMPLES {
            let characters = sample.title.chars().chain(sample.body.chars());
            black_box(characters.fold(0u32, |sum, character| sum.wrapping_add(character.into())));
        }
    });
}

/// Reading the built-in model: what a start costs.
#[divan::bench]
fn read_topics_file() -> TopicModel {
    TopicModel::built_in().unwrap()
}
