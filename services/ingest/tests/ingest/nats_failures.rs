//! A real nats-server that is killed, frozen or full: no false positive, an answer within the deadline, and retries that
//! outlast a short failure.

use std::{sync::Arc, time::Duration};

use gisa_event_log::{
    EventLog, Stream,
    jetstream::{JetStreamConfig, JetStreamLog, MaxBytes},
    test_server::NatsTestServer,
};
use gisa_ingest::IngestConfig;
use gisa_proto::ingest::v1::{ArticleSubmission, IngestOutcome};
use tokio::time::{Instant, sleep};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::service::{
    Service, answer, article_request, ingest, ingest_within, submission, what, why, within,
};

const DEADLINE: Duration = Duration::from_secs(4);

async fn connect(server: &NatsTestServer, max_bytes: MaxBytes) -> Arc<dyn EventLog> {
    let config = JetStreamConfig {
        servers: vec![server.url()],
        max_bytes,
        ..JetStreamConfig::default()
    };
    Arc::new(JetStreamLog::connect(config).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_unavailable_and_a_restarted_one_is_waited_for() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server, MaxBytes::default()).await;
    let service = Service::start(Arc::clone(&log), &IngestConfig::default()).await;
    let client = service.client().await;
    ingest(&client, submission("a", "1")).await.unwrap();

    server.kill().await;
    let asked_at = Instant::now();
    let refused = ingest_within(&client, submission("b", "1"), DEADLINE)
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Unavailable, "LOG_UNAVAILABLE".into()));
    assert!(refused.get_error_details().retry_info().is_some());
    assert!(asked_at.elapsed() >= DEADLINE / 2, "it goes on trying");

    // The next one is asked while the server is gone, and answered when it is back.
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { ingest_within(&client, submission("c", "1"), Duration::from_secs(50)).await }
    });
    sleep(Duration::from_secs(1)).await;
    server.restart().await;
    let accepted = waiting.await.unwrap().unwrap();
    assert_eq!(what(&accepted), (IngestOutcome::Created, 1));
    // What was refused can be sent again; whether it had been stored is for the log to say.
    ingest(&client, submission("b", "1")).await.unwrap();
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_told_of_before_the_deadline_and_nothing_is_stored_twice() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(&server, MaxBytes::default()).await;
    let service = Service::start(Arc::clone(&log), &IngestConfig::default()).await;
    let mut client = service.client().await;
    ingest(&client, submission("a", "1")).await.unwrap();

    server.pause().await;
    let requests: Vec<_> = (0..20)
        .map(|number| article_request(number, submission(&format!("s{number}"), "1")))
        .collect();
    let mut call = tonic::Request::new(tokio_stream::iter(requests.clone()));
    call.set_timeout(DEADLINE);
    let mut answers = client.ingest_articles(call).await.unwrap().into_inner();
    for _ in 0..requests.len() {
        let response = within("an answer", answers.message()).await.unwrap().unwrap();
        let refused = answer(response).1.unwrap_err();
        assert_eq!(why(&refused), (Code::Unavailable, "LOG_UNAVAILABLE".into()));
    }
    server.resume().await;
    for number in 0..requests.len() {
        let article = submission(&format!("s{number}"), "1");
        ingest_within(&client, article, Duration::from_secs(50))
            .await
            .unwrap();
    }
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_is_resource_exhausted_and_takes_articles_again_when_it_has_room() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let small = MaxBytes {
        articles: 64 << 10,
        ..MaxBytes::default()
    };
    let log = connect(&server, small).await;
    let service = Service::start(Arc::clone(&log), &IngestConfig::default()).await;
    let client = service.client().await;
    let large = |number: usize| ArticleSubmission {
        body: "가".repeat(4_000),
        ..submission(&format!("f{number}"), "1")
    };
    let mut stored = 0;
    let refused = loop {
        match ingest(&client, large(stored)).await {
            Ok(_) => stored += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(why(&refused), (Code::ResourceExhausted, "LOG_FULL".into()));
    assert!(refused.get_error_details().retry_info().is_some());
    let info = log.info(Stream::Articles).await.unwrap();
    assert_eq!(
        info.messages, stored as u64,
        "what was acknowledged is what is stored"
    );

    log.compact(Stream::Articles, info.last_sequence).await.unwrap();
    let accepted = ingest(&client, large(stored)).await.unwrap();
    assert_eq!(what(&accepted), (IngestOutcome::Created, 1));
}
