//! The trait that both logs implement.

use std::fmt;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;

use crate::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, LogError, Position, Record, Stream,
    StreamInfo, Subject,
};

/// Records in ascending sequence: first what is there, then what arrives, without end. After an error it ends.
pub type RecordStream = BoxStream<'static, Result<Record, LogError>>;

/// Where to start reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the oldest message that is kept.
    Oldest,
    /// With the first message after this position. Fails with [`LogError::Replaced`] if the position belongs to another
    /// stream or lies beyond the end, and with [`LogError::Compacted`] if messages after it are not kept any more.
    After(Position),
    /// With the first message appended at or after this time.
    Time(Timestamp),
    /// With what is appended from now on: everything appended after `read` has returned is seen.
    Next,
}

/// The event log. Cheap to share as `Arc<dyn EventLog>`; all methods may be called concurrently.
#[async_trait]
pub trait EventLog: Send + Sync + fmt::Debug {
    /// Appends messages, each decided alone: the result has one entry for each message, in order. `Ok` means that the
    /// message is durable as far as the log is configured to make it so. Messages of one call that go to the same
    /// subject are appended in order; a call's messages are not atomic together, and others may come in between.
    ///
    /// At most [`MAX_APPENDS_PER_CALL`] messages.
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>>;

    /// The newest message of a subject, if there is one. Sees everything that was appended before the call.
    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError>;

    /// The message with this sequence, if it is kept.
    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError>;

    /// Reads on from a start, for ever.
    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError>;

    /// Joins a durable consumer; creates it, from the oldest message on, if it does not exist.
    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError>;

    /// Progress of a durable consumer; `None` if it does not exist.
    async fn consumer_lag(&self, stream: Stream, durable_name: &str)
    -> Result<Option<ConsumerLag>, LogError>;

    /// What a stream holds.
    async fn info(&self, stream: Stream) -> Result<StreamInfo, LogError>;

    /// Removes the oldest messages, up to and including `through`. Readers and positions before see it as compaction.
    async fn compact(&self, stream: Stream, through: u64) -> Result<(), LogError>;

    /// Settles what is under way and closes the log; later calls fail with [`LogError::Closed`].
    async fn close(&self) -> Result<(), LogError>;
}

/// Most messages in one call of [`EventLog::append`].
pub const MAX_APPENDS_PER_CALL: usize = 1000;
