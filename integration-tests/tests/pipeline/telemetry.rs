//! What operators see of the real processes over a real nats-server: metrics and the level of the logs.

use gisa_integration_tests::{
    Clients, Stage,
    admin::{Scraped, request},
    articles::{naver_cloud, naver_cloud_corrected},
    clients::PATIENCE,
    nats_pipeline::NatsPipeline,
};
use gisa_proto::{
    ingest::v1::{ArticleSubmission, IngestOutcome},
    query::v1::WatchArticlesRequest,
};
use tokio::time::{Instant, sleep};

use crate::rebuild::rebuild_index;

/// Scrapes until all samples have these values, or the patience of the tests is over.
async fn expect_metrics(pipeline: &NatsPipeline, stage: Stage, expected: &[(&str, f64)]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let scraped = Scraped::from(pipeline.admin(stage)).await;
        let differing = expected
            .iter()
            .find(|(sample, value)| scraped.value(sample) != Some(*value));
        let Some((sample, value)) = differing else {
            return;
        };
        let found = scraped.value(sample);
        assert!(
            Instant::now() < deadline,
            "{stage:?}: {sample} is {found:?}, not {value}; all: {scraped:?}"
        );
        sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_tell_what_happened() {
    let Some(pipeline) = NatsPipeline::start_unless_skipped().await else {
        return;
    };
    let mut clients = Clients::connect(&pipeline.endpoints());
    expect_metrics(&pipeline, Stage::Query, &[("gisa_index_ready", 1.0)]).await;
    let mut watcher = clients.watch(WatchArticlesRequest::default()).await.unwrap();
    watcher.until_live().await;

    for id in ["a", "b", "c"] {
        clients.ingest_as(naver_cloud(id), IngestOutcome::Created).await;
    }
    clients
        .ingest_as(naver_cloud("a"), IngestOutcome::Unchanged)
        .await;
    let last = clients
        .ingest_as(naver_cloud_corrected("a"), IngestOutcome::Corrected)
        .await;
    let refused = clients.ingest(ArticleSubmission::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    clients.get_after(&last).await.unwrap();
    for _ in 0..4 {
        watcher.next_change().await;
    }

    let rpc = |service: &str, method: &str, code: &str| {
        format!("gisa_rpc_requests_total{{service=\"{service}\",method=\"{method}\",code=\"{code}\"}}")
    };
    let ingested = rpc("gisa.ingest.v1.IngestService", "IngestArticle", "OK");
    let refused = rpc(
        "gisa.ingest.v1.IngestService",
        "IngestArticle",
        "INVALID_ARGUMENT",
    );
    expect_metrics(
        &pipeline,
        Stage::Ingest,
        &[
            (r#"gisa_build_info{program="gisa-ingest",version="0.1.0"}"#, 1.0),
            (r#"gisa_articles_total{result="CREATED"}"#, 3.0),
            (r#"gisa_articles_total{result="UNCHANGED"}"#, 1.0),
            (r#"gisa_articles_total{result="CORRECTED"}"#, 1.0),
            (r#"gisa_articles_total{result="INVALID_FIELD"}"#, 1.0),
            (r#"gisa_stage_duration_seconds_count{stage="append"}"#, 5.0),
            ("gisa_published_to_accepted_seconds_count", 3.0),
            (&ingested, 5.0),
            (&refused, 1.0),
        ],
    )
    .await;
    expect_metrics(
        &pipeline,
        Stage::EntityTagging,
        &[
            (r#"gisa_stage_duration_seconds_count{stage="tag"}"#, 4.0),
            (r#"gisa_stage_duration_seconds_count{stage="publish"}"#, 4.0),
            (
                r#"gisa_consumer_pending{stream="ARTICLES",consumer="entity-tagging"}"#,
                0.0,
            ),
            (
                r#"gisa_consumer_ack_pending{stream="ARTICLES",consumer="entity-tagging"}"#,
                0.0,
            ),
            (
                r#"gisa_consumer_oldest_unacknowledged_seconds{stream="ARTICLES",consumer="entity-tagging"}"#,
                0.0,
            ),
            (r#"gisa_stream_messages{stream="ARTICLES"}"#, 4.0),
            (r#"gisa_stream_messages{stream="TAGGED"}"#, 4.0),
            (r#"gisa_stream_messages{stream="DEAD_LETTERS"}"#, 0.0),
        ],
    )
    .await;
    let watching = r#"gisa_rpc_in_flight{service="gisa.query.v1.QueryService",method="WatchArticles"}"#;
    expect_metrics(
        &pipeline,
        Stage::Query,
        &[
            ("gisa_accepted_to_searchable_seconds_count", 4.0),
            ("gisa_index_lag", 0.0),
            ("gisa_index_skipped_records_total", 0.0),
            ("gisa_index_articles", 3.0),
            ("gisa_index_generation", 1.0),
            ("gisa_index_rebuild_running", 0.0),
            ("gisa_watch_subscribers", 1.0),
            (r#"gisa_watch_events_total{kind="PUBLISHED"}"#, 3.0),
            (r#"gisa_watch_events_total{kind="CORRECTED"}"#, 1.0),
            (watching, 1.0),
        ],
    )
    .await;
    let query = Scraped::from(pipeline.admin(Stage::Query)).await;
    assert!(query.value("gisa_index_bytes").unwrap() > 0.0, "{query:?}");
    assert!(
        query.value("gisa_index_commit_seconds_count").unwrap() >= 1.0,
        "{query:?}"
    );
    let tagging = Scraped::from(pipeline.admin(Stage::EntityTagging)).await;
    let limit = tagging
        .value(r#"gisa_stream_max_bytes{stream="ARTICLES"}"#)
        .unwrap();
    let bytes = tagging.value(r#"gisa_stream_bytes{stream="ARTICLES"}"#).unwrap();
    assert!(0.0 < bytes && bytes < limit, "{tagging:?}");

    drop(watcher);
    expect_metrics(
        &pipeline,
        Stage::Query,
        &[
            ("gisa_watch_subscribers", 0.0),
            (
                &rpc("gisa.query.v1.QueryService", "WatchArticles", "CANCELLED"),
                1.0,
            ),
        ],
    )
    .await;

    // They follow the index that answers, and what it came to know again is no news.
    assert_eq!(rebuild_index(clients.clone()).await, 2);
    let written = clients.ingest_as(naver_cloud("d"), IngestOutcome::Created).await;
    clients.get_after(&written).await.unwrap();
    expect_metrics(
        &pipeline,
        Stage::Query,
        &[
            ("gisa_index_ready", 1.0),
            ("gisa_index_generation", 2.0),
            ("gisa_index_articles", 4.0),
            ("gisa_index_rebuild_running", 0.0),
            ("gisa_index_lag", 0.0),
            ("gisa_accepted_to_searchable_seconds_count", 5.0),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_level_of_the_logs_changes_at_run_time() {
    let Some(pipeline) = NatsPipeline::start_unless_skipped().await else {
        return;
    };
    let admin = pipeline.admin(Stage::Ingest);
    let level = |method, body| request(admin, method, "/log-level", body);
    assert_eq!(level("GET", "").await, (200, "info\n".to_owned()));
    let is_debug = |line: &String| line.contains(r#""level":"DEBUG""#);
    assert!(!pipeline.log(Stage::Ingest).iter().any(is_debug));

    let (status, problem) = level("PUT", "gisa_ingest=loud").await;
    assert_eq!(status, 400, "{problem}");
    assert_eq!(
        level("GET", "").await.1,
        "info\n",
        "a wrong level changes nothing"
    );

    assert_eq!(level("PUT", "debug").await, (200, "debug\n".to_owned()));
    let mut clients = Clients::connect(&pipeline.endpoints());
    let deadline = Instant::now() + PATIENCE;
    while !pipeline.log(Stage::Ingest).iter().any(is_debug) {
        // Any traffic: the libraries beneath say something of each connection and frame.
        clients.ingest(naver_cloud("a")).await.unwrap();
        assert!(Instant::now() < deadline, "{:?}", pipeline.log(Stage::Ingest));
    }
}
