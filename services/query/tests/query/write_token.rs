//! Write tokens: an answer includes the caller's own write, or says why not.

use std::time::{Duration, Instant};

use gisa_article_codec::{LogPosition, WriteToken};
use gisa_article_model::ArticleId;
use gisa_proto::query::v1::{GetArticleRequest, SearchArticlesRequest};
use tonic::{Code, Request};

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, ids, reason, tell},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_the_write() {
    let mut sandbox = Sandbox::start().await;
    for revision in 1..20 {
        sandbox
            .tell(&article("a", &format!("제목{revision}"), "본문").revision(revision))
            .await;
        let write_token = sandbox.write_token("a", revision).await;
        let request = GetArticleRequest {
            article_id: "a".into(),
            revision: 0,
            write_token: write_token.clone(),
        };
        let response = sandbox.client.get_article(request).await.unwrap().into_inner();
        assert_eq!(
            response.tagged_article.unwrap().article.unwrap().revision,
            revision
        );
        let request = SearchArticlesRequest {
            query: format!("제목{revision}"),
            write_token,
            ..Default::default()
        };
        assert_eq!(ids(&sandbox.search_with(request).await), ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_comes_while_the_call_waits_is_seen() {
    let mut sandbox = Sandbox::start().await;
    let write_token = sandbox.write_token("a", 2).await;
    let log = sandbox.log.clone();
    let writer = tokio::spawn(async move {
        tell(&*log, &article("a", "제목", "본문")).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        // A later revision includes it too.
        tell(&*log, &article("a", "제목", "본문").revision(3)).await;
    });
    let request = GetArticleRequest {
        article_id: "a".into(),
        revision: 0,
        write_token,
    };
    let response = sandbox.client.get_article(request).await.unwrap().into_inner();
    assert_eq!(response.tagged_article.unwrap().article.unwrap().revision, 3);
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_does_not_come_is_said_within_the_deadline() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "본문")]).await;
    let write_token = sandbox.write_token("a", 2).await;
    let mut request = Request::new(GetArticleRequest {
        article_id: "a".into(),
        revision: 0,
        write_token,
    });
    request.set_timeout(Duration::from_millis(400));
    let started = Instant::now();
    let status = sandbox.client.get_article(request).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::DeadlineExceeded, "WRITE_NOT_VISIBLE")
    );
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_logs_and_damaged_ones_are_refused() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "본문")]).await;
    let foreign = WriteToken {
        article_id: ArticleId::parse("a").unwrap(),
        revision: 1,
        position: LogPosition {
            stream_identity: "another".into(),
            sequence: 1,
        },
    };
    for (write_token, code, expected) in [
        (foreign.encode(), Code::FailedPrecondition, "LOG_REPLACED"),
        ("!".into(), Code::InvalidArgument, "INVALID_WRITE_TOKEN"),
    ] {
        let request = GetArticleRequest {
            article_id: "a".into(),
            revision: 0,
            write_token,
        };
        let status = sandbox.client.get_article(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, expected));
    }
}
