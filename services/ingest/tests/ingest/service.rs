//! A running ingest service, its log, and what tests ask of them.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use gisa_article_codec::ArticleRevised;
use gisa_event_log::{
    EventLog, Stream, Subject,
    embedded::{Durability, EmbeddedConfig, EmbeddedLog},
};
use gisa_ingest::IngestConfig;
use gisa_proto::{
    article::v1::PublicationState,
    ingest::v1::{
        ArticleSubmission, IngestArticleRequest, IngestArticlesRequest, IngestArticlesResponse,
        IngestOutcome, IngestResult, RetractArticleRequest, Retraction, ingest_articles_request::Operation,
        ingest_articles_response::Outcome, ingest_service_client::IngestServiceClient,
    },
};
use gisa_service_runtime::{Assembly, ServerConfig};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::faulty_log::FaultyLog;

pub(crate) type Client = IngestServiceClient<Channel>;

/// How long tests wait for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A service in this process, on a port of its own.
pub(crate) struct Service {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    pub(crate) async fn start(log: Arc<dyn EventLog>, config: &IngestConfig) -> Self {
        config.validate().unwrap();
        let mut assembly = Assembly::new();
        gisa_ingest::start(config, log, &mut assembly).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server_config = ServerConfig {
            grace_ms: 5_000,
            ..Default::default()
        };
        let served = tokio::spawn(async move {
            // Also stops when the test drops the service.
            assembly
                .serve(listener, &server_config, async { drop(stopped.await) })
                .await
        });
        Self {
            address,
            stop,
            served,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        IngestServiceClient::new(self.endpoint().connect().await.unwrap())
    }

    /// Asks the service to stop; the handle ends when it has.
    pub(crate) fn stop(self) -> JoinHandle<anyhow::Result<()>> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// A log of its own for each test.
pub(crate) struct TestLog {
    _directory: TempDir,
    pub(crate) log: Arc<FaultyLog>,
}

impl TestLog {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| (), |log| log).await
    }

    pub(crate) async fn open_with(
        configure: impl FnOnce(&mut EmbeddedConfig),
        wrap: impl FnOnce(FaultyLog) -> FaultyLog,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = EmbeddedConfig {
            durability: Durability::None,
            ..EmbeddedConfig::new(directory.path())
        };
        configure(&mut config);
        let log = FaultyLog::new(EmbeddedLog::open(config).await.unwrap());
        Self {
            _directory: directory,
            log: Arc::new(wrap(log)),
        }
    }

    pub(crate) async fn serve(&self) -> Service {
        self.serve_with(&IngestConfig::default()).await
    }

    pub(crate) async fn serve_with(&self, config: &IngestConfig) -> Service {
        let log: Arc<dyn EventLog> = self.log.clone();
        Service::start(log, config).await
    }

    /// The newest revision of an article, with its sequence.
    pub(crate) async fn newest(&self, article_id: &str) -> Option<(u64, ArticleRevised)> {
        let subject = Subject::article(article_id);
        let record = self
            .log
            .last_of_subject(Stream::Articles, &subject)
            .await
            .unwrap()?;
        Some((record.sequence, ArticleRevised::decode(&record.payload).unwrap()))
    }

    /// How many revisions the log holds.
    pub(crate) async fn revisions(&self) -> u64 {
        self.log.info(Stream::Articles).await.unwrap().messages
    }
}

pub(crate) fn submission(article_id: &str, content: &str) -> ArticleSubmission {
    ArticleSubmission {
        article_id: article_id.to_owned(),
        source: "한강일보".to_owned(),
        title: content.to_owned(),
        body: format!("{content} 본문"),
        ..Default::default()
    }
}

pub(crate) fn in_state(state: PublicationState, submission: ArticleSubmission) -> ArticleSubmission {
    ArticleSubmission {
        state: state.into(),
        ..submission
    }
}

pub(crate) async fn ingest(client: &Client, article: ArticleSubmission) -> Result<IngestResult, Status> {
    let request = IngestArticleRequest {
        article: Some(article),
    };
    let response = client.clone().ingest_article(request).await?;
    Ok(response.into_inner().result.unwrap())
}

/// Asks with a deadline.
pub(crate) async fn ingest_within(
    client: &Client,
    article: ArticleSubmission,
    deadline: Duration,
) -> Result<IngestResult, Status> {
    let mut request = tonic::Request::new(IngestArticleRequest {
        article: Some(article),
    });
    request.set_timeout(deadline);
    let response = client.clone().ingest_article(request).await?;
    Ok(response.into_inner().result.unwrap())
}

pub(crate) async fn retract(client: &Client, retraction: Retraction) -> Result<IngestResult, Status> {
    let request = RetractArticleRequest {
        retraction: Some(retraction),
    };
    let response = client.clone().retract_article(request).await?;
    Ok(response.into_inner().result.unwrap())
}

pub(crate) fn retraction_of(article_id: &str) -> Retraction {
    Retraction {
        article_id: article_id.to_owned(),
        reason: "오보".to_owned(),
        ..Default::default()
    }
}

/// Outcome and revision.
pub(crate) fn what(result: &IngestResult) -> (IngestOutcome, u32) {
    (result.outcome(), result.revision)
}

/// Code and reason of a refusal.
pub(crate) fn why(status: &Status) -> (Code, String) {
    let info = status.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.domain, "gisa.dev");
    (status.code(), info.reason)
}

pub(crate) fn article_request(
    correlation_id: impl ToString,
    article: ArticleSubmission,
) -> IngestArticlesRequest {
    IngestArticlesRequest {
        correlation_id: correlation_id.to_string(),
        operation: Some(Operation::Article(article)),
    }
}

pub(crate) fn retraction_request(correlation_id: impl ToString, article_id: &str) -> IngestArticlesRequest {
    IngestArticlesRequest {
        correlation_id: correlation_id.to_string(),
        operation: Some(Operation::Retraction(retraction_of(article_id))),
    }
}

/// The answer to one operation of a stream, as one to a call.
pub(crate) fn answer(response: IngestArticlesResponse) -> (String, Result<IngestResult, Status>) {
    let outcome = match response.outcome.unwrap() {
        Outcome::Result(result) => Ok(result),
        Outcome::Error(error) => {
            let code = Code::from_i32(error.code);
            Err(Status::with_details(
                code,
                error.message.clone(),
                prost::Message::encode_to_vec(&error).into(),
            ))
        }
    };
    (response.correlation_id, outcome)
}

/// Waits until a condition holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, waiting).await;
}

/// Waits for what must happen.
pub(crate) async fn within<T>(what: &str, happening: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, happening).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain: {what}"),
    }
}
