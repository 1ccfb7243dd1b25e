//! The log on NATS JetStream: the one for production.
//!
//! What each part guards against was measured (`docs` and the decision records say how). In short: every
//! append is acknowledged or an error; the streams refuse new messages when they are full and never drop old
//! ones; readers and consumers find their place again after anything; what cannot be guarded here is the
//! durability of the server itself, which needs `sync_interval: always` and, for failover, three replicas.

mod administration;
mod append;
mod apply;
mod codec;
mod config;
mod consume;
mod definition;
mod durability;
mod failure;
mod names;
mod read;
mod session;
mod status;
mod streams;

use std::sync::Arc;

use async_trait::async_trait;

pub use administration::{Administration, Part};
use append::Appender;
pub use apply::{Applied, ApplyOptions};
pub use config::{Durability, JetStreamConfig, MaxBytes};
pub use definition::SettingChange;
use session::Session;
pub use status::{ConsumerStatus, StreamStatus};

use crate::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject,
};

/// The event log on NATS JetStream.
#[derive(Debug)]
pub struct JetStreamLog {
    session: Arc<Session>,
    appender: Appender,
}

impl JetStreamLog {
    /// Connects, creates the streams that are missing and makes sure that those that are there lose nothing.
    ///
    /// Fails with [`LogError::Unavailable`], which names the servers, if none answers within
    /// `connect_deadline_ms`; with [`LogError::UnsafeStream`], which names the setting, if a stream would
    /// lose messages; and with [`LogError::InvalidSettings`] if a server is not as durable as configured.
    pub async fn connect(config: JetStreamConfig) -> Result<Self, LogError> {
        let session = Session::open(config).await?;
        durability::verify(&session).await?;
        streams::ensure_all(&session).await?;
        let session = Arc::new(session);
        Ok(Self {
            appender: Appender::new(&session),
            session,
        })
    }

    /// A message from the leader of the stream. Not by "direct get": any replica answers that, also one that
    /// has not heard of the newest messages yet.
    async fn message(&self, stream: Stream, wanted: Wanted<'_>) -> Result<Option<Record>, LogError> {
        let _operation = self.session.enter().await?;
        let names = &self.session.names;
        let handle = self.session.api.get_stream_no_info(names.stream(stream)).await;
        let handle = handle.map_err(|error| failure::of_stream(stream, "cannot get a message", &error))?;
        let request = match wanted {
            Wanted::Sequence(sequence) => handle.raw_message_builder().sequence(sequence),
            Wanted::LastOf(subject) => handle
                .raw_message_builder()
                .last_by_subject(names.subject(subject)),
        };
        match request.send().await {
            Ok(message) => codec::stored(names, message).map(Some),
            Err(error) => failure::of_message(stream, &error).map_or(Ok(None), Err),
        }
    }
}

enum Wanted<'a> {
    Sequence(u64),
    LastOf(&'a Subject),
}

#[async_trait]
impl EventLog for JetStreamLog {
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let _operation = match self.session.enter().await {
            Ok(operation) => operation,
            Err(error) => return messages.iter().map(|_| Err(error.clone().into())).collect(),
        };
        self.appender.append(&self.session, stream, messages).await
    }

    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError> {
        self.message(stream, Wanted::LastOf(subject)).await
    }

    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        // NATS takes 0 for "not given".
        if sequence == 0 {
            return self.session.check_open().map(|()| None);
        }
        self.message(stream, Wanted::Sequence(sequence)).await
    }

    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError> {
        let _operation = self.session.enter().await?;
        read::read(Arc::clone(&self.session), stream, start).await
    }

    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError> {
        let _operation = self.session.enter().await?;
        consume::join(Arc::clone(&self.session), stream, config).await
    }

    async fn consumer_lag(
        &self,
        stream: Stream,
        durable_name: &str,
    ) -> Result<Option<ConsumerLag>, LogError> {
        let _operation = self.session.enter().await?;
        consume::lag(&self.session, stream, durable_name).await
    }

    async fn info(&self, stream: Stream) -> Result<StreamInfo, LogError> {
        let _operation = self.session.enter().await?;
        streams::info(&self.session, stream).await
    }

    async fn compact(&self, stream: Stream, through: u64) -> Result<(), LogError> {
        let _operation = self.session.enter().await?;
        streams::compact(&self.session, stream, through).await
    }

    async fn close(&self) -> Result<(), LogError> {
        self.session.check_open()?;
        self.session.close().await
    }
}
