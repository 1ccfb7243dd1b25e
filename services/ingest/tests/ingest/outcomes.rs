//! What becomes of accepted operations, and what the log then holds.

use gisa_article_codec::WriteToken;
use gisa_event_log::{EventLog as _, Stream, Subject};
use gisa_proto::{
    article::v1::PublicationState::{Corrected, Usable, Withheld},
    ingest::v1::{IngestArticleRequest, IngestOutcome, Retraction},
};
use tonic::{Code, codec::CompressionEncoding};

use crate::service::{TestLog, in_state, ingest, retract, retraction_of, submission, what, why};

#[tokio::test]
async fn created_unchanged_corrected_withheld_released_retracted() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let outcome = async |state, content: &str| {
        let result = ingest(&client, in_state(state, submission("a", content)))
            .await
            .unwrap();
        what(&result)
    };

    assert_eq!(outcome(Usable, "1").await, (IngestOutcome::Created, 1));
    assert_eq!(outcome(Usable, "1").await, (IngestOutcome::Unchanged, 1));
    assert_eq!(outcome(Usable, "2").await, (IngestOutcome::Corrected, 2));
    assert_eq!(outcome(Usable, "1").await, (IngestOutcome::Unchanged, 2));
    assert_eq!(outcome(Corrected, "1").await, (IngestOutcome::Corrected, 3));
    assert_eq!(outcome(Withheld, "1").await, (IngestOutcome::Corrected, 4));
    assert_eq!(outcome(Usable, "1").await, (IngestOutcome::Unchanged, 4));
    assert_eq!(outcome(Corrected, "1").await, (IngestOutcome::Corrected, 5));

    let retracted = retract(&client, retraction_of("a")).await.unwrap();
    assert_eq!(what(&retracted), (IngestOutcome::Retracted, 6));
    let again = retract(&client, retraction_of("a")).await.unwrap();
    assert_eq!(what(&again), (IngestOutcome::Unchanged, 6));
    assert_eq!(again.write_token, retracted.write_token);

    let refused = ingest(&client, submission("a", "3")).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "ARTICLE_RETRACTED".into())
    );
    let (_, record) = log.newest("a").await.unwrap();
    assert_eq!(
        (record.article.title.as_str(), record.article.body.as_str()),
        ("", "")
    );
    assert_eq!(record.article.state_reason, "오보");
    assert_eq!(log.revisions().await, 6);
}

#[tokio::test]
async fn a_write_token_names_the_record_of_the_current_revision() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let identity = log.log.info(Stream::Articles).await.unwrap().identity;

    ingest(&client, submission("other", "1")).await.unwrap();
    let created = ingest(&client, submission("a", "1")).await.unwrap();
    ingest(&client, submission("other", "2")).await.unwrap();
    let unchanged = ingest(&client, submission("a", "1")).await.unwrap();
    assert_eq!(created.write_token, unchanged.write_token);

    let token = WriteToken::decode(&created.write_token).unwrap();
    assert_eq!((token.article_id.as_str(), token.revision), ("a", 1));
    assert_eq!(token.position.stream_identity, identity);
    assert_eq!(token.position.sequence, log.newest("a").await.unwrap().0);
}

#[tokio::test]
async fn an_id_is_derived_and_found_again_by_a_retraction() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    let mut article = submission("", "1");
    article.url = "https://hangang.example/news/7/?utm_source=rss".into();
    let created = ingest(&client, article).await.unwrap();

    let by_url = Retraction {
        source: "한강일보".into(),
        url: "HTTPS://hangang.example/news/7".into(),
        ..Default::default()
    };
    let retracted = retract(&client, by_url).await.unwrap();
    assert_eq!(retracted.article_id, created.article_id);
    assert_eq!(what(&retracted), (IngestOutcome::Retracted, 2));

    let unknown = retract(&client, retraction_of("unknown")).await.unwrap_err();
    assert_eq!(why(&unknown), (Code::NotFound, "ARTICLE_NOT_FOUND".into()));
}

#[tokio::test]
async fn requests_may_be_compressed_and_carry_a_trace() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (encoding, id) in [
        (CompressionEncoding::Gzip, "gzip"),
        (CompressionEncoding::Zstd, "zstd"),
    ] {
        let mut client = service.client().await.send_compressed(encoding);
        let mut request = tonic::Request::new(IngestArticleRequest {
            article: Some(submission(id, "1")),
        });
        request
            .metadata_mut()
            .insert("traceparent", trace.parse().unwrap());
        client.ingest_article(request).await.unwrap();
        let record = log
            .log
            .last_of_subject(Stream::Articles, &Subject::article(id))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.headers.get("traceparent").map(String::as_str), Some(trace));
    }

    let mut client = service.client().await;
    let mut request = tonic::Request::new(IngestArticleRequest {
        article: Some(submission("plain", "1")),
    });
    request
        .metadata_mut()
        .insert("traceparent", "nonsense".parse().unwrap());
    client.ingest_article(request).await.unwrap();
    let record = log
        .log
        .last_of_subject(Stream::Articles, &Subject::article("plain"))
        .await
        .unwrap()
        .unwrap();
    assert!(!record.headers.contains_key("traceparent"));
}
