//! Why an operation was not carried out.

use std::fmt::Display;

use gisa_article_model::ArticleId;
use gisa_event_log::LogError;
use tracing::{error, warn};

use crate::validate::Invalid;

/// Why an operation was not carried out. Nothing was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IngestError {
    /// Fields break documented rules.
    Invalid(Invalid),
    /// The article is retracted, which is final.
    Retracted {
        /// The article.
        article_id: ArticleId,
        /// Revision of the retraction.
        revision: u32,
    },
    /// There is no such article to retract.
    NotFound {
        /// The article.
        article_id: ArticleId,
    },
    /// Other writers changed the article each time.
    ConcurrentChange {
        /// The article.
        article_id: ArticleId,
    },
    /// The log does not answer; it may or may not have stored the revision.
    LogUnavailable,
    /// The log is full.
    LogFull,
    /// The article is larger than the log takes.
    TooLargeForLog {
        /// Bytes of the message.
        size: usize,
        /// Bytes that the log takes.
        limit: usize,
    },
    /// A fault of the service.
    Internal {
        /// The article.
        article_id: ArticleId,
    },
}

/// An operation that was not carried out: what its sender is told, and what the operator is.
#[derive(Debug)]
pub struct Failure {
    error: IngestError,
    trouble: Option<Trouble>,
}

/// What went wrong on our side.
#[derive(Debug)]
struct Trouble {
    doing: String,
    cause: String,
    /// Whether somebody has to look into it; other trouble may pass.
    is_fault: bool,
}

impl Failure {
    /// The log failed while something was done.
    pub(crate) fn of_log(article_id: &ArticleId, doing: &str, cause: &LogError) -> Self {
        let is_fault = match cause {
            // A stream with unsafe settings is the operator's to repair; until then it is as if it were not there.
            LogError::Unavailable(_) | LogError::Closed | LogError::UnsafeStream { .. } => false,
            LogError::Corrupt(_)
            | LogError::Compacted { .. }
            | LogError::Replaced { .. }
            | LogError::Stalled { .. }
            | LogError::InvalidSettings(_) => true,
        };
        let error = match is_fault {
            true => IngestError::Internal {
                article_id: article_id.clone(),
            },
            false => IngestError::LogUnavailable,
        };
        Self::with_trouble(error, doing.to_owned(), cause, is_fault)
    }

    /// The log is full.
    pub(crate) fn log_full(cause: &dyn Display) -> Self {
        Self::with_trouble(IngestError::LogFull, "appending".to_owned(), cause, false)
    }

    /// What is on record cannot be read.
    pub(crate) fn unreadable(article_id: &ArticleId, sequence: u64, cause: &dyn Display) -> Self {
        let error = IngestError::Internal {
            article_id: article_id.clone(),
        };
        let doing = format!("reading the record at sequence {sequence}");
        Self::with_trouble(error, doing, cause, true)
    }

    fn with_trouble(error: IngestError, doing: String, cause: &dyn Display, is_fault: bool) -> Self {
        Self {
            error,
            trouble: Some(Trouble {
                doing,
                cause: cause.to_string(),
                is_fault,
            }),
        }
    }

    /// Whether [`Failure::told`] has something for the log.
    pub(crate) fn is_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    /// Tells the log, in the current span, and gives what the sender is told.
    pub(crate) fn told(self, article_id: &ArticleId) -> IngestError {
        if let Some(Trouble {
            doing,
            cause,
            is_fault,
        }) = self.trouble
        {
            match is_fault {
                true => error!(
                    article.id = %article_id, error = cause,
                    "article {article_id} was not accepted: {doing} failed: {cause}"
                ),
                false => warn!(
                    article.id = %article_id, error = cause,
                    "article {article_id} was not accepted: {doing} failed: {cause}"
                ),
            }
        }
        self.error
    }
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        Self { error, trouble: None }
    }
}
