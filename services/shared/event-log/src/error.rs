//! What can go wrong with the log.

use thiserror::Error;

use crate::Stream;

/// Failure of an operation on the log.
#[derive(Clone, Debug, Error)]
pub enum LogError {
    /// The log does not answer, or lost its leader; the operation may or may not have happened. Worth retrying.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// The messages after the position are not kept any more.
    #[error("stream {stream} was compacted: the oldest message kept is {first_sequence}, wanted {wanted}")]
    Compacted {
        /// Which stream.
        stream: Stream,
        /// Sequence of the oldest message that is kept.
        first_sequence: u64,
        /// Sequence that was asked for.
        wanted: u64,
    },
    /// The position belongs to another stream than the one that is there, or lies beyond its end.
    #[error("stream {stream} is not the one that the position belongs to")]
    Replaced {
        /// Which stream.
        stream: Stream,
    },
    /// The stream is missing or has settings that would lose data.
    #[error("stream {stream} is unsafe to use: {reason}")]
    UnsafeStream {
        /// Which stream.
        stream: Stream,
        /// The setting, and what it should be.
        reason: String,
    },
    /// A durable consumer has messages to deliver, and delivers none, however often it is asked anew.
    #[error("consumer {consumer:?} of stream {stream} has {pending} messages to deliver and delivers none")]
    Stalled {
        /// Which stream.
        stream: Stream,
        /// Name of the consumer.
        consumer: String,
        /// How many messages wait.
        pending: u64,
    },
    /// A setting that cannot work, or that would lose or double messages.
    #[error("invalid setting: {0}")]
    InvalidSettings(String),
    /// What is stored cannot be read.
    #[error("the event log is damaged: {0}")]
    Corrupt(String),
    /// The log has been closed.
    #[error("the event log is closed")]
    Closed,
}

/// Why one message was not appended. Others of the same call are not affected.
#[derive(Clone, Debug, Error)]
pub enum AppendError {
    /// The newest message of the subject is not the expected one.
    #[error("the subject has changed: its newest message is {last:?}")]
    Conflict {
        /// Sequence of the newest message if the log told it, 0 if the subject has none.
        last: Option<u64>,
    },
    /// The stream is full and refuses new messages.
    #[error("the stream is full")]
    StreamFull,
    /// The message is larger than the log takes.
    #[error("the message is too large for the event log: {size} bytes, limit {limit}")]
    TooLarge {
        /// Size of payload and headers in bytes.
        size: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// See [`LogError`]; after `Unavailable` the message may or may not be stored: retry with the same message id.
    #[error(transparent)]
    Log(#[from] LogError),
}
