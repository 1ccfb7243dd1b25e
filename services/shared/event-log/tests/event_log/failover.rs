//! A cluster of three real servers whose leader is killed: the log goes on, and nothing acknowledged is lost.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use gisa_event_log::{
    Append, EventLog, ExpectedLast, Headers, StartAt, Stream, Subject,
    jetstream::{JetStreamConfig, JetStreamLog},
    test_server::NatsTestCluster,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

async fn append(log: &JetStreamLog, id: usize) {
    let message = Append {
        subject: Subject::article(&format!("a{id}")),
        message_id: format!("id{id}"),
        expected_last: ExpectedLast::None,
        headers: Headers::new(),
        payload: Bytes::from(id.to_string()),
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match log
            .append(Stream::Articles, vec![message.clone()])
            .await
            .remove(0)
        {
            Ok(_) => return,
            Err(error) => assert!(Instant::now() < deadline, "message {id}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_survives_the_death_of_a_streams_leader() {
    let Some(mut cluster) = NatsTestCluster::start_unless_skipped().await else {
        return;
    };
    let config = JetStreamConfig {
        servers: cluster.urls(),
        replicas: 3,
        ..JetStreamConfig::default()
    };
    let log = JetStreamLog::connect(config).await.unwrap();
    for id in 0..20 {
        append(&log, id).await;
    }
    let stream = Stream::Articles.name();
    let first_leader = cluster.leader_of(stream).await;
    cluster.kill(first_leader);
    for id in 20..40 {
        append(&log, id).await;
    }
    let second_leader = cluster.leader_of(stream).await;
    assert_ne!(second_leader, first_leader);

    cluster.restart(first_leader).await;
    cluster.until_in_step(stream).await;
    cluster.pause(second_leader);
    for id in 40..60 {
        append(&log, id).await;
    }
    cluster.resume(second_leader);
    cluster.until_in_step(stream).await;

    let records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let read: Vec<String> = timeout(PATIENCE, records.take(60).collect::<Vec<_>>())
        .await
        .unwrap()
        .into_iter()
        .map(|record| String::from_utf8(record.unwrap().payload.to_vec()).unwrap())
        .collect();
    let sent: Vec<String> = (0..60).map(|id: usize| id.to_string()).collect();
    assert_eq!(read, sent);
}
