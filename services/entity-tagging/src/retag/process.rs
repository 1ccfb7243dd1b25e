//! One revision of ARTICLES: whether it is to be tagged again, and that it is.

use std::{sync::Arc, time::Duration};

use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition};
use gisa_event_log::{EventLog, LogError, Record, Stream, Subject};
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::selection::Filter;
use crate::{
    error::TaggingError,
    live_dictionary::LiveDictionary,
    publish::publish_outcome,
    tagging::{tag_aside, tag_revision},
};

/// How often to look whether live articles still wait.
const YIELD_INTERVAL: Duration = Duration::from_millis(50);
/// Live articles go first, but an operation must end some day too: after this long it takes one article.
const LONGEST_YIELD: Duration = Duration::from_secs(1);

/// What became of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// Not of the selection, not visible, or not the newest of its article.
    PassedOver,
    /// It got a new result.
    Retagged,
    /// It keeps the result that it has.
    Unchanged,
    /// It could not be tagged.
    Failed(String),
}

/// Looks at revisions.
#[derive(Debug)]
pub(super) struct Processor<'a> {
    pub(super) log: &'a dyn EventLog,
    pub(super) dictionary: &'a LiveDictionary,
    pub(super) filter: &'a Filter,
    /// Consumer of the live articles.
    pub(super) consumer_name: &'a str,
    /// Of ARTICLES.
    pub(super) stream_identity: &'a str,
}

impl Processor<'_> {
    /// Brings one revision to its end.
    pub(super) async fn look(&self, record: &Record) -> Result<Looked, LogError> {
        // What cannot be read is a dead letter of the live worker.
        let Ok(revised) = ArticleRevised::decode(&record.payload) else {
            return Ok(Looked::PassedOver);
        };
        let article = &revised.article;
        if !article.state.visible() || !self.filter.admits(article) {
            return Ok(Looked::PassedOver);
        }
        let newest = self
            .log
            .last_of_subject(Stream::Articles, &record.subject)
            .await?;
        if newest.is_none_or(|newest| newest.sequence != record.sequence) {
            return Ok(Looked::PassedOver);
        }
        self.yield_to_live_articles().await;
        match self.retag(revised, record).await {
            Ok(looked) => Ok(looked),
            Err(TaggingError::Log(error)) => Err(error),
            Err(error) => {
                warn!(
                    log.sequence = record.sequence,
                    log.subject = %record.subject,
                    %error,
                    "ARTICLES {} cannot be tagged again: {error}",
                    record.sequence
                );
                Ok(Looked::Failed(format!("{}: {error}", record.subject)))
            }
        }
    }

    async fn retag(&self, revised: ArticleRevised, record: &Record) -> Result<Looked, TaggingError> {
        let tagger = Arc::clone(self.dictionary.now().tagger());
        let article = &revised.article;
        let subject = Subject::tagged(article.article_id.as_str(), article.revision);
        let present = match self.log.last_of_subject(Stream::Tagged, &subject).await? {
            Some(present) => Some(ArticleTagged::decode(&present.payload)?.tagged_article),
            None => None,
        };
        if present
            .as_ref()
            .is_some_and(|present| present.tagger_version >= tagger.version())
        {
            return Ok(Looked::Unchanged);
        }
        let position = LogPosition {
            stream_identity: self.stream_identity.to_owned(),
            sequence: record.sequence,
        };
        let outcome = tag_aside(move || tag_revision(&*tagger, revised, position)).await?;
        let tagged = &outcome.tagged_article;
        // A result that says the same would only make every reader and watcher work.
        if present
            .is_some_and(|present| present.mentions == tagged.mentions && present.analysis == tagged.analysis)
        {
            return Ok(Looked::Unchanged);
        }
        publish_outcome(self.log, &outcome, &record.headers).await?;
        Ok(Looked::Retagged)
    }

    /// Waits while live articles wait for a worker, but not for ever.
    async fn yield_to_live_articles(&self) {
        let until = Instant::now() + LONGEST_YIELD;
        while Instant::now() < until {
            let lag = self.log.consumer_lag(Stream::Articles, self.consumer_name).await;
            match lag {
                Ok(Some(lag)) if lag.pending > 0 => sleep(YIELD_INTERVAL).await,
                _ => return,
            }
        }
    }
}
