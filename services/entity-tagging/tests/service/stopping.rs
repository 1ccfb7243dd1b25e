//! A stop in the middle of work that does not end.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gisa_article_model::PublicationState;
use gisa_entity_tagging::TaggingConfig;
use gisa_event_log::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use gisa_service_runtime::{Assembly, ServerConfig};
use tokio::{net::TcpListener, sync::Notify, time::timeout};

use crate::outcomes::{append_article, revised};

/// A log that takes what is appended to TAGGED and never answers.
#[derive(Debug)]
struct StuckLog {
    log: Arc<dyn EventLog>,
    stuck: Arc<Notify>,
}

#[async_trait]
impl EventLog for StuckLog {
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        if stream == Stream::Tagged {
            self.stuck.notify_one();
            return std::future::pending().await;
        }
        self.log.append(stream, messages).await
    }

    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError> {
        self.log.last_of_subject(stream, subject).await
    }

    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        self.log.get(stream, sequence).await
    }

    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError> {
        self.log.read(stream, start).await
    }

    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError> {
        self.log.consumer(stream, config).await
    }

    async fn consumer_lag(&self, stream: Stream, name: &str) -> Result<Option<ConsumerLag>, LogError> {
        self.log.consumer_lag(stream, name).await
    }

    async fn info(&self, stream: Stream) -> Result<StreamInfo, LogError> {
        self.log.info(stream).await
    }

    async fn compact(&self, stream: Stream, through: u64) -> Result<(), LogError> {
        self.log.compact(stream, through).await
    }

    async fn close(&self) -> Result<(), LogError> {
        self.log.close().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_finished_is_handed_back() {
    let directory = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(EmbeddedConfig::new(directory.path()))
        .await
        .unwrap();
    let log: Arc<dyn EventLog> = Arc::new(log);
    let payload = revised("a", 1, PublicationState::Usable).encode();
    append_article(&*log, "a", "a", payload).await;

    let stuck = Arc::new(Notify::new());
    let stuck_log = StuckLog {
        log: Arc::clone(&log),
        stuck: Arc::clone(&stuck),
    };
    // Far longer than the test: what comes again before that was handed back.
    let config = TaggingConfig {
        ack_wait_ms: 3_600_000,
        ..TaggingConfig::default()
    };
    let mut assembly = Assembly::new();
    gisa_entity_tagging::start(&config, Arc::new(stuck_log), &mut assembly)
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = ServerConfig {
        grace_ms: 100,
        ..ServerConfig::default()
    };
    assembly
        .serve(listener, &server, async move { stuck.notified().await })
        .await
        .unwrap();

    let mut consumer = log.consumer(Stream::Articles, config.consumer()).await.unwrap();
    let again = timeout(Duration::from_secs(60), consumer.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((again.record.sequence, again.attempt), (1, 2));
}
