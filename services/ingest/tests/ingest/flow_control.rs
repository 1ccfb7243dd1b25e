//! Bounds: a slow log slows the sender, a sender that does not listen is not read, and nothing piles up in between.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gisa_ingest::IngestConfig;
use gisa_proto::ingest::v1::{
    ArticleSubmission, IngestArticleRequest, IngestArticlesRequest, IngestOutcome::Created,
    ingest_service_client::IngestServiceClient,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::Code;

use crate::service::{TestLog, answer, article_request, eventually, ingest, submission, what, within};

/// Long enough for whatever is not held back to run on.
const A_WHILE: Duration = Duration::from_millis(300);

/// Articles one after the other, counting how many were taken.
fn counted(
    count: usize,
    body_bytes: usize,
    taken: &Arc<AtomicUsize>,
) -> impl Stream<Item = IngestArticlesRequest> + use<> {
    let taken = Arc::clone(taken);
    tokio_stream::iter(0..count).map(move |number| {
        taken.fetch_add(1, Ordering::SeqCst);
        let article = ArticleSubmission {
            body: "x".repeat(body_bytes),
            ..submission(&format!("article-{number}"), "1")
        };
        article_request(number, article)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_hangs_holds_the_sender_back() {
    const COUNT: usize = 600;
    const BODY_BYTES: usize = 100_000;
    let log = TestLog::open().await;
    let service = log
        .serve_with(&IngestConfig {
            max_in_flight: 8,
            ..Default::default()
        })
        .await;
    let mut client = service.client().await;
    log.log.hang();
    let taken = Arc::new(AtomicUsize::new(0));
    let mut answers = client
        .ingest_articles(counted(COUNT, BODY_BYTES, &taken))
        .await
        .unwrap()
        .into_inner();

    eventually("the stream is full", || log.log.inside() == 8).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(log.log.inside(), 8);
    // What else has left the sender is in the windows and buffers of the connection.
    let in_buffers = taken.load(Ordering::SeqCst) - 8;
    assert!(
        in_buffers * BODY_BYTES < 8 * 1024 * 1024,
        "{in_buffers} requests in buffers"
    );

    log.log.go_on();
    let mut answered = 0;
    while let Some(response) = within("an answer", answers.message()).await.unwrap() {
        assert_eq!(what(&answer(response).1.unwrap()), (Created, 1));
        answered += 1;
    }
    assert_eq!(answered, COUNT);
    assert_eq!(log.log.most_inside(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_calls_together_stay_within_the_bytes_of_the_process() {
    const BODY_BYTES: usize = 250_000;
    let log = TestLog::open().await;
    // Room for three of them.
    let config = IngestConfig {
        max_bytes_in_flight: 3 * 256 * 1024,
        ..Default::default()
    };
    let service = log.serve_with(&config).await;
    let mut client = service.client().await;
    log.log.hang();
    let taken = Arc::new(AtomicUsize::new(0));
    let first = client
        .ingest_articles(counted(20, BODY_BYTES, &taken))
        .await
        .unwrap()
        .into_inner();
    let second = client
        .ingest_articles(counted(20, BODY_BYTES, &taken))
        .await
        .unwrap()
        .into_inner();
    eventually("the room is taken", || log.log.inside() == 3).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(log.log.inside(), 3);

    // A call waits for room too, as long as its caller does, and leaves nothing behind.
    let large = ArticleSubmission {
        body: "x".repeat(BODY_BYTES),
        ..submission("unary", "1")
    };
    let mut request = tonic::Request::new(IngestArticleRequest {
        article: Some(large.clone()),
    });
    request.set_timeout(Duration::from_millis(100));
    let late = client.ingest_article(request).await.unwrap_err();
    assert!(
        matches!(late.code(), Code::Cancelled | Code::DeadlineExceeded),
        "{late:?}"
    );
    assert_eq!(log.log.inside(), 3);

    log.log.go_on();
    let waiting = ingest(&client, large);
    let (one, other, unary) = within("all is done", async {
        tokio::join!(first.collect::<Vec<_>>(), second.collect::<Vec<_>>(), waiting)
    })
    .await;
    assert_eq!(
        (one.len(), other.len(), what(&unary.unwrap())),
        (20, 20, (Created, 1))
    );
    assert!(
        one.into_iter()
            .chain(other)
            .all(|response| answer(response.unwrap()).1.is_ok())
    );
    assert!(log.log.most_inside() <= 3, "{}", log.log.most_inside());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_does_not_listen_is_not_read_and_holds_up_nobody() {
    const COUNT: usize = 20_000;
    let log = TestLog::open().await;
    // Three of its articles fill the process.
    let config = IngestConfig {
        max_in_flight: 8,
        max_body_bytes: 4_096,
        max_bytes_in_flight: 4_096,
    };
    let service = log.serve_with(&config).await;
    // The smallest window, so that few answers fit into the connection.
    let channel = service
        .endpoint()
        .initial_stream_window_size(65_535)
        .connect()
        .await
        .unwrap();
    let mut deaf = IngestServiceClient::new(channel);
    let taken = Arc::new(AtomicUsize::new(0));
    let mut answers = deaf
        .ingest_articles(counted(COUNT, 1_100, &taken))
        .await
        .unwrap()
        .into_inner();

    let mut before = usize::MAX;
    within("reading stops", async {
        while before != log.log.appends() {
            before = log.log.appends();
            tokio::time::sleep(A_WHILE).await;
        }
    })
    .await;
    assert!(
        before < COUNT / 2,
        "{before} were read of a caller that reads no answers"
    );

    let other = service.client().await;
    let article = ArticleSubmission {
        body: "x".repeat(3_900),
        ..submission("other", "1")
    };
    let result = within("another caller", ingest(&other, article)).await;
    assert_eq!(what(&result.unwrap()), (Created, 1));

    let mut answered = 0;
    while let Some(response) = within("an answer", answers.message()).await.unwrap() {
        assert!(answer(response).1.is_ok());
        answered += 1;
    }
    assert_eq!(answered, COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_caller_goes_its_work_is_dropped_and_its_room_is_free() {
    let log = TestLog::open().await;
    let config = IngestConfig {
        max_bytes_in_flight: 512 * 1024,
        ..Default::default()
    };
    let service = log.serve_with(&config).await;
    log.log.hang();
    // A runtime of its own, so that the connection is cut as when a process ends.
    let caller = tokio::runtime::Runtime::new().unwrap();
    let endpoint = service.endpoint();
    caller.spawn(async move {
        let mut client = IngestServiceClient::new(endpoint.connect().await.unwrap());
        let requests = counted(100, 100_000, &Arc::default());
        let answers = client.ingest_articles(requests).await.unwrap();
        std::future::pending::<()>().await;
        drop(answers);
    });
    eventually("the room is taken", || log.log.inside() == 5).await;
    caller.shutdown_background();
    eventually("the work is dropped", || log.log.inside() == 0).await;

    log.log.go_on();
    let client = service.client().await;
    let large = ArticleSubmission {
        body: "x".repeat(400_000),
        ..submission("other", "1")
    };
    let result = within("another caller", ingest(&client, large)).await;
    assert_eq!(what(&result.unwrap()), (Created, 1));
    assert_eq!(log.revisions().await, 1);
}
