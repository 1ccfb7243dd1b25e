//! The index is rebuilt while the pipeline works.

use gisa_integration_tests::{Clients, Pipeline, Stage, eventually::eventually};
use gisa_proto::query::v1::{
    GetIndexStatusRequest, RebuildIndexRequest, SearchArticlesRequest, WatchArticlesRequest,
    rebuild_index_response::Event as Rebuilding, watch_articles_request::Start,
};

use crate::journeys::{from_the_beginning, write_articles};

/// The index is rebuilt while articles flow, also with a kill in the middle: every call is answered meanwhile, the watcher
/// hears of each article once, and nothing is missing afterwards.
pub(crate) async fn index_rebuilt_while_articles_flow(mut pipeline: Pipeline) {
    let mut clients = pipeline.clients();
    let mut acknowledged = write_articles(clients.clone(), "before".to_owned(), 20).await;
    for written in &acknowledged {
        clients.get_after(written).await.expect("the article");
    }
    let mut watcher = clients.watch(from_the_beginning()).await.expect("a watch");

    let writer = tokio::spawn(write_articles(clients.clone(), "during".to_owned(), 60));
    for generation in 2..4 {
        let rebuilding = tokio::spawn(rebuild_index(clients.clone()));
        while !rebuilding.is_finished() {
            let hits = clients
                .query
                .search_articles(SearchArticlesRequest::default())
                .await;
            let hits = hits.expect("a search is answered").into_inner().total_hits;
            assert!(hits >= 20, "{hits}");
        }
        assert_eq!(rebuilding.await.expect("the rebuild"), generation);
    }
    acknowledged.extend(writer.await.expect("the writer"));
    let mut told = Vec::new();
    for _ in &acknowledged {
        told.push(watcher.next_change().await.1);
    }
    watcher.until_live().await;

    // Killed while it builds another one, it goes on with the index that it had; a later rebuild comes to its end.
    let request = RebuildIndexRequest::default();
    let building = clients.index.rebuild_index(request).await.expect("a rebuild");
    pipeline.kill(Stage::Query).await;
    drop(building);
    acknowledged.extend(write_articles(clients.clone(), "after".to_owned(), 5).await);
    pipeline.restart(Stage::Query).await;
    for written in &acknowledged {
        let tagged = eventually(|| {
            let mut clients = clients.clone();
            async move { clients.get_after(written).await }
        })
        .await;
        let article = tagged.article.expect("an article");
        assert_eq!((&article.article_id, article.revision), (&written.article_id, 1));
    }
    eventually(|| {
        let mut clients = clients.clone();
        async move { clients.index.get_index_status(GetIndexStatusRequest {}).await }
    })
    .await;
    assert!(rebuild_index(clients.clone()).await > 3);

    let resume = WatchArticlesRequest {
        start: Some(Start::ResumeToken(watcher.resume_token.clone())),
        ..WatchArticlesRequest::default()
    };
    let mut watcher = clients.watch(resume).await.expect("a watch");
    while told.len() < acknowledged.len() {
        told.push(watcher.next_change().await.1);
    }
    watcher.until_live().await;
    told.sort();
    let mut expected: Vec<String> = acknowledged
        .into_iter()
        .map(|written| written.article_id)
        .collect();
    expected.sort();
    assert_eq!(told, expected, "every article once");
}

/// Rebuilds the index and gives the generation that answers then.
pub(crate) async fn rebuild_index(mut clients: Clients) -> u64 {
    let request = RebuildIndexRequest::default();
    let mut events = clients
        .index
        .rebuild_index(request)
        .await
        .expect("a rebuild")
        .into_inner();
    loop {
        let event = events.message().await.expect("the rebuild goes on");
        if let Some(Rebuilding::Finished(status)) = event.expect("an end").event {
            return status.generation;
        }
    }
}
