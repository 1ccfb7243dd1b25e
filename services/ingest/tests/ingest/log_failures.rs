//! A log that fails: nothing is acknowledged, the reason is told, and asking again is safe.

use std::time::Duration;

use gisa_event_log::{Append, EventLog as _, ExpectedLast, Headers, Stream, Subject};
use gisa_proto::ingest::v1::{ArticleSubmission, IngestOutcome};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::{
    faulty_log::Fault,
    service::{
        PATIENCE, TestLog, answer, article_request, eventually, ingest, ingest_within, submission, what, why,
        within,
    },
};

/// A deadline that is waited for.
const SHORT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn an_unavailable_log_acknowledges_nothing() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let mut client = service.client().await;
    log.log.fail_appends(Fault::Unavailable, usize::MAX);
    let refused = ingest_within(&client, submission("a", "1"), SHORT)
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Unavailable, "LOG_UNAVAILABLE".into()));
    assert!(log.log.appends() > 2, "it was tried again within the deadline");
    let retry = refused
        .get_error_details()
        .retry_info()
        .and_then(|info| info.retry_delay);
    assert_eq!(retry, Some(Duration::from_secs(1)));

    let requests: Vec<_> = (0..50)
        .map(|number| article_request(number, submission(&number.to_string(), "1")))
        .collect();
    let mut requests = tonic::Request::new(tokio_stream::iter(requests));
    requests.set_timeout(PATIENCE);
    let mut answers = client.ingest_articles(requests).await.unwrap().into_inner();
    let mut answered = 0;
    while let Some(response) = within("an answer", answers.message()).await.unwrap() {
        let (_, result) = answer(response);
        assert_eq!(
            why(&result.unwrap_err()),
            (Code::Unavailable, "LOG_UNAVAILABLE".into())
        );
        answered += 1;
    }
    assert_eq!((answered, log.revisions().await), (50, 0));

    log.log.fail_appends(Fault::None, 0);
    assert_eq!(
        what(&ingest(&client, submission("a", "1")).await.unwrap()),
        (IngestOutcome::Created, 1)
    );
}

#[tokio::test]
async fn a_lost_acknowledgement_is_asked_for_again() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    log.log.fail_appends(Fault::AckLost, 2);
    assert_eq!(
        what(&ingest(&client, submission("a", "1")).await.unwrap()),
        (IngestOutcome::Created, 1)
    );
    assert_eq!(log.revisions().await, 1);
}

#[tokio::test]
async fn after_acknowledgements_lost_for_good_asking_again_finds_the_revision() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    log.log.fail_appends(Fault::AckLost, usize::MAX);
    let refused = ingest_within(&client, submission("a", "1"), SHORT)
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "LOG_UNAVAILABLE");
    log.log.fail_appends(Fault::None, 0);
    assert_eq!(
        what(&ingest(&client, submission("a", "1")).await.unwrap()),
        (IngestOutcome::Unchanged, 1)
    );
    assert_eq!(log.revisions().await, 1);
}

#[tokio::test]
async fn a_log_that_hangs_is_told_of_before_the_deadline() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    log.log.hang();
    let refused = ingest_within(&client, submission("a", "1"), SHORT)
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Unavailable, "LOG_UNAVAILABLE".into()));
    eventually("nothing is left in the log", || log.log.inside() == 0).await;
}

#[tokio::test]
async fn a_full_log_says_so() {
    let log = TestLog::open_with(|config| config.max_bytes = 20_000, |log| log).await;
    let service = log.serve().await;
    let client = service.client().await;
    let large = |id: &str| ArticleSubmission {
        body: "x".repeat(9_000),
        ..submission(id, "1")
    };
    ingest(&client, large("1")).await.unwrap();
    ingest(&client, large("2")).await.unwrap();
    let refused = ingest(&client, large("3")).await.unwrap_err();
    assert_eq!(why(&refused), (Code::ResourceExhausted, "LOG_FULL".into()));
    // What needs no room still works.
    assert_eq!(
        what(&ingest(&client, large("1")).await.unwrap()),
        (IngestOutcome::Unchanged, 1)
    );
}

#[tokio::test]
async fn an_article_larger_than_the_log_takes_is_refused_by_size() {
    let log = TestLog::open_with(|config| config.max_message_bytes = 5_000, |log| log).await;
    let service = log.serve().await;
    let client = service.client().await;
    let large = ArticleSubmission {
        body: "x".repeat(6_000),
        ..submission("a", "1")
    };
    let refused = ingest(&client, large).await.unwrap_err();
    assert_eq!(why(&refused), (Code::InvalidArgument, "BODY_TOO_LARGE".into()));
    assert_eq!(
        refused.get_error_details().error_info().unwrap().metadata["limit"],
        "5000"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_not_overwritten() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let damaged = Append {
        subject: Subject::article("a"),
        message_id: "damaged".into(),
        expected_last: ExpectedLast::Any,
        headers: Headers::new(),
        payload: b"not protobuf".as_slice().into(),
    };
    for result in log.log.append(Stream::Articles, vec![damaged]).await {
        result.unwrap();
    }
    let refused = ingest(&client, submission("a", "1")).await.unwrap_err();
    assert_eq!(why(&refused), (Code::Internal, "INTERNAL".into()));
    assert_eq!(log.revisions().await, 1);
}
