//! Reading a stream in order, for ever: without gap or repeat through lost connections, restarts and lost
//! consumers.
//!
//! The messages come from a throw-away consumer on the server. Nothing depends on its life: the reader knows
//! the last sequence it handed out, checks every message against it, and makes a new consumer behind it
//! whenever anything is odd.

use std::{sync::Arc, time::Duration};

use async_nats::{
    datetime,
    jetstream::{
        Message,
        consumer::{AckPolicy, DeliverPolicy, pull},
    },
};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use super::{codec, failure, session::Session, streams};
use crate::{LogError, Record, RecordStream, StartAt, Stream, StreamInfo, retry::Backoff};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(5),
};
const HEARTBEAT: Duration = Duration::from_secs(2);
/// After this long without a message the stream is looked at: heartbeats alone do not prove that messages
/// still come.
const QUIET: Duration = Duration::from_secs(10);
/// The server forgets the consumer of a reader that is gone, or stopped reading, after this long.
const FORGET_AFTER: Duration = Duration::from_secs(30);
const BATCH: usize = 256;
/// So often in a row a stream may be reported as missing: a server that just started may not know all its
/// streams.
const MISSING_ATTEMPTS: u32 = 6;

/// Reads a stream from `start` on.
pub(super) async fn read(
    session: Arc<Session>,
    stream: Stream,
    start: StartAt,
) -> Result<RecordStream, LogError> {
    let info = streams::info(&session, stream).await?;
    let place = match start {
        StartAt::Oldest => Place::Oldest,
        StartAt::Time(time) => Place::Time(time),
        StartAt::Next => Place::After(info.last_sequence),
        StartAt::After(position) if position.stream_identity != info.identity => {
            return Err(LogError::Replaced { stream });
        }
        StartAt::After(position) => Place::After(position.sequence),
    };
    let mut reader = Reader {
        session,
        stream,
        identity: info.identity.clone(),
        place,
        source: None,
        failures: 0,
        missing: 0,
    };
    reader.check(&info)?;
    reader.open().await?;
    Ok(stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        let session = Arc::clone(&reader.session);
        match session.until_closed(reader.next()).await.flatten() {
            Ok(record) => Some((Ok(record), Some(reader))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed())
}

/// Where the reader stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Before the oldest message, whichever it is.
    Oldest,
    /// Before the first message of this time or later.
    Time(Timestamp),
    /// Behind this sequence: the next message kept is due, and no other.
    After(u64),
}

struct Reader {
    session: Arc<Session>,
    stream: Stream,
    identity: String,
    place: Place,
    source: Option<Source>,
    /// Failures since the last sign of life.
    failures: u32,
    /// How often in a row the stream was missing.
    missing: u32,
}

struct Source {
    messages: pull::Stream,
    /// Number of the last delivery; the next one has the next number, or something got lost in between.
    delivered: u64,
}

impl Reader {
    async fn next(&mut self) -> Result<Record, LogError> {
        loop {
            let Some(source) = self.source.as_mut() else {
                self.reopen().await?;
                continue;
            };
            let arrived = tokio::select! {
                message = source.messages.next() => Some(message),
                () = sleep(QUIET) => None,
            };
            match arrived {
                Some(Some(Ok(message))) => {
                    if let Some(record) = self.take(&message).await? {
                        return Ok(record);
                    }
                }
                Some(Some(Err(error))) => self.lose_source(&error.to_string()),
                Some(None) => self.lose_source("the deliveries ended"),
                None => self.look_around().await?,
            }
        }
    }

    /// The record of a message if it is the next one; `None` if it is not wanted or cannot be trusted.
    async fn take(&mut self, message: &Message) -> Result<Option<Record>, LogError> {
        let (record, facts) = codec::delivered(&self.session.names, message)?;
        let Some(source) = self.source.as_mut() else {
            return Ok(None);
        };
        if facts.consumer_sequence != source.delivered + 1 {
            self.lose_source("a delivery got lost");
            return Ok(None);
        }
        source.delivered = facts.consumer_sequence;
        let place = self.place;
        match place {
            Place::Time(time) if record.appended_at < time => return Ok(None),
            Place::After(last) if record.sequence <= last => return Ok(None),
            Place::After(last) if record.sequence > last + 1 && !self.may_skip().await? => return Ok(None),
            Place::Oldest | Place::Time(_) | Place::After(_) => {}
        }
        self.place = Place::After(record.sequence);
        self.failures = 0;
        Ok(Some(record))
    }

    /// Sequences are missing before the message at hand. Single messages may have been deleted; a missing
    /// beginning of the stream is compaction, which the reader has to be told.
    async fn may_skip(&mut self) -> Result<bool, LogError> {
        match streams::info(&self.session, self.stream).await {
            Ok(info) => self.check(&info).map(|()| true),
            Err(error) => {
                self.lose_source(&error.to_string());
                Ok(false)
            }
        }
    }

    /// No message for a while: is there really none?
    async fn look_around(&mut self) -> Result<(), LogError> {
        let info = match streams::info(&self.session, self.stream).await {
            Ok(info) => info,
            Err(error) => {
                self.lose_source(&error.to_string());
                return Ok(());
            }
        };
        self.check(&info)?;
        self.failures = 0;
        let behind = match self.place {
            Place::After(last) => last < info.last_sequence,
            Place::Oldest => info.messages > 0,
            Place::Time(time) => info.last_appended_at.is_some_and(|newest| newest >= time),
        };
        if behind {
            self.lose_source("there are messages, but none is delivered");
        }
        Ok(())
    }

    /// Whether the stream is still the one that is being read and has what comes next.
    fn check(&self, info: &StreamInfo) -> Result<(), LogError> {
        if info.identity != self.identity {
            return Err(LogError::Replaced { stream: self.stream });
        }
        let Place::After(last) = self.place else {
            return Ok(());
        };
        if last > info.last_sequence {
            return Err(LogError::Replaced { stream: self.stream });
        }
        let wanted = last + 1;
        if wanted < info.first_sequence {
            let (stream, first_sequence) = (self.stream, info.first_sequence);
            return Err(LogError::Compacted {
                stream,
                first_sequence,
                wanted,
            });
        }
        Ok(())
    }

    fn lose_source(&mut self, reason: &str) {
        tracing::debug!(stream = %self.stream, place = ?self.place, reason, "reading starts over from its place");
        self.source = None;
        self.failures += 1;
    }

    /// Waits a little and opens a new source; fails only if reading on is impossible.
    async fn reopen(&mut self) -> Result<(), LogError> {
        sleep(BACKOFF.delay(self.failures)).await;
        match self.look_and_open().await {
            Ok(()) => {
                self.missing = 0;
                Ok(())
            }
            Err(LogError::Unavailable(reason)) => {
                tracing::warn!(stream = %self.stream, reason, failures = self.failures, "cannot read on yet");
                self.failures += 1;
                Ok(())
            }
            Err(LogError::UnsafeStream { reason, .. }) if self.missing < MISSING_ATTEMPTS => {
                tracing::warn!(stream = %self.stream, reason, "cannot read on yet");
                self.failures += 1;
                self.missing += 1;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn look_and_open(&mut self) -> Result<(), LogError> {
        let info = streams::info(&self.session, self.stream).await?;
        self.check(&info)?;
        self.open().await
    }

    async fn open(&mut self) -> Result<(), LogError> {
        let config = pull::Config {
            description: Some("a reader of the Gisa event log".to_owned()),
            deliver_policy: self.deliver_policy()?,
            ack_policy: AckPolicy::None,
            inactive_threshold: FORGET_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let stream_name = self.session.names.stream(self.stream);
        let consumer = self
            .session
            .api
            .create_consumer_on_stream(config, stream_name)
            .await;
        let consumer = consumer.map_err(|error| failure::of_consumer(self.stream, "cannot read", &error))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .heartbeat(HEARTBEAT)
            .messages();
        // Subscribing asks nobody, but waits if the connection is busy coming back.
        let messages = timeout(self.session.config.request_timeout(), messages).await;
        let messages = messages.map_err(|error| failure::unavailable("cannot read", error))?;
        let messages = messages.map_err(|error| failure::unavailable("cannot read", error))?;
        self.source = Some(Source {
            messages,
            delivered: 0,
        });
        Ok(())
    }

    fn deliver_policy(&self) -> Result<DeliverPolicy, LogError> {
        match self.place {
            Place::Oldest => Ok(DeliverPolicy::All),
            Place::After(last) => Ok(DeliverPolicy::ByStartSequence {
                start_sequence: last + 1,
            }),
            Place::Time(time) => {
                let start_time = datetime::from_nanos(time.as_nanosecond());
                let start_time = start_time
                    .map_err(|error| LogError::Corrupt(format!("the time to start at: {error}")))?;
                Ok(DeliverPolicy::ByStartTime { start_time })
            }
        }
    }
}
