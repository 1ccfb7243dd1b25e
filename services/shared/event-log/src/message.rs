//! What goes into the log and what comes out.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use crate::Subject;

/// Headers of a message: names and values are printable ASCII without line breaks. Used for trace context.
pub type Headers = BTreeMap<String, String>;

/// A message to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where to.
    pub subject: Subject,
    /// Identifies this append: a repetition with the same id, at least within the log's duplicate window (2 minutes unless
    /// configured otherwise), is answered with the first one's sequence and stores nothing. Must be the same when an append is
    /// retried, to the same subject with the same condition, and different for everything else.
    pub message_id: String,
    /// What the newest message of the subject must be.
    pub expected_last: ExpectedLast,
    /// Headers.
    pub headers: Headers,
    /// Content; at most 1 MiB with headers, which is the default limit of NATS.
    pub payload: Bytes,
}

/// Condition on the newest message of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedLast {
    /// No condition.
    Any,
    /// The subject has no message.
    None,
    /// The newest message of the subject has this sequence.
    Sequence(u64),
}

/// A stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// Whether an earlier append with the same message id had stored it.
    pub duplicate: bool,
}

/// A message as read from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Sequence in the stream, from 1, ascending; may skip.
    pub sequence: u64,
    /// Its subject.
    pub subject: Subject,
    /// When the log stored it.
    pub appended_at: Timestamp,
    /// Headers.
    pub headers: Headers,
    /// Content.
    pub payload: Bytes,
}
