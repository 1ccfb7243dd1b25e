//! Backup and restore as docs/OPERATIONS.md describes them: the store of a stopped NATS server and the index are copied, put
//! into an empty system, and everything is as it was.

use std::{fs, path::Path};

use gisa_integration_tests::{
    Clients, Stage,
    articles::{naver_cloud, naver_cloud_corrected},
    nats_pipeline::NatsPipeline,
};
use gisa_proto::{
    entity::v1::TaggedArticle,
    ingest::v1::{IngestOutcome, IngestResult},
    query::v1::{
        ArticleChangeKind, SearchArticlesRequest, WatchArticlesRequest, watch_articles_request::Start,
    },
};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What callers see: the newest revisions of these, and all hits of a search.
async fn seen(clients: &mut Clients, written: &[IngestResult]) -> (Vec<TaggedArticle>, Vec<TaggedArticle>) {
    let mut articles = Vec::new();
    for result in written {
        articles.push(clients.get_after(result).await.unwrap());
    }
    let request = SearchArticlesRequest {
        query: "언어 모델".to_owned(),
        ..SearchArticlesRequest::default()
    };
    let hits = clients
        .query
        .search_articles(request)
        .await
        .unwrap()
        .into_inner()
        .hits;
    let mut hits: Vec<TaggedArticle> = hits.into_iter().filter_map(|hit| hit.tagged_article).collect();
    hits.sort_by_key(|tagged| tagged.article.as_ref().map(|article| article.article_id.clone()));
    (articles, hits)
}

async fn restores(with_index: bool) {
    let Some(mut old) = NatsPipeline::start_unless_skipped().await else {
        return;
    };
    let mut clients = Clients::connect(&old.endpoints());
    clients.until_index_ready().await;
    let mut watcher = clients.watch(WatchArticlesRequest::default()).await.unwrap();
    watcher.until_live().await;
    let mut written = Vec::new();
    for id in ["a", "b", "c"] {
        written.push(clients.ingest_as(naver_cloud(id), IngestOutcome::Created).await);
        watcher.next_change().await;
    }
    let resume_token = watcher.resume_token.clone();
    written[0] = clients
        .ingest_as(naver_cloud_corrected("a"), IngestOutcome::Corrected)
        .await;
    let corrected = watcher.next_change().await;
    assert_eq!(corrected.0, ArticleChangeKind::Corrected);
    let before = seen(&mut clients, &written).await;
    drop(watcher);
    for stage in Stage::ALL {
        old.stop(stage).await;
    }
    old.nats().kill().await;

    let Some(mut new) = NatsPipeline::start_unless_skipped().await else {
        return;
    };
    for stage in Stage::ALL {
        new.stop(stage).await;
    }
    new.nats().kill().await;
    let (Some(backup), Some(store)) = (old.nats().store(), new.nats().store()) else {
        eprintln!("skipped: NATS runs in a container, its store is not at hand");
        return;
    };
    fs::remove_dir_all(&store).unwrap();
    copy(&backup, &store);
    fs::remove_dir_all(new.index_directory()).unwrap();
    if with_index {
        copy(&old.index_directory(), &new.index_directory());
    }
    drop(old);
    new.nats().restart().await;
    for stage in Stage::ALL {
        new.start_stage(stage).await;
    }

    let mut clients = Clients::connect(&new.endpoints());
    clients.until_index_ready().await;
    assert_eq!(seen(&mut clients, &written).await, before);
    let is_rebuilt = new
        .log(Stage::Query)
        .iter()
        .any(|line| line.contains("building the index from"));
    assert_eq!(is_rebuilt, !with_index);
    // Positions hold as well: a watch goes on where it was, and what was sent before is known.
    let request = WatchArticlesRequest {
        start: Some(Start::ResumeToken(resume_token)),
        ..WatchArticlesRequest::default()
    };
    let mut watcher = clients.watch(request).await.unwrap();
    assert_eq!(watcher.next_change().await, corrected);
    clients
        .ingest_as(naver_cloud("b"), IngestOutcome::Unchanged)
        .await;
    clients.ingest_as(naver_cloud("d"), IngestOutcome::Created).await;
    assert_eq!(watcher.next_change().await.0, ArticleChangeKind::Published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_index_are_restored_into_an_empty_system() {
    restores(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_alone_are_enough() {
    restores(false).await;
}
