//! What ends up on TAGGED and DEAD_LETTERS.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition};
use gisa_article_model::{
    Analysis, Article, ArticleId, ContentHash, EntityType, PublicationState, TaggedArticle, TaggerVersion,
    ZonedTime,
};
use gisa_entity_tagging::publish::publish_outcome;
use gisa_event_log::{Append, EventLog, ExpectedLast, Headers, Record, StartAt, Stream, Subject};
use gisa_proto::events::v1::DeadLetter;
use jiff::Timestamp;
use prost::Message as _;
use tokio::time::timeout;

use crate::Service;

pub(crate) fn revised(article_id: &str, revision: u32, state: PublicationState) -> ArticleRevised {
    let text = if state == PublicationState::Retracted {
        ["", ""]
    } else {
        ["제목", "삼성전자는 2일 1조 원을 투자했다."]
    };
    ArticleRevised {
        article: Article {
            article_id: ArticleId::parse(article_id).unwrap(),
            source: "test".into(),
            external_id: String::new(),
            url: String::new(),
            section: String::new(),
            title: text[0].into(),
            subtitle: String::new(),
            body: text[1].into(),
            authors: Vec::new(),
            language: "ko".into(),
            published_at: ZonedTime::in_korea("2026-11-03T00:00:00Z".parse().unwrap()),
            revision,
            state,
            state_reason: String::new(),
            content_hash: ContentHash([0; 32]),
            copyright: String::new(),
        },
        accepted_at: Timestamp::now(),
        superseded_hashes: Vec::new(),
    }
}

pub(crate) async fn append_article(
    log: &dyn EventLog,
    article_id: &str,
    id: &str,
    payload: impl Into<Bytes>,
) {
    let message = Append {
        subject: Subject::article(article_id),
        message_id: id.to_owned(),
        expected_last: ExpectedLast::Any,
        headers: Headers::from([(
            "traceparent".into(),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
        )]),
        payload: payload.into(),
    };
    log.append(Stream::Articles, vec![message])
        .await
        .pop()
        .unwrap()
        .unwrap();
}

/// The first `count` records of a stream, as soon as they are there.
pub(crate) async fn first_records(log: &dyn EventLog, stream: Stream, count: usize) -> Vec<Record> {
    let records = log
        .read(stream, StartAt::Oldest)
        .await
        .unwrap()
        .take(count)
        .map(Result::unwrap)
        .collect();
    timeout(Duration::from_secs(60), records)
        .await
        .expect("the records arrive")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_is_tagged_once_however_often_it_comes() {
    let service = Service::start().await;
    for repetition in 0..5 {
        let payload = revised("a", 1, PublicationState::Usable).encode();
        append_article(&*service.log, "a", &format!("a/{repetition}"), payload).await;
    }
    append_article(
        &*service.log,
        "b",
        "b",
        revised("b", 1, PublicationState::Usable).encode(),
    )
    .await;

    let records = first_records(&*service.log, Stream::Tagged, 2).await;
    let outcomes: Vec<ArticleTagged> = records
        .iter()
        .map(|record| ArticleTagged::decode(&record.payload).unwrap())
        .collect();
    let mut ids: Vec<&str> = outcomes
        .iter()
        .map(|outcome| outcome.tagged_article.article.article_id.as_str())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "b"]);
    let mentions = &outcomes[0].tagged_article.mentions;
    let found = |kind, surface: &str| {
        mentions
            .iter()
            .any(|m| m.entity_type == kind && m.surface == surface)
    };
    assert!(found(EntityType::Organization, "삼성전자"), "{mentions:?}");
    assert!(
        found(EntityType::Date, "2일") && found(EntityType::Money, "1조 원"),
        "{mentions:?}"
    );
    assert!(
        records[0].headers.contains_key("traceparent"),
        "the trace goes on"
    );

    let log = service.log.clone();
    service.stop().await;
    assert_eq!(
        log.info(Stream::Tagged).await.unwrap().last_sequence,
        2,
        "nothing was published twice"
    );
    let lag = log
        .consumer_lag(Stream::Articles, "entity-tagging")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (lag.pending, lag.ack_pending),
        (0, 0),
        "everything is acknowledged"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retraction_passes_through_without_mentions() {
    let service = Service::start().await;
    append_article(
        &*service.log,
        "a",
        "a1",
        revised("a", 1, PublicationState::Usable).encode(),
    )
    .await;
    append_article(
        &*service.log,
        "a",
        "a2",
        revised("a", 2, PublicationState::Retracted).encode(),
    )
    .await;
    let records = first_records(&*service.log, Stream::Tagged, 2).await;
    let retraction = records
        .iter()
        .map(|record| ArticleTagged::decode(&record.payload).unwrap().tagged_article)
        .find(|tagged| tagged.article.revision == 2)
        .unwrap();
    assert_eq!(retraction.article.state, PublicationState::Retracted);
    assert!(retraction.mentions.is_empty());
    assert_eq!(retraction.analysis, Analysis::default());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_dead_lettered_and_the_rest_goes_on() {
    let service = Service::start().await;
    append_article(&*service.log, "broken", "broken", "not protobuf").await;
    append_article(
        &*service.log,
        "a",
        "a",
        revised("a", 1, PublicationState::Usable).encode(),
    )
    .await;

    first_records(&*service.log, Stream::Tagged, 1).await;
    let letter = first_records(&*service.log, Stream::DeadLetters, 1)
        .await
        .remove(0);
    assert_eq!(letter.subject.as_str(), "dead.ARTICLES.1");
    let letter = DeadLetter::decode(letter.payload).unwrap();
    assert_eq!(letter.payload, "not protobuf");
    assert_eq!(
        (letter.stream.as_str(), letter.subject.as_str(), letter.attempts),
        ("ARTICLES", "articles.broken", 1)
    );
    assert_eq!(letter.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert!(!letter.error.is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_tagger_never_replaces_a_newer_one() {
    let service = Service::start().await;
    let outcome = |engine| ArticleTagged {
        tagged_article: TaggedArticle {
            article: revised("z", 1, PublicationState::Usable).article,
            mentions: Vec::new(),
            analysis: Analysis::default(),
            tagger_version: TaggerVersion {
                engine,
                dictionary: 0,
            },
            tagged_at: Timestamp::now(),
        },
        source_position: LogPosition {
            stream_identity: "x".into(),
            sequence: 1,
        },
        accepted_at: Timestamp::now(),
    };
    for engine in [5, 4, 5, 6, 5] {
        publish_outcome(&*service.log, &outcome(engine), &Headers::new())
            .await
            .unwrap();
    }
    let records = first_records(&*service.log, Stream::Tagged, 2).await;
    let engines: Vec<u32> = records
        .iter()
        .map(|record| {
            ArticleTagged::decode(&record.payload)
                .unwrap()
                .tagged_article
                .tagger_version
                .engine
        })
        .collect();
    assert_eq!(engines, [5, 6]);
    assert_eq!(service.log.info(Stream::Tagged).await.unwrap().last_sequence, 2);
    service.stop().await;
}
