//! The journeys, independent of the log they run on.

use std::{collections::BTreeMap, time::Duration};

use gisa_integration_tests::{
    Clients, Pipeline, Stage,
    articles::{naver_cloud, naver_cloud_corrected},
    eventually::eventually,
};
use gisa_proto::{
    article::v1::PublicationState,
    entity::v1::{EntityType, TaggedArticle, TextField},
    ingest::v1::{
        IngestArticlesRequest, IngestOutcome, IngestResult, ingest_articles_request::Operation,
        ingest_articles_response::Outcome,
    },
    query::v1::{
        ArticleChangeKind, ArticleFilter, GetArticleRequest, SearchArticlesRequest, WatchArticlesRequest,
        watch_articles_request::Start,
    },
};
use tonic::Code;
use tonic_types::{RpcStatusExt, StatusExt as _};

/// An article goes in; it comes out tagged and analysed, and is found by its words with exact highlights and by its topic.
pub(crate) async fn ingest_to_search(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let written = clients.ingest_as(naver_cloud("1"), IngestOutcome::Created).await;
    assert_eq!(written.revision, 1);

    let tagged = clients.get_after(&written).await.expect("the article");
    assert_offsets_round_trip(&tagged);
    let mentioned = |kind: EntityType, surface: &str| {
        tagged
            .mentions
            .iter()
            .any(|mention| mention.r#type() == kind && mention.surface == surface)
    };
    assert!(
        mentioned(EntityType::Organization, "네이버클라우드"),
        "{:?}",
        tagged.mentions
    );
    assert!(
        mentioned(EntityType::Product, "하이퍼클로바X"),
        "{:?}",
        tagged.mentions
    );
    assert!(mentioned(EntityType::Date, "2일"), "{:?}", tagged.mentions);
    assert!(
        mentioned(EntityType::Money, "1조 2천억 원"),
        "{:?}",
        tagged.mentions
    );

    for query in ["하이퍼클로바X", "네이버클라우드", "언어 모델", "\"새 언어 모델\""] {
        let hits = clients.search_after(query, &written).await;
        assert_eq!(hits.len(), 1, "{query}");
        let hit = &hits[0];
        let found = hit.tagged_article.as_ref().expect("an article");
        assert_eq!(
            found.article.as_ref().map(|article| &article.article_id),
            Some(&written.article_id)
        );
        assert_eq!(found.analysis, tagged.analysis, "{query}");
        assert!(!hit.highlights.is_empty(), "{query}");
        for highlight in &hit.highlights {
            let span = highlight.span.as_ref().expect("a span");
            let slice = &text_of(found, highlight.field())[span.start_byte as usize..span.end_byte as usize];
            assert!(query.contains(slice), "{query} is highlighted as {slice}");
        }
    }
    assert!(clients.search_after("반도체", &written).await.is_empty());

    let topics = tagged.analysis.expect("an analysis").topics;
    for (number, topic) in topics.iter().enumerate() {
        let request = SearchArticlesRequest {
            filter: Some(ArticleFilter {
                topics: vec![topic.topic],
                ..ArticleFilter::default()
            }),
            ..SearchArticlesRequest::default()
        };
        let hits = clients.query.search_articles(request).await.expect("a search");
        let expected = u64::from(number == 0);
        assert_eq!(hits.into_inner().total_hits, expected, "{topic:?} of {topics:?}");
    }
    assert_eq!(topics.len(), 7);
}

/// A correction replaces the article everywhere; the earlier revision can still be read.
pub(crate) async fn correction(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let created = clients.ingest_as(naver_cloud("1"), IngestOutcome::Created).await;
    let corrected = clients
        .ingest_as(naver_cloud_corrected("1"), IngestOutcome::Corrected)
        .await;
    assert_eq!(
        (corrected.article_id.as_str(), corrected.revision),
        (created.article_id.as_str(), 2)
    );

    let latest = clients
        .get_after(&corrected)
        .await
        .expect("the article")
        .article
        .expect("an article");
    assert_eq!(
        (latest.revision, latest.state()),
        (2, PublicationState::Corrected)
    );
    assert!(latest.body.contains("1조 3천억"));
    let first = GetArticleRequest {
        article_id: created.article_id.clone(),
        revision: 1,
        ..Default::default()
    };
    let first = eventually(|| {
        let (mut clients, request) = (clients.clone(), first.clone());
        async move { clients.get(request).await }
    })
    .await;
    assert!(first.article.expect("an article").body.contains("1조 2천억"));

    let hits = clients.search_after("하이퍼클로바X", &corrected).await;
    assert_eq!(hits.len(), 1, "only the current revision is found");
    // A late copy of the first revision does not bring it back.
    let replayed = clients
        .ingest_as(naver_cloud("1"), IngestOutcome::Unchanged)
        .await;
    assert_eq!(replayed.revision, 2);
}

/// A retraction reaches get, search and the watchers, and is final.
pub(crate) async fn retraction(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let created = clients.ingest_as(naver_cloud("1"), IngestOutcome::Created).await;
    clients.get_after(&created).await.expect("the article");
    let mut watcher = clients.watch(from_the_beginning()).await.expect("a watch");
    let id = created.article_id.clone();
    assert_eq!(
        watcher.next_change().await,
        (ArticleChangeKind::Published, id.clone(), 1)
    );

    let retracted = clients.retract(&id, "오보").await.expect("a retraction");
    assert_eq!(
        (retracted.outcome(), retracted.revision),
        (IngestOutcome::Retracted, 2)
    );
    assert_eq!(
        watcher.next_change().await,
        (ArticleChangeKind::Withdrawn, id.clone(), 2)
    );

    assert_reason(
        &clients.get_after(&retracted).await.expect_err("gone"),
        Code::NotFound,
        "ARTICLE_RETRACTED",
    );
    assert!(clients.search_after("하이퍼클로바X", &retracted).await.is_empty());
    let earlier = GetArticleRequest {
        article_id: id.clone(),
        revision: 1,
        ..Default::default()
    };
    assert_reason(
        &clients.get(earlier).await.expect_err("gone"),
        Code::NotFound,
        "ARTICLE_RETRACTED",
    );

    let again = clients.retract(&id, "오보").await.expect("a repetition");
    assert_eq!((again.outcome(), again.revision), (IngestOutcome::Unchanged, 2));
    let revived = clients
        .ingest(naver_cloud_corrected("1"))
        .await
        .expect_err("a retraction is final");
    assert_reason(&revived, Code::FailedPrecondition, "ARTICLE_RETRACTED");
    let unknown = clients.retract("no-such-article", "").await.expect_err("unknown");
    assert_reason(&unknown, Code::NotFound, "ARTICLE_NOT_FOUND");
}

/// The same article again changes nothing, and no watcher hears of it.
pub(crate) async fn unchanged(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let created = clients.ingest_as(naver_cloud("1"), IngestOutcome::Created).await;
    for _ in 0..3 {
        let repeated = clients
            .ingest_as(naver_cloud("1"), IngestOutcome::Unchanged)
            .await;
        assert_eq!(
            (&repeated.article_id, repeated.revision),
            (&created.article_id, 1)
        );
        clients
            .get_after(&repeated)
            .await
            .expect("the token of an unchanged article works");
    }
    let other = clients.ingest_as(naver_cloud("2"), IngestOutcome::Created).await;
    clients.get_after(&other).await.expect("the other article");

    let mut watcher = clients.watch(from_the_beginning()).await.expect("a watch");
    let told = [watcher.next_change().await, watcher.next_change().await];
    let articles: Vec<&str> = told.iter().map(|(_, id, _)| id.as_str()).collect();
    assert!(articles.contains(&created.article_id.as_str()) && articles.contains(&other.article_id.as_str()));
    watcher.until_live().await;
}

/// A watch that is cut by a restart of query resumes where it was: no gap, no repeat.
pub(crate) async fn watch_across_restart(mut pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let mut expected = Vec::new();
    for number in 0..10 {
        expected.push(
            clients
                .ingest_as(naver_cloud(&number.to_string()), IngestOutcome::Created)
                .await
                .article_id,
        );
    }
    let mut watcher = clients.watch(from_the_beginning()).await.expect("a watch");
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(watcher.next_change().await.1);
    }

    pipeline.kill(Stage::Query).await;
    for number in 10..20 {
        expected.push(
            clients
                .ingest_as(naver_cloud(&number.to_string()), IngestOutcome::Created)
                .await
                .article_id,
        );
    }
    pipeline.restart(Stage::Query).await;

    let resume = WatchArticlesRequest {
        start: Some(Start::ResumeToken(watcher.resume_token.clone())),
        ..WatchArticlesRequest::default()
    };
    let mut watcher = eventually(|| {
        let (mut clients, resume) = (clients.clone(), resume.clone());
        async move { clients.watch(resume).await }
    })
    .await;
    while told.len() < expected.len() {
        told.push(watcher.next_change().await.1);
    }
    watcher.until_live().await;
    told.sort();
    expected.sort();
    assert_eq!(told, expected, "every article once");

    let foreign = WatchArticlesRequest {
        filter: Some(ArticleFilter {
            sources: vec!["other".to_owned()],
            ..ArticleFilter::default()
        }),
        start: Some(Start::ResumeToken(watcher.resume_token.clone())),
    };
    let mut refused = clients.watch(foreign).await;
    if let Ok(watcher) = &mut refused {
        panic!("a token of another filter is accepted: {watcher:?}");
    }
    assert_reason(
        &refused.expect_err("refused"),
        Code::InvalidArgument,
        "INVALID_RESUME_TOKEN",
    );
}

/// A read with a write token always includes the write, however fast it follows.
pub(crate) async fn read_your_write(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    for number in 0..20 {
        let mut article = naver_cloud(&number.to_string());
        article.title = format!("네이버클라우드 소식 {number}호");
        let written = clients.ingest_as(article, IngestOutcome::Created).await;
        let hits = clients
            .search_after(&format!("\"소식 {number}호\""), &written)
            .await;
        assert_eq!(hits.len(), 1, "article {number}");
    }
    let damaged = SearchArticlesRequest {
        write_token: "damaged!".to_owned(),
        ..Default::default()
    };
    let refused = clients
        .query
        .search_articles(damaged)
        .await
        .expect_err("a damaged token");
    assert_reason(&refused, Code::InvalidArgument, "INVALID_WRITE_TOKEN");
}

/// One bad article in a stream is refused with all its violations; the others are accepted.
pub(crate) async fn bad_input_in_the_middle_of_a_stream(pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let mut bad = naver_cloud("bad");
    bad.title = String::new();
    bad.url = "not a url".to_owned();
    let mut huge = naver_cloud("huge");
    huge.body = "가".repeat(200 * 1024);
    let mut operations = Vec::new();
    for number in 0..10 {
        operations.push((format!("good-{number}"), naver_cloud(&number.to_string())));
        if number == 5 {
            operations.push(("bad".to_owned(), bad.clone()));
            operations.push(("huge".to_owned(), huge.clone()));
        }
    }
    let requests: Vec<IngestArticlesRequest> = operations
        .into_iter()
        .map(|(correlation_id, article)| IngestArticlesRequest {
            correlation_id,
            operation: Some(Operation::Article(article)),
        })
        .collect();

    let mut answers = clients
        .ingest
        .ingest_articles(tokio_stream::iter(requests))
        .await
        .expect("a stream")
        .into_inner();
    let mut outcomes = BTreeMap::new();
    while let Some(answer) = answers.message().await.expect("the stream does not fail") {
        outcomes.insert(answer.correlation_id, answer.outcome.expect("an outcome"));
    }
    assert_eq!(outcomes.len(), 12);
    let Some(Outcome::Error(error)) = outcomes.remove("bad") else {
        panic!("the bad article was accepted")
    };
    assert_eq!(error.code, Code::InvalidArgument as i32);
    let details = RpcStatusExt::get_error_details(&error);
    let mut violations: Vec<String> = details
        .bad_request()
        .expect("violations")
        .field_violations
        .iter()
        .map(|v| v.field.clone())
        .collect();
    violations.sort();
    assert_eq!(violations, ["article.title", "article.url"]);
    let Some(Outcome::Error(error)) = outcomes.remove("huge") else {
        panic!("the huge article was accepted")
    };
    let details = RpcStatusExt::get_error_details(&error);
    assert_eq!(details.error_info().expect("a reason").reason, "BODY_TOO_LARGE");
    for (correlation_id, outcome) in outcomes {
        let Outcome::Result(result) = outcome else {
            panic!("{correlation_id}: {outcome:?}")
        };
        assert_eq!(result.outcome(), IngestOutcome::Created);
    }
}

/// Two replicas get the same articles at the same time: each article is created once and unchanged once; of two different
/// corrections both are kept, one after the other.
pub(crate) async fn two_ingest_replicas_race(mut pipeline: Pipeline) {
    let mut first = pipeline.clients();
    let mut second = pipeline.clients_of_second(Stage::Ingest).await;
    for round in 0..20 {
        let article = naver_cloud(&round.to_string());
        let (a, b) = tokio::join!(first.ingest(article.clone()), second.ingest(article));
        let (a, b) = (a.expect("accepted"), b.expect("accepted"));
        let mut outcomes = [a.outcome(), b.outcome()];
        outcomes.sort();
        assert_eq!(
            outcomes,
            [IngestOutcome::Created, IngestOutcome::Unchanged],
            "round {round}"
        );
        assert_eq!((a.revision, b.revision), (1, 1));

        let (mut left, mut right) = (
            naver_cloud_corrected(&round.to_string()),
            naver_cloud_corrected(&round.to_string()),
        );
        left.body.push_str("\n왼쪽에서 고친 문장이다.");
        right.body.push_str("\n오른쪽에서 고친 문장이다.");
        let (a, b) = tokio::join!(first.ingest(left), second.ingest(right));
        let mut revisions = [a.expect("accepted").revision, b.expect("accepted").revision];
        revisions.sort_unstable();
        assert_eq!(revisions, [2, 3], "round {round}");
    }
}

/// Each stage is killed while articles flow and started again: every acknowledged article becomes visible, once.
pub(crate) async fn every_stage_killed_and_restarted(mut pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let mut acknowledged: Vec<IngestResult> = Vec::new();
    for stage in Stage::ALL {
        let writer = tokio::spawn(write_articles(clients.clone(), format!("{stage:?}"), 60));
        tokio::time::sleep(Duration::from_millis(100)).await;
        pipeline.kill(stage).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        pipeline.restart(stage).await;
        acknowledged.extend(writer.await.expect("the writer"));
    }
    assert_eq!(acknowledged.len(), 180);

    for written in &acknowledged {
        let tagged = eventually(|| {
            let mut clients = clients.clone();
            async move { clients.get_after(written).await }
        })
        .await;
        let article = tagged.article.expect("an article");
        assert_eq!((&article.article_id, article.revision), (&written.article_id, 1));
    }
    let mut watcher = clients.watch(from_the_beginning()).await.expect("a watch");
    let mut told = Vec::new();
    for _ in &acknowledged {
        told.push(watcher.next_change().await.1);
    }
    watcher.until_live().await;
    told.sort();
    let mut expected: Vec<String> = acknowledged
        .into_iter()
        .map(|written| written.article_id)
        .collect();
    expected.sort();
    assert_eq!(told, expected, "every acknowledged article once");
}

/// Writes articles one after the other and repeats what is not acknowledged, as the documentation tells clients to do.
pub(crate) async fn write_articles(clients: Clients, prefix: String, count: usize) -> Vec<IngestResult> {
    let mut acknowledged = Vec::new();
    for number in 0..count {
        let article = naver_cloud(&format!("{prefix}-{number}"));
        let written = eventually(|| {
            let (mut clients, article) = (clients.clone(), article.clone());
            async move { clients.ingest(article).await }
        })
        .await;
        acknowledged.push(written);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    acknowledged
}

pub(crate) fn from_the_beginning() -> WatchArticlesRequest {
    WatchArticlesRequest {
        filter: None,
        start: Some(Start::Since(prost_types::Timestamp::default())),
    }
}

fn text_of(tagged: &TaggedArticle, field: TextField) -> &str {
    let article = tagged.article.as_ref().expect("an article");
    match field {
        TextField::Title => &article.title,
        TextField::Subtitle => &article.subtitle,
        TextField::Body => &article.body,
        TextField::Unspecified => panic!("a mention without field"),
    }
}

fn assert_offsets_round_trip(tagged: &TaggedArticle) {
    for mention in &tagged.mentions {
        let text = text_of(tagged, mention.field());
        let span = mention.span.as_ref().expect("a span");
        assert_eq!(
            &text[span.start_byte as usize..span.end_byte as usize],
            mention.surface
        );
        let by_code_points: String = text
            .chars()
            .skip(span.start_code_point as usize)
            .take((span.end_code_point - span.start_code_point) as usize)
            .collect();
        assert_eq!(by_code_points, mention.surface);
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let by_utf16 = String::from_utf16(&utf16[span.start_utf16 as usize..span.end_utf16 as usize]);
        assert_eq!(by_utf16.expect("whole characters"), mention.surface);
    }
}

fn assert_reason(status: &tonic::Status, code: Code, reason: &str) {
    let details = status.get_error_details();
    let info = details
        .error_info()
        .unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(
        (status.code(), info.reason.as_str(), info.domain.as_str()),
        (code, reason, "gisa.dev"),
        "{status:?}"
    );
}
