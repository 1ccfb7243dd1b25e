//! Event log in: takes revisions from ARTICLES, has them tagged and published, and only then acknowledges them.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition, events::DeadLetter};
use gisa_article_model::TaggedArticle;
use gisa_event_log::{Delivery, EventLog, LogError, Stream, dead_letter, retry::Backoff};
use gisa_service_runtime::{Liveness, Metrics, Shutdown, TraceContext};
use jiff::Timestamp;
use tokio::{sync::Semaphore, task::JoinSet, time::interval};
use tracing::{Instrument as _, Span, debug, error, error_span, field, info, info_span, warn};

use crate::{
    config::TaggingConfig,
    error::{Consequence, TaggingError},
    live_dictionary::LiveDictionary,
    publish::publish_outcome,
    tagger::{TaggedText, Tagger, TextToTag},
};

/// Header of the W3C trace context.
const TRACEPARENT: &str = "traceparent";

/// What is stuck when nothing is delivered.
const LIVENESS_PART: &str = "tagging";

/// Waiting times of a message whose attempt failed, and of a consumer that has to be made anew.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(30),
};

/// The worker of one process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Worker {
    config: Arc<TaggingConfig>,
    log: Arc<dyn EventLog>,
    dictionary: LiveDictionary,
    stream_identity: Arc<str>,
    metrics: Metrics,
}

impl Worker {
    /// A worker on `log` that tags with the newest edition of `dictionary`.
    pub async fn new(
        config: TaggingConfig,
        log: Arc<dyn EventLog>,
        dictionary: LiveDictionary,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let identity = log
            .info(Stream::Articles)
            .await
            .context("cannot read stream ARTICLES")?
            .identity;
        // There from the start, so that the first one is seen as a change.
        let labels = [Stream::Articles.name(), config.consumer_name.as_str()];
        metrics.dead_letters.with(labels);
        metrics.consumer_redelivered.with(labels);
        Ok(Self {
            config: Arc::new(config),
            log,
            dictionary,
            stream_identity: identity.into(),
            metrics,
        })
    }

    /// Works until the shutdown; then finishes what is in work. While there are articles and none is delivered, whatever
    /// is tried, the process is not live.
    pub async fn run(self, shutdown: Shutdown, liveness: Liveness) -> anyhow::Result<()> {
        let room = Arc::new(Semaphore::new(self.config.max_in_flight));
        let mut in_work = JoinSet::new();
        let mut failures = 0;
        while !shutdown.is_requested() {
            match self.pull(&shutdown, &liveness, &room, &mut in_work).await {
                Ok(()) => break,
                Err(LogError::Closed) => break,
                Err(error) => {
                    if matches!(error, LogError::Stalled { .. }) {
                        liveness.stuck(LIVENESS_PART, &error.to_string()).await;
                    }
                    failures += 1;
                    let delay = BACKOFF.delay(failures);
                    warn!(%error, "consumer {} is made anew in {delay:?}: {error}", self.config.consumer_name);
                    tokio::select! {
                        () = tokio::time::sleep(delay) => (),
                        () = shutdown.requested() => (),
                    }
                }
            }
        }
        info!("finishing {} articles in work", in_work.len());
        while in_work.join_next().await.is_some() {}
        Ok(())
    }

    /// Pulls until the shutdown or until the consumer fails.
    async fn pull(
        &self,
        shutdown: &Shutdown,
        liveness: &Liveness,
        room: &Arc<Semaphore>,
        in_work: &mut JoinSet<()>,
    ) -> Result<(), LogError> {
        let mut consumer = self
            .log
            .consumer(Stream::Articles, self.config.consumer())
            .await?;
        loop {
            // Room first: a delivery that waits for room would use up its ack_wait.
            let Ok(permit) = Arc::clone(room).acquire_owned().await else {
                return Ok(());
            };
            let delivery = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                delivery = consumer.next() => delivery?,
            };
            liveness.going_on(LIVENESS_PART).await;
            if delivery.attempt > 1 {
                self.metrics
                    .consumer_redelivered
                    .with(self.consumer_labels())
                    .inc();
            }
            let worker = self.clone();
            let shutdown = shutdown.clone();
            in_work.spawn(async move {
                let span = article_span(&delivery);
                worker.process(delivery, &shutdown).instrument(span).await;
                drop(permit);
            });
            // Finished ones are let go of, so that the set does not grow.
            while in_work.try_join_next().is_some() {}
        }
    }

    /// Brings one delivery to its end: acknowledged, given back, or dead-lettered.
    async fn process(&self, delivery: Delivery, shutdown: &Shutdown) {
        let sequence = delivery.record.sequence;
        let tagged = tokio::select! {
            tagged = self.tag_and_publish(&delivery) => tagged,
            () = shutdown.out_of_time() => {
                // Another worker need not wait until it is missed here.
                match delivery.retry_after(Duration::ZERO).await {
                    Ok(()) => info!(log.sequence = sequence, "ARTICLES {sequence} is handed back"),
                    Err(error) => warn!(log.sequence = sequence, %error, "ARTICLES {sequence} will come again: {error}"),
                }
                return;
            }
        };
        let failure = match tagged {
            Ok(()) => {
                if let Err(error) = delivery.ack().await {
                    warn!(log.sequence = sequence, %error, "ARTICLES {sequence} will be tagged again: {error}");
                }
                return;
            }
            Err(failure) => failure,
        };

        let give_up = match failure.consequence() {
            Consequence::GiveUp => true,
            Consequence::RetryBounded => delivery.attempt >= self.config.max_attempts,
            Consequence::RetryForever => false,
        };
        let settled = if give_up {
            self.give_up(delivery, &failure).await
        } else {
            let delay = BACKOFF.delay(delivery.attempt);
            warn!(log.sequence = sequence, error = %failure, "ARTICLES {sequence} is tried again in {delay:?}: {failure}");
            delivery.retry_after(delay).await
        };
        if let Err(error) = settled {
            warn!(log.sequence = sequence, %error, "ARTICLES {sequence} will come again: {error}");
        }
    }

    async fn give_up(&self, delivery: Delivery, failure: &TaggingError) -> Result<(), LogError> {
        let record = &delivery.record;
        error!(
            log.sequence = record.sequence,
            log.subject = %record.subject,
            attempts = delivery.attempt,
            error = %failure,
            "ARTICLES {} goes to DEAD_LETTERS: {failure}",
            record.sequence
        );
        let letter = DeadLetter {
            position: self.position(record.sequence),
            stream: Stream::Articles.name(),
            subject: record.subject.as_str(),
            headers: record.headers.clone().into_iter().collect(),
            payload: record.payload.to_vec(),
            error: failure.to_string(),
            attempts: delivery.attempt,
            consumer: &self.config.consumer_name,
            failed_at: Timestamp::now(),
            trace_id: record
                .headers
                .get(TRACEPARENT)
                .and_then(|header| trace_id(header))
                .unwrap_or_default(),
        }
        .encode();
        dead_letter(&*self.log, Stream::Articles, delivery, letter.into()).await?;
        self.metrics.dead_letters.with(self.consumer_labels()).inc();
        Ok(())
    }

    fn consumer_labels(&self) -> [&str; 2] {
        [Stream::Articles.name(), &self.config.consumer_name]
    }

    fn took(&self, stage: &str, started: Instant) {
        let seconds = started.elapsed().as_secs_f64();
        self.metrics.stage_duration.with([stage]).observe(seconds);
    }

    /// Tags and publishes one revision, with a sign of life to the log when it takes long.
    async fn tag_and_publish(&self, delivery: &Delivery) -> Result<(), TaggingError> {
        let work = async {
            let revised = ArticleRevised::decode(&delivery.record.payload)?;
            Span::current().record("article.id", field::display(&revised.article.article_id));
            let started = Instant::now();
            let outcome = self.tag(revised, delivery.record.sequence).await?;
            self.took("tag", started);
            let started = Instant::now();
            publish_outcome(&*self.log, &outcome, &delivery.record.headers).await?;
            self.took("publish", started);
            debug!("tagged");
            Ok(())
        };
        tokio::pin!(work);
        let mut sign_of_life = interval(self.ack_wait() / 3);
        sign_of_life.tick().await;
        loop {
            tokio::select! {
                result = &mut work => return result,
                _ = sign_of_life.tick() => delivery.progress().await?,
            }
        }
    }

    async fn tag(&self, revised: ArticleRevised, sequence: u64) -> Result<ArticleTagged, TaggingError> {
        let tagger = Arc::clone(self.dictionary.now().tagger());
        let source_position = self.position(sequence);
        // Tagging is pure computation: off the threads that serve the network.
        let span = info_span!("tag");
        tokio::task::spawn_blocking(move || span.in_scope(|| tag_revision(&tagger, revised, source_position)))
            .await
            .unwrap_or_else(|error| Err(TaggingError::Panicked(error.to_string())))
    }

    fn position(&self, sequence: u64) -> LogPosition {
        LogPosition {
            stream_identity: self.stream_identity.to_string(),
            sequence,
        }
    }

    fn ack_wait(&self) -> Duration {
        self.config.consumer().ack_wait
    }
}

/// Tags one revision; what may not be seen gets no mentions. A panic is a failure of this revision alone.
pub(crate) fn tag_revision(
    tagger: &Tagger,
    revised: ArticleRevised,
    source_position: LogPosition,
) -> Result<ArticleTagged, TaggingError> {
    let article = revised.article;
    let tagged = if article.state.visible() {
        let text = TextToTag {
            title: &article.title,
            subtitle: &article.subtitle,
            body: &article.body,
            published_at: article.published_at,
        };
        catch_unwind(AssertUnwindSafe(|| tagger.tag(&text)))
            .map_err(|panic| TaggingError::Panicked(panic_message(&*panic)))?
    } else {
        TaggedText::default()
    };
    Ok(ArticleTagged {
        tagged_article: TaggedArticle {
            article,
            mentions: tagged.mentions,
            analysis: tagged.analysis,
            tagger_version: tagger.version(),
            tagged_at: Timestamp::now(),
        },
        source_position,
        accepted_at: revised.accepted_at,
    })
}

/// The span of one delivery, which goes on with the trace of its article. At this level, so that a quieter log does not
/// lose the ids that its lines need.
fn article_span(delivery: &Delivery) -> Span {
    let span = error_span!(
        "tag_article",
        otel.name = "tag article",
        otel.kind = "consumer",
        article.id = field::Empty,
        log.sequence = delivery.record.sequence,
        log.attempt = delivery.attempt,
        trace_id = field::Empty,
    );
    TraceContext::from_headers(&delivery.record.headers).continue_in(&span);
    span
}

/// The trace id (32 hex digits) of a `traceparent` header.
fn trace_id(traceparent: &str) -> Option<String> {
    traceparent
        .split('-')
        .nth(1)
        .filter(|id| id.len() == 32)
        .map(str::to_owned)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
