//! What is refused, how it is explained, and that it changes nothing.

use gisa_proto::{
    article::v1::Author,
    ingest::v1::{ArticleSubmission, IngestArticleRequest, RetractArticleRequest, Retraction},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::service::{TestLog, ingest, retract, submission, why};

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations
        .iter()
        .map(|violation| violation.field.clone())
        .collect()
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once_and_nothing_is_written() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let mut client = service.client().await;
    let author = |name: &str| Author {
        name: name.into(),
        email: String::new(),
    };
    let wrong = ArticleSubmission {
        article_id: "기사".into(),
        url: "/7".into(),
        title: "a\u{7}".into(),
        authors: vec![author("김"), author("이"), author("")],
        ..submission("", "1")
    };
    let refused = ingest(&client, wrong).await.unwrap_err();
    assert_eq!(why(&refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
    assert_eq!(
        fields(&refused),
        [
            "article.url",
            "article.title",
            "article.authors[2].name",
            "article.article_id"
        ]
    );

    let nothing = client
        .ingest_article(IngestArticleRequest::default())
        .await
        .unwrap_err();
    assert_eq!(fields(&nothing), ["article"]);
    let nothing = client
        .retract_article(RetractArticleRequest::default())
        .await
        .unwrap_err();
    assert_eq!(fields(&nothing), ["retraction"]);
    let unnamed = retract(&client, Retraction::default()).await.unwrap_err();
    assert_eq!(fields(&unnamed), ["retraction.article_id"]);
    assert_eq!(log.revisions().await, 0);
    assert_eq!(log.log.appends(), 0);
}

#[tokio::test]
async fn the_worst_request_still_gets_a_readable_answer() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let author = Author {
        name: "\u{7}".repeat(101),
        email: "\u{7}".repeat(255),
    };
    let wrong = ArticleSubmission {
        authors: vec![author; 32],
        language: "?".into(),
        ..Default::default()
    };
    let refused = ingest(&client, wrong).await.unwrap_err();
    assert_eq!(why(&refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
    assert_eq!(fields(&refused).len(), gisa_ingest::validate::MAX_VIOLATIONS);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_its_size() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let large = ArticleSubmission {
        body: "x".repeat(512 * 1024 + 1),
        section: "\n".into(),
        ..submission("a", "1")
    };
    let refused = ingest(&client, large).await.unwrap_err();
    assert_eq!(why(&refused), (Code::InvalidArgument, "BODY_TOO_LARGE".into()));
    let details = refused.get_error_details();
    let metadata = &details.error_info().unwrap().metadata;
    assert_eq!(
        (metadata["size"].as_str(), metadata["limit"].as_str()),
        ("524289", "524288")
    );
    assert_eq!(fields(&refused), ["article.section", "article.body"]);

    let largest = ArticleSubmission {
        body: "x".repeat(512 * 1024),
        ..submission("a", "1")
    };
    ingest(&client, largest).await.unwrap();
}
