//! Restarts: on from the commit; from nothing when the log is another one; past what cannot be read.

use std::path::Path;

use gisa_event_log::{Position, Stream, Subject};
use gisa_query::{
    analyzer::Analyzer,
    index::{ArticleIndex as _, TantivyConfig, TantivyIndex, TantivyStore},
};

use crate::{
    article::{article, event},
    sandbox::{Sandbox, config, open_log, tell, tell_bytes},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_commit() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let (directory, log) = sandbox.stop().await;
    let position = open_index(directory.path()).position().unwrap();
    assert_eq!(
        position.sequence,
        log.info(Stream::Tagged).await.unwrap().last_sequence
    );

    tell(&*log, &article("b", "제목", "반도체")).await;
    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
}

fn open_index(directory: &Path) -> TantivyIndex {
    let config = config(directory);
    let index_config = TantivyConfig {
        directory: config.index_directory,
        writer_memory_bytes: config.writer_memory_bytes,
        writer_threads: 1,
    };
    TantivyStore::open(index_config, Analyzer::shared().unwrap())
        .unwrap()
        .1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_committed_is_applied_again() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_log(&directory.path().join("log")).await;
    let first = tell(&*log, &article("a", "제목", "반도체")).await;
    tell(&*log, &article("b", "제목", "반도체")).await;
    let identity = log.info(Stream::Tagged).await.unwrap().identity;
    {
        // A process that ends after it has applied the second record and before it has committed it.
        let mut index = open_index(directory.path());
        index
            .apply(vec![(first, event(&article("a", "제목", "반도체")))])
            .unwrap();
        let position = Position {
            stream_identity: identity,
            sequence: first,
        };
        index.commit(&position, true).unwrap();
        index
            .apply(vec![(first + 1, event(&article("b", "제목", "반도체")))])
            .unwrap();
    }
    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_gives_another_index() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .tell_all(&[article("a", "제목", "반도체"), article("b", "제목", "로봇")])
        .await;
    let (directory, log) = sandbox.stop().await;
    log.close().await.unwrap();

    let log = open_log(&directory.path().join("another-log")).await;
    tell(&*log, &article("c", "제목", "반도체")).await;
    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["c"]);
    assert_eq!(sandbox.found("로봇").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_compacted_away_gives_a_new_index() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let (directory, log) = sandbox.stop().await;
    for id in ["b", "c", "d"] {
        tell(&*log, &article(id, "제목", "반도체")).await;
    }
    let last = log.info(Stream::Tagged).await.unwrap().last_sequence;
    log.compact(Stream::Tagged, last - 1).await.unwrap();

    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["d"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_stops_nothing() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell(&article("a", "제목", "반도체")).await;
    tell_bytes(&*sandbox.log, Subject::tagged("x", 1), b"\xff\xff".to_vec()).await;
    tell_bytes(&*sandbox.log, Subject::tagged("x", 1), Vec::new()).await;
    sandbox.tell_all(&[article("b", "제목", "반도체")]).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_made_again() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let (directory, log) = sandbox.stop().await;
    std::fs::write(directory.path().join("index/generation-1/meta.json"), b"{").unwrap();
    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_analyzer_is_made_again() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let (directory, log) = sandbox.stop().await;
    let meta = directory.path().join("index/generation-1/meta.json");
    let text = std::fs::read_to_string(&meta).unwrap();
    let fingerprint = Analyzer::fingerprint();
    assert!(text.contains(&fingerprint));
    std::fs::write(&meta, text.replace(&fingerprint, "0-0123456789abcdef")).unwrap();
    assert_eq!(open_index(directory.path()).position(), None);

    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_was_being_built_is_built_on() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_log(&directory.path().join("log")).await;
    let first = tell(&*log, &article("a", "제목", "반도체")).await;
    tell(&*log, &article("b", "제목", "반도체")).await;
    let stream_identity = log.info(Stream::Tagged).await.unwrap().identity;
    {
        let mut index = open_index(directory.path());
        index
            .apply(vec![(first, event(&article("a", "제목", "반도체")))])
            .unwrap();
        index
            .commit(
                &Position {
                    stream_identity,
                    sequence: first,
                },
                false,
            )
            .unwrap();
    }
    assert!(!open_index(directory.path()).is_complete());
    // As soon as it answers, the answer is whole.
    let mut sandbox = Sandbox::start_on(directory, log).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_record_is_known_whatever_thread_wrote_what() {
    let directory = tempfile::tempdir().unwrap();
    let index_config = TantivyConfig {
        directory: directory.path().to_owned(),
        writer_memory_bytes: 30_000_000,
        // The documents of one article go to segments of their own, one of which has no records.
        writer_threads: 2,
    };
    let (_store, mut index) = TantivyStore::open(index_config, Analyzer::shared().unwrap()).unwrap();
    assert_eq!(index.snapshot().statistics().unwrap().oldest_sequence, None);
    for sequence in 7..20 {
        let tagged = article(&format!("a{sequence}"), "제목", "반도체");
        index.apply(vec![(sequence, event(&tagged))]).unwrap();
        let stream_identity = "x".to_owned();
        index
            .commit(
                &Position {
                    stream_identity,
                    sequence,
                },
                true,
            )
            .unwrap();
        let statistics = index.snapshot().statistics().unwrap();
        assert_eq!(statistics.oldest_sequence, Some(7));
        assert_eq!(
            (statistics.visible_articles, statistics.versions),
            (sequence - 6, sequence - 6)
        );
    }
}
