//! Event log in: takes revisions from ARTICLES, has them tagged and published, and only then acknowledges them.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use gisa_article_codec::{ArticleRevised, ArticleTagged, LogPosition, events::DeadLetter};
use gisa_article_model::TaggedArticle;
use gisa_event_log::{Delivery, EventLog, LogError, Stream, dead_letter, retry::Backoff};
use gisa_service_runtime::{Liveness, Shutdown};
use jiff::Timestamp;
use tokio::{sync::Semaphore, task::JoinSet, time::interval};
use tracing::{error, info, warn};

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
}

impl Worker {
    /// A worker on `log` that tags with the newest edition of `dictionary`.
    pub async fn new(
        config: TaggingConfig,
        log: Arc<dyn EventLog>,
        dictionary: LiveDictionary,
    ) -> anyhow::Result<Self> {
        let identity = log
            .info(Stream::Articles)
            .await
            .context("cannot read stream ARTICLES")?
            .identity;
        Ok(Self {
            config: Arc::new(config),
            log,
            dictionary,
            stream_identity: identity.into(),
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
            let worker = self.clone();
            in_work.spawn(async move {
                worker.process(delivery).await;
                drop(permit);
            });
            // Finished ones are let go of, so that the set does not grow.
            while in_work.try_join_next().is_some() {}
        }
    }

    /// Brings one delivery to its end: acknowledged, given back, or dead-lettered.
    async fn process(&self, delivery: Delivery) {
        let sequence = delivery.record.sequence;
        let failure = match self.tag_and_publish(&delivery).await {
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
        dead_letter(&*self.log, Stream::Articles, delivery, letter.into()).await
    }

    /// Tags and publishes one revision, with a sign of life to the log when it takes long.
    async fn tag_and_publish(&self, delivery: &Delivery) -> Result<(), TaggingError> {
        let work = async {
            let revised = ArticleRevised::decode(&delivery.record.payload)?;
            let outcome = self.tag(revised, delivery.record.sequence).await?;
            publish_outcome(&*self.log, &outcome, &delivery.record.headers).await
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
        tokio::task::spawn_blocking(move || tag_revision(&tagger, revised, source_position))
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
