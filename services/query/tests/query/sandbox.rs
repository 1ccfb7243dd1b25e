//! The service on a loopback socket and an embedded log in a temporary directory.

use std::{path::Path, sync::Arc, time::Duration};

use gisa_article_codec::{LogPosition, WriteToken};
use gisa_article_model::TaggedArticle;
use gisa_event_log::{
    Append, EventLog, ExpectedLast, Headers, Stream, Subject,
    embedded::{Durability, EmbeddedConfig, EmbeddedLog},
};
use gisa_proto::query::v1::{
    ArticleFilter, GetArticleRequest, SearchArticlesRequest, SearchArticlesResponse, WatchArticlesRequest,
    WatchArticlesResponse, index_admin_service_client::IndexAdminServiceClient,
    query_service_client::QueryServiceClient, watch_articles_request::Start,
};
use gisa_query::QueryConfig;
use gisa_service_runtime::{Assembly, ServerConfig};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};
use tonic::{
    Status, Streaming,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::article::{article, event};

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Sandbox {
    pub(crate) directory: TempDir,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) client: QueryServiceClient<Channel>,
    pub(crate) admin: IndexAdminServiceClient<Channel>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

pub(crate) fn config(directory: &Path) -> QueryConfig {
    QueryConfig {
        index_directory: directory.join("index"),
        commit_interval_ms: 20,
        writer_memory_bytes: 15_000_000,
        writer_threads: 1,
        checkpoint_interval_ms: 100,
        watch_buffer: 4,
        ..QueryConfig::default()
    }
}

pub(crate) async fn open_log(directory: &Path) -> Arc<dyn EventLog> {
    let config = EmbeddedConfig {
        durability: Durability::None,
        ..EmbeddedConfig::new(directory)
    };
    Arc::new(EmbeddedLog::open(config).await.unwrap())
}

impl Sandbox {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = open_log(&directory.path().join("log")).await;
        Self::start_on(directory, log).await
    }

    pub(crate) async fn start_on(directory: TempDir, log: Arc<dyn EventLog>) -> Self {
        let sandbox = Self::start_unready_on(directory, log).await;
        let mut client = sandbox.client.clone();
        let until_ready = async {
            while let Err(status) = client.search_articles(SearchArticlesRequest::default()).await {
                assert_eq!(reason(&status), "NOT_READY", "{status}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, until_ready).await.unwrap();
        sandbox
    }

    /// Starts the service without waiting until it is ready.
    pub(crate) async fn start_unready_on(directory: TempDir, log: Arc<dyn EventLog>) -> Self {
        let (channel, stop, server) = serve(&directory, &log).await;
        Self {
            directory,
            log,
            client: QueryServiceClient::new(channel.clone()),
            admin: IndexAdminServiceClient::new(channel),
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// Stops the service in order and leaves log and index.
    pub(crate) async fn stop(mut self) -> (TempDir, Arc<dyn EventLog>) {
        self.stop_service().await;
        (self.directory, self.log)
    }

    pub(crate) async fn stop_service(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        timeout(PATIENCE, self.server.take().unwrap())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    pub(crate) async fn tell(&self, tagged: &TaggedArticle) -> u64 {
        tell(&*self.log, tagged).await
    }

    /// Tells articles and waits until all of them are visible.
    pub(crate) async fn tell_all(&mut self, articles: &[TaggedArticle]) {
        for tagged in articles {
            self.tell(tagged).await;
        }
        self.settle().await;
    }

    /// Waits until everything told so far is visible.
    pub(crate) async fn settle(&mut self) {
        let marker = article(&format!("marker-{}", uuid()), "x", "x").changed_to_retraction();
        self.tell(&marker).await;
        let token = self.write_token(marker.article.article_id.as_str(), 1).await;
        let request = GetArticleRequest {
            article_id: marker.article.article_id.to_string(),
            revision: 0,
            write_token: token,
        };
        let status = timeout(PATIENCE, self.client.get_article(request))
            .await
            .unwrap()
            .unwrap_err();
        assert_eq!(reason(&status), "ARTICLE_RETRACTED", "{status}");
    }

    pub(crate) async fn write_token(&self, article_id: &str, revision: u32) -> String {
        let info = self.log.info(Stream::Articles).await.unwrap();
        WriteToken {
            article_id: gisa_article_model::ArticleId::parse(article_id).unwrap(),
            revision,
            position: LogPosition {
                stream_identity: info.identity,
                sequence: 1,
            },
        }
        .encode()
    }

    pub(crate) async fn search(&mut self, query: &str) -> SearchArticlesResponse {
        self.search_with(SearchArticlesRequest {
            query: query.into(),
            ..Default::default()
        })
        .await
    }

    pub(crate) async fn search_with(&mut self, request: SearchArticlesRequest) -> SearchArticlesResponse {
        timeout(PATIENCE, self.client.search_articles(request))
            .await
            .unwrap()
            .unwrap()
            .into_inner()
    }

    /// Ids of the hits, in order.
    pub(crate) async fn found(&mut self, query: &str) -> Vec<String> {
        ids(&self.search(query).await)
    }

    pub(crate) async fn watch(&mut self, filter: ArticleFilter, start: Option<Start>) -> Watching {
        let request = WatchArticlesRequest {
            filter: Some(filter),
            start,
        };
        Watching(
            timeout(PATIENCE, self.client.watch_articles(request))
                .await
                .unwrap()
                .unwrap()
                .into_inner(),
        )
    }

    pub(crate) async fn watch_refused(&mut self, filter: ArticleFilter, start: Option<Start>) -> Status {
        let request = WatchArticlesRequest {
            filter: Some(filter),
            start,
        };
        timeout(PATIENCE, self.client.watch_articles(request))
            .await
            .unwrap()
            .unwrap_err()
    }
}

/// A watch under way.
pub(crate) struct Watching(pub(crate) Streaming<WatchArticlesResponse>);

impl Watching {
    pub(crate) async fn next(&mut self) -> Result<WatchArticlesResponse, Status> {
        timeout(PATIENCE, self.0.message())
            .await
            .expect("nothing came")
            .map(|event| event.expect("the stream ended"))
    }
}

trait Retraction {
    fn changed_to_retraction(self) -> Self;
}

impl Retraction for TaggedArticle {
    fn changed_to_retraction(self) -> Self {
        use crate::article::Change as _;
        self.state(gisa_article_model::PublicationState::Retracted)
    }
}

async fn serve(
    directory: &TempDir,
    log: &Arc<dyn EventLog>,
) -> (Channel, oneshot::Sender<()>, JoinHandle<anyhow::Result<()>>) {
    let mut assembly = Assembly::new();
    gisa_query::start(&config(directory.path()), Arc::clone(log), &mut assembly)
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        assembly.serve(listener, &ServerConfig::default(), stopped).await
    });
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    (endpoint.connect().await.unwrap(), stop, server)
}

/// Appends the event of a tagged article; returns its sequence.
pub(crate) async fn tell(log: &dyn EventLog, tagged: &TaggedArticle) -> u64 {
    let payload = event(tagged).encode();
    let subject = Subject::tagged(tagged.article.article_id.as_str(), tagged.article.revision);
    tell_bytes(log, subject, payload).await
}

pub(crate) async fn tell_bytes(log: &dyn EventLog, subject: Subject, payload: Vec<u8>) -> u64 {
    let append = Append {
        subject,
        message_id: uuid(),
        expected_last: ExpectedLast::Any,
        headers: Headers::new(),
        payload: payload.into(),
    };
    log.append(Stream::Tagged, vec![append])
        .await
        .pop()
        .unwrap()
        .unwrap()
        .sequence
}

fn uuid() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn ids(response: &SearchArticlesResponse) -> Vec<String> {
    let article = |hit: &gisa_proto::query::v1::SearchHit| {
        hit.tagged_article.clone().unwrap().article.unwrap().article_id
    };
    response.hits.iter().map(article).collect()
}

pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}
