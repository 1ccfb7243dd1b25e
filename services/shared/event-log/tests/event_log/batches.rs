//! Appends that go in atomic batches: every message has its own answer, whatever happens to the batch.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use async_nats::header;
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use gisa_event_log::{
    Append, AppendError, Appended, EventLog, ExpectedLast, StartAt, Stream, Subject,
    contract::Harness,
    jetstream::{Durability, JetStreamConfig, JetStreamLog, MaxBytes},
    test_server::NatsTestServer,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::jetstream::{PATIENCE, append_all, message, messages, nats};

/// A server that syncs each message, for which appends are gathered.
async fn start_unless_skipped() -> Option<NatsTestServer> {
    NatsTestServer::start_monitored_unless_skipped("always").await
}

fn config(server: &NatsTestServer) -> JetStreamConfig {
    JetStreamConfig {
        servers: vec![server.url()],
        durability: Durability::Always,
        monitoring_urls: server.monitoring_url().into_iter().collect(),
        // An answer that comes late is none, and its repetition is a duplicate; a slow disk must not bring that about.
        ack_timeout_ms: 30_000,
        append_deadline_ms: 50_000,
        ..JetStreamConfig::default()
    }
}

async fn connect(server: &NatsTestServer) -> JetStreamLog {
    JetStreamLog::connect(config(server)).await.unwrap()
}

/// A server of its own.
#[derive(Debug)]
struct SyncingServer(NatsTestServer);

#[async_trait]
impl Harness for SyncingServer {
    fn is_skipped() -> bool {
        NatsTestServer::is_skipped()
    }

    async fn new() -> Self {
        Self(start_unless_skipped().await.unwrap())
    }

    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(connect(&self.0).await)
    }

    async fn open_also(&self, _log: &Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        self.open().await
    }
}

mod contract {
    gisa_event_log::event_log_contract!(super::SyncingServer);
}

type AppendResult = Result<Appended, AppendError>;

/// How many messages of ARTICLES were stored in a batch.
async fn batched(server: &NatsTestServer, log: &JetStreamLog) -> usize {
    let stream = nats(server).await.get_stream("ARTICLES").await.unwrap();
    let last = log.info(Stream::Articles).await.unwrap().last_sequence;
    let mut batched = 0;
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        batched += usize::from(message.headers.get(header::NATS_BATCH_ID).is_some());
    }
    batched
}

/// Sequence and payload of everything stored; no sequence and no payload twice.
async fn stored(log: &JetStreamLog) -> BTreeMap<u64, Bytes> {
    let count = log.info(Stream::Articles).await.unwrap().messages as usize;
    let records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let stored: BTreeMap<u64, Bytes> = records
        .take(count)
        .map(Result::unwrap)
        .map(|record| (record.sequence, record.payload))
        .collect()
        .await;
    let payloads: BTreeSet<&Bytes> = stored.values().collect();
    assert_eq!(
        (stored.len(), payloads.len()),
        (count, count),
        "something is stored twice"
    );
    stored
}

/// Each message that was taken lies where its answer says.
async fn assert_stored_as_answered(log: &JetStreamLog, sent: &[Append], results: &[AppendResult]) {
    let stored = stored(log).await;
    for (message, result) in sent.iter().zip(results) {
        if let Ok(appended) = result {
            assert_eq!(
                stored.get(&appended.sequence),
                Some(&message.payload),
                "{}",
                message.message_id
            );
        }
    }
}

fn count(results: &[AppendResult], wanted: impl Fn(&AppendResult) -> bool) -> usize {
    results.iter().filter(|result| wanted(result)).count()
}

fn is_new(result: &AppendResult) -> bool {
    result.as_ref().is_ok_and(|appended| !appended.duplicate)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_appends_go_in_batches_and_a_lone_one_does_not() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    log.append(Stream::Articles, vec![message(5000)])
        .await
        .remove(0)
        .unwrap();
    assert_eq!(batched(&server, &log).await, 0);
    let sent = messages(0..1000);
    let results = log.append(Stream::Articles, sent.clone()).await;
    assert_eq!(count(&results, is_new), 1000);
    assert_stored_as_answered(&log, &sent, &results).await;
    let batched = batched(&server, &log).await;
    assert!(batched > 900, "{batched}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_in_a_batch_do_not_fail_their_neighbours() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    for (call, taken) in [vec![500], vec![1000, 1001], (2000..2900).step_by(7).collect()]
        .into_iter()
        .enumerate()
    {
        for id in &taken {
            let before = Append {
                message_id: format!("before {id}"),
                payload: Bytes::from(format!("before {id}")),
                ..message(*id)
            };
            log.append(Stream::Articles, vec![before])
                .await
                .remove(0)
                .unwrap();
        }
        let sent = messages(call * 1000..(call + 1) * 1000);
        let results = log.append(Stream::Articles, sent.clone()).await;
        for (id, result) in (call * 1000..).zip(&results) {
            match result {
                Err(AppendError::Conflict { .. }) => assert!(taken.contains(&id), "{id}"),
                result => assert!(is_new(result) && !taken.contains(&id), "{id}: {result:?}"),
            }
        }
        assert_stored_as_answered(&log, &sent, &results).await;
    }
    assert!(batched(&server, &log).await > 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn known_ids_in_a_batch_are_answered_as_duplicates() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    // With and without condition: one server looks at the condition first.
    for (range, expected_last) in [(0..300, ExpectedLast::None), (1000..1300, ExpectedLast::Any)] {
        let sent: Vec<Append> = range
            .map(|id| Append {
                expected_last,
                ..message(id)
            })
            .collect();
        let before = log.append(Stream::Articles, vec![sent[123].clone()]).await;
        let results = log.append(Stream::Articles, sent.clone()).await;
        let again = results[123].as_ref().unwrap();
        assert_eq!(
            (again.sequence, again.duplicate),
            (before[0].as_ref().unwrap().sequence, true)
        );
        assert_eq!(count(&results, is_new), 299);
        assert_stored_as_answered(&log, &sent, &results).await;

        // All of them once more.
        let repeated = log.append(Stream::Articles, sent).await;
        for (first, again) in results.iter().zip(&repeated) {
            let again = again.as_ref().unwrap();
            assert_eq!(
                (again.sequence, again.duplicate),
                (first.as_ref().unwrap().sequence, true)
            );
        }
    }
    assert_eq!(stored(&log).await.len(), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_twice_in_a_batch_is_stored_once() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    let mut sent = messages(0..200);
    for place in [50, 150] {
        sent[place].message_id = "the same".to_owned();
        // A condition goes before the id.
        sent[place].expected_last = ExpectedLast::Any;
    }
    let results = log.append(Stream::Articles, sent).await;
    let (one, other) = (results[50].as_ref().unwrap(), results[150].as_ref().unwrap());
    assert_eq!(one.sequence, other.sequence);
    assert_ne!(one.duplicate, other.duplicate);
    assert_eq!(count(&results, is_new), 199);
    assert_eq!(stored(&log).await.len(), 199);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_of_each_subject_one_wins() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = Arc::new(connect(&server).await);
    let mut writers = JoinSet::new();
    for id in 0..300 {
        for writer in 0..2 {
            let log = Arc::clone(&log);
            let message = Append {
                message_id: format!("{id} of {writer}"),
                payload: Bytes::from(format!("{id} of {writer}")),
                ..message(id)
            };
            writers.spawn(async move {
                let result = log.append(Stream::Articles, vec![message]).await.remove(0);
                (id, result)
            });
        }
    }
    let mut winners = BTreeMap::new();
    for (id, result) in timeout(PATIENCE, writers.join_all()).await.unwrap() {
        match result {
            Ok(appended) => assert_eq!(winners.insert(id, appended.sequence), None, "{id}"),
            Err(AppendError::Conflict { .. }) => {}
            Err(error) => panic!("{id}: {error}"),
        }
    }
    assert_eq!(winners.len(), 300);
    let stored = stored(&log).await;
    assert_eq!(stored.len(), 300);
    for (id, sequence) in winners {
        assert!(stored[&sequence].starts_with(format!("{id} of").as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_a_batch_goes_alone_or_is_refused() {
    const LIMIT: usize = 1024 * 1024;
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    let mut sent = messages(0..100);
    // The headers of a batch would make it too large, its own do not.
    let own_headers = "NATS/1.0\r\nGisa-Message-Id: id30\r\nNats-Expected-Stream: ARTICLES\r\n\
                       Nats-Expected-Last-Subject-Sequence: 0\r\n\r\n";
    sent[30].payload = Bytes::from(vec![b'x'; LIMIT - own_headers.len()]);
    sent[60].payload = Bytes::from(vec![b'y'; LIMIT]);
    let results = log.append(Stream::Articles, sent.clone()).await;
    assert!(
        matches!(results[60], Err(AppendError::TooLarge { .. })),
        "{:?}",
        results[60]
    );
    assert_eq!(count(&results, is_new), 99);
    assert_stored_as_answered(&log, &sent, &results).await;

    // Many that are large: more than one batch takes.
    let sent: Vec<Append> = (1000..1060)
        .map(|id: usize| Append {
            payload: Bytes::from(format!("{id}{}", "z".repeat(500 * 1024))),
            ..message(id)
        })
        .collect();
    let results = log.append(Stream::Articles, sent.clone()).await;
    assert_eq!(count(&results, is_new), 60);
    assert_stored_as_answered(&log, &sent, &results).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_fills_up_in_a_batch_takes_what_fits() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let max_bytes = MaxBytes {
        articles: 256 << 10,
        ..MaxBytes::default()
    };
    let config = JetStreamConfig {
        max_bytes,
        ..config(&server)
    };
    let log = JetStreamLog::connect(config).await.unwrap();
    let sent: Vec<Append> = (0..1000)
        .map(|id: usize| Append {
            payload: Bytes::from(format!("{id}{}", "x".repeat(1000))),
            ..message(id)
        })
        .collect();
    let results = log.append(Stream::Articles, sent.clone()).await;
    let taken = count(&results, is_new);
    assert!((180..256).contains(&taken), "{taken}");
    let refused = count(&results, |result| matches!(result, Err(AppendError::StreamFull)));
    assert_eq!(taken + refused, 1000);
    assert_stored_as_answered(&log, &sent, &results).await;
    assert_eq!(stored(&log).await.len(), taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_give_up_do_not_stop_the_others() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = Arc::new(connect(&server).await);
    for round in 0..20 {
        let ids = move |half: usize| round * 1000 + half * 500..round * 1000 + half * 500 + 500;
        let given_up = tokio::spawn({
            let log = Arc::clone(&log);
            async move { log.append(Stream::Articles, messages(ids(0))).await }
        });
        tokio::time::sleep(Duration::from_millis(round as u64 % 5)).await;
        given_up.abort();
        let results = timeout(PATIENCE, log.append(Stream::Articles, messages(ids(1))))
            .await
            .unwrap();
        assert_eq!(count(&results, is_new), 500);
    }
    stored(&log).await;
}

/// Several senders append until all is acknowledged, while the server is killed or frozen again and again.
async fn append_under_fire(server: &mut NatsTestServer, config: JetStreamConfig, kill: bool) {
    const SENDERS: usize = 4;
    const EACH: usize = 6000;
    let log = Arc::new(JetStreamLog::connect(config).await.unwrap());
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let log = Arc::clone(&log);
        senders.spawn(async move {
            let mut sequences = BTreeMap::new();
            let chunk = |start: usize| -> Range<usize> { start..start + 500 };
            for start in (sender * EACH..(sender + 1) * EACH).step_by(500) {
                sequences.extend(append_all(&log, chunk(start)).await);
            }
            sequences
        });
    }
    for blow in 0..5 {
        sleep(Duration::from_millis(80 + 37 * blow)).await;
        if kill {
            server.kill().await;
            server.restart().await;
        } else {
            server.pause().await;
            sleep(Duration::from_millis(700)).await;
            server.resume().await;
        }
    }
    let mut acknowledged = BTreeMap::new();
    for sequences in timeout(PATIENCE * 2, senders.join_all()).await.unwrap() {
        acknowledged.extend(sequences);
    }
    assert_eq!(acknowledged.len(), SENDERS * EACH);
    let by_id: BTreeMap<usize, u64> = stored(&log)
        .await
        .into_iter()
        .map(|(sequence, payload)| (std::str::from_utf8(&payload).unwrap().parse().unwrap(), sequence))
        .collect();
    assert_eq!(by_id, acknowledged, "what is stored is not what was acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_through_crashes_are_stored_once() {
    let Some(mut server) = start_unless_skipped().await else {
        return;
    };
    let config = config(&server);
    append_under_fire(&mut server, config, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_whose_answers_come_too_late_are_stored_once() {
    let Some(mut server) = start_unless_skipped().await else {
        return;
    };
    let config = JetStreamConfig {
        ack_timeout_ms: 300,
        ..config(&server)
    };
    append_under_fire(&mut server, config, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_a_subject_survives_batches() {
    let Some(server) = start_unless_skipped().await else {
        return;
    };
    let log = connect(&server).await;
    let sent: Vec<Append> = (0..600)
        .map(|id| Append {
            subject: Subject::article(&format!("s{}", id % 100)),
            expected_last: ExpectedLast::Any,
            ..message(id)
        })
        .collect();
    let results = log.append(Stream::Articles, sent.clone()).await;
    assert_stored_as_answered(&log, &sent, &results).await;
    let sequences: Vec<u64> = results
        .into_iter()
        .map(|result| result.unwrap().sequence)
        .collect();
    for id in 100..600 {
        assert!(sequences[id] > sequences[id - 100], "{id}");
    }
}
