//! A real log at whose gate the readers of the whole log wait, so that a rebuild is under way for as long as a test wants.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use gisa_event_log::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject,
};
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct GatedLog {
    log: Arc<dyn EventLog>,
    gate: watch::Sender<bool>,
    fails: AtomicBool,
}

impl GatedLog {
    /// With the gate closed.
    pub(crate) fn new(log: Arc<dyn EventLog>) -> Arc<Self> {
        Arc::new(Self {
            log,
            gate: watch::Sender::new(false),
            fails: AtomicBool::new(false),
        })
    }

    pub(crate) fn set_open(&self, open: bool) {
        self.gate.send_replace(open);
    }

    /// The next readers of the whole log fail behind the gate.
    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }
}

#[async_trait]
impl EventLog for GatedLog {
    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError> {
        let waits = start == StartAt::Oldest;
        let records = self.log.read(stream, start).await?;
        if !waits {
            return Ok(records);
        }
        let mut gate = self.gate.subscribe();
        let waiting = stream::once(async move { gate.wait_for(|open| *open).await.is_ok() });
        let waiting = waiting.filter_map(|_| std::future::ready(None));
        if self.fails.load(Ordering::SeqCst) {
            let failure = Err(LogError::Corrupt("on purpose".to_owned()));
            return Ok(waiting.chain(stream::iter([failure])).boxed());
        }
        Ok(waiting.chain(records).boxed())
    }

    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        self.log.append(stream, messages).await
    }

    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError> {
        self.log.last_of_subject(stream, subject).await
    }

    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        self.log.get(stream, sequence).await
    }

    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError> {
        self.log.consumer(stream, config).await
    }

    async fn consumer_lag(
        &self,
        stream: Stream,
        durable_name: &str,
    ) -> Result<Option<ConsumerLag>, LogError> {
        self.log.consumer_lag(stream, durable_name).await
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
