//! Steady load on a running pipeline, as clients that keep to the documentation make it: what fails with UNAVAILABLE is
//! repeated (docs/OPERATIONS.md, "Clients"), and nothing else may fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use gisa_integration_tests::{
    Clients,
    articles::naver_cloud,
    clients::{Endpoints, PATIENCE},
    eventually::eventually,
};
use gisa_proto::{
    ingest::v1::IngestResult,
    query::v1::{SearchArticlesRequest, WatchArticlesRequest, watch_articles_request::Start},
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tonic::{Code, Status};

/// Load that goes on until it is stopped.
#[derive(Debug)]
pub(crate) struct Load {
    is_stopped: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    writer: JoinHandle<Vec<IngestResult>>,
    reader: JoinHandle<usize>,
}

impl Load {
    /// Starts one writer and one reader. `prefix` sets their articles apart from others.
    pub(crate) fn start(endpoints: &Endpoints, prefix: &str) -> Self {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicUsize::new(0));
        let clients = Clients::connect(endpoints);
        Self {
            writer: tokio::spawn(write(
                clients.clone(),
                prefix.to_owned(),
                Arc::clone(&is_stopped),
                Arc::clone(&answered),
            )),
            reader: tokio::spawn(read(clients, Arc::clone(&is_stopped), Arc::clone(&answered))),
            is_stopped,
            answered,
        }
    }

    /// Waits until this many more calls were answered: the load goes through.
    pub(crate) async fn until_more_answers(&self, count: usize) {
        let wanted = self.answered.load(Ordering::Relaxed) + count;
        eventually(|| async {
            let answered = self.answered.load(Ordering::Relaxed);
            assert!(
                !self.writer.is_finished() && !self.reader.is_finished(),
                "the load has failed"
            );
            if answered >= wanted {
                Ok(())
            } else {
                Err(format!("{answered} of {wanted} answers"))
            }
        })
        .await;
    }

    /// Stops; gives what was written.
    pub(crate) async fn stop(self) -> Vec<IngestResult> {
        self.is_stopped.store(true, Ordering::Relaxed);
        let searches = self.reader.await.expect("no search failed for good");
        let written = self.writer.await.expect("no article failed for good");
        assert!(searches > 0 && !written.is_empty());
        println!("load: {} articles, {searches} searches", written.len());
        written
    }
}

/// Every article is visible, and a watch from the beginning tells of each exactly once.
pub(crate) async fn assert_visible_once(clients: &Clients, written: &[IngestResult]) {
    let mut clients = clients.clone();
    for article in written {
        let found = repeated(|| {
            let mut clients = clients.clone();
            async move { clients.get_after(article).await }
        })
        .await;
        assert_eq!(found.article.expect("an article").article_id, article.article_id);
    }
    let from_the_beginning = WatchArticlesRequest {
        filter: None,
        start: Some(Start::Since(prost_types::Timestamp::default())),
    };
    let mut watcher = clients.watch(from_the_beginning).await.expect("a watch");
    let mut told = Vec::new();
    while told.len() < written.len() {
        told.push(watcher.next_change().await.1);
    }
    watcher.until_live().await;
    told.sort();
    let mut expected: Vec<String> = written.iter().map(|article| article.article_id.clone()).collect();
    expected.sort();
    assert_eq!(told, expected, "every article once");
}

async fn write(
    clients: Clients,
    prefix: String,
    is_stopped: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> Vec<IngestResult> {
    let mut written = Vec::new();
    while !is_stopped.load(Ordering::Relaxed) {
        let article = naver_cloud(&format!("{prefix}-{}", written.len()));
        let result = repeated(|| {
            let (mut clients, article) = (clients.clone(), article.clone());
            async move { clients.ingest(article).await }
        })
        .await;
        assert_eq!(result.revision, 1);
        written.push(result);
        answered.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
    }
    written
}

async fn read(clients: Clients, is_stopped: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> usize {
    let mut searches = 0;
    while !is_stopped.load(Ordering::Relaxed) {
        repeated(|| {
            let mut clients = clients.clone();
            async move {
                let request = SearchArticlesRequest {
                    query: "하이퍼클로바X".to_owned(),
                    ..Default::default()
                };
                clients.query.search_articles(request).await
            }
        })
        .await;
        searches += 1;
        answered.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
    }
    searches
}

/// Repeats a call while it fails in the one way that the documentation says to repeat; panics at any other failure.
async fn repeated<T, F>(mut call: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, Status>>,
{
    let deadline = Instant::now() + 2 * PATIENCE;
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(status) if is_to_be_repeated(&status) && Instant::now() < deadline => {
                sleep(Duration::from_millis(100)).await;
            }
            Err(status) => panic!("a call failed for good: {status:?}"),
        }
    }
}

/// UNAVAILABLE, or the connection broke, which tonic shows as UNKNOWN with the error of the connection as its source.
fn is_to_be_repeated(status: &Status) -> bool {
    let is_broken =
        std::error::Error::source(status).is_some_and(|source| source.is::<tonic::transport::Error>());
    status.code() == Code::Unavailable || is_broken
}
