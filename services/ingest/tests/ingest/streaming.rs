//! Streams of articles: one answer each, in the order of each article, and no stream disturbed by a bad article.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use gisa_event_log::embedded::Durability;
use gisa_proto::ingest::v1::{
    ArticleSubmission, IngestArticlesRequest,
    IngestOutcome::{self, Corrected, Created, Retracted},
    IngestResult,
};
use tonic::{Code, Status};

use crate::service::{
    Client, TestLog, answer, article_request, retraction_request, submission, what, why, within,
};

/// Sends all, and returns the answers by correlation id, with the end of the stream.
async fn send(
    client: &Client,
    requests: Vec<IngestArticlesRequest>,
) -> (HashMap<String, Result<IngestResult, Status>>, Result<(), Status>) {
    let response = client.clone().ingest_articles(tokio_stream::iter(requests)).await;
    let mut stream = response.unwrap().into_inner();
    let mut answers = HashMap::new();
    loop {
        match within("an answer", stream.message()).await {
            Ok(Some(response)) => {
                let (correlation_id, result) = answer(response);
                assert!(answers.insert(correlation_id, result).is_none(), "answered twice");
            }
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

#[tokio::test]
async fn a_bad_article_disturbs_no_other() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let oversized = ArticleSubmission {
        body: "x".repeat(1024 * 1024),
        ..submission("large", "1")
    };
    let requests = vec![
        article_request("1", submission("a", "1")),
        article_request(
            "bad",
            ArticleSubmission {
                title: " ".into(),
                ..submission("b", "1")
            },
        ),
        article_request("large", oversized),
        IngestArticlesRequest {
            correlation_id: "empty".into(),
            operation: None,
        },
        retraction_request("unknown", "unknown"),
        article_request("x".repeat(200), submission("c", "1")),
        article_request("2", submission("a", "2")),
        retraction_request("3", "a"),
        article_request("4", submission("a", "3")),
        article_request("5", submission("d", "1")),
    ];
    let count = requests.len();
    let (answers, end) = send(&client, requests).await;
    end.unwrap();
    assert_eq!(answers.len(), count);
    let done = |id: &str| what(answers[id].as_ref().unwrap());
    assert_eq!(
        [done("1"), done("2"), done("3"), done("5")],
        [(Created, 1), (Corrected, 2), (Retracted, 3), (Created, 1)]
    );
    let refused = |id: &str| why(answers[id].as_ref().unwrap_err()).1;
    assert_eq!(refused("bad"), "INVALID_FIELD");
    assert_eq!(refused("large"), "BODY_TOO_LARGE");
    assert_eq!(refused("empty"), "INVALID_FIELD");
    assert_eq!(refused("unknown"), "ARTICLE_NOT_FOUND");
    assert_eq!(refused("4"), "ARTICLE_RETRACTED");
    assert_eq!(refused(&"x".repeat(128)), "INVALID_FIELD");
    assert_eq!(log.revisions().await, 4);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_ends_the_stream_after_what_came_before() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let huge = ArticleSubmission {
        body: "x".repeat(3 * 1024 * 1024),
        ..submission("huge", "1")
    };
    let requests = vec![
        article_request("1", submission("a", "1")),
        article_request("2", huge),
        article_request("3", submission("b", "1")),
    ];
    let (answers, end) = send(&client, requests).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(what(answers["1"].as_ref().unwrap()), (Created, 1));
    assert_eq!(
        why(&end.unwrap_err()),
        (Code::InvalidArgument, "BODY_TOO_LARGE".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_on_one_article_are_carried_out_in_order() {
    const ARTICLES: usize = 20;
    const REVISIONS: u32 = 12;
    let log = TestLog::open_with(|_| (), |log| log.with_delays(Duration::from_millis(3))).await;
    let service = log.serve().await;
    let client = service.client().await;
    let requests: Vec<_> = (1..=REVISIONS)
        .flat_map(|revision| {
            (0..ARTICLES).map(move |article| {
                let content = submission(&format!("article-{article}"), &format!("text {revision}"));
                article_request(format!("{article}/{revision}"), content)
            })
        })
        .collect();
    let (answers, end) = send(&client, requests).await;
    end.unwrap();
    for article in 0..ARTICLES {
        for revision in 1..=REVISIONS {
            let result = answers[&format!("{article}/{revision}")].as_ref().unwrap();
            assert_eq!(result.revision, revision, "article {article}");
        }
        let (_, newest) = log.newest(&format!("article-{article}")).await.unwrap();
        assert_eq!(newest.article.title, format!("text {REVISIONS}"));
    }
    // Different articles went side by side.
    assert!(log.log.most_inside() > ARTICLES / 2, "{}", log.log.most_inside());
}

/// `GISA_TEST_ARTICLES=100000` with `--release --nocapture` shows what one stream can carry.
#[tokio::test(flavor = "multi_thread")]
async fn many_articles_go_through_one_stream() {
    let count: usize = std::env::var("GISA_TEST_ARTICLES").map_or(2_000, |count| count.parse().unwrap());
    let log = TestLog::open_with(|config| config.durability = Durability::Fsync, |log| log).await;
    let service = log.serve().await;
    let mut client = service.client().await;
    let body = "한강전자는 23일 서울 중구 본사에서 이사회를 열고 내년 투자 계획을 확정했다.\n".repeat(15);
    let requests = (0..count).map(move |number| {
        let article = ArticleSubmission {
            body: body.clone(),
            ..submission(&format!("article-{number}"), "제목")
        };
        article_request(number, article)
    });

    let start = Instant::now();
    let mut stream = client
        .ingest_articles(tokio_stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let mut answered = HashSet::new();
    while let Some(response) = within("an answer", stream.message()).await.unwrap() {
        let (correlation_id, result) = answer(response);
        assert_eq!(result.unwrap().outcome(), IngestOutcome::Created);
        assert!(answered.insert(correlation_id));
    }
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!((answered.len(), log.revisions().await), (count, count as u64));
    println!(
        "{count} articles in {seconds:.1} s: {:.0} per second",
        count as f64 / seconds
    );
}
