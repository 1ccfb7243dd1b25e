//! What one article costs before it reaches the log: check and normalise, decide, encode.
#![allow(missing_docs, reason = "a bench has no callers")]

use divan::{Bencher, black_box, counter::BytesCount};
use gisa_article_codec::ArticleRevised;
use gisa_ingest::{
    decide::{Decision, Operation, decide},
    validate::{self, GivenArticle},
};
use jiff::Timestamp;

const MAX_BODY_BYTES: usize = 512 * 1024;

fn main() {
    divan::main();
}

/// A body of about the length of a news article, or many times that.
fn given(sentences: usize) -> GivenArticle {
    let sentence =
        "한강전자는 23일 서울 중구 본사에서 이사회를 열고 내년 투자 계획을 1조 2,000억원으로 확정했다.\n";
    GivenArticle {
        source: "한강일보".into(),
        external_id: "2026-1123-001".into(),
        url: "https://hangang.example/news/2026-1123-001?utm_source=rss".into(),
        section: "경제".into(),
        title: "한강전자, 내년 1조 2,000억원 투자".into(),
        body: sentence.repeat(sentences),
        ..Default::default()
    }
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_795_000_000)
}

fn operation(sentences: usize) -> Operation {
    match validate::article(given(sentences), MAX_BODY_BYTES, now()) {
        Ok(submission) => Operation::Submit(Box::new(submission)),
        Err(invalid) => panic!("{invalid:?}"),
    }
}

fn created(sentences: usize) -> ArticleRevised {
    match decide(None, &operation(sentences), now()) {
        Decision::Append { event, .. } => *event,
        other => panic!("{other:?}"),
    }
}

#[divan::bench(args = [15, 1000])]
fn validate_article(bencher: Bencher<'_, '_>, sentences: usize) {
    let given = given(sentences);
    bencher
        .counter(BytesCount::new(given.body.len()))
        .with_inputs(|| given.clone())
        .bench_values(|given| validate::article(given, MAX_BODY_BYTES, now()));
}

#[divan::bench(args = [15, 1000])]
fn validate_decomposed(bencher: Bencher<'_, '_>, sentences: usize) {
    use unicode_normalization::UnicodeNormalization as _;

    let mut given = given(sentences);
    given.body = given.body.nfd().collect();
    bencher
        .counter(BytesCount::new(given.body.len()))
        .with_inputs(|| given.clone())
        .bench_values(|given| validate::article(given, MAX_BODY_BYTES, now()));
}

#[divan::bench(args = [15, 1000])]
fn decide_created(bencher: Bencher<'_, '_>, sentences: usize) {
    let operation = operation(sentences);
    bencher.bench(|| decide(None, black_box(&operation), now()));
}

#[divan::bench(args = [15, 1000])]
fn decide_unchanged(bencher: Bencher<'_, '_>, sentences: usize) {
    let (current, operation) = (created(sentences), operation(sentences));
    bencher.bench(|| decide(Some(black_box(&current)), black_box(&operation), now()));
}

#[divan::bench(args = [15, 1000])]
fn encode(bencher: Bencher<'_, '_>, sentences: usize) {
    let event = created(sentences);
    bencher.bench(|| black_box(&event).encode());
}
