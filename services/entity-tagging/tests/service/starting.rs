//! A start while the log does not answer.

use std::{sync::Arc, time::Duration};

use gisa_entity_tagging::TaggingConfig;
use gisa_event_log::{
    jetstream::{JetStreamConfig, JetStreamLog},
    test_server::NatsTestServer,
};
use gisa_service_runtime::Assembly;
use tokio::time::{sleep, timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_waits_for_a_log_that_does_not_answer() {
    let Some(mut server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let config = JetStreamConfig {
        servers: vec![server.url()],
        request_timeout_ms: 200,
        ..JetStreamConfig::default()
    };
    let log = Arc::new(JetStreamLog::connect(config).await.unwrap());
    server.pause().await;
    let starting = tokio::spawn(async move {
        let mut assembly = Assembly::new();
        gisa_entity_tagging::start(&TaggingConfig::default(), log, &mut assembly).await
    });
    // Several answers are missed meanwhile.
    sleep(Duration::from_secs(5)).await;
    server.resume().await;
    timeout(Duration::from_secs(60), starting)
        .await
        .expect("it starts")
        .unwrap()
        .unwrap();
}
