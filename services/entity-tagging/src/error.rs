//! Why a revision could not be tagged.

use gisa_article_codec::DecodeError;
use gisa_event_log::{AppendError, LogError};
use thiserror::Error;

/// Failure of one attempt to tag one revision.
#[derive(Debug, Error)]
pub enum TaggingError {
    /// The message on ARTICLES breaks the contract; no attempt can succeed.
    #[error("the message is no article revision: {0}")]
    Undecodable(#[from] DecodeError),
    /// The tagger panicked on this text.
    #[error("the tagger panicked: {0}")]
    Panicked(String),
    /// The outcome does not fit on the log; no attempt can succeed.
    #[error("the outcome cannot be stored: {0}")]
    Unstorable(AppendError),
    /// The log did not take the outcome for now.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl TaggingError {
    /// What is to be done with the message after this failure.
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Undecodable(_) | Self::Unstorable(_) => Consequence::GiveUp,
            Self::Panicked(_) => Consequence::RetryBounded,
            Self::Log(_) => Consequence::RetryForever,
        }
    }
}

/// What is to be done with a message that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// No attempt can succeed: dead-letter it now.
    GiveUp,
    /// Maybe the next attempt succeeds: dead-letter it after the configured number of them.
    RetryBounded,
    /// The message is not at fault: try until it works.
    RetryForever,
}
