//! The JetStream log on a real server: the contract, and what happens when the server crashes, freezes, fills
//! up or has been set up wrongly.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use gisa_event_log::{
    Append, AppendError, ConsumerConfig, EventLog, ExpectedLast, Headers, LogError, Position, StartAt,
    Stream, StreamInfo, Subject,
    contract::Harness,
    jetstream::{JetStreamConfig, JetStreamLog, MaxBytes},
    test_server::NatsTestServer,
};
use tokio::time::{Instant, sleep, timeout};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

fn config(server: &NatsTestServer) -> JetStreamConfig {
    JetStreamConfig {
        servers: vec![server.url()],
        ..JetStreamConfig::default()
    }
}

async fn connect(server: &NatsTestServer) -> JetStreamLog {
    JetStreamLog::connect(config(server)).await.unwrap()
}

/// NATS without the log in between, as an operator sees it.
pub(crate) async fn nats(server: &NatsTestServer) -> jetstream::Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

pub(crate) fn message(id: usize) -> Append {
    Append {
        subject: Subject::article(&format!("a{id}")),
        message_id: format!("id{id}"),
        expected_last: ExpectedLast::None,
        headers: Headers::new(),
        payload: Bytes::from(id.to_string()),
    }
}

pub(crate) fn messages(ids: std::ops::Range<usize>) -> Vec<Append> {
    ids.map(message).collect()
}

/// Appends as a service does: what is unavailable is repeated until it works. How often each id was
/// acknowledged as new.
pub(crate) async fn append_all(log: &JetStreamLog, ids: std::ops::Range<usize>) -> BTreeMap<usize, u64> {
    let mut sequences = BTreeMap::new();
    let mut open: Vec<usize> = ids.collect();
    while !open.is_empty() {
        let results = log
            .append(Stream::Articles, open.iter().copied().map(message).collect())
            .await;
        let mut again = Vec::new();
        for (id, result) in open.into_iter().zip(results) {
            match result {
                Ok(appended) => {
                    sequences.insert(id, appended.sequence);
                }
                Err(AppendError::Log(LogError::Unavailable(_))) => again.push(id),
                Err(error) => panic!("message {id}: {error}"),
            }
        }
        open = again;
    }
    sequences
}

fn consumer_config() -> ConsumerConfig {
    ConsumerConfig {
        durable_name: "worker".to_owned(),
        ack_wait: Duration::from_secs(2),
        max_ack_pending: 100,
        batch: 20,
    }
}

/// A server of its own.
#[derive(Debug)]
struct Server(NatsTestServer);

#[async_trait]
impl Harness for Server {
    fn is_skipped() -> bool {
        NatsTestServer::is_skipped()
    }

    async fn new() -> Self {
        Self(NatsTestServer::start().await)
    }

    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(connect(&self.0).await)
    }

    async fn open_also(&self, _log: &Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        self.open().await
    }
}

mod contract {
    gisa_event_log::event_log_contract!(super::Server);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_lose_messages_are_refused() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let nats = nats(&server).await;
    let safe = |prefix: &str| Config {
        name: format!("{prefix}_ARTICLES"),
        subjects: vec![format!("{prefix}.articles.>")],
        discard: DiscardPolicy::New,
        ..Config::default()
    };
    let cases = [
        (
            Config {
                discard: DiscardPolicy::Old,
                ..safe("A")
            },
            "A",
            "discard",
        ),
        (
            Config {
                retention: RetentionPolicy::WorkQueue,
                ..safe("B")
            },
            "B",
            "retention",
        ),
        (
            Config {
                retention: RetentionPolicy::Interest,
                ..safe("C")
            },
            "C",
            "retention",
        ),
        (
            Config {
                storage: StorageType::Memory,
                ..safe("D")
            },
            "D",
            "storage",
        ),
        (
            Config {
                persist_mode: Some(PersistenceMode::Async),
                ..safe("E")
            },
            "E",
            "persist_mode",
        ),
        (
            Config {
                no_ack: true,
                ..safe("F")
            },
            "F",
            "no_ack",
        ),
        (
            Config {
                subjects: vec!["G.other.>".to_owned()],
                ..safe("G")
            },
            "G",
            "subjects",
        ),
        (
            Config {
                max_messages_per_subject: 1,
                ..safe("H")
            },
            "H",
            "max_msgs_per_subject",
        ),
        // Another stream that already takes our subjects.
        (
            Config {
                name: "OTHER".to_owned(),
                ..safe("I")
            },
            "I",
            "overlap",
        ),
    ];
    for (unsafe_stream, prefix, named) in cases {
        nats.create_stream(unsafe_stream).await.unwrap();
        let config = JetStreamConfig {
            stream_prefix: prefix.to_owned(),
            ..config(&server)
        };
        let error = JetStreamLog::connect(config).await.unwrap_err();
        assert!(
            matches!(
                error,
                LogError::UnsafeStream {
                    stream: Stream::Articles,
                    ..
                }
            ),
            "{prefix}: {error:?}"
        );
        assert!(error.to_string().contains(named), "{prefix}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_with_other_safe_settings_are_changed_and_keep_their_content() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    append_all(&log, 0..3).await;
    let before = log.info(Stream::Articles).await.unwrap();

    let max_bytes = MaxBytes {
        articles: 1 << 20,
        ..MaxBytes::default()
    };
    let changed = JetStreamConfig {
        max_bytes,
        max_age_days: 30,
        duplicate_window_seconds: 60,
        ..config(&server)
    };
    let log = JetStreamLog::connect(changed).await.unwrap();
    let expected = StreamInfo {
        max_bytes: Some(1 << 20),
        ..before
    };
    assert_eq!(log.info(Stream::Articles).await.unwrap(), expected);

    let mut stream = nats(&server).await.get_stream("ARTICLES").await.unwrap();
    let found = &stream.info().await.unwrap().config;
    assert_eq!(found.max_bytes, 1 << 20);
    assert_eq!(found.max_age, Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(found.duplicate_window, Duration::from_secs(60));
    assert!(found.allow_atomic_publish);
    let mut dictionary = nats(&server).await.get_stream("DICTIONARY").await.unwrap();
    let found = &dictionary.info().await.unwrap().config;
    assert_eq!(found.max_age, Duration::ZERO, "its changes never age");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_keeps_installations_apart() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let prefixed = |prefix: &str| JetStreamConfig {
        stream_prefix: prefix.to_owned(),
        ..config(&server)
    };
    let first = JetStreamLog::connect(prefixed("T1")).await.unwrap();
    let second = JetStreamLog::connect(prefixed("T2")).await.unwrap();
    append_all(&first, 0..2).await;
    assert_eq!(first.info(Stream::Articles).await.unwrap().messages, 2);
    assert_eq!(second.info(Stream::Articles).await.unwrap().messages, 0);

    let subject = Subject::article("a1");
    let record = first
        .last_of_subject(Stream::Articles, &subject)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((record.subject, record.payload), (subject, Bytes::from("1")));
    let mut records = first.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    assert_eq!(
        records.next().await.unwrap().unwrap().subject,
        Subject::article("a0")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_the_server_do_not_show() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    let headers = Headers::from([("traceparent".to_owned(), "00-aa-bb-01".to_owned())]);
    let results = log
        .append(
            Stream::Articles,
            vec![Append {
                headers: headers.clone(),
                ..message(1)
            }],
        )
        .await;
    let sequence = results[0].as_ref().unwrap().sequence;

    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    let mut records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let seen = [
        log.get(Stream::Articles, sequence).await.unwrap().unwrap(),
        records.next().await.unwrap().unwrap(),
        consumer.next().await.unwrap().record,
    ];
    for record in seen {
        assert_eq!(record.headers, headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_server_is_named_in_time() {
    let config = JetStreamConfig {
        servers: vec!["nats://user:secret@127.0.0.1:1".to_owned()],
        connect_deadline_ms: 500,
        ..JetStreamConfig::default()
    };
    let start = Instant::now();
    let error = JetStreamLog::connect(config).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_appending_loses_nothing_and_doubles_nothing() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = Arc::new(connect(&server).await);
    let appending = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            let mut sequences = BTreeMap::new();
            for start in (0..6000).step_by(200) {
                sequences.extend(append_all(&log, start..start + 200).await);
                sleep(Duration::from_millis(20)).await;
            }
            sequences
        }
    });
    for _ in 0..3 {
        sleep(Duration::from_millis(400)).await;
        server.kill().await;
        sleep(Duration::from_millis(200)).await;
        server.restart().await;
    }
    let sequences = timeout(PATIENCE, appending).await.unwrap().unwrap();

    let info = log.info(Stream::Articles).await.unwrap();
    let records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let stored: Vec<_> = records
        .take(info.messages as usize)
        .map(Result::unwrap)
        .collect()
        .await;
    let by_id: BTreeMap<usize, u64> = stored
        .iter()
        .map(|record| {
            (
                std::str::from_utf8(&record.payload).unwrap().parse().unwrap(),
                record.sequence,
            )
        })
        .collect();
    assert_eq!(by_id.len(), stored.len(), "a message is stored twice");
    assert_eq!(by_id, sequences, "what is stored is not what was acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_to_a_frozen_server_is_unavailable_and_its_repetition_is_recognised() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let short = JetStreamConfig {
        append_deadline_ms: 1_500,
        ack_timeout_ms: 300,
        ..config(&server)
    };
    let log = JetStreamLog::connect(short).await.unwrap();
    server.pause().await;
    let start = Instant::now();
    let results = log.append(Stream::Articles, messages(0..3)).await;
    assert!(start.elapsed() < Duration::from_secs(5));
    for result in results {
        assert!(
            matches!(result, Err(AppendError::Log(LogError::Unavailable(_)))),
            "{result:?}"
        );
    }
    server.resume().await;
    append_all(&log, 0..3).await;
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_subject_stay_in_order_through_a_crash() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = Arc::new(connect(&server).await);
    let subject = Subject::article("one");
    let batch: Vec<Append> = (0..1000)
        .map(|id| Append {
            subject: subject.clone(),
            expected_last: ExpectedLast::Any,
            ..message(id)
        })
        .collect();
    let appending = tokio::spawn({
        let log = Arc::clone(&log);
        async move { log.append(Stream::Articles, batch).await }
    });
    sleep(Duration::from_millis(30)).await;
    server.kill().await;
    server.restart().await;
    let results = timeout(PATIENCE, appending).await.unwrap().unwrap();
    let sequences: Vec<u64> = results
        .into_iter()
        .map(|result| result.unwrap().sequence)
        .collect();
    assert_eq!(sequences, (1..=1000).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_consumers_go_on_after_a_crash() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = Arc::new(connect(&server).await);
    append_all(&log, 0..300).await;

    let records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let reading = tokio::spawn(
        records
            .take(900)
            .map(|record| record.unwrap().sequence)
            .collect::<Vec<u64>>(),
    );
    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    let consuming = tokio::spawn(async move {
        let mut seen = BTreeSet::new();
        while seen.len() < 900 {
            let delivery = consumer.next().await.unwrap();
            let sequence = delivery.record.sequence;
            // When its answer is lost, the ack may count all the same; else the message comes again.
            let _ = delivery.ack().await;
            seen.insert(sequence);
        }
        seen
    });
    for crash in 1..3 {
        sleep(Duration::from_millis(300)).await;
        server.kill().await;
        sleep(Duration::from_millis(300)).await;
        server.restart().await;
        append_all(&log, crash * 300..(crash + 1) * 300).await;
    }
    assert_eq!(
        timeout(PATIENCE, reading).await.unwrap().unwrap(),
        (1..=900).collect::<Vec<u64>>()
    );
    assert_eq!(
        timeout(PATIENCE, consuming).await.unwrap().unwrap(),
        (1..=900).collect::<BTreeSet<u64>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_refuses_and_acknowledges_nothing_it_does_not_store() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let max_bytes = MaxBytes {
        articles: 64 << 10,
        ..MaxBytes::default()
    };
    let log = JetStreamLog::connect(JetStreamConfig {
        max_bytes,
        ..config(&server)
    })
    .await
    .unwrap();
    let large = |id| Append {
        payload: Bytes::from(vec![b'x'; 4 << 10]),
        ..message(id)
    };
    let results = log.append(Stream::Articles, (0..50).map(large).collect()).await;

    let stored = results.iter().filter(|result| result.is_ok()).count();
    assert!((10..16).contains(&stored), "{stored}");
    let refused = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::StreamFull)))
        .count();
    assert_eq!(stored + refused, 50, "{results:?}");
    let info = log.info(Stream::Articles).await.unwrap();
    assert_eq!(info.messages, stored as u64);

    log.compact(Stream::Articles, info.last_sequence).await.unwrap();
    assert!(log.append(Stream::Articles, vec![large(50)]).await[0].is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_told_that_its_stream_was_replaced() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    append_all(&log, 0..5).await;
    let identity = log.info(Stream::Articles).await.unwrap().identity;
    let mut records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    for _ in 0..5 {
        records.next().await.unwrap().unwrap();
    }
    nats(&server).await.delete_stream("ARTICLES").await.unwrap();
    let log = connect(&server).await;
    append_all(&log, 0..5).await;

    let next = timeout(PATIENCE, records.next()).await.unwrap();
    assert!(
        matches!(
            next,
            Some(Err(LogError::Replaced {
                stream: Stream::Articles
            }))
        ),
        "{next:?}"
    );
    assert!(records.next().await.is_none());
    let after = StartAt::After(Position {
        stream_identity: identity,
        sequence: 3,
    });
    let error = log.read(Stream::Articles, after).await.err().unwrap();
    assert!(matches!(error, LogError::Replaced { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_finds_single_deleted_messages_no_gap_and_a_lost_beginning_one() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    append_all(&log, 0..1500).await;
    let stream = nats(&server).await.get_stream("ARTICLES").await.unwrap();
    stream.delete_message(700).await.unwrap();
    let mut records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let mut last = 0;
    while last < 702 {
        last = records.next().await.unwrap().unwrap().sequence;
        assert_ne!(last, 700);
    }
    // Beyond what the reader may have fetched ahead.
    log.compact(Stream::Articles, 1400).await.unwrap();
    let error = loop {
        match timeout(PATIENCE, records.next()).await.unwrap().unwrap() {
            Ok(record) => assert_eq!(std::mem::replace(&mut last, record.sequence) + 1, record.sequence),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, LogError::Compacted { first_sequence: 1401, wanted, .. } if wanted == last + 1),
        "{error:?} after {last}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_consumer_is_reported_and_can_be_made_anew() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    append_all(&log, 0..2).await;
    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    consumer.next().await.unwrap().ack().await.unwrap();
    let delivery = consumer.next().await.unwrap();

    let stream = nats(&server).await.get_stream("ARTICLES").await.unwrap();
    stream.delete_consumer("worker").await.unwrap();
    let error = delivery.ack().await.unwrap_err();
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    let error = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, LogError::UnsafeStream { reason, .. } if reason.contains("deleted")),
        "{error:?}"
    );
    assert_eq!(log.consumer_lag(Stream::Articles, "worker").await.unwrap(), None);

    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    assert_eq!(consumer.next().await.unwrap().record.sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_that_give_up_on_messages_are_refused() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    let stream = nats(&server).await.get_stream("ARTICLES").await.unwrap();
    let limited = jetstream::consumer::pull::Config {
        durable_name: Some("worker".to_owned()),
        max_deliver: 3,
        ..Default::default()
    };
    stream.create_consumer(limited).await.unwrap();
    let error = log
        .consumer(Stream::Articles, consumer_config())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LogError::UnsafeStream { reason, .. } if reason.contains("max_deliver")),
        "{error:?}"
    );
}
