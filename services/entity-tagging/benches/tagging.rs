//! How fast texts are tagged, on the sample articles of the project: everything, and each layer alone, in characters per
//! second; the floor is one pass over the same characters. A mega-character per second is what one core has to reach.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark without its samples has nothing to measure"
)]

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{CharsCount, ItemsCount};
use gisa_article_model::Mention;
use gisa_entity_tagging::common_nouns::CommonNouns;
use gisa_entity_tagging::dictionary::{Context, Dictionary};
use gisa_entity_tagging::grammar::find_expressions;
use gisa_entity_tagging::model::features::Evidence;
use gisa_entity_tagging::model::{Model, NameModel, evidence_of};
use gisa_entity_tagging::relations::find_relations;
use gisa_entity_tagging::resolver::Candidate;
use gisa_entity_tagging::tagger::{Tagger, TextToTag};

#[path = "shared/samples.rs"]
mod samples;

use samples::{ARTICLES, SAMPLES, Sample};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::built_in().unwrap());
static MODEL: LazyLock<Model> = LazyLock::new(|| Model::built_in().unwrap());
static NOUNS: LazyLock<CommonNouns> = LazyLock::new(|| CommonNouns::built_in().unwrap());

/// What the layers before the model say of each body.
static EVIDENCE: LazyLock<Vec<Vec<Evidence>>> = LazyLock::new(|| SAMPLES.iter().map(evidence).collect());

/// The mentions of each article.
static MENTIONS: LazyLock<Vec<Vec<Mention>>> = LazyLock::new(|| {
    let tagged = SAMPLES.iter().map(|sample| TAGGER.tag(&text_of(sample)));
    tagged.map(|tagged| tagged.mentions).collect()
});

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// From the text to mentions and all that follows from them, in articles of about 1,400 characters.
#[divan::bench]
fn a_everything(bencher: Bencher<'_, '_>) {
    measure_everything(bencher, &ARTICLES);
}

/// The same in the samples as they are, short articles of about 470 characters.
#[divan::bench]
fn a_everything_short(bencher: Bencher<'_, '_>) {
    measure_everything(bencher, &SAMPLES);
}

fn measure_everything(bencher: Bencher<'_, '_>, articles: &[Sample]) {
    let lengths = articles
        .iter()
        .map(|article| article.title.chars().count() + article.body.chars().count());
    bencher
        .counter(CharsCount::new(lengths.sum::<usize>()))
        .counter(ItemsCount::new(articles.len()))
        .bench(|| tag_all(&TAGGER, articles));
}

/// One pass over the bodies.
#[divan::bench]
fn b_floor(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |_, sample| {
        sample
            .body
            .chars()
            .fold(0, |sum: usize, character| sum.wrapping_add(character as usize))
    });
}

/// Dates, amounts and their values.
#[divan::bench]
fn c_grammar(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |_, sample| {
        find_expressions(&sample.body, sample.published_at.korean_datetime()).len()
    });
}

/// Finding and linking the names of the dictionary.
#[divan::bench]
fn d_dictionary(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |_, sample| linked(&sample.body).len());
}

/// Spellings of any trust: evidence for the model.
#[divan::bench]
fn e_spellings(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |_, sample| {
        TAGGER.dictionary().spellings(&sample.body).len()
    });
}

/// Putting together the model's evidence, with the lexicon of common nouns.
#[divan::bench]
fn f_evidence(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |_, sample| {
        evidence_of(&sample.body, &[], &[], &[], &NOUNS).len()
    });
}

/// The sequence model.
#[divan::bench]
fn g_model(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |index, sample| {
        MODEL.find_names(&sample.body, &EVIDENCE[index]).len()
    });
}

/// Reading relations off the mentions.
#[divan::bench]
fn h_relations(bencher: Bencher<'_, '_>) {
    over_bodies(bencher, |index, sample| {
        find_relations(&text_of(sample), &MENTIONS[index]).len()
    });
}

/// Building the tagger: what a start costs.
#[divan::bench(sample_count = 10)]
fn i_start() -> Tagger {
    Tagger::built_in().unwrap()
}

fn over_bodies(bencher: Bencher<'_, '_>, measure: impl Fn(usize, &Sample) -> usize + Sync) {
    let characters: usize = SAMPLES.iter().map(|sample| sample.body.chars().count()).sum();
    LazyLock::force(&TAGGER);
    LazyLock::force(&EVIDENCE);
    LazyLock::force(&MENTIONS);
    bencher.counter(CharsCount::new(characters)).bench(|| {
        SAMPLES
            .iter()
            .enumerate()
            .map(|(index, sample)| measure(index, sample))
            .sum::<usize>()
    });
}

fn linked(text: &str) -> Vec<Candidate> {
    let dictionary: &Dictionary = TAGGER.dictionary();
    let names = dictionary.find_names(text);
    let context = Context::new(dictionary, names.iter());
    names
        .iter()
        .map(|name| dictionary.link(text, name, &context))
        .collect()
}

fn evidence(sample: &Sample) -> Vec<Evidence> {
    let expressions: Vec<Candidate> = find_expressions(&sample.body, sample.published_at.korean_datetime())
        .into_iter()
        .map(Candidate::from)
        .collect();
    let spellings = TAGGER.dictionary().spellings(&sample.body);
    evidence_of(
        &sample.body,
        &linked(&sample.body),
        &expressions,
        &spellings,
        &NOUNS,
    )
}

fn text_of(sample: &Sample) -> TextToTag<'_> {
    TextToTag {
        title: &sample.title,
        subtitle: "",
        body: &sample.body,
        published_at: sample.published_at,
    }
}

fn tag_all(tagger: &Tagger, articles: &[Sample]) -> usize {
    articles
        .iter()
        .map(|article| tagger.tag(&text_of(article)).mentions.len())
        .sum()
}
