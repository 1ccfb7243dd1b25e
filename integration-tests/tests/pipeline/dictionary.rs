//! Journeys of the live dictionary and of tagging again, independent of the log they run on.

use gisa_integration_tests::{
    Clients, Pipeline, Stage,
    articles::{naver_cloud, published_at},
    eventually::eventually,
};
use gisa_proto::{
    article::v1::PublicationState,
    entity::v1::{EntityType, TaggedArticle, TaggerVersion},
    ingest::v1::{ArticleSubmission, IngestOutcome},
    query::v1::{ArticleChangeKind, ArticleFilter, GetArticleRequest, WatchArticlesRequest},
    tagging::v1::{
        CancelRetagRequest, DeleteEntityRequest, Entity, GetRetagRequest, ResumeRetagRequest, Retag,
        RetagSelection, RetagState, StartRetagRequest, TagTextRequest, TextTags, TextToTag,
        UpsertEntityRequest,
    },
};

/// The entity of these journeys, which no dictionary has.
const HAEOREUM: &str = "org:haeoreum-nuri-tech";
const BODY: &str = "해오름누리테크는 2일 새 공장을 열었다.";

fn article(external_id: &str) -> ArticleSubmission {
    ArticleSubmission {
        source: "integration-tests".to_owned(),
        external_id: external_id.to_owned(),
        title: "새 공장".to_owned(),
        body: BODY.to_owned(),
        published_at: Some(published_at()),
        ..ArticleSubmission::default()
    }
}

async fn upsert(clients: &mut Clients) -> TaggerVersion {
    let request = UpsertEntityRequest {
        entity: Some(Entity {
            id: HAEOREUM.to_owned(),
            r#type: EntityType::Organization.into(),
            name: "해오름누리테크".to_owned(),
            ..Entity::default()
        }),
    };
    let answer = clients.tagging.upsert_entity(request).await.expect("an upsert");
    answer.into_inner().tagger_version.expect("a version")
}

async fn tag(clients: &mut Clients, min_dictionary_version: u64) -> TextTags {
    let request = TagTextRequest {
        text: Some(TextToTag {
            body: BODY.to_owned(),
            ..TextToTag::default()
        }),
        explain: false,
        min_dictionary_version,
    };
    let answer = clients.tagging.tag_text(request).await.expect("tags");
    answer.into_inner().tags.expect("tags")
}

fn links_of(tags: &TextTags) -> Vec<&str> {
    let links = tags.mentions.iter().filter_map(|mention| mention.link.as_ref());
    let ids = links.map(|link| link.entity_id.as_str());
    ids.filter(|id| !id.is_empty()).collect()
}

fn knows(tagged: &TaggedArticle) -> bool {
    let links = tagged.mentions.iter().filter_map(|mention| mention.link.as_ref());
    links.into_iter().any(|link| link.entity_id == HAEOREUM)
}

/// An upsert at one replica is tagged with at the other without a restart, and at one that starts later; what is new is
/// tagged with it, what was tagged before is not touched.
pub(crate) async fn a_change_reaches_the_other_replica_and_new_articles(mut pipeline: Pipeline) {
    let mut first = pipeline.clients();
    let mut second = pipeline.clients_of_second(Stage::EntityTagging).await;
    let before = first.ingest_as(article("1"), IngestOutcome::Created).await;
    let tagged = first.get_after(&before).await.expect("the article");
    assert!(!knows(&tagged));
    assert_eq!(tagged.tagger_version.map(|version| version.dictionary), Some(0));
    assert!(links_of(&tag(&mut second, 0).await).is_empty());

    let version = upsert(&mut first).await;
    assert_eq!(version.dictionary, 1);
    // The replica that has answered knows it already.
    assert_eq!(links_of(&tag(&mut first, 0).await), [HAEOREUM]);
    let tags = tag(&mut second, version.dictionary).await;
    assert_eq!(links_of(&tags), [HAEOREUM]);
    assert_eq!(tags.tagger_version, Some(version));

    let after = first.ingest_as(article("2"), IngestOutcome::Created).await;
    let tagged = first.get_after(&after).await.expect("the article");
    assert!(knows(&tagged), "{:?}", tagged.mentions);
    assert_eq!(tagged.tagger_version, Some(version));
    let untouched = first.get_after(&before).await.expect("the article");
    assert!(!knows(&untouched));

    pipeline.kill(Stage::EntityTagging).await;
    pipeline.restart(Stage::EntityTagging).await;
    let mut restarted = pipeline.clients();
    assert_eq!(
        links_of(&tag(&mut restarted, 0).await),
        [HAEOREUM],
        "read at the start"
    );
    let request = DeleteEntityRequest {
        id: HAEOREUM.to_owned(),
        etag: "1".to_owned(),
    };
    let deleted = restarted
        .tagging
        .delete_entity(request)
        .await
        .expect("a deletion");
    let version = deleted.into_inner().tagger_version.expect("a version");
    assert_eq!(version.dictionary, 2);
    assert!(links_of(&tag(&mut second, version.dictionary).await).is_empty());
}

/// Starts a retag of the articles that the entity of these journeys is in.
async fn start_retag(clients: &mut Clients, id: &str, version: TaggerVersion) {
    let request = StartRetagRequest {
        selection: Some(RetagSelection {
            entity_ids: vec![HAEOREUM.to_owned()],
            ..RetagSelection::default()
        }),
        id: id.to_owned(),
        min_dictionary_version: version.dictionary,
    };
    clients.tagging.start_retag(request).await.expect("a retag");
}

/// The state of a retag as soon as it is as `wanted`.
async fn retag_when(clients: &Clients, id: &str, wanted: fn(&Retag) -> bool) -> Retag {
    eventually(|| {
        let mut tagging = clients.tagging.clone();
        let request = GetRetagRequest { id: id.to_owned() };
        async move {
            let answer = tagging
                .get_retag(request)
                .await
                .map_err(|status| status.to_string())?;
            let retag = answer.into_inner().retag.expect("a retag");
            if wanted(&retag) {
                Ok(retag)
            } else {
                Err(format!("{retag:?}"))
            }
        }
    })
    .await
}

fn is_done(retag: &Retag) -> bool {
    retag.state() == RetagState::Done
}

/// A retag after a change tags the affected articles and no others; watchers are told of those, and of nothing else.
pub(crate) async fn a_retag_reaches_the_affected_articles_and_their_watchers(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let affected = clients.ingest_as(article("1"), IngestOutcome::Created).await;
    let other = clients.ingest_as(naver_cloud("2"), IngestOutcome::Created).await;
    clients.get_after(&affected).await.expect("the article");
    clients.get_after(&other).await.expect("the article");
    let mut all = clients
        .watch(WatchArticlesRequest::default())
        .await
        .expect("a watch");
    let of_entity = WatchArticlesRequest {
        filter: Some(ArticleFilter {
            entity_ids: vec![HAEOREUM.to_owned()],
            ..ArticleFilter::default()
        }),
        ..WatchArticlesRequest::default()
    };
    let mut matching = clients.watch(of_entity).await.expect("a watch");
    all.until_live().await;
    matching.until_live().await;

    let version = upsert(&mut clients).await;
    start_retag(&mut clients, "r-1", version).await;
    let id = affected.article_id.clone();
    assert_eq!(
        all.next_change().await,
        (ArticleChangeKind::Retagged, id.clone(), 1)
    );
    assert_eq!(
        matching.next_change().await,
        (ArticleChangeKind::Published, id.clone(), 1)
    );
    let done = retag_when(&clients, "r-1", is_done)
        .await
        .progress
        .expect("progress");
    assert_eq!(
        (done.total, done.scanned, done.matched, done.retagged),
        (2, 2, 1, 1),
        "{done:?}"
    );
    let tagged = clients.get_after(&affected).await.expect("the article");
    assert!(knows(&tagged));
    assert_eq!(tagged.tagger_version, Some(version));

    // Without the entity the article leaves the watch of it; a watch of everything hears of that alone.
    let request = DeleteEntityRequest {
        id: HAEOREUM.to_owned(),
        etag: String::new(),
    };
    let deleted = clients.tagging.delete_entity(request).await.expect("a deletion");
    let version = deleted.into_inner().tagger_version.expect("a version");
    start_retag(&mut clients, "r-2", version).await;
    assert_eq!(
        matching.next_change().await,
        (ArticleChangeKind::Unmatched, id.clone(), 1)
    );
    assert_eq!(all.next_change().await, (ArticleChangeKind::Retagged, id, 1));
    let untouched = clients.get_after(&other).await.expect("the article");
    assert_eq!(
        untouched.tagger_version.map(|version| version.dictionary),
        Some(0)
    );
}

/// The replica that works on a retag is killed: another one finishes it. A correction in the meantime wins.
pub(crate) async fn a_killed_retag_goes_on_elsewhere(mut pipeline: Pipeline) {
    const ARTICLES: usize = 40;
    let mut clients = pipeline.clients();
    let mut written = Vec::new();
    for number in 0..ARTICLES {
        written.push(
            clients
                .ingest_as(article(&number.to_string()), IngestOutcome::Created)
                .await,
        );
    }
    for written in &written {
        clients.get_after(written).await.expect("the article");
    }
    let version = upsert(&mut clients).await;
    start_retag(&mut clients, "r", version).await;
    // It is written down when a replica takes it, and it goes on for some seconds.
    let taken = |retag: &Retag| retag.updated_at != retag.started_at;
    let retag = retag_when(&clients, "r", taken).await;
    assert_eq!(retag.state(), RetagState::Running);
    pipeline.kill(Stage::EntityTagging).await;

    let corrected = ArticleSubmission {
        body: format!("{BODY} 회사는 이를 정정했다."),
        state: PublicationState::Corrected.into(),
        ..article("0")
    };
    let corrected = clients.ingest_as(corrected, IngestOutcome::Corrected).await;
    let second = pipeline.clients_of_second(Stage::EntityTagging).await;
    let done = retag_when(&second, "r", is_done)
        .await
        .progress
        .expect("progress");
    assert_eq!(done.failed, 0, "{done:?}");
    assert_eq!(done.scanned, done.total, "{done:?}");

    let current = clients.get_after(&corrected).await.expect("the article");
    assert_eq!(current.article.as_ref().map(|article| article.revision), Some(2));
    assert!(knows(&current));
    for written in &written[1..] {
        let request = GetArticleRequest {
            article_id: written.article_id.clone(),
            ..GetArticleRequest::default()
        };
        eventually(|| {
            let (mut clients, request) = (clients.clone(), request.clone());
            async move {
                let tagged = clients.get(request).await.map_err(|status| status.to_string())?;
                let retagged = tagged.tagger_version == Some(version) && knows(&tagged);
                retagged
                    .then_some(())
                    .ok_or_else(|| format!("{:?}", tagged.tagger_version))
            }
        })
        .await;
    }
}

/// A cancelled retag stops, and goes on when it is resumed.
pub(crate) async fn a_retag_is_cancelled_and_resumed(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let written = clients.ingest_as(article("1"), IngestOutcome::Created).await;
    clients.get_after(&written).await.expect("the article");
    let version = upsert(&mut clients).await;
    start_retag(&mut clients, "r", version).await;
    let request = CancelRetagRequest { id: "r".to_owned() };
    let cancelled = clients
        .tagging
        .cancel_retag(request)
        .await
        .expect("a cancellation");
    let cancelled = cancelled.into_inner().retag.expect("a retag");
    assert_eq!(cancelled.state(), RetagState::Cancelled);
    let request = ResumeRetagRequest { id: "r".to_owned() };
    clients.tagging.resume_retag(request).await.expect("a resumption");
    let done = retag_when(&clients, "r", is_done)
        .await
        .progress
        .expect("progress");
    assert_eq!((done.matched, done.retagged + done.unchanged), (1, 1));
    let tagged = eventually(|| {
        let (mut clients, written) = (clients.clone(), written.clone());
        async move {
            let tagged = clients
                .get_after(&written)
                .await
                .map_err(|status| status.to_string())?;
            if knows(&tagged) {
                Ok(tagged)
            } else {
                Err("not yet".to_owned())
            }
        }
    })
    .await;
    assert_eq!(tagged.tagger_version, Some(version));
}
