//! Durable consumers: who shares them, and handing out messages.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{
    blocking,
    deliveries::{Deliveries, Turn, later},
    storage::{Storage, StoredConsumer},
};
use crate::{
    Consumer, ConsumerConfig, ConsumerLag, Delivery, DeliveryHandle, LogError, Record, Stream, StreamInfo,
};

/// All durable consumers of the log.
#[derive(Debug)]
pub(super) struct Consumers {
    groups: Mutex<HashMap<(Stream, String), Arc<Group>>>,
    changed: Arc<Notify>,
}

impl Consumers {
    pub(super) fn new(stored: Vec<StoredConsumer>) -> Self {
        let changed = Arc::new(Notify::new());
        let now = Instant::now();
        let groups = stored.into_iter().map(|consumer| {
            let deliveries = Deliveries::new(consumer.next, consumer.unsettled, now);
            (
                (consumer.stream, consumer.name),
                Arc::new(Group::new(consumer.stream, deliveries, &changed)),
            )
        });
        Self {
            groups: Mutex::new(groups.collect()),
            changed,
        }
    }

    /// The consumer with the configured name, and whether it had to be made. What the newest to join has
    /// configured holds for all.
    pub(super) fn join(&self, stream: Stream, config: &ConsumerConfig, first: u64) -> (Arc<Group>, bool) {
        let mut groups = self.lock();
        let mut created = false;
        let group = groups
            .entry((stream, config.durable_name.clone()))
            .or_insert_with(|| {
                created = true;
                let mut deliveries = Deliveries::new(first, Vec::new(), Instant::now());
                deliveries.mark_changed();
                Arc::new(Group::new(stream, deliveries, &self.changed))
            });
        group.lock().configure(config);
        group.woken.notify_waiters();
        (Arc::clone(group), created)
    }

    pub(super) fn get(&self, stream: Stream, name: &str) -> Option<Arc<Group>> {
        self.lock().get(&(stream, name.to_owned())).map(Arc::clone)
    }

    /// Waits until one has changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The states that have changed since the last call.
    pub(super) fn take_changed(&self) -> Vec<StoredConsumer> {
        let groups = self.lock();
        let changed = groups.iter().filter_map(|((stream, name), group)| {
            let (next, unsettled) = group.lock().take_changed()?;
            Some(StoredConsumer {
                stream: *stream,
                name: name.clone(),
                next,
                unsettled,
            })
        });
        changed.collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Stream, String), Arc<Group>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A durable consumer, shared by all that have joined under its name.
///
/// A message belongs to someone only while it is worked on, and returns when its time is over; there is no
/// task that watches the time, for only someone who waits for a message can take it.
#[derive(Debug)]
pub(super) struct Group {
    stream: Stream,
    deliveries: Mutex<Deliveries>,
    /// Wakes those who wait for a message when one may be had that is not new.
    woken: Notify,
    /// Held while messages are fetched, so that many who wait do not all fetch the same.
    fetching: tokio::sync::Mutex<()>,
    /// Tells the writer that there is something to store.
    changed: Arc<Notify>,
}

impl Group {
    fn new(stream: Stream, deliveries: Deliveries, changed: &Arc<Notify>) -> Self {
        Self {
            stream,
            deliveries: Mutex::new(deliveries),
            woken: Notify::new(),
            fetching: tokio::sync::Mutex::new(()),
            changed: Arc::clone(changed),
        }
    }

    pub(super) fn lag(&self, head: &StreamInfo) -> (ConsumerLag, Option<u64>) {
        self.change(|deliveries| deliveries.lag(head))
    }

    fn lock(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells the writer if it was stored before and is not now.
    fn change<T>(&self, change: impl FnOnce(&mut Deliveries) -> T) -> T {
        let mut deliveries = self.lock();
        let was_changed = deliveries.is_changed();
        let result = change(&mut deliveries);
        if deliveries.is_changed() && !was_changed {
            self.changed.notify_one();
        }
        result
    }

    fn settle(&self, sequence: u64) {
        if self.change(|deliveries| deliveries.settle(sequence)) {
            self.woken.notify_waiters();
        }
    }

    fn postpone(&self, sequence: u64, attempt: u32, delay: impl FnOnce(&Deliveries) -> Duration) {
        self.change(|deliveries| {
            let due = later(Instant::now(), delay(deliveries));
            deliveries.postpone(sequence, attempt, due);
        });
        self.woken.notify_waiters();
    }
}

/// One end of a durable consumer.
#[derive(Debug)]
pub(super) struct EmbeddedConsumer {
    group: Arc<Group>,
    storage: Arc<Storage>,
    head: watch::Receiver<StreamInfo>,
}

impl EmbeddedConsumer {
    pub(super) fn new(group: Arc<Group>, storage: Arc<Storage>, head: watch::Receiver<StreamInfo>) -> Self {
        Self { group, storage, head }
    }

    fn delivery(&self, record: Record, attempt: u32) -> Delivery {
        let (group, head) = (Arc::clone(&self.group), self.head.clone());
        let handle = Handle {
            group,
            head,
            sequence: record.sequence,
            attempt,
        };
        Delivery::new(record, attempt, Box::new(handle))
    }

    /// Claims a message that is due again. Gets it first, so that a future dropped meanwhile costs no
    /// attempt.
    async fn again(&self, sequence: u64) -> Result<Option<Delivery>, LogError> {
        let (storage, stream) = (Arc::clone(&self.storage), self.group.stream);
        let record = blocking(move || storage.get(stream, sequence)).await?;
        let Some(record) = record else {
            // Removed since.
            self.group.settle(sequence);
            return Ok(None);
        };
        let attempt = self
            .group
            .change(|deliveries| deliveries.begin_again(sequence, Instant::now()));
        Ok(attempt.map(|attempt| self.delivery(record, attempt)))
    }

    async fn fetch(&self, sequence: u64) -> Result<(), LogError> {
        let _alone = self.group.fetching.lock().await;
        if !self.group.lock().lacks(sequence) {
            return Ok(());
        }
        let (storage, stream) = (Arc::clone(&self.storage), self.group.stream);
        let records = blocking(move || storage.chunk(stream, sequence)).await?;
        let mut deliveries = self.group.lock();
        // It may have gone on past what was removed.
        if deliveries.lacks(sequence) {
            deliveries.fetched(records);
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next(&mut self) -> Result<Delivery, LogError> {
        let group = Arc::clone(&self.group);
        loop {
            self.head.has_changed().map_err(|_closed| LogError::Closed)?;
            // From here on a wake-up is kept: none is lost between looking and waiting.
            let mut woken = pin!(group.woken.notified());
            woken.as_mut().enable();
            let turn = {
                let head = self.head.borrow_and_update();
                group.change(|deliveries| deliveries.turn(&head, Instant::now()))
            };
            match turn {
                Turn::New(record) => return Ok(self.delivery(record, 1)),
                Turn::Again(sequence) => {
                    if let Some(delivery) = self.again(sequence).await? {
                        return Ok(delivery);
                    }
                }
                Turn::Fetch(sequence) => self.fetch(sequence).await?,
                Turn::Wait(until) => tokio::select! {
                    () = woken => {}
                    changed = self.head.changed() => changed.map_err(|_closed| LogError::Closed)?,
                    () = wait_until(until) => {}
                },
            }
        }
    }
}

async fn wait_until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// A message that is being worked on.
#[derive(Debug)]
struct Handle {
    group: Arc<Group>,
    head: watch::Receiver<StreamInfo>,
    sequence: u64,
    attempt: u32,
}

impl Handle {
    fn check_open(&self) -> Result<(), LogError> {
        self.head
            .has_changed()
            .map(|_| ())
            .map_err(|_closed| LogError::Closed)
    }
}

/// All of these return when the state in memory has changed, which is what every consumer of this process
/// sees, and do not wait for the disk: the writer stores it with the next commit of an append, or soon
/// without one. What a crash undoes is delivered again; waiting for a commit each time would make the slowest
/// step of all consumers of it.
#[async_trait]
impl DeliveryHandle for Handle {
    async fn ack(&self) -> Result<(), LogError> {
        self.check_open()?;
        self.group.settle(self.sequence);
        Ok(())
    }

    async fn retry_after(&self, delay: Duration) -> Result<(), LogError> {
        self.check_open()?;
        self.group.postpone(self.sequence, self.attempt, |_| delay);
        Ok(())
    }

    async fn terminate(&self) -> Result<(), LogError> {
        self.check_open()?;
        self.group.settle(self.sequence);
        Ok(())
    }

    async fn progress(&self) -> Result<(), LogError> {
        self.check_open()?;
        self.group
            .postpone(self.sequence, self.attempt, Deliveries::ack_wait);
        Ok(())
    }
}
