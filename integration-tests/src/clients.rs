//! Typed clients of the three services, with the calls that tests repeat.

use std::{net::SocketAddr, time::Duration};

use gisa_proto::{
    entity::v1::TaggedArticle,
    ingest::v1::{
        ArticleSubmission, IngestArticleRequest, IngestOutcome, IngestResult, RetractArticleRequest,
        Retraction, ingest_service_client::IngestServiceClient,
    },
    query::v1::{
        GetArticleRequest, SearchArticlesRequest, SearchHit, WatchArticlesRequest, WatchArticlesResponse,
        index_admin_service_client::IndexAdminServiceClient, query_service_client::QueryServiceClient,
        watch_articles_response::Event,
    },
    tagging::v1::entity_tagging_service_client::EntityTaggingServiceClient,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::{
    Code, Request, Status, Streaming,
    transport::{Channel, Endpoint},
};

use crate::eventually::eventually;

/// Longest wait for anything in a test. Long, because CI machines are slow and shared; nothing waits in vain for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Addresses of the three services.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    /// Of ingest.
    pub ingest: SocketAddr,
    /// Of entity tagging.
    pub tagging: SocketAddr,
    /// Of query.
    pub query: SocketAddr,
}

/// Clients of the three services; they connect again by themselves.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Client of ingest.
    pub ingest: IngestServiceClient<Channel>,
    /// Client of entity tagging.
    pub tagging: EntityTaggingServiceClient<Channel>,
    /// Client of query.
    pub query: QueryServiceClient<Channel>,
    /// Client of query for operators.
    pub index: IndexAdminServiceClient<Channel>,
}

impl Clients {
    /// Clients for these addresses.
    pub fn connect(endpoints: &Endpoints) -> Self {
        let channel = |address: SocketAddr| {
            Endpoint::from_shared(format!("http://{address}"))
                .expect("a valid address")
                .connect_lazy()
        };
        Self {
            ingest: IngestServiceClient::new(channel(endpoints.ingest)),
            tagging: EntityTaggingServiceClient::new(channel(endpoints.tagging)),
            query: QueryServiceClient::new(channel(endpoints.query)),
            index: IndexAdminServiceClient::new(channel(endpoints.query)),
        }
    }

    /// Ingests one article.
    pub async fn ingest(&mut self, article: ArticleSubmission) -> Result<IngestResult, Status> {
        let request = IngestArticleRequest {
            article: Some(article),
        };
        Ok(self
            .ingest
            .ingest_article(request)
            .await?
            .into_inner()
            .result
            .expect("a result"))
    }

    /// Ingests one article and checks what it was.
    pub async fn ingest_as(&mut self, article: ArticleSubmission, outcome: IngestOutcome) -> IngestResult {
        let result = self.ingest(article).await.expect("the article is accepted");
        assert_eq!(result.outcome(), outcome, "{result:?}");
        result
    }

    /// Retracts an article by its id.
    pub async fn retract(&mut self, article_id: &str, reason: &str) -> Result<IngestResult, Status> {
        let retraction = Retraction {
            article_id: article_id.to_owned(),
            reason: reason.to_owned(),
            ..Retraction::default()
        };
        let request = RetractArticleRequest {
            retraction: Some(retraction),
        };
        Ok(self
            .ingest
            .retract_article(request)
            .await?
            .into_inner()
            .result
            .expect("a result"))
    }

    /// Gets the latest revision as soon as it includes the write.
    pub async fn get_after(&mut self, written: &IngestResult) -> Result<TaggedArticle, Status> {
        self.get(GetArticleRequest {
            article_id: written.article_id.clone(),
            revision: 0,
            write_token: written.write_token.clone(),
        })
        .await
    }

    /// Gets an article.
    pub async fn get(&mut self, request: GetArticleRequest) -> Result<TaggedArticle, Status> {
        let mut request = Request::new(request);
        request.set_timeout(PATIENCE);
        Ok(self
            .query
            .get_article(request)
            .await?
            .into_inner()
            .tagged_article
            .expect("an article"))
    }

    /// Searches as soon as the answer includes the write.
    pub async fn search_after(&mut self, query: &str, written: &IngestResult) -> Vec<SearchHit> {
        let mut request = Request::new(SearchArticlesRequest {
            query: query.to_owned(),
            write_token: written.write_token.clone(),
            ..SearchArticlesRequest::default()
        });
        request.set_timeout(PATIENCE);
        self.query
            .search_articles(request)
            .await
            .expect("a search")
            .into_inner()
            .hits
    }

    /// Waits until query answers: then its index is ready.
    pub async fn until_index_ready(&mut self) {
        eventually(|| {
            let mut query = self.query.clone();
            async move { query.search_articles(SearchArticlesRequest::default()).await }
        })
        .await;
    }

    /// Starts a watch; a service that has just started is asked again until it is ready.
    pub async fn watch(&mut self, request: WatchArticlesRequest) -> Result<Watcher, Status> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.query.watch_articles(request.clone()).await {
                Ok(events) => {
                    return Ok(Watcher {
                        events: events.into_inner(),
                        resume_token: String::new(),
                    });
                }
                Err(status) if status.code() == Code::Unavailable && Instant::now() < deadline => {
                    sleep(Duration::from_millis(100)).await;
                }
                Err(status) => return Err(status),
            }
        }
    }
}

/// A running watch that remembers where it is.
#[derive(Debug)]
pub struct Watcher {
    events: Streaming<WatchArticlesResponse>,
    /// Token after the last event seen.
    pub resume_token: String,
}

impl Watcher {
    /// The next change as (kind, article id, revision); checkpoints are passed over.
    pub async fn next_change(&mut self) -> (gisa_proto::query::v1::ArticleChangeKind, String, u32) {
        loop {
            let response = self.next().await.expect("the watch goes on");
            if let Some(Event::Change(change)) = response.event {
                let kind = change.kind();
                let article = change
                    .tagged_article
                    .and_then(|tagged| tagged.article)
                    .expect("an article");
                return (kind, article.article_id, article.revision);
            }
        }
    }

    /// Waits until the watch has told all history.
    pub async fn until_live(&mut self) {
        loop {
            let response = self.next().await.expect("the watch goes on");
            match response.event {
                Some(Event::Checkpoint(checkpoint)) if checkpoint.live => return,
                Some(Event::Checkpoint(_)) => (),
                other => panic!("no change was expected, got {other:?}"),
            }
        }
    }

    async fn next(&mut self) -> Result<WatchArticlesResponse, Status> {
        let response = timeout(PATIENCE, self.events.message())
            .await
            .expect("an event within the patience of the tests")?
            .ok_or_else(|| Status::unavailable("the watch ended"))?;
        self.resume_token.clone_from(&response.resume_token);
        Ok(response)
    }
}
