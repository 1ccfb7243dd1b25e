//! Messages of ARTICLES that the log itself gave up on: tagged after all, or dead-lettered, so that nothing ends silently.
//!
//! The worker never has the log give up on a message that has neither outcome nor letter. But somebody can limit the
//! attempts of its consumer, or terminate a delivery by hand; the log says so on ADVISORIES, which is worked off here by a
//! durable consumer that all replicas share.

use std::{sync::Arc, time::Duration};

use gisa_article_codec::LogPosition;
use gisa_event_log::{Delivery, EventLog, GivenUp, LogError, Stream, retry::Backoff};
use gisa_service_runtime::Shutdown;
use tracing::{Instrument as _, error, info, warn};

use crate::{
    config::TaggingConfig,
    consume::with_signs_of_life,
    dead_letters::{DeadLetterError, DeadLetters, Failed, LetterId},
    error::{Consequence, TaggingError},
    tagging::{Seen, Source, Tagging},
};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(30),
};

/// The sweeper of one process.
#[derive(Debug)]
pub struct Sweeper {
    config: Arc<TaggingConfig>,
    log: Arc<dyn EventLog>,
    tagging: Tagging,
    letters: DeadLetters,
    stream_identity: Arc<str>,
}

impl Sweeper {
    /// A sweeper of what the consumer of `config` gave up on.
    pub fn new(
        config: Arc<TaggingConfig>,
        log: Arc<dyn EventLog>,
        tagging: Tagging,
        letters: DeadLetters,
        stream_identity: Arc<str>,
    ) -> Self {
        Self {
            config,
            log,
            tagging,
            letters,
            stream_identity,
        }
    }

    /// Sweeps until the shutdown.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            let ended = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                ended = self.sweep() => ended,
            };
            let error = match ended {
                Ok(()) | Err(LogError::Closed) => return Ok(()),
                Err(error) => error,
            };
            failures += 1;
            let delay = BACKOFF.delay(failures);
            warn!(%error, "the sweep starts again in {delay:?}: {error}");
            tokio::select! {
                () = tokio::time::sleep(delay) => (),
                () = shutdown.requested() => return Ok(()),
            }
        }
    }

    async fn sweep(&self) -> Result<(), LogError> {
        let config = self.config.sweep_consumer();
        let mut consumer = self.log.consumer(Stream::Advisories, config).await?;
        loop {
            // Dropped by the shutdown at any point, an advisory comes again: all that is done here can be repeated.
            self.settle(consumer.next().await?).await?;
        }
    }

    async fn settle(&self, advisory: Delivery) -> Result<(), LogError> {
        let given_up = match GivenUp::decode(&advisory.record) {
            Ok(given_up) => given_up,
            Err(error) => {
                warn!(log.sequence = advisory.record.sequence, %error, "an advisory is passed over: {error}");
                return advisory.ack().await;
            }
        };
        if given_up.stream != Stream::Articles || given_up.consumer != self.config.consumer_name {
            return advisory.ack().await;
        }
        match self.bring_to_an_end(&given_up, &advisory).await {
            Ok(()) => advisory.ack().await,
            Err(error) => {
                let delay = BACKOFF.delay(advisory.attempt);
                let sequence = given_up.sequence;
                warn!(log.sequence = sequence, %error, "ARTICLES {sequence} is swept again in {delay:?}: {error}");
                advisory.retry_after(delay).await
            }
        }
    }

    /// Makes sure that the message has an outcome or a letter. An error means: try again.
    async fn bring_to_an_end(&self, given_up: &GivenUp, advisory: &Delivery) -> Result<(), TaggingError> {
        let sequence = given_up.sequence;
        let id = LetterId {
            stream: Stream::Articles,
            sequence,
        };
        match self.letters.find(id).await {
            // Nearly always: the worker terminates what it has written a letter for.
            Ok(Some(_)) | Err(DeadLetterError::Unreadable(_)) => return Ok(()),
            Ok(None) => (),
            Err(error) => return Err(LogError::Unavailable(error.to_string()).into()),
        }
        let Some(record) = self.log.get(Stream::Articles, sequence).await? else {
            warn!(
                log.sequence = sequence,
                "ARTICLES {sequence} was given up on and is not kept any more"
            );
            return Ok(());
        };
        let position = LogPosition {
            stream_identity: self.stream_identity.to_string(),
            sequence,
        };
        let tagging = self.tagging.carry_out(Source {
            position: &position,
            headers: &record.headers,
            payload: &record.payload,
        });
        let span = Seen::ByAll.span(&record.headers, sequence, advisory.attempt);
        let tagging = tagging.instrument(span);
        let failure = match with_signs_of_life(tagging, advisory, self.config.consumer().ack_wait).await {
            Ok(()) => {
                let reason = &given_up.reason;
                info!(
                    log.sequence = sequence,
                    reason, "ARTICLES {sequence} was given up on ({reason}) and is tagged now"
                );
                return Ok(());
            }
            Err(failure) => failure,
        };
        let may_succeed = match failure.consequence() {
            Consequence::GiveUp => false,
            Consequence::RetryBounded => advisory.attempt < self.config.max_attempts,
            Consequence::RetryForever => true,
        };
        if may_succeed {
            return Err(failure);
        }
        let error = format!("{failure}; before that, {}", given_up.reason);
        error!(
            log.sequence = sequence,
            error, "ARTICLES {sequence} goes to DEAD_LETTERS: {error}"
        );
        let failed = Failed {
            record: &record,
            stream_identity: &self.stream_identity,
            consumer: &self.config.consumer_name,
            error: &error,
            attempts: given_up.deliveries + advisory.attempt,
        };
        Ok(self.letters.store(failed).await?)
    }
}
