//! Event log in: takes revisions from ARTICLES, has them tagged and published, and only then acknowledges them.

use std::{sync::Arc, time::Duration};

use gisa_article_codec::{ArticleRevised, LogPosition};
use gisa_event_log::{Delivery, EventLog, LogError, Stream, retry::Backoff};
use gisa_service_runtime::{Liveness, Metrics, Shutdown};
use tokio::{sync::Semaphore, task::JoinSet, time::interval};
use tracing::{Instrument as _, Span, error, field, info, warn};

use crate::{
    config::TaggingConfig,
    dead_letters::{DeadLetters, Failed},
    error::{Consequence, TaggingError},
    tagging::{Seen, Source, Tagging},
};

/// What is stuck when nothing is delivered.
const LIVENESS_PART: &str = "tagging";

/// Waiting times of a message whose attempt failed, and of a consumer that has to be made anew.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(30),
};

/// The worker of one process.
#[derive(Debug)]
pub struct Worker {
    config: Arc<TaggingConfig>,
    log: Arc<dyn EventLog>,
    tagging: Tagging,
    letters: DeadLetters,
    stream_identity: Arc<str>,
    metrics: Metrics,
}

/// Why a delivery is not at its end.
#[derive(Debug)]
enum Unfinished {
    /// The attempt failed.
    Failed(TaggingError),
    /// The process stops.
    OutOfTime,
}

impl Worker {
    /// A worker on the ARTICLES of `log`, the stream of this identity.
    pub fn new(
        config: Arc<TaggingConfig>,
        log: Arc<dyn EventLog>,
        tagging: Tagging,
        letters: DeadLetters,
        stream_identity: Arc<str>,
        metrics: Metrics,
    ) -> Self {
        // There from the start, so that the first one is seen as a change.
        let labels = [Stream::Articles.name(), config.consumer_name.as_str()];
        metrics.dead_letters.with(labels);
        metrics.consumer_redelivered.with(labels);
        Self {
            config,
            log,
            tagging,
            letters,
            stream_identity,
            metrics,
        }
    }

    /// Works until the shutdown; then finishes what is in work. While there are articles and none is delivered, whatever
    /// is tried, the process is not live.
    pub async fn run(self, shutdown: Shutdown, liveness: Liveness) -> anyhow::Result<()> {
        let worker = Arc::new(self);
        let room = Arc::new(Semaphore::new(worker.config.max_in_flight));
        let mut in_work = JoinSet::new();
        let mut failures = 0;
        while !shutdown.is_requested() {
            match worker.pull(&shutdown, &liveness, &room, &mut in_work).await {
                Ok(()) => break,
                Err(LogError::Closed) => break,
                Err(error) => {
                    if matches!(error, LogError::Stalled { .. }) {
                        liveness.stuck(LIVENESS_PART, &error.to_string()).await;
                    }
                    failures += 1;
                    let delay = BACKOFF.delay(failures);
                    warn!(%error, "consumer {} is made anew in {delay:?}: {error}", worker.config.consumer_name);
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
        self: &Arc<Self>,
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
                    .with([Stream::Articles.name(), &self.config.consumer_name])
                    .inc();
            }
            let worker = Arc::clone(self);
            let shutdown = shutdown.clone();
            in_work.spawn(async move {
                worker.process(delivery, &shutdown).await;
                drop(permit);
            });
            // Finished ones are let go of, so that the set does not grow.
            while in_work.try_join_next().is_some() {}
        }
    }

    /// Brings one delivery to its end: acknowledged, given back, or dead-lettered.
    async fn process(&self, delivery: Delivery, shutdown: &Shutdown) {
        let span_of = |delivery: &Delivery, seen: Seen| {
            let record = &delivery.record;
            seen.span(&record.headers, record.sequence, delivery.attempt)
        };
        let span = span_of(&delivery, Seen::OnDemand);
        let work = async {
            tokio::select! {
                tagged = self.tag_and_publish(&delivery) => tagged.map_err(Unfinished::Failed),
                () = shutdown.out_of_time() => Err(Unfinished::OutOfTime),
            }
        };
        match work.instrument(span.clone()).await {
            Ok(()) => {
                let sequence = delivery.record.sequence;
                // If it gets lost the article comes again, and its outcome is found to be there.
                if let Err(error) = delivery.ack_unconfirmed().await {
                    warn!(log.sequence = sequence, %error, "ARTICLES {sequence} will be tagged again: {error}");
                }
            }
            Err(unfinished) => {
                let span = match span.is_disabled() {
                    true => {
                        let span = span_of(&delivery, Seen::ByAll);
                        name_article(&span, &delivery);
                        span
                    }
                    false => span,
                };
                self.settle(delivery, unfinished).instrument(span).await;
            }
        }
    }

    /// Gives a delivery back or dead-letters it.
    async fn settle(&self, delivery: Delivery, unfinished: Unfinished) {
        let sequence = delivery.record.sequence;
        let failure = match unfinished {
            Unfinished::OutOfTime => {
                // Another worker need not wait until it is missed here.
                match delivery.retry_after(Duration::ZERO).await {
                    Ok(()) => info!(log.sequence = sequence, "ARTICLES {sequence} is handed back"),
                    Err(error) => {
                        warn!(log.sequence = sequence, %error, "ARTICLES {sequence} will come again: {error}");
                    }
                }
                return;
            }
            Unfinished::Failed(failure) => failure,
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
        let failed = Failed {
            record,
            stream_identity: &self.stream_identity,
            consumer: &self.config.consumer_name,
            error: &failure.to_string(),
            attempts: delivery.attempt,
        };
        // Only what has a letter may never come again.
        self.letters.store(failed).await?;
        delivery.terminate().await
    }

    /// Tags and publishes one revision.
    async fn tag_and_publish(&self, delivery: &Delivery) -> Result<(), TaggingError> {
        let position = LogPosition {
            stream_identity: self.stream_identity.to_string(),
            sequence: delivery.record.sequence,
        };
        let work = self.tagging.carry_out(Source {
            position: &position,
            headers: &delivery.record.headers,
            payload: &delivery.record.payload,
        });
        with_signs_of_life(work, delivery, self.config.consumer().ack_wait).await
    }
}

/// Makes the lines of a span show the article of a delivery, if it can be read.
fn name_article(span: &Span, delivery: &Delivery) {
    if let Ok(revised) = ArticleRevised::decode(&delivery.record.payload) {
        span.record("article.id", field::display(revised.article.article_id));
    }
}

/// Does `work` with a sign of life to the log when it takes long, so that nobody else is given it.
pub(crate) async fn with_signs_of_life(
    work: impl Future<Output = Result<(), TaggingError>>,
    delivery: &Delivery,
    ack_wait: Duration,
) -> Result<(), TaggingError> {
    tokio::pin!(work);
    let mut sign_of_life = interval(ack_wait / 3);
    sign_of_life.tick().await;
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = sign_of_life.tick() => delivery.progress().await?,
        }
    }
}
