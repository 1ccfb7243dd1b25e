//! Tagging articles again: which ones, how it is counted, cancelled, resumed, taken over, and that it replaces nothing newer.

use std::{sync::Arc, time::Duration};

use gisa_article_codec::ArticleTagged;
use gisa_article_model::PublicationState;
use gisa_event_log::{EventLog, Stream, Subject};
use gisa_proto::{
    entity::v1::EntityType,
    tagging::v1::{
        CancelRetagRequest, Entity, GetRetagRequest, ListRetagsRequest, ResumeRetagRequest, Retag,
        RetagProgress, RetagSelection, RetagState, StartRetagRequest, UpsertEntityRequest, WatchRetagRequest,
    },
};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    Client, Service,
    outcomes::{append_article, revised},
};

const PATIENCE: Duration = Duration::from_secs(60);
const HAEOREUM: &str = "org:haeoreum-nuri-tech";

/// Appends a revision with this text.
async fn append(service: &Service, id: &str, revision: u32, body: &str) {
    let mut event = revised(id, revision, PublicationState::Usable);
    event.article.body = body.into();
    append_article(&*service.log, id, &format!("{id}/{revision}"), event.encode()).await;
}

/// The outcome of a revision as soon as it satisfies `wanted`.
async fn outcome(
    log: &dyn EventLog,
    id: &str,
    revision: u32,
    wanted: impl Fn(&ArticleTagged) -> bool,
) -> ArticleTagged {
    let subject = Subject::tagged(id, revision);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let record = log.last_of_subject(Stream::Tagged, &subject).await.unwrap();
        if let Some(outcome) = record.map(|record| ArticleTagged::decode(&record.payload).unwrap())
            && wanted(&outcome)
        {
            return outcome;
        }
        assert!(
            Instant::now() < deadline,
            "{id}/{revision} is not tagged as wanted"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

fn knows(outcome: &ArticleTagged) -> bool {
    let links = outcome
        .tagged_article
        .mentions
        .iter()
        .filter_map(|mention| mention.link.as_ref());
    links
        .into_iter()
        .any(|link| link.entity_id.as_deref() == Some(HAEOREUM))
}

async fn upsert(client: &mut Client, id: &str, name: &str) -> u64 {
    let request = UpsertEntityRequest {
        entity: Some(Entity {
            id: id.into(),
            r#type: EntityType::Organization.into(),
            name: name.into(),
            ..Entity::default()
        }),
    };
    let answer = client.upsert_entity(request).await.unwrap().into_inner();
    answer.tagger_version.unwrap().dictionary
}

async fn start(client: &mut Client, id: &str, selection: RetagSelection) -> Result<Retag, Status> {
    let request = StartRetagRequest {
        selection: Some(selection),
        id: id.into(),
        min_dictionary_version: 0,
    };
    let answer = client.start_retag(request).await?.into_inner();
    Ok(answer.retag.unwrap())
}

/// Follows an operation to its end.
async fn end_of(client: &mut Client, id: &str) -> Retag {
    let request = WatchRetagRequest { id: id.into() };
    let following = async {
        let mut changes = client.watch_retag(request).await.unwrap().into_inner();
        let mut last = None;
        while let Some(change) = changes.message().await.unwrap() {
            last = change.retag;
        }
        last.unwrap()
    };
    timeout(PATIENCE, following).await.expect("the retag ends")
}

fn affected_by(entity: &str) -> RetagSelection {
    RetagSelection {
        entity_ids: vec![entity.into()],
        ..RetagSelection::default()
    }
}

fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().unwrap().reason.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_articles_that_a_change_affects_are_tagged_again() {
    let mut service = Service::start().await;
    let text = "해오름누리테크는 2일 새 공장을 열었다.";
    append(&service, "affected", 1, text).await;
    append(&service, "other", 1, "삼성전자는 2일 새 공장을 열었다.").await;
    append(&service, "old", 1, text).await;
    append(&service, "old", 2, "삼성전자는 3일 새 공장을 열었다.").await;
    append(&service, "gone", 1, text).await;
    let gone = revised("gone", 2, PublicationState::Retracted).encode();
    append_article(&*service.log, "gone", "gone/2", gone).await;
    // The name is part of another word, so the result stays as it is.
    append(&service, "unchanged", 1, "탈해오름누리테크노파크에 갔다.").await;
    for (id, revision) in [
        ("affected", 1),
        ("other", 1),
        ("old", 1),
        ("old", 2),
        ("gone", 1),
        ("gone", 2),
        ("unchanged", 1),
    ] {
        outcome(&*service.log, id, revision, |_| true).await;
    }
    let before = service.log.info(Stream::Tagged).await.unwrap().last_sequence;

    let version = upsert(&mut service.client, HAEOREUM, "해오름누리테크").await;
    let started = start(&mut service.client, "r-1", affected_by(HAEOREUM))
        .await
        .unwrap();
    assert_eq!(
        (started.state(), started.dictionary_version),
        (RetagState::Running, version)
    );
    let ended = end_of(&mut service.client, "r-1").await;
    assert_eq!(ended.state(), RetagState::Done, "{ended:?}");
    let expected = RetagProgress {
        total: 7,
        scanned: 7,
        matched: 2,
        retagged: 1,
        unchanged: 1,
        failed: 0,
    };
    assert_eq!(ended.progress, Some(expected));
    let tagged = outcome(&*service.log, "affected", 1, knows).await.tagged_article;
    assert_eq!(tagged.tagger_version.dictionary, version);
    let after = service.log.info(Stream::Tagged).await.unwrap().last_sequence;
    assert_eq!(after, before + 1, "nothing else was published");

    // Again it finds everything done; by the version of the dictionary it is the same selection.
    let again = RetagSelection {
        changed_after: Some(version - 1),
        ..RetagSelection::default()
    };
    start(&mut service.client, "r-2", again).await.unwrap();
    let ended = end_of(&mut service.client, "r-2").await.progress.unwrap();
    assert_eq!((ended.matched, ended.retagged, ended.unchanged), (2, 0, 2));
    let nothing = RetagSelection {
        changed_after: Some(version),
        ..RetagSelection::default()
    };
    start(&mut service.client, "r-3", nothing).await.unwrap();
    assert_eq!(
        end_of(&mut service.client, "r-3").await.progress.unwrap().matched,
        0
    );

    let listed = service
        .client
        .list_retags(ListRetagsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<&str> = listed.retags.iter().map(|retag| retag.id.as_str()).collect();
    assert_eq!(ids, ["r-3", "r-2", "r-1"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_and_wrong_calls_are_told_apart() {
    let mut service = Service::start().await;
    let client = &mut service.client;
    let started = start(client, "r", affected_by("org:naver")).await.unwrap();
    let repeated = start(client, "r", affected_by("org:naver")).await.unwrap();
    assert_eq!(repeated.started_at, started.started_at);
    let cases = [
        start(client, "r", affected_by("org:kakao")).await,
        start(client, "not an id", RetagSelection::default()).await,
        start(client, "r-2", affected_by("org:nobody-knows-it")).await,
    ];
    for refused in cases {
        assert_eq!(
            reason(&refused.unwrap_err()),
            (Code::InvalidArgument, "INVALID_FIELD".into())
        );
    }
    let unknown = client
        .get_retag(GetRetagRequest { id: "x".into() })
        .await
        .unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "RETAG_NOT_FOUND".into()));
    end_of(client, "r").await;
    let done = client
        .cancel_retag(CancelRetagRequest { id: "r".into() })
        .await
        .unwrap_err();
    assert_eq!(reason(&done), (Code::FailedPrecondition, "RETAG_FINISHED".into()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_retag_goes_on_where_it_was() {
    let mut service = Service::start().await;
    const ARTICLES: u64 = 40;
    for number in 0..ARTICLES {
        append(
            &service,
            &format!("a-{number}"),
            1,
            "해오름누리테크는 2일 새 공장을 열었다.",
        )
        .await;
    }
    for number in 0..ARTICLES {
        outcome(&*service.log, &format!("a-{number}"), 1, |_| true).await;
    }
    upsert(&mut service.client, HAEOREUM, "해오름누리테크").await;
    start(&mut service.client, "r", RetagSelection::default())
        .await
        .unwrap();
    let request = CancelRetagRequest { id: "r".into() };
    let cancelled = service
        .client
        .cancel_retag(request)
        .await
        .unwrap()
        .into_inner()
        .retag
        .unwrap();
    assert_eq!(cancelled.state(), RetagState::Cancelled);
    assert_eq!(
        end_of(&mut service.client, "r").await.state(),
        RetagState::Cancelled
    );

    let request = ResumeRetagRequest { id: "r".into() };
    service.client.resume_retag(request).await.unwrap();
    let ended = end_of(&mut service.client, "r").await;
    let progress = ended.progress.unwrap();
    assert_eq!(ended.state(), RetagState::Done);
    assert_eq!(
        (progress.total, progress.scanned, progress.matched),
        (ARTICLES, ARTICLES, ARTICLES)
    );
    // What was tagged between the last note and the cancellation counts as unchanged.
    assert_eq!(progress.retagged + progress.unchanged, ARTICLES);
    for number in 0..ARTICLES {
        outcome(&*service.log, &format!("a-{number}"), 1, knows).await;
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retag_outlives_the_replica_that_works_on_it() {
    let mut service = Service::start().await;
    let other = Service::on(Arc::clone(&service.log)).await;
    append(&service, "a", 1, "해오름누리테크는 2일 새 공장을 열었다.").await;
    outcome(&*service.log, "a", 1, |_| true).await;
    upsert(&mut service.client, HAEOREUM, "해오름누리테크").await;
    start(&mut service.client, "r", affected_by(HAEOREUM))
        .await
        .unwrap();
    // In order, it gives back what it holds; the journeys kill.
    other.stop().await;
    assert_eq!(end_of(&mut service.client, "r").await.state(), RetagState::Done);
    outcome(&*service.log, "a", 1, knows).await;
    service.stop().await;
}
