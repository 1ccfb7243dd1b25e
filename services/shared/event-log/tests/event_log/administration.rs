//! Streams and consumers as an operator sees them: brought to their definition, refused, looked at; and what the server
//! says it gave up on. On a real server.

use std::time::Duration;

use async_nats::jetstream::{
    self, AckKind,
    consumer::{Consumer as NatsConsumer, pull},
    stream::{Config, DiscardPolicy},
};
use bytes::Bytes;
use futures::StreamExt as _;
use gisa_event_log::{
    Append, ConsumerConfig, EventLog as _, ExpectedLast, GivenUp, Headers, LogError, StartAt, Stream,
    Subject,
    jetstream::{
        Administration, Applied, ApplyOptions, Durability, JetStreamConfig, JetStreamLog, MaxBytes, Part,
        SettingChange,
    },
    store_dead_letter,
    test_server::NatsTestServer,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

fn config(server: &NatsTestServer) -> JetStreamConfig {
    JetStreamConfig {
        servers: vec![server.url()],
        ..JetStreamConfig::default()
    }
}

fn worker() -> ConsumerConfig {
    ConsumerConfig {
        durable_name: "worker".to_owned(),
        ack_wait: Duration::from_secs(1),
        max_ack_pending: 100,
        batch: 20,
    }
}

async fn nats(server: &NatsTestServer) -> jetstream::Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

fn message(id: usize) -> Append {
    Append {
        subject: Subject::article(&format!("a{id}")),
        message_id: format!("id{id}"),
        expected_last: ExpectedLast::None,
        headers: Headers::new(),
        payload: Bytes::from(vec![b'x'; 1000]),
    }
}

async fn append(log: &JetStreamLog, count: usize) {
    for result in log
        .append(Stream::Articles, (0..count).map(message).collect())
        .await
    {
        result.unwrap();
    }
}

async fn apply(admin: &Administration, options: ApplyOptions) -> Vec<(Part, Result<Applied, LogError>)> {
    admin
        .apply(&[(Stream::Articles, worker())], options)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_creates_what_is_missing_and_repeated_changes_nothing() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let admin = Administration::connect(config(&server)).await.unwrap();
    assert!(
        admin
            .status()
            .await
            .unwrap()
            .iter()
            .all(|(_, status)| status.is_none())
    );
    for expected in [Applied::Created, Applied::Unchanged] {
        let results = apply(&admin, ApplyOptions::default()).await;
        assert_eq!(results.len(), Stream::ALL.len() + 1);
        for (part, result) in results {
            assert_eq!(result.unwrap(), expected, "{part:?}");
        }
    }
    // What a service would do finds nothing left to do.
    let log = JetStreamLog::connect(config(&server)).await.unwrap();
    log.consumer(Stream::Articles, worker()).await.unwrap();
    for (part, result) in apply(&admin, ApplyOptions::default()).await {
        assert_eq!(result.unwrap(), Applied::Unchanged, "{part:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn safe_drift_is_changed_by_name_and_unsafe_drift_refused_beside_it() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let nats = nats(&server).await;
    let old = Config {
        name: "TAGGED".to_owned(),
        subjects: vec!["tagged.>".to_owned()],
        discard: DiscardPolicy::Old,
        ..Config::default()
    };
    nats.create_stream(old).await.unwrap();
    let admin = Administration::connect(config(&server)).await.unwrap();
    apply(&admin, ApplyOptions::default()).await;
    let articles = nats.get_stream("ARTICLES").await.unwrap();
    let drifted = pull::Config {
        durable_name: Some("worker".to_owned()),
        ack_wait: Duration::from_secs(1),
        max_ack_pending: 100,
        max_batch: 1,
        description: Some("by hand".to_owned()),
        ..Default::default()
    };
    articles.create_consumer(drifted).await.unwrap();

    let larger = JetStreamConfig {
        max_bytes: MaxBytes {
            articles: 8 << 30,
            ..MaxBytes::default()
        },
        ..config(&server)
    };
    let admin = Administration::connect(larger).await.unwrap();
    let results = apply(&admin, ApplyOptions::default()).await;
    let of = |part: Part| {
        let found = results.iter().find(|(found, _)| *found == part);
        found.map(|(_, result)| result.clone()).unwrap()
    };
    let change = SettingChange {
        setting: "max_bytes",
        from: (4_u64 << 30).to_string(),
        to: (8_u64 << 30).to_string(),
    };
    assert_eq!(
        of(Part::Stream("ARTICLES".to_owned())).unwrap(),
        Applied::Changed(vec![change])
    );
    let refused = of(Part::Stream("TAGGED".to_owned())).unwrap_err();
    assert!(refused.to_string().contains("discard is old"), "{refused}");
    let consumer = of(Part::Consumer {
        stream: "ARTICLES".to_owned(),
        consumer: "worker".to_owned(),
    });
    assert!(matches!(consumer.unwrap(), Applied::Changed(changes) if changes[0].setting == "max_batch"),);
    let after = nats.get_stream("TAGGED").await.unwrap();
    assert_eq!(after.cached_info().config.discard, DiscardPolicy::Old);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_below_the_fill_and_a_shorter_age_lose_nothing() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = JetStreamLog::connect(config(&server)).await.unwrap();
    append(&log, 50).await;
    let small = JetStreamConfig {
        max_bytes: MaxBytes {
            articles: 10_000,
            ..MaxBytes::default()
        },
        ..config(&server)
    };
    let log = JetStreamLog::connect(small.clone()).await.unwrap();
    let info = log.info(Stream::Articles).await.unwrap();
    assert_eq!((info.first_sequence, info.messages), (1, 50));

    let nats = nats(&server).await;
    let mut found = nats
        .get_stream("ARTICLES")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    found.max_age = Duration::from_secs(100 * 24 * 60 * 60);
    nats.update_stream(&found).await.unwrap();
    let thirty = JetStreamConfig {
        max_age_days: 30,
        ..small
    };
    // Younger than the new limit: nothing is dropped, so it is applied.
    let log = JetStreamLog::connect(thirty).await.unwrap();
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 50);
    let found = nats
        .get_stream("ARTICLES")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    assert_eq!(found.max_age, Duration::from_secs(30 * 24 * 60 * 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_fill_lag_and_the_oldest_unacknowledged() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = JetStreamLog::connect(config(&server)).await.unwrap();
    append(&log, 5).await;
    let mut consumer = log.consumer(Stream::Articles, worker()).await.unwrap();
    consumer.next().await.unwrap().ack().await.unwrap();
    let second = consumer.next().await.unwrap();
    let third = consumer.next().await.unwrap().record;
    store_dead_letter(
        &log,
        Stream::Articles,
        &third,
        Bytes::from_static(b"letter"),
        |_| false,
    )
    .await
    .unwrap();

    let admin = Administration::connect(config(&server)).await.unwrap();
    let all = admin.status().await.unwrap();
    let articles = all
        .iter()
        .find(|(stream, _)| *stream == Stream::Articles)
        .and_then(|(_, status)| status.clone())
        .unwrap();
    assert_eq!(
        (articles.messages, articles.first_sequence, articles.last_sequence),
        (5, 1, 5)
    );
    assert_eq!(articles.max_bytes, Some(4 << 30));
    assert!(articles.bytes > 5_000);
    assert_eq!((articles.replicas, articles.current_replicas), (1, 1));
    assert_eq!(articles.dead_lettered, 1);
    let [worker] = &articles.consumers[..] else {
        panic!("{:?}", articles.consumers);
    };
    assert_eq!(worker.name, "worker");
    assert_eq!(worker.oldest_unacknowledged_at, Some(second.record.appended_at));
    assert!(worker.ack_pending >= 1, "{worker:?}");
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_is_refused_unless_the_server_syncs_always() {
    let Some(server) = NatsTestServer::start_monitored_unless_skipped("2m").await else {
        return;
    };
    let always = |server: &NatsTestServer, url: String| JetStreamConfig {
        durability: Durability::Always,
        monitoring_urls: vec![url],
        connect_deadline_ms: 3_000,
        ..config(server)
    };
    let url = server.monitoring_url().unwrap();
    let error = JetStreamLog::connect(always(&server, url.clone()))
        .await
        .unwrap_err();
    assert!(matches!(error, LogError::InvalidSettings(_)), "{error:?}");
    assert!(error.to_string().contains("sync_always is false"), "{error}");

    let durable = NatsTestServer::start_monitored_unless_skipped("always")
        .await
        .unwrap();
    let durable_url = durable.monitoring_url().unwrap();
    JetStreamLog::connect(always(&durable, durable_url.clone()))
        .await
        .unwrap();
    // A port that belongs to another server proves nothing, and neither does one that does not answer.
    let error = JetStreamLog::connect(always(&server, durable_url))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("do not lead to the server"), "{error}");
    let error = JetStreamLog::connect(always(&durable, "http://127.0.0.1:9".to_owned()))
        .await
        .unwrap_err();
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("http://127.0.0.1:9"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_gave_up_on_is_captured() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let prefixed = JetStreamConfig {
        stream_prefix: "T1".to_owned(),
        ..config(&server)
    };
    let log = JetStreamLog::connect(prefixed).await.unwrap();
    append(&log, 2).await;
    let stream = nats(&server).await.get_stream("T1_ARTICLES").await.unwrap();
    let limited = pull::Config {
        durable_name: Some("limited".to_owned()),
        max_deliver: 1,
        ack_wait: Duration::from_millis(500),
        ..Default::default()
    };
    let consumer: NatsConsumer<pull::Config> = stream.create_consumer(limited).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let terminated = messages.next().await.unwrap().unwrap();
    terminated.ack_with(AckKind::Term).await.unwrap();
    let _forgotten = messages.next().await.unwrap().unwrap();

    let mut advisories = log.read(Stream::Advisories, StartAt::Oldest).await.unwrap();
    let mut given_up = Vec::new();
    while given_up.len() < 2 {
        let record = timeout(PATIENCE, advisories.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        given_up.push(GivenUp::decode(&record).unwrap());
    }
    given_up.sort_by_key(|given_up| given_up.sequence);
    for (given_up, (sequence, reason)) in given_up.iter().zip([(1, "terminated"), (2, "max_deliver")]) {
        assert_eq!(
            (
                given_up.stream,
                given_up.sequence,
                given_up.consumer.as_str(),
                given_up.deliveries
            ),
            (Stream::Articles, sequence, "limited", 1)
        );
        assert!(given_up.reason.contains(reason), "{given_up:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_delivers_nothing_is_asked_anew_and_then_called_stalled() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let watched = JetStreamConfig {
        watchdog_quiet_ms: 500,
        watchdog_rebuilds: 2,
        ..config(&server)
    };
    let log = JetStreamLog::connect(watched).await.unwrap();
    let mut consumer = log.consumer(Stream::Articles, worker()).await.unwrap();
    // From now on the server refuses every pull of ours: it asks for more than one message.
    let stream = nats(&server).await.get_stream("ARTICLES").await.unwrap();
    let limited = pull::Config {
        durable_name: Some("worker".to_owned()),
        description: Some("Gisa event log".to_owned()),
        ack_wait: Duration::from_secs(1),
        max_ack_pending: 100,
        max_batch: 1,
        ..Default::default()
    };
    stream.create_consumer(limited).await.unwrap();
    // What was asked for before still comes.
    append(&log, 100).await;
    let error = loop {
        match timeout(PATIENCE, consumer.next()).await.unwrap() {
            Ok(delivery) => delivery.ack().await.unwrap(),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, LogError::Stalled { stream: Stream::Articles, consumer, pending: 1.. } if consumer == "worker"),
        "{error:?}"
    );
    // Made anew, it is brought to its definition and delivers again.
    let mut consumer = log.consumer(Stream::Articles, worker()).await.unwrap();
    timeout(PATIENCE, consumer.next()).await.unwrap().unwrap();
}
