//! Durable consumers: joining one, taking deliveries from it, and settling them.

use std::{fmt, sync::Arc, time::Duration};

use async_nats::{
    Request, RequestErrorKind, Subject as NatsSubject,
    jetstream::{
        AckKind,
        consumer::{self, pull},
        context::ConsumerInfoErrorKind,
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::{Instant, sleep_until, timeout};

use super::{apply, codec, definition, failure, session::Session, status};
use crate::{
    Consumer, ConsumerConfig, ConsumerLag, Delivery, DeliveryHandle, LogError, Stream, retry::Backoff,
};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(5),
};
const HEARTBEAT: Duration = Duration::from_secs(2);
/// A caller that comes back this late has been busy: that nothing was delivered meanwhile is no sign of anything.
const AWAY: Duration = Duration::from_secs(1);
/// So often in a row a consumer may be reported as missing: a server that just started may not know all of
/// them.
const MISSING_ATTEMPTS: u32 = 6;

/// Joins a durable consumer; creates it, from the oldest message on, if it does not exist.
pub(super) async fn join(
    session: Arc<Session>,
    stream: Stream,
    config: ConsumerConfig,
) -> Result<Box<dyn Consumer>, LogError> {
    apply::apply_consumer(&session, stream, &config).await?;
    let look_at = Instant::now() + session.config.watchdog_quiet();
    let mut consumer = DurableConsumer {
        session,
        stream,
        config,
        messages: None,
        failures: 0,
        missing: 0,
        vain: 0,
        retry_at: Instant::now(),
        look_at,
        missed_heartbeat: false,
    };
    consumer.open().await?;
    Ok(Box::new(consumer))
}

/// Progress of a durable consumer; `None` if it does not exist.
pub(super) async fn lag(
    session: &Session,
    stream: Stream,
    name: &str,
) -> Result<Option<ConsumerLag>, LogError> {
    let Some(info) = find(session, stream, name).await? else {
        return Ok(None);
    };
    let is_done = info.num_pending == 0 && info.num_ack_pending == 0;
    let oldest_unacknowledged_at = match is_done {
        true => None,
        false => status::appended_after(session, stream, info.ack_floor.stream_sequence).await?,
    };
    Ok(Some(ConsumerLag {
        pending: info.num_pending,
        ack_pending: info.num_ack_pending as u64,
        redelivered: info.num_redelivered as u64,
        oldest_unacknowledged_at,
    }))
}

/// The consumer as it is in NATS, if it is there.
pub(super) async fn find(
    session: &Session,
    stream: Stream,
    name: &str,
) -> Result<Option<consumer::Info>, LogError> {
    let handle = session.api.get_stream_no_info(session.names.stream(stream)).await;
    let handle = handle.map_err(|error| failure::of_stream(stream, "cannot look at a consumer", &error))?;
    match handle.consumer_info(name).await {
        Ok(info) => Ok(Some(info)),
        Err(error) => match error.kind() {
            ConsumerInfoErrorKind::NotFound => Ok(None),
            ConsumerInfoErrorKind::StreamNotFound => Err(failure::missing(stream)),
            ConsumerInfoErrorKind::InvalidName => Err(unsafe_consumer(stream, name, "is no valid name")),
            ConsumerInfoErrorKind::JetStream(answer) => {
                Err(failure::refused(stream, "cannot look at a consumer", &answer))
            }
            _ => Err(failure::unavailable("cannot look at a consumer", error)),
        },
    }
}

pub(super) fn unsafe_consumer(stream: Stream, name: &str, reason: &str) -> LogError {
    LogError::UnsafeStream {
        stream,
        reason: format!("consumer {name:?} {reason}"),
    }
}

struct DurableConsumer {
    session: Arc<Session>,
    stream: Stream,
    config: ConsumerConfig,
    messages: Option<pull::Stream>,
    /// Failures since the last sign of life.
    failures: u32,
    /// How often in a row the consumer was missing.
    missing: u32,
    /// How often in a row there were messages and none came.
    vain: u32,
    /// When to ask for deliveries anew. Kept here and not in a running timer, so that callers who give up
    /// waiting again and again do not keep it from coming.
    retry_at: Instant,
    /// When to ask whether deliveries should have come.
    look_at: Instant,
    missed_heartbeat: bool,
}

impl fmt::Debug for DurableConsumer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("DurableConsumer");
        shown
            .field("stream", &self.stream)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Consumer for DurableConsumer {
    async fn next(&mut self) -> Result<Delivery, LogError> {
        let session = Arc::clone(&self.session);
        let now = Instant::now();
        if now > self.look_at + AWAY {
            self.look_at = now + session.config.watchdog_quiet();
        }
        session.until_closed(self.next_delivery()).await?
    }
}

impl DurableConsumer {
    async fn next_delivery(&mut self) -> Result<Delivery, LogError> {
        loop {
            let Some(messages) = self.messages.as_mut() else {
                if Instant::now() >= self.look_at {
                    self.look_around().await?;
                }
                sleep_until(self.retry_at).await;
                self.reopen().await?;
                continue;
            };
            let arrived = tokio::select! {
                biased;
                message = messages.next() => Some(message),
                () = sleep_until(self.look_at) => None,
            };
            match arrived {
                Some(Some(Ok(message))) => {
                    self.failures = 0;
                    self.vain = 0;
                    self.missed_heartbeat = false;
                    self.look_at = Instant::now() + self.session.config.watchdog_quiet();
                    let (record, facts) = codec::delivered(&self.session.names, &message)?;
                    let Some(reply) = message.reply.clone() else {
                        continue;
                    };
                    let handle = Settlement {
                        session: Arc::clone(&self.session),
                        reply,
                    };
                    return Ok(Delivery::new(record, facts.attempt, Box::new(handle)));
                }
                Some(Some(Err(error))) if is_first_missed_heartbeat(&error, &mut self.missed_heartbeat) => {}
                Some(Some(Err(error))) => self.lose_source(&error.to_string()),
                Some(None) => self.lose_source("the deliveries ended"),
                None => self.look_around().await?,
            }
        }
    }

    /// Nothing for a while: should there have been something?
    async fn look_around(&mut self) -> Result<(), LogError> {
        // First, so that a caller who gives up waiting during the question does not have it asked at once
        // again.
        self.look_at = Instant::now() + self.session.config.watchdog_quiet();
        let info = match find(&self.session, self.stream, &self.config.durable_name).await {
            Ok(Some(info)) => info,
            Ok(None) => {
                self.lose_source("the consumer is missing");
                return Ok(());
            }
            Err(error) => {
                self.lose_source(&error.to_string());
                return Ok(());
            }
        };
        let may_deliver = info.num_ack_pending < self.config.max_ack_pending && !info.paused;
        if info.num_pending == 0 || !may_deliver {
            self.vain = 0;
            return Ok(());
        }
        self.vain += 1;
        tracing::warn!(
            stream = %self.stream, consumer = self.config.durable_name, pending = info.num_pending, times = self.vain,
            "there are messages, but none is delivered"
        );
        if self.vain > self.session.config.watchdog_rebuilds {
            return Err(LogError::Stalled {
                stream: self.stream,
                consumer: self.config.durable_name.clone(),
                pending: info.num_pending,
            });
        }
        self.lose_source("there are messages, but none is delivered");
        Ok(())
    }

    fn lose_source(&mut self, reason: &str) {
        self.messages = None;
        self.missed_heartbeat = false;
        self.failures += 1;
        self.retry_at = Instant::now() + BACKOFF.delay(self.failures);
        tracing::debug!(stream = %self.stream, consumer = self.config.durable_name, reason, "deliveries are asked for anew");
    }

    /// Asks for deliveries anew; fails only if the consumer has to be made anew.
    ///
    /// A consumer that has been deleted is not created again here: it would begin with the oldest message,
    /// and that all of a stream is worked off again is for the caller to decide.
    async fn reopen(&mut self) -> Result<(), LogError> {
        let error = match self.open().await {
            Ok(()) => {
                self.missing = 0;
                return Ok(());
            }
            Err(error) => error,
        };
        self.lose_source(&error.to_string());
        match error {
            LogError::Unavailable(reason) => {
                tracing::warn!(stream = %self.stream, consumer = self.config.durable_name, reason, "no deliveries yet");
                Ok(())
            }
            LogError::UnsafeStream { reason, .. } if self.missing < MISSING_ATTEMPTS => {
                tracing::warn!(stream = %self.stream, consumer = self.config.durable_name, reason, "no deliveries yet");
                self.missing += 1;
                Ok(())
            }
            error => Err(error),
        }
    }

    async fn open(&mut self) -> Result<(), LogError> {
        let name = &self.config.durable_name;
        let Some(info) = find(&self.session, self.stream, name).await? else {
            return Err(unsafe_consumer(self.stream, name, "was deleted while in use"));
        };
        let consumer =
            consumer::Consumer::new(definition::consumer(&self.config), info, self.session.api.clone());
        let batch = self.config.batch.max(1);
        let messages = consumer
            .stream()
            .max_messages_per_batch(batch)
            .heartbeat(HEARTBEAT)
            .messages();
        let messages = timeout(self.session.config.request_timeout(), messages).await;
        let messages = messages.map_err(|error| failure::unavailable("cannot ask for deliveries", error))?;
        let messages = messages.map_err(|error| failure::unavailable("cannot ask for deliveries", error))?;
        self.messages = Some(messages);
        Ok(())
    }
}

/// The first missed heartbeat may only mean that nobody asked for messages for a while, and asking anew
/// costs: messages that are on their way to the old request come back only after `ack_wait`. So the second
/// one counts.
fn is_first_missed_heartbeat(error: &pull::MessagesError, missed_before: &mut bool) -> bool {
    error.kind() == pull::MessagesErrorKind::MissingHeartbeat && !std::mem::replace(missed_before, true)
}

/// Settles one delivery.
#[derive(Debug)]
struct Settlement {
    session: Arc<Session>,
    reply: NatsSubject,
}

impl Settlement {
    /// Tells the consumer and waits until it has taken note. Not by the functions of the client library: they
    /// count "no responders", that is, a consumer that does not exist any more, as success.
    async fn settle(&self, kind: AckKind) -> Result<(), LogError> {
        let _operation = self.session.enter().await?;
        let payload: Bytes = kind.into();
        let request = Request::new().payload(payload);
        match self
            .session
            .client
            .send_request(self.reply.clone(), request)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == RequestErrorKind::NoResponders => Err(LogError::Unavailable(
                "a delivery was not settled: its consumer does not listen".to_owned(),
            )),
            Err(error) => Err(failure::unavailable("a delivery was not settled", error)),
        }
    }

    /// Tells the consumer, and does not wait for an answer.
    async fn tell(&self, kind: AckKind) -> Result<(), LogError> {
        let _operation = self.session.enter().await?;
        let sent = self.session.client.publish(self.reply.clone(), kind.into()).await;
        sent.map_err(|error| failure::unavailable("the consumer was not told", error))
    }
}

#[async_trait]
impl DeliveryHandle for Settlement {
    async fn ack(&self) -> Result<(), LogError> {
        self.settle(AckKind::Ack).await
    }

    async fn ack_unconfirmed(&self) -> Result<(), LogError> {
        self.tell(AckKind::Ack).await
    }

    async fn retry_after(&self, delay: Duration) -> Result<(), LogError> {
        self.settle(AckKind::Nak((!delay.is_zero()).then_some(delay)))
            .await
    }

    async fn terminate(&self) -> Result<(), LogError> {
        self.settle(AckKind::Term).await
    }

    async fn progress(&self) -> Result<(), LogError> {
        self.tell(AckKind::Progress).await
    }
}
