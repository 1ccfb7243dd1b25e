//! The state of an operation.

use gisa_event_log::Position;
use jiff::Timestamp;

use super::Selection;

/// How an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody works on it, or will soon.
    Running,
    /// Stopped by a caller.
    Cancelled,
    /// Everything has been looked at.
    Done,
    /// It cannot go on.
    Failed,
}

/// How far an operation has come; counts revisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Looked at.
    pub scanned: u64,
    /// Of the selection: visible, and the newest of their articles.
    pub matched: u64,
    /// Of those, with a new result.
    pub retagged: u64,
    /// Of those, with the result that they had.
    pub unchanged: u64,
    /// Of those, without one.
    pub failed: u64,
}

/// An operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// Which articles.
    pub selection: Selection,
    /// Version of the dictionary to tag with, at least.
    pub dictionary_version: u64,
    /// How it stands.
    pub state: State,
    /// How far it has come.
    pub progress: Progress,
    /// The last message of ARTICLES that has been looked at.
    pub through: Position,
    /// The last message of ARTICLES that is to be looked at.
    pub end_sequence: u64,
    /// The replica that works on it; empty if none does.
    pub holder: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When this state was written.
    pub updated_at: Timestamp,
    /// What went wrong last; empty if nothing did.
    pub error: String,
}

impl Operation {
    /// Revisions to be looked at, all together.
    pub fn total(&self) -> u64 {
        self.progress.scanned + self.end_sequence.saturating_sub(self.through.sequence)
    }
}
