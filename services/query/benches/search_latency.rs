//! Speed of the analyzer, of indexing, and of searches over 20,000 articles put together from the seed articles.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use divan::{Bencher, counter::BytesCount, counter::ItemsCount};
use gisa_article_codec::{ArticleTagged, LogPosition};
use gisa_article_model::{
    Analysis, Article, ArticleId, ContentHash, PublicationState, TaggedArticle, TaggerVersion, ZonedTime,
};
use gisa_event_log::Position;
use gisa_query::{
    analyzer::Analyzer,
    filter::ArticleFilter,
    index::{ArticleIndex as _, IndexSearch, IndexSnapshot, TantivyConfig, TantivyIndex, TantivyStore},
    search::{Order, highlight::highlights, parse_query},
};
use jiff::Timestamp;
use tempfile::TempDir;

const ARTICLES: u64 = 20_000;

static ANALYZER: LazyLock<Arc<Analyzer>> =
    LazyLock::new(|| Analyzer::shared().expect("the model is compiled in"));
static SENTENCES: LazyLock<Vec<String>> = LazyLock::new(sentences);
static INDEX: LazyLock<(TempDir, Arc<dyn IndexSnapshot>)> = LazyLock::new(|| {
    let (directory, mut index) = new_index();
    for start in (0..ARTICLES).step_by(500) {
        index.apply(articles(start, 500)).expect("the index works");
    }
    index.commit(&position(ARTICLES), true).expect("the index works");
    let snapshot = index.snapshot();
    (directory, snapshot)
});

fn main() {
    divan::main();
}

/// The sentences of the seed articles.
fn sentences() -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/articles");
    let mut sentences = BTreeSet::new();
    for file in std::fs::read_dir(directory).expect("the seeds are there") {
        let path = file.expect("the seeds are there").path();
        if path.extension().is_some_and(|extension| extension == "ndjson") {
            for line in std::fs::read_to_string(path)
                .expect("the seeds are there")
                .lines()
            {
                let seed: serde_json::Value = serde_json::from_str(line).expect("the seeds are JSON");
                let body = seed["body"].as_str().unwrap_or_default();
                sentences.extend(
                    body.split_inclusive(". ")
                        .map(|sentence| sentence.trim().to_owned()),
                );
            }
        }
    }
    sentences.into_iter().collect()
}

/// Article number `number`: a dozen sentences, the same ones in every run.
fn tagged(number: u64) -> TaggedArticle {
    let pick = |index: u64| {
        let mixed = (number * 31 + index).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        SENTENCES[mixed as usize % SENTENCES.len()].as_str()
    };
    let body: Vec<&str> = (1..13).map(pick).collect();
    let published =
        Timestamp::from_second(1_780_000_000 + number as i64 * 60).expect("a year of this century");
    TaggedArticle {
        article: Article {
            article_id: ArticleId::parse(&format!("article-{number}")).expect("an article id"),
            source: format!("source-{}", number % 8),
            external_id: String::new(),
            url: String::new(),
            section: "경제".into(),
            title: pick(0).chars().take(40).collect(),
            subtitle: String::new(),
            body: body.join(" "),
            authors: Vec::new(),
            language: "ko".into(),
            published_at: ZonedTime::in_korea(published),
            revision: 1,
            state: PublicationState::Usable,
            state_reason: String::new(),
            content_hash: ContentHash([0; 32]),
            copyright: String::new(),
        },
        mentions: Vec::new(),
        analysis: Analysis::default(),
        tagger_version: TaggerVersion {
            engine: 1,
            dictionary: 0,
        },
        tagged_at: published,
    }
}

fn articles(start: u64, count: u64) -> Vec<(u64, ArticleTagged)> {
    (start..start + count)
        .map(|number| {
            let tagged_article = tagged(number);
            let accepted_at = tagged_article.tagged_at;
            let source_position = LogPosition {
                stream_identity: "bench".into(),
                sequence: number + 1,
            };
            (
                number + 1,
                ArticleTagged {
                    tagged_article,
                    source_position,
                    accepted_at,
                },
            )
        })
        .collect()
}

fn new_index() -> (TempDir, TantivyIndex) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = TantivyConfig {
        directory: directory.path().to_owned(),
        writer_memory_bytes: 128 << 20,
        writer_threads: 2,
    };
    (
        directory,
        TantivyStore::open(config, Arc::clone(&ANALYZER))
            .expect("a new index")
            .1,
    )
}

fn position(sequence: u64) -> Position {
    Position {
        stream_identity: "bench".into(),
        sequence,
    }
}

#[divan::bench]
fn analyze(bencher: Bencher<'_, '_>) {
    let text = tagged(1).article.body;
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| ANALYZER.tokens(&text));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn index_2000_articles(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(2000_usize))
        .with_inputs(|| (new_index(), articles(0, 2000)))
        .bench_values(|((directory, mut index), articles)| {
            index.apply(articles).expect("the index works");
            index.commit(&position(2000), true).expect("the index works");
            (directory, index)
        });
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn index_1_article_and_commit(bencher: Bencher<'_, '_>) {
    let (_directory, mut index) = new_index();
    let mut number = 0;
    bencher.bench_local(|| {
        index.apply(articles(number, 1)).expect("the index works");
        number += 1;
        index.commit(&position(number), true).expect("the index works");
    });
}

#[divan::bench(args = ["", "반도체", "네이버클라우드", "인공지능 서울 대표", "\"인공지능 모델\"", "없는낱말"])]
fn search_20_hits(bencher: Bencher<'_, '_>, query: &str) {
    let (_, snapshot) = &*INDEX;
    bencher.bench(|| {
        let terms = parse_query(query, &ANALYZER).expect("a search text");
        let order = if query.is_empty() {
            Order::Newest
        } else {
            Order::Relevance
        };
        let filter = ArticleFilter::default();
        let search = IndexSearch {
            terms,
            filter,
            order,
            after: None,
            limit: 21,
        };
        let found = snapshot.search(&search).expect("the index works");
        let highlights: Vec<_> = found
            .hits
            .iter()
            .map(|hit| highlights(&ANALYZER, &hit.tagged, &search.terms))
            .collect();
        (found, highlights)
    });
}

#[divan::bench]
fn versions_of_an_article(bencher: Bencher<'_, '_>) {
    let (_, snapshot) = &*INDEX;
    bencher.bench(|| snapshot.versions("article-777").expect("the index works"));
}
