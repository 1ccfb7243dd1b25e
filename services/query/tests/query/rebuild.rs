//! Rebuilds: the old index answers until the new one takes over, and nobody sees an older state.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gisa_event_log::{EventLog, Stream};
use gisa_proto::query::v1::{
    GetArticleRequest, GetIndexStatusRequest, IndexRebuildCause, IndexStatus, RebuildIndexRequest,
    RebuildIndexResponse, SearchArticlesRequest, rebuild_index_response::Event,
};
use tokio::time::timeout;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::{
    article::{Change as _, article},
    gated_log::GatedLog,
    sandbox::{PATIENCE, Sandbox, open_log, reason, tell},
    watch::{EPOCH, change},
};

impl Sandbox {
    pub(crate) async fn status(&mut self) -> IndexStatus {
        let answer = self.admin.get_index_status(GetIndexStatusRequest {});
        let answer = timeout(PATIENCE, answer).await.unwrap().unwrap();
        answer.into_inner().status.unwrap()
    }

    pub(crate) async fn rebuild(
        &mut self,
        forget_compacted: bool,
    ) -> Result<Streaming<RebuildIndexResponse>, Status> {
        let request = RebuildIndexRequest { forget_compacted };
        let answer = timeout(PATIENCE, self.admin.rebuild_index(request))
            .await
            .unwrap();
        answer.map(tonic::Response::into_inner)
    }
}

/// The state at the end of a rebuild.
pub(crate) async fn finished(mut events: Streaming<RebuildIndexResponse>) -> Result<IndexStatus, Status> {
    loop {
        let event = timeout(PATIENCE, events.message()).await.unwrap()?;
        match event.expect("the stream ended").event.unwrap() {
            Event::Progress(progress) => assert!(progress.generation > 1),
            Event::Finished(status) => return Ok(status),
        }
    }
}

pub(crate) fn generations(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory.join("index")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("generation-")).collect();
    names.sort();
    names
}

/// Waits until a rebuild is under way, or until none is any more.
pub(crate) async fn eventually_rebuilding(sandbox: &mut Sandbox, rebuilding: bool) -> IndexStatus {
    let waiting = async {
        loop {
            let status = sandbox.status().await;
            if status.rebuild.is_some() == rebuilding {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_index_answers_and_goes_on_until_the_new_one_takes_over() {
    let directory = tempfile::tempdir().unwrap();
    let log = GatedLog::new(open_log(&directory.path().join("log")).await);
    log.set_open(true);
    let mut sandbox = Sandbox::start_on(directory, log.clone()).await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let before = sandbox.status().await;
    assert_eq!((before.generation, before.ready, before.rebuild), (1, true, None));
    assert_eq!((before.visible_articles, before.versions), (1, 2));
    assert!(before.size_bytes > 0);
    assert_eq!(before.last_sequence, Some(before.sequence));

    log.set_open(false);
    let events = sandbox.rebuild(false).await.unwrap();
    let during = sandbox.status().await;
    let rebuild = during.rebuild.unwrap();
    assert_eq!(
        (
            during.generation,
            during.ready,
            rebuild.generation,
            rebuild.cause()
        ),
        (1, true, 2, IndexRebuildCause::Requested)
    );
    // What is written meanwhile is seen at once.
    sandbox.tell_all(&[article("b", "제목", "반도체")]).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
    let refused = sandbox.rebuild(false).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "REBUILD_RUNNING")
    );

    log.set_open(true);
    let after = finished(events).await.unwrap();
    assert_eq!((after.generation, after.ready, after.rebuild), (2, true, None));
    assert_eq!((after.visible_articles, after.versions), (2, 4));
    assert_eq!(generations(sandbox.directory.path()), ["generation-2"]);
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
    sandbox.tell_all(&[article("c", "제목", "반도체")]).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b", "c"]);

    let (directory, log) = sandbox.stop().await;
    let mut sandbox = Sandbox::start_on(directory, log).await;
    assert_eq!(sandbox.status().await.generation, 2);
    assert_eq!(sandbox.found("반도체").await, ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_goes_on_without_its_caller() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    drop(sandbox.rebuild(false).await.unwrap());
    let waiting = async {
        while sandbox.status().await.generation < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap();
    assert_eq!(sandbox.found("반도체").await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_fails_leaves_the_old_index_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let log = GatedLog::new(open_log(&directory.path().join("log")).await);
    log.set_open(true);
    let mut sandbox = Sandbox::start_on(directory, log.clone()).await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    log.fail(true);
    let failed = finished(sandbox.rebuild(false).await.unwrap()).await.unwrap_err();
    assert_eq!(
        (failed.code(), reason(&failed).as_str()),
        (Code::Internal, "INTERNAL")
    );
    sandbox.tell_all(&[article("b", "제목", "반도체")]).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
    assert_eq!(generations(sandbox.directory.path()), ["generation-1"]);

    log.fail(false);
    let after = finished(sandbox.rebuild(false).await.unwrap()).await.unwrap();
    assert!(after.generation > 1);
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
}

const ARTICLES: usize = 30;

fn id(number: usize) -> String {
    format!("article-{number}")
}

/// Writes revision after revision; each must be seen with its write token.
async fn write(log: Arc<dyn EventLog>, sandbox: Arc<Sandbox>, stop: Arc<AtomicBool>) {
    let mut client = sandbox.client.clone();
    for revision in 2.. {
        for number in 0..ARTICLES {
            tell(&*log, &article(&id(number), "제목", "반도체").revision(revision)).await;
        }
        let request = GetArticleRequest {
            article_id: id(ARTICLES - 1),
            revision: 0,
            write_token: sandbox.write_token(&id(ARTICLES - 1), revision).await,
        };
        let response = client.get_article(request).await.unwrap().into_inner();
        let seen = response.tagged_article.unwrap().article.unwrap().revision;
        assert_eq!(seen, revision);
        if stop.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// Gets and searches, and checks that nothing is missing and nothing becomes older.
async fn read(sandbox: Arc<Sandbox>, stop: Arc<AtomicBool>) -> usize {
    let mut client = sandbox.client.clone();
    let mut newest: HashMap<String, u32> = HashMap::new();
    let mut answers = 0;
    while !stop.load(Ordering::SeqCst) {
        let request = SearchArticlesRequest {
            query: "반도체".into(),
            page_size: 200,
            ..Default::default()
        };
        let found = client.search_articles(request).await.unwrap().into_inner();
        assert_eq!(found.total_hits as usize, ARTICLES);
        let hits = found.hits.into_iter().map(|hit| hit.tagged_article.unwrap());
        let request = GetArticleRequest {
            article_id: id(answers % ARTICLES),
            ..Default::default()
        };
        let got = client.get_article(request).await.unwrap().into_inner();
        for seen in hits.chain(got.tagged_article) {
            let seen = seen.article.unwrap();
            let newest = newest.entry(seen.article_id.clone()).or_default();
            assert!(
                seen.revision >= *newest,
                "{} after {newest}: {}",
                seen.revision,
                seen.article_id
            );
            *newest = seen.revision;
        }
        answers += 1;
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_rebuilds_under_load() {
    let mut sandbox = Sandbox::start().await;
    let first: Vec<_> = (0..ARTICLES)
        .map(|number| article(&id(number), "제목", "반도체"))
        .collect();
    sandbox.tell_all(&first).await;
    let mut watch = sandbox.watch(Default::default(), EPOCH).await;
    let watcher = tokio::spawn(async move {
        let mut told = Vec::new();
        loop {
            match change(&watch.next().await.unwrap()) {
                Some(change) if change.1 == "last" => return told,
                other => told.extend(other),
            }
        }
    });

    let (mut admin, log) = (sandbox.admin.clone(), sandbox.log.clone());
    let sandbox = Arc::new(sandbox);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(log, sandbox.clone(), stop.clone()));
    let reader = tokio::spawn(read(sandbox.clone(), stop.clone()));
    for generation in 2..5 {
        let events = admin.rebuild_index(RebuildIndexRequest::default()).await.unwrap();
        let after = finished(events.into_inner()).await.unwrap();
        assert_eq!(after.generation, generation);
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    assert!(reader.await.unwrap() > 0);

    let mut sandbox = Arc::into_inner(sandbox).unwrap();
    sandbox.tell(&article("last", "제목", "반도체")).await;
    let told = timeout(PATIENCE, watcher).await.unwrap().unwrap();
    let mut again = sandbox.watch(Default::default(), EPOCH).await;
    let mut history = Vec::new();
    loop {
        match again.next_change().await {
            change if change.1 == "last" => break,
            change => history.push(change),
        }
    }
    assert!(history.len() > ARTICLES);
    assert_eq!(told, history);
    assert_eq!(generations(sandbox.directory.path()), ["generation-4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_that_only_the_index_has_are_not_forgotten_unasked() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .tell_all(&[article("a", "제목", "반도체"), article("b", "제목", "반도체")])
        .await;
    sandbox.log.compact(Stream::Tagged, 1).await.unwrap();
    let refused = sandbox.rebuild(false).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "REBUILD_WOULD_FORGET")
    );
    let metadata = refused.get_error_details().error_info().unwrap().metadata.clone();
    assert_eq!(
        (
            metadata["first_sequence"].as_str(),
            metadata["oldest_indexed_sequence"].as_str()
        ),
        ("2", "1")
    );
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);

    finished(sandbox.rebuild(true).await.unwrap()).await.unwrap();
    assert_eq!(sandbox.found("반도체").await, ["b"]);
    // Now nothing more can be forgotten.
    finished(sandbox.rebuild(false).await.unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_compacted_log_the_old_index_answers_until_the_new_one_is_built() {
    let mut sandbox = Sandbox::start().await;
    sandbox.tell_all(&[article("a", "제목", "반도체")]).await;
    let (directory, log) = sandbox.stop().await;
    for id in ["b", "c", "d"] {
        tell(&*log, &article(id, "제목", "반도체")).await;
    }
    let last = log.info(Stream::Tagged).await.unwrap().last_sequence;
    log.compact(Stream::Tagged, last - 1).await.unwrap();

    let log = GatedLog::new(log);
    let mut sandbox = Sandbox::start_on(directory, log.clone()).await;
    assert_eq!(sandbox.found("반도체").await, ["a"]);
    let status = eventually_rebuilding(&mut sandbox, true).await;
    let rebuild = status.rebuild.unwrap();
    assert_eq!(
        (
            status.generation,
            status.ready,
            rebuild.generation,
            rebuild.cause()
        ),
        (1, true, 2, IndexRebuildCause::LogCompacted)
    );
    let refused = sandbox.rebuild(true).await.unwrap_err();
    assert_eq!(reason(&refused), "REBUILD_RUNNING");

    log.set_open(true);
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["d"]);
    // The old one is removed after readers have changed over.
    let after = eventually_rebuilding(&mut sandbox, false).await;
    assert_eq!(after.generation, 2);
    assert_eq!(generations(sandbox.directory.path()), ["generation-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_from_the_index_of_a_replaced_log() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .tell_all(&[article("a", "제목", "반도체"), article("b", "제목", "반도체")])
        .await;
    let (directory, old_log) = sandbox.stop().await;
    old_log.close().await.unwrap();

    // In the new log the same article and revision has another text.
    let log = GatedLog::new(open_log(&directory.path().join("another-log")).await);
    tell(&*log, &article("a", "제목", "로봇")).await;
    let mut sandbox = Sandbox::start_unready_on(directory, log.clone()).await;
    let status = eventually_rebuilding(&mut sandbox, true).await;
    assert_eq!(
        (status.ready, status.rebuild.unwrap().cause()),
        (false, IndexRebuildCause::NoIndex)
    );
    let get = |write_token: String| GetArticleRequest {
        article_id: "a".into(),
        revision: 0,
        write_token,
    };
    let token = sandbox.write_token("a", 1).await;
    for write_token in [String::new(), token.clone()] {
        let mut request = Request::new(get(write_token));
        request.set_timeout(Duration::from_millis(500));
        let refused = sandbox.client.get_article(request).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_READY", "{refused}");
    }

    let mut client = sandbox.client.clone();
    let waiting = tokio::spawn(async move { client.get_article(get(token)).await });
    log.set_open(true);
    let answer = timeout(PATIENCE, waiting).await.unwrap().unwrap().unwrap();
    let body = answer.into_inner().tagged_article.unwrap().article.unwrap().body;
    assert_eq!(body, "로봇");
    assert_eq!(sandbox.found("반도체").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_begun_before_a_rebuild_are_complete_after_it() {
    let mut sandbox = Sandbox::start().await;
    let articles: Vec<_> = (0..20)
        .map(|number| article(&id(number), "제목", "반도체"))
        .collect();
    sandbox.tell_all(&articles).await;
    let request = |page_token| SearchArticlesRequest {
        query: "반도체".into(),
        page_size: 7,
        page_token,
        ..Default::default()
    };
    let mut page = sandbox.search_with(request(String::new())).await;
    let mut found = crate::sandbox::ids(&page);
    finished(sandbox.rebuild(false).await.unwrap()).await.unwrap();
    while !page.next_page_token.is_empty() {
        page = sandbox.search_with(request(page.next_page_token)).await;
        found.extend(crate::sandbox::ids(&page));
    }
    found.sort();
    let mut expected: Vec<String> = (0..20).map(id).collect();
    expected.sort();
    assert_eq!(found, expected);
}
