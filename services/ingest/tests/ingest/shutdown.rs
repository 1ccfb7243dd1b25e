//! Stopping: what was begun is finished and answered, then the stream says that it has to be begun again.

use std::time::Duration;

use gisa_ingest::IngestConfig;
use gisa_proto::ingest::v1::IngestOutcome::Created;
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::service::{TestLog, answer, article_request, eventually, submission, what, why, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_service_finishes_what_it_has_begun() {
    let log = TestLog::open().await;
    let service = log
        .serve_with(&IngestConfig {
            max_in_flight: 4,
            ..Default::default()
        })
        .await;
    let mut client = service.client().await;
    log.log.hang();
    let endless = tokio_stream::iter(0..)
        .map(|number| article_request(number, submission(&format!("a-{number}"), "1")));
    let mut answers = client.ingest_articles(endless).await.unwrap().into_inner();
    eventually("the stream is full", || log.log.inside() == 4).await;

    let stopped = service.stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    log.log.go_on();
    let mut answered = 0;
    let end = loop {
        match within("the end", answers.message()).await {
            Ok(Some(response)) => {
                assert_eq!(what(&answer(response).1.unwrap()), (Created, 1));
                answered += 1;
            }
            Ok(None) => panic!("the stream ended as if all had been done"),
            Err(status) => break status,
        }
    };
    assert_eq!(why(&end), (Code::Unavailable, "NOT_READY".into()));
    assert_eq!((answered, log.revisions().await), (4, 4));
    within("the service stops", stopped).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_stream_does_not_keep_the_service_from_stopping() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let mut client = service.client().await;
    let nothing = tokio_stream::pending();
    let mut answers = client.ingest_articles(nothing).await.unwrap().into_inner();
    let stopped = service.stop();
    let end = within("the end", answers.message()).await.unwrap_err();
    assert_eq!(why(&end), (Code::Unavailable, "NOT_READY".into()));
    within("the service stops", stopped).await.unwrap().unwrap();
}
