//! A consumer that is stuck: the process is not live until it goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use gisa_event_log::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use tokio::time::{sleep, timeout};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    outcomes::append_article,
    work::{Work, titled},
};

/// A real log whose consumer of ARTICLES is stalled for a while. How a stall is noticed is tested with a real server.
#[derive(Debug)]
struct Stalling {
    log: EmbeddedLog,
    stalled: AtomicBool,
}

#[async_trait]
impl EventLog for Stalling {
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
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
        if stream == Stream::Articles && self.stalled.load(Ordering::SeqCst) {
            return Err(LogError::Stalled {
                stream,
                consumer: config.durable_name,
                pending: 1,
            });
        }
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

async fn until(work: &Work, service: &str, wanted: ServingStatus) {
    let mut health = HealthClient::new(work.channel.clone());
    let waiting = async {
        loop {
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            if health
                .check(request)
                .await
                .is_ok_and(|answer| answer.into_inner().status() == wanted)
            {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = timeout(Duration::from_secs(60), waiting).await;
    waited.unwrap_or_else(|_| panic!("{service:?} does not become {wanted:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_consumer_fails_liveness_until_it_delivers() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(Stalling {
        log: EmbeddedLog::open(EmbeddedConfig::new(directory.path()))
            .await
            .unwrap(),
        stalled: AtomicBool::new(true),
    });
    let work = Work::start(log.clone()).await;
    append_article(&*work.log, "a", "a", titled("a", "하나")).await;
    until(&work, "liveness", ServingStatus::NotServing).await;
    until(&work, "", ServingStatus::Serving).await;

    log.stalled.store(false, Ordering::SeqCst);
    until(&work, "liveness", ServingStatus::Serving).await;
    assert_eq!(work.tagged(1).await, ["a"]);
    work.stop().await;
}
