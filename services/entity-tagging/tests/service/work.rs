//! The work on the log with engines made for tests, over a log that the test brings.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use gisa_article_codec::ArticleTagged;
use gisa_article_model::TaggerVersion;
use gisa_entity_tagging::{
    TaggingConfig,
    engine::Engine,
    start_work,
    tagger::{TaggedText, TextToTag},
};
use gisa_event_log::{EventLog, Stream};
use gisa_proto::tagging::v1::dead_letter_service_client::DeadLetterServiceClient;
use gisa_service_runtime::{Assembly, Metrics, ServerConfig};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::Channel;

use crate::outcomes::{first_records, revised};

/// A title that makes [`Poisoned`] panic.
pub(crate) const POISON: &str = "독";

/// An engine that finds nothing, and panics on poison until it is repaired.
#[derive(Debug, Default)]
pub(crate) struct Poisoned {
    repaired: AtomicBool,
}

impl Poisoned {
    pub(crate) fn repair(&self) {
        self.repaired.store(true, Ordering::SeqCst);
    }
}

impl Engine for Poisoned {
    fn version(&self) -> TaggerVersion {
        TaggerVersion {
            engine: 1,
            dictionary: 0,
        }
    }

    fn tag(&self, text: &TextToTag<'_>) -> (TaggedText, TaggerVersion) {
        assert!(
            text.title != POISON || self.repaired.load(Ordering::SeqCst),
            "this text is poison"
        );
        (TaggedText::default(), self.version())
    }
}

/// A running worker, sweeper and dead letter service.
pub(crate) struct Work {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) engine: Arc<Poisoned>,
    pub(crate) letters: DeadLetterServiceClient<Channel>,
    pub(crate) channel: Channel,
    metrics: Metrics,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Work {
    pub(crate) async fn start(log: Arc<dyn EventLog>) -> Self {
        let engine = Arc::new(Poisoned::default());
        let mut assembly = Assembly::new();
        let for_work: Arc<dyn Engine> = engine.clone();
        start_work(&config(), Arc::clone(&log), for_work, &mut assembly)
            .await
            .unwrap();
        let metrics = assembly.metrics();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            assembly.serve(listener, &ServerConfig::default(), stop).await
        });
        let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
        Self {
            log,
            engine,
            letters: DeadLetterServiceClient::new(channel.clone()),
            channel,
            metrics,
            stop,
            running,
        }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    /// Ids of the first outcomes, sorted.
    pub(crate) async fn tagged(&self, count: usize) -> Vec<String> {
        let records = first_records(&*self.log, Stream::Tagged, count).await;
        let id = |payload: &Bytes| {
            let tagged = ArticleTagged::decode(payload).unwrap().tagged_article;
            tagged.article.article_id.as_str().to_owned()
        };
        let mut ids: Vec<String> = records.iter().map(|record| id(&record.payload)).collect();
        ids.sort_unstable();
        ids
    }

    /// How many letters the metrics of the process have counted.
    pub(crate) fn counted_letters(&self) -> u64 {
        let labels = [Stream::Articles.name(), "entity-tagging"];
        self.metrics.dead_letters.with(labels).get()
    }

    /// How many outcomes there are.
    pub(crate) async fn outcomes(&self) -> u64 {
        self.log.info(Stream::Tagged).await.unwrap().messages
    }
}

pub(crate) fn config() -> TaggingConfig {
    TaggingConfig {
        max_attempts: 3,
        ..TaggingConfig::default()
    }
}

/// A revision with this title, as it stands on ARTICLES.
pub(crate) fn titled(article_id: &str, title: &str) -> Bytes {
    let mut event = revised(article_id, 1, gisa_article_model::PublicationState::Usable);
    title.clone_into(&mut event.article.title);
    event.encode().into()
}
