//! One revision from its bytes on ARTICLES to its outcome on TAGGED.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition};
use gisa_article_model::TaggedArticle;
use gisa_event_log::{EventLog, Headers};
use jiff::Timestamp;

use crate::{
    engine::Engine,
    error::TaggingError,
    publish::publish_outcome,
    tagger::{TaggedText, TextToTag},
};

/// Tags revisions and publishes the outcomes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tagging {
    log: Arc<dyn EventLog>,
    engine: Arc<dyn Engine>,
}

/// A revision as it stands on the log.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Where.
    pub position: &'a LogPosition,
    /// Its headers, which go on with the outcome.
    pub headers: &'a Headers,
    /// Its bytes.
    pub payload: &'a [u8],
}

impl Tagging {
    /// Tagging with `engine`, outcomes to `log`.
    pub fn new(log: Arc<dyn EventLog>, engine: Arc<dyn Engine>) -> Self {
        Self { log, engine }
    }

    /// Brings a revision to its one outcome. Repeatable: an outcome of the same or a newer tagger stays.
    pub async fn carry_out(&self, source: Source<'_>) -> Result<(), TaggingError> {
        let outcome = self.rehearse(source).await?;
        publish_outcome(&*self.log, &outcome, source.headers).await
    }

    /// Tags a revision and publishes nothing.
    pub async fn rehearse(&self, source: Source<'_>) -> Result<ArticleTagged, TaggingError> {
        let revised = ArticleRevised::decode(source.payload)?;
        let engine = Arc::clone(&self.engine);
        let source_position = source.position.clone();
        // Tagging is pure computation: off the threads that serve the network.
        tokio::task::spawn_blocking(move || {
            let article = revised.article;
            let (tagged, tagger_version) = if article.state.visible() {
                let text = TextToTag {
                    title: &article.title,
                    subtitle: &article.subtitle,
                    body: &article.body,
                    published_at: article.published_at,
                };
                catch_unwind(AssertUnwindSafe(|| engine.tag(&text)))
                    .map_err(|panic| TaggingError::Panicked(panic_message(&*panic)))?
            } else {
                (TaggedText::default(), engine.version())
            };
            Ok(ArticleTagged {
                tagged_article: TaggedArticle {
                    article,
                    mentions: tagged.mentions,
                    analysis: tagged.analysis,
                    tagger_version,
                    tagged_at: Timestamp::now(),
                },
                source_position,
                accepted_at: revised.accepted_at,
            })
        })
        .await
        .unwrap_or_else(|error| Err(TaggingError::Panicked(error.to_string())))
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
