//! The embedded log: the contract, and what happens when its process is killed, its stream is full, its
//! directory is taken or its file is from another version.

mod crash;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use gisa_event_log::{
    Append, AppendError, Appended, ConsumerConfig, EventLog, ExpectedLast, Headers, LogError, Stream,
    Subject,
    contract::Harness,
    embedded::{Durability, EmbeddedConfig, EmbeddedLog},
};
use proptest::prelude::*;
use tempfile::TempDir;

/// A directory of its own.
#[derive(Debug)]
struct Directory(TempDir);

#[async_trait]
impl Harness for Directory {
    async fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(open(self.0.path()).await)
    }
}

mod contract {
    gisa_event_log::event_log_contract!(super::Directory);
}

async fn open(directory: &Path) -> EmbeddedLog {
    EmbeddedLog::open(EmbeddedConfig::new(directory)).await.unwrap()
}

fn message(article: &str, id: &str, payload: impl Into<Bytes>) -> Append {
    Append {
        subject: Subject::article(article),
        message_id: id.to_owned(),
        expected_last: ExpectedLast::Any,
        headers: Headers::new(),
        payload: payload.into(),
    }
}

async fn append(log: &EmbeddedLog, message: Append) -> Result<Appended, AppendError> {
    log.append(Stream::Articles, vec![message]).await.remove(0)
}

#[tokio::test]
async fn a_directory_that_is_in_use_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("not/made/yet");
    let log = open(&path).await;
    append(&log, message("a", "one", "one")).await.unwrap();
    match EmbeddedLog::open(EmbeddedConfig::new(&path)).await {
        Err(LogError::Unavailable(reason)) => {
            assert!(reason.contains("in use by another process"), "{reason}")
        }
        other => panic!("{other:?}"),
    }
    append(&log, message("a", "two", "two")).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(
        open(&path).await.info(Stream::Articles).await.unwrap().messages,
        2
    );
}

#[tokio::test]
async fn a_file_of_another_version_is_refused() {
    let directory = TempDir::new().unwrap();
    open(directory.path()).await.close().await.unwrap();
    {
        let database = redb::Database::open(directory.path().join("event-log.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        let table = redb::TableDefinition::<&str, u32>::new("format");
        transaction
            .open_table(table)
            .unwrap()
            .insert("version", 99)
            .unwrap();
        transaction.commit().unwrap();
    }
    match EmbeddedLog::open(EmbeddedConfig::new(directory.path())).await {
        Err(LogError::Corrupt(reason)) => assert!(reason.contains("99"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_full_stream_refuses_new_messages_until_it_is_compacted() {
    let directory = TempDir::new().unwrap();
    let config = EmbeddedConfig {
        max_bytes: 10_000,
        ..EmbeddedConfig::new(directory.path())
    };
    let log = EmbeddedLog::open(config).await.unwrap();
    let messages =
        (0..12).map(|number| message(&format!("a-{number}"), &format!("m-{number}"), vec![b'x'; 1000]));
    let results = log.append(Stream::Articles, messages.collect()).await;
    assert!(results[..10].iter().all(Result::is_ok), "{results:?}");
    assert!(
        results[10..]
            .iter()
            .all(|result| matches!(result, Err(AppendError::StreamFull))),
        "{results:?}"
    );
    assert_eq!(log.info(Stream::Articles).await.unwrap().bytes, 10_000);

    // What needs no room is still answered, and other streams have room of their own.
    assert!(append(&log, message("a-0", "m-0", "")).await.unwrap().duplicate);
    let mut dead = message("", "letter", "letter");
    dead.subject = Subject::dead_letter(Stream::Articles, 1);
    log.append(Stream::DeadLetters, vec![dead])
        .await
        .remove(0)
        .unwrap();

    log.compact(Stream::Articles, 1).await.unwrap();
    let again = append(&log, message("a-10", "m-10", vec![b'x'; 1000]))
        .await
        .unwrap();
    assert!(!again.duplicate, "a refused message is not remembered");
    assert!(matches!(
        append(&log, message("b", "b", "x")).await,
        Err(AppendError::StreamFull)
    ));
}

#[tokio::test]
async fn ids_are_forgotten_after_the_window() {
    let directory = TempDir::new().unwrap();
    let config = EmbeddedConfig {
        duplicate_window: Duration::from_millis(400),
        ..EmbeddedConfig::new(directory.path())
    };
    let log = EmbeddedLog::open(config.clone()).await.unwrap();
    let first = append(&log, message("a", "id", "first")).await.unwrap().sequence;
    assert!(append(&log, message("a", "id", "again")).await.unwrap().duplicate);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let second = append(&log, message("a", "id", "second")).await.unwrap();
    assert!(second.sequence > first && !second.duplicate);
    log.close().await.unwrap();
    drop(log);

    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = EmbeddedLog::open(config).await.unwrap();
    assert!(!append(&log, message("a", "id", "third")).await.unwrap().duplicate);
}

#[tokio::test]
async fn a_log_that_is_dropped_closes_in_the_background() {
    let directory = TempDir::new().unwrap();
    let log = open(directory.path()).await;
    let config = ConsumerConfig {
        durable_name: "c".to_owned(),
        ack_wait: Duration::from_secs(60),
        max_ack_pending: 10,
        batch: 10,
    };
    let mut consumer = log.consumer(Stream::Articles, config).await.unwrap();
    append(&log, message("a", "one", "one")).await.unwrap();
    consumer.next().await.unwrap().ack().await.unwrap();
    drop(log);
    assert!(matches!(consumer.next().await, Err(LogError::Closed)));
    let lag = open(directory.path())
        .await
        .consumer_lag(Stream::Articles, "c")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((lag.pending, lag.ack_pending), (0, 0), "the ack was stored");
}

/// One message of a run of concurrent writers, by small numbers.
#[derive(Clone, Debug)]
struct Attempt {
    article: usize,
    id: usize,
    expected: ExpectedLast,
}

fn attempts() -> impl Strategy<Value = Vec<Vec<Attempt>>> {
    let expected = prop_oneof![
        2 => Just(ExpectedLast::Any),
        2 => Just(ExpectedLast::None),
        3 => (1..30_u64).prop_map(ExpectedLast::Sequence),
    ];
    let attempt = (0..3_usize, 0..40_usize, expected).prop_map(|(article, id, expected)| Attempt {
        article,
        id,
        expected,
    });
    prop::collection::vec(prop::collection::vec(attempt, 1..8), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However concurrent calls fall together, the log is one that could have come about by one append after
    /// the other, and every answer fits it.
    #[test]
    fn concurrent_decisions_are_those_of_some_order(calls in attempts()) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(check_concurrent_decisions(calls))?;
    }
}

async fn check_concurrent_decisions(calls: Vec<Vec<Attempt>>) -> Result<(), TestCaseError> {
    let directory = TempDir::new().unwrap();
    let config = EmbeddedConfig {
        durability: Durability::None,
        ..EmbeddedConfig::new(directory.path())
    };
    let log = EmbeddedLog::open(config).await.unwrap();
    let results = join_all(calls.iter().map(|call| {
        let messages = call.iter().map(|attempt| Append {
            expected_last: attempt.expected,
            ..message(&attempt.article.to_string(), &attempt.id.to_string(), "")
        });
        log.append(Stream::Articles, messages.collect())
    }))
    .await;
    let answers = || calls.iter().flatten().zip(results.iter().flatten());

    let mut stored: Vec<_> = answers()
        .filter_map(|(attempt, result)| result.as_ref().ok().map(|appended| (*appended, attempt)))
        .filter(|(appended, _)| !appended.duplicate)
        .collect();
    stored.sort_by_key(|(appended, _)| appended.sequence);
    let mut newest = [0; 3];
    for (place, (appended, attempt)) in stored.iter().enumerate() {
        prop_assert_eq!(appended.sequence, place as u64 + 1);
        let newest = &mut newest[attempt.article];
        match attempt.expected {
            ExpectedLast::Any => {}
            ExpectedLast::None => prop_assert_eq!(*newest, 0),
            ExpectedLast::Sequence(sequence) => prop_assert_eq!(*newest, sequence),
        }
        *newest = appended.sequence;
    }
    for (attempt, result) in answers() {
        match result {
            Ok(appended) => {
                let (_, original) = stored[appended.sequence as usize - 1];
                prop_assert_eq!(original.id, attempt.id);
            }
            Err(AppendError::Conflict { last: Some(last) }) => {
                let was_newest = |(appended, of): &(Appended, &Attempt)| {
                    appended.sequence == *last && of.article == attempt.article
                };
                prop_assert!(*last == 0 || stored.iter().any(was_newest));
                match attempt.expected {
                    ExpectedLast::Any => prop_assert!(false, "nothing was expected"),
                    ExpectedLast::None => prop_assert_ne!(*last, 0),
                    ExpectedLast::Sequence(sequence) => prop_assert_ne!(*last, sequence),
                }
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
    let info = log.info(Stream::Articles).await.unwrap();
    prop_assert_eq!(info.messages, stored.len() as u64);
    Ok(())
}
