//! One revision from its bytes on ARTICLES to its outcome on TAGGED.

use std::{
    any::Any,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock},
    thread,
    time::Instant,
};

use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition};
use gisa_article_model::TaggedArticle;
use gisa_event_log::{EventLog, Headers};
use gisa_service_runtime::{Metrics, TraceContext};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tracing::{Level, Span, debug, debug_span, field, span};

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
    metrics: Metrics,
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
    pub fn new(log: Arc<dyn EventLog>, engine: Arc<dyn Engine>, metrics: Metrics) -> Self {
        Self { log, engine, metrics }
    }

    /// Brings a revision to its one outcome. Repeatable: an outcome of the same or a newer tagger stays.
    pub async fn carry_out(&self, source: Source<'_>) -> Result<(), TaggingError> {
        let started = Instant::now();
        let outcome = self.rehearse(source).await?;
        self.took("tag", started);
        let started = Instant::now();
        publish_outcome(&*self.log, &outcome, source.headers).await?;
        self.took("publish", started);
        debug!("tagged");
        Ok(())
    }

    /// Tags a revision and publishes nothing.
    pub async fn rehearse(&self, source: Source<'_>) -> Result<ArticleTagged, TaggingError> {
        let revised = ArticleRevised::decode(source.payload)?;
        Span::current().record("article.id", field::display(&revised.article.article_id));
        let engine = Arc::clone(&self.engine);
        let position = source.position.clone();
        if !revised.article.state.visible() {
            // Nothing to compute.
            return tag_revision(&*engine, revised, position);
        }
        tag_aside(move || tag_revision(&*engine, revised, position)).await
    }

    fn took(&self, stage: &str, started: Instant) {
        let seconds = started.elapsed().as_secs_f64();
        self.metrics.stage_duration.with([stage]).observe(seconds);
    }
}

/// As many articles of the log are tagged at a time as there are cores; more threads would only take turns. Texts of calls are
/// not among them: they would wait behind all that is in work.
static COMPUTING: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, NonZero::get)));

/// Tags off the threads that serve the network: tagging is pure computation.
pub(crate) async fn tag_aside(
    tag: impl FnOnce() -> Result<ArticleTagged, TaggingError> + Send + 'static,
) -> Result<ArticleTagged, TaggingError> {
    // Never closed.
    let _core = COMPUTING.acquire().await;
    let span = debug_span!("tag");
    tokio::task::spawn_blocking(move || span.in_scope(tag))
        .await
        .unwrap_or_else(|error| Err(TaggingError::Panicked(error.to_string())))
}

/// Tags one revision; what may not be seen gets no mentions. A panic is a failure of this revision alone.
pub(crate) fn tag_revision(
    engine: &dyn Engine,
    revised: ArticleRevised,
    source_position: LogPosition,
) -> Result<ArticleTagged, TaggingError> {
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
}

/// Who sees the span of the work on one revision. Revisions are many, and a span of each costs a good part of what the hop takes
/// for it, so it is made where somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// By all: its lines say that something is wrong, or it is one of few. A quieter log does not lose the ids.
    ByAll,
    /// Where traces are exported or the log shows DEBUG. Disabled elsewhere.
    OnDemand,
}

impl Seen {
    /// The span, which goes on with the trace of the article.
    pub(crate) fn span(self, headers: &Headers, sequence: u64, attempt: u32) -> Span {
        macro_rules! article_span {
            ($level:expr) => {
                span!(
                    $level,
                    "tag_article",
                    otel.name = "tag article",
                    otel.kind = "consumer",
                    article.id = field::Empty,
                    log.sequence = sequence,
                    log.attempt = attempt,
                    trace_id = field::Empty,
                )
            };
        }
        let span = match self {
            Self::ByAll => article_span!(Level::ERROR),
            Self::OnDemand => article_span!(Level::DEBUG),
        };
        if !span.is_disabled() {
            TraceContext::from_headers(headers).continue_in(&span);
        }
        span
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
