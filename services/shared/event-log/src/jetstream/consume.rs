//! Durable consumers: joining one, taking deliveries from it, and settling them.

use std::{fmt, sync::Arc, time::Duration};

use async_nats::{
    Request, RequestErrorKind, Subject as NatsSubject,
    jetstream::{
        AckKind,
        consumer::{self, AckPolicy, DeliverPolicy, pull},
        context::ConsumerInfoErrorKind,
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::{Instant, sleep_until, timeout};

use super::{codec, failure, session::Session};
use crate::{
    Consumer, ConsumerConfig, ConsumerLag, Delivery, DeliveryHandle, LogError, Stream, retry::Backoff,
};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(5),
};
const HEARTBEAT: Duration = Duration::from_secs(2);
/// After this long without a delivery the consumer is asked whether there should have been one.
const QUIET: Duration = Duration::from_secs(15);
/// So often in a row a consumer may be reported as missing: a server that just started may not know all of
/// them.
const MISSING_ATTEMPTS: u32 = 6;

/// Joins a durable consumer; creates it, from the oldest message on, if it does not exist.
pub(super) async fn join(
    session: Arc<Session>,
    stream: Stream,
    config: ConsumerConfig,
) -> Result<Box<dyn Consumer>, LogError> {
    ensure(&session, stream, &config).await?;
    let mut consumer = DurableConsumer {
        session,
        stream,
        config,
        messages: None,
        failures: 0,
        missing: 0,
        retry_at: Instant::now(),
        look_at: Instant::now() + QUIET,
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
    Ok(Some(ConsumerLag {
        pending: info.num_pending,
        ack_pending: info.num_ack_pending as u64,
        redelivered: info.num_redelivered as u64,
    }))
}

async fn find(session: &Session, stream: Stream, name: &str) -> Result<Option<consumer::Info>, LogError> {
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

fn unsafe_consumer(stream: Stream, name: &str, reason: &str) -> LogError {
    LogError::UnsafeStream {
        stream,
        reason: format!("consumer {name:?} {reason}"),
    }
}

/// Creates the consumer, or checks the one that is there and brings it to the settings.
async fn ensure(session: &Session, stream: Stream, config: &ConsumerConfig) -> Result<(), LogError> {
    let wanted = wanted(config);
    if let Some(found) = find(session, stream, &config.durable_name).await? {
        if let Some(reason) = unsafe_setting(&found.config) {
            return Err(unsafe_consumer(stream, &config.durable_name, reason));
        }
        if found.config.ack_wait == wanted.ack_wait && found.config.max_ack_pending == wanted.max_ack_pending
        {
            return Ok(());
        }
    }
    let stream_name = session.names.stream(stream);
    let created = session.api.create_consumer_on_stream(wanted, stream_name).await;
    created.map_err(|error| failure::of_consumer(stream, "cannot create the consumer", &error))?;
    Ok(())
}

fn wanted(config: &ConsumerConfig) -> pull::Config {
    pull::Config {
        durable_name: Some(config.durable_name.clone()),
        description: Some("Gisa event log".to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: config.ack_wait,
        max_ack_pending: i64::try_from(config.max_ack_pending).unwrap_or(i64::MAX),
        // With a limit, the server gives up on a message without a word; giving up is the work of the dead
        // letters.
        max_deliver: -1,
        // Zero: the position is kept however long nobody works.
        inactive_threshold: Duration::ZERO,
        ..pull::Config::default()
    }
}

/// The first setting of a consumer that would lose or hide messages.
fn unsafe_setting(found: &consumer::Config) -> Option<&'static str> {
    let checks = [
        (
            found.ack_policy != AckPolicy::Explicit,
            "does not take explicit acknowledgements, must",
        ),
        (
            found.max_deliver > 0,
            "has max_deliver, must be -1: the server would give up on messages",
        ),
        (
            found.deliver_subject.is_some(),
            "is a push consumer, must be a pull consumer",
        ),
        (
            !found.filter_subject.is_empty() || !found.filter_subjects.is_empty(),
            "has a filter, must see all subjects",
        ),
        (found.headers_only, "has headers_only, must deliver the content"),
        (
            !found.inactive_threshold.is_zero(),
            "has inactive_threshold, must be 0: the server would delete it",
        ),
    ];
    checks
        .into_iter()
        .find(|(is_unsafe, _)| *is_unsafe)
        .map(|(_, reason)| reason)
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
        session.until_closed(self.next_delivery()).await?
    }
}

impl DurableConsumer {
    async fn next_delivery(&mut self) -> Result<Delivery, LogError> {
        loop {
            let Some(messages) = self.messages.as_mut() else {
                sleep_until(self.retry_at).await;
                self.reopen().await?;
                continue;
            };
            let arrived = tokio::select! {
                message = messages.next() => Some(message),
                () = sleep_until(self.look_at) => None,
            };
            match arrived {
                Some(Some(Ok(message))) => {
                    self.failures = 0;
                    self.missed_heartbeat = false;
                    self.look_at = Instant::now() + QUIET;
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
        self.look_at = Instant::now() + QUIET;
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
        self.failures = 0;
        let may_deliver = info.num_ack_pending < self.config.max_ack_pending;
        if info.num_pending > 0 && may_deliver {
            self.lose_source("there are messages, but none is delivered");
        }
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
        let consumer = consumer::Consumer::new(wanted(&self.config), info, self.session.api.clone());
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
        self.look_at = Instant::now() + QUIET;
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
}

#[async_trait]
impl DeliveryHandle for Settlement {
    async fn ack(&self) -> Result<(), LogError> {
        self.settle(AckKind::Ack).await
    }

    async fn retry_after(&self, delay: Duration) -> Result<(), LogError> {
        self.settle(AckKind::Nak((!delay.is_zero()).then_some(delay)))
            .await
    }

    async fn terminate(&self) -> Result<(), LogError> {
        self.settle(AckKind::Term).await
    }

    async fn progress(&self) -> Result<(), LogError> {
        let _operation = self.session.enter().await?;
        let sent = self
            .session
            .client
            .publish(self.reply.clone(), AckKind::Progress.into())
            .await;
        sent.map_err(|error| failure::unavailable("progress was not reported", error))
    }
}
