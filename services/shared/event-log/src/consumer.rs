//! Durable consumers: each message of a stream is worked off by one of the processes that share the consumer's name.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{LogError, Record};

/// Settings of a durable consumer. All processes that share it must use the same ones.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// Name of the consumer: the same name means the same position. `A-Z a-z 0-9 - _`.
    pub durable_name: String,
    /// After this long without ack or progress a message is delivered again, maybe to another process.
    pub ack_wait: Duration,
    /// How many messages may be out without ack, over all processes.
    pub max_ack_pending: usize,
    /// How many messages one process asks for at a time.
    pub batch: usize,
}

/// Progress of a durable consumer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerLag {
    /// Messages not yet delivered to anyone.
    pub pending: u64,
    /// Messages delivered and not yet acknowledged.
    pub ack_pending: u64,
    /// Of those, messages delivered more than once.
    pub redelivered: u64,
    /// When the oldest message that is not acknowledged was appended, if there is one.
    pub oldest_unacknowledged_at: Option<Timestamp>,
}

/// A process's end of a durable consumer. Dropping it gives back, after `ack_wait`, what was not acknowledged.
#[async_trait]
pub trait Consumer: Send + fmt::Debug {
    /// Waits for the next message. Cancel safe: a message is not lost when the future is dropped, at worst delivered
    /// again later. After a lost connection it reconnects by itself; an error means that the consumer has to be made
    /// anew.
    async fn next(&mut self) -> Result<Delivery, LogError>;
}

/// A message handed out for work. It must be settled once, by `ack`, `retry_after` or `terminate`; otherwise it is
/// delivered again after `ack_wait`.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub record: Record,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    handle: Box<dyn DeliveryHandle>,
}

impl Delivery {
    /// Made by implementations of [`Consumer`].
    pub fn new(record: Record, attempt: u32, handle: Box<dyn DeliveryHandle>) -> Self {
        Self {
            record,
            attempt,
            handle,
        }
    }

    /// The work is done; returns when the log has taken note. The note may still be lost in a crash: work must be
    /// repeatable.
    pub async fn ack(self) -> Result<(), LogError> {
        self.handle.ack().await
    }

    /// The work is done; does not wait until the log has taken note. A note that is lost has the message delivered again, so
    /// this is for work that is cheap to repeat.
    pub async fn ack_unconfirmed(self) -> Result<(), LogError> {
        self.handle.ack_unconfirmed().await
    }

    /// The work failed for now: deliver again after `delay`.
    pub async fn retry_after(self, delay: Duration) -> Result<(), LogError> {
        self.handle.retry_after(delay).await
    }

    /// The work will never succeed: do not deliver again. Write a dead letter first.
    pub async fn terminate(self) -> Result<(), LogError> {
        self.handle.terminate().await
    }

    /// The work goes on: `ack_wait` starts again. Call it at least every third of `ack_wait` when work is slow.
    pub async fn progress(&self) -> Result<(), LogError> {
        self.handle.progress().await
    }
}

/// What an implementation does to settle a delivery; see [`Delivery`].
#[async_trait]
pub trait DeliveryHandle: Send + Sync + fmt::Debug {
    /// See [`Delivery::ack`].
    async fn ack(&self) -> Result<(), LogError>;
    /// See [`Delivery::ack_unconfirmed`]; confirmed unless that costs something.
    async fn ack_unconfirmed(&self) -> Result<(), LogError> {
        self.ack().await
    }
    /// See [`Delivery::retry_after`].
    async fn retry_after(&self, delay: Duration) -> Result<(), LogError>;
    /// See [`Delivery::terminate`].
    async fn terminate(&self) -> Result<(), LogError>;
    /// See [`Delivery::progress`].
    async fn progress(&self) -> Result<(), LogError>;
}
