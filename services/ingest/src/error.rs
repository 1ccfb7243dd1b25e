//! Why an operation was not carried out.

use gisa_article_model::ArticleId;

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
