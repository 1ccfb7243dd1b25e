//! Which messages a durable consumer has delivered, to be delivered again, and settled.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::{ConsumerConfig, ConsumerLag, Record, StreamInfo};

/// The state of a consumer. It is `next` and the messages before it that are not settled, of which there
/// are at most `max_ack_pending`: everything else before `next` is settled. So it stays small however far the
/// settled messages are ahead of one that fails again and again.
#[derive(Debug)]
pub(super) struct Deliveries {
    /// First sequence that was never delivered.
    next: u64,
    unsettled: BTreeMap<u64, Unsettled>,
    /// The same messages by the time at which they are delivered again.
    due: BTreeSet<(Instant, u64)>,
    /// Messages from `next` on that were fetched ahead; nobody has a claim on them yet.
    fetched: VecDeque<Record>,
    ack_wait: Duration,
    max_unsettled: usize,
    /// Whether there is something to store.
    changed: bool,
}

#[derive(Debug)]
struct Unsettled {
    attempts: u32,
    due: Instant,
}

/// What can be done next for someone who wants a message.
#[derive(Debug)]
pub(super) enum Turn {
    /// Deliver this one, for the first time; it is on its way now.
    New(Record),
    /// This one is due again: get it, and then claim it with [`Deliveries::begin_again`].
    Again(u64),
    /// Fetch messages from this sequence on.
    Fetch(u64),
    /// Wait for new messages, for something to be settled, and at most until this time.
    Wait(Option<Instant>),
}

impl Deliveries {
    /// A state with nothing on its way: after a start, what is not settled is due at once, for whoever had it
    /// is gone.
    pub(super) fn new(next: u64, unsettled: Vec<(u64, u32)>, now: Instant) -> Self {
        let mut deliveries = Self {
            next,
            unsettled: BTreeMap::new(),
            due: BTreeSet::new(),
            fetched: VecDeque::new(),
            ack_wait: Duration::ZERO,
            max_unsettled: 0,
            changed: false,
        };
        for (sequence, attempts) in unsettled {
            deliveries.set(sequence, Unsettled { attempts, due: now });
        }
        deliveries
    }

    pub(super) fn configure(&mut self, config: &ConsumerConfig) {
        self.ack_wait = config.ack_wait;
        self.max_unsettled = config.max_ack_pending.max(1);
    }

    /// Finds out what can be delivered.
    pub(super) fn turn(&mut self, head: &StreamInfo, now: Instant) -> Turn {
        self.forget_removed(head.first_sequence);
        let earliest = self.due.first().copied();
        if let Some((due, sequence)) = earliest
            && due <= now
        {
            return Turn::Again(sequence);
        }
        let wait = Turn::Wait(earliest.map(|(due, _)| due));
        if self.unsettled.len() >= self.max_unsettled || self.next > head.last_sequence {
            return wait;
        }
        let Some(record) = self.fetched.pop_front() else {
            return Turn::Fetch(self.next);
        };
        self.next = record.sequence + 1;
        self.set(
            record.sequence,
            Unsettled {
                attempts: 1,
                due: later(now, self.ack_wait),
            },
        );
        Turn::New(record)
    }

    /// Claims a message that was due, unless someone else was faster; tells which attempt it is.
    pub(super) fn begin_again(&mut self, sequence: u64, now: Instant) -> Option<u32> {
        let attempts = self
            .unsettled
            .get(&sequence)
            .filter(|message| message.due <= now)?
            .attempts
            + 1;
        self.set(
            sequence,
            Unsettled {
                attempts,
                due: later(now, self.ack_wait),
            },
        );
        Some(attempts)
    }

    /// Whether messages from this sequence on are still wanted.
    pub(super) fn lacks(&self, sequence: u64) -> bool {
        self.next == sequence && self.fetched.is_empty()
    }

    /// Takes messages that were fetched from `next` on.
    pub(super) fn fetched(&mut self, records: Vec<Record>) {
        self.fetched = records.into();
    }

    /// Does not deliver a message again. By whichever attempt: the work is done, or given up. Tells whether
    /// there is room for others now, where there was none.
    pub(super) fn settle(&mut self, sequence: u64) -> bool {
        let was_full = self.unsettled.len() >= self.max_unsettled;
        if let Some(message) = self.unsettled.remove(&sequence) {
            self.due.remove(&(message.due, sequence));
            self.changed = true;
        }
        was_full && self.unsettled.len() < self.max_unsettled
    }

    /// Moves the time of the next attempt, if this is the latest one: an earlier one has no say in it any
    /// more.
    pub(super) fn postpone(&mut self, sequence: u64, attempt: u32, due: Instant) {
        if self
            .unsettled
            .get(&sequence)
            .is_some_and(|message| message.attempts == attempt)
        {
            self.set(
                sequence,
                Unsettled {
                    attempts: attempt,
                    due,
                },
            );
        }
    }

    pub(super) fn ack_wait(&self) -> Duration {
        self.ack_wait
    }

    /// Progress, without the age of the oldest message, and the sequence of that.
    pub(super) fn lag(&mut self, head: &StreamInfo) -> (ConsumerLag, Option<u64>) {
        self.forget_removed(head.first_sequence);
        let waiting = (self.next <= head.last_sequence).then_some(self.next);
        let oldest = self.unsettled.keys().next().copied().or(waiting);
        let lag = ConsumerLag {
            pending: (head.last_sequence + 1).saturating_sub(self.next),
            ack_pending: self.unsettled.len() as u64,
            redelivered: self
                .unsettled
                .values()
                .filter(|message| message.attempts > 1)
                .count() as u64,
            oldest_unacknowledged_at: None,
        };
        (lag, oldest)
    }

    /// Marks a new state as one to be stored.
    pub(super) fn mark_changed(&mut self) {
        self.changed = true;
    }

    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// The state to store, if it has changed since the last time.
    pub(super) fn take_changed(&mut self) -> Option<(u64, Vec<(u64, u32)>)> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let unsettled = self
            .unsettled
            .iter()
            .map(|(sequence, message)| (*sequence, message.attempts));
        Some((self.next, unsettled.collect()))
    }

    fn set(&mut self, sequence: u64, message: Unsettled) {
        let due = message.due;
        if let Some(earlier) = self.unsettled.insert(sequence, message) {
            self.due.remove(&(earlier.due, sequence));
        }
        self.due.insert((due, sequence));
        self.changed = true;
    }

    /// Takes note of what was removed from the stream: nobody can deliver it.
    fn forget_removed(&mut self, first_sequence: u64) {
        while let Some(oldest) = self
            .unsettled
            .first_entry()
            .filter(|oldest| *oldest.key() < first_sequence)
        {
            let (sequence, message) = oldest.remove_entry();
            self.due.remove(&(message.due, sequence));
            self.changed = true;
        }
        while self
            .fetched
            .front()
            .is_some_and(|record| record.sequence < first_sequence)
        {
            self.fetched.pop_front();
        }
        if self.next < first_sequence {
            self.next = first_sequence;
            self.changed = true;
        }
    }
}

/// The time after a delay; for one that no process lives to see the end of, a time that can be represented.
pub(super) fn later(now: Instant, delay: Duration) -> Instant {
    now + delay.min(Duration::from_secs(10 * 365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::{Headers, Subject};

    const WAIT: Duration = Duration::from_secs(30);

    fn deliveries(max_ack_pending: usize) -> Deliveries {
        let mut deliveries = Deliveries::new(1, Vec::new(), Instant::now());
        let durable_name = "tagger".to_owned();
        deliveries.configure(&ConsumerConfig {
            durable_name,
            ack_wait: WAIT,
            max_ack_pending,
            batch: 1,
        });
        deliveries
    }

    fn head(first_sequence: u64, last_sequence: u64) -> StreamInfo {
        let messages = last_sequence + 1 - first_sequence;
        StreamInfo {
            identity: "identity".to_owned(),
            first_sequence,
            last_sequence,
            messages,
            bytes: messages,
            max_bytes: None,
            last_appended_at: None,
        }
    }

    fn lag(pending: u64, ack_pending: u64, redelivered: u64) -> ConsumerLag {
        ConsumerLag {
            pending,
            ack_pending,
            redelivered,
            oldest_unacknowledged_at: None,
        }
    }

    fn records(sequences: std::ops::RangeInclusive<u64>) -> Vec<Record> {
        let record = |sequence| Record {
            sequence,
            subject: Subject::article("a"),
            appended_at: Timestamp::UNIX_EPOCH,
            headers: Headers::new(),
            payload: Bytes::new(),
        };
        sequences.map(record).collect()
    }

    fn new_sequence(turn: &Turn) -> Option<u64> {
        match turn {
            Turn::New(record) => Some(record.sequence),
            _ => None,
        }
    }

    #[test]
    fn state_stays_small_while_one_message_fails() {
        let now = Instant::now();
        let mut deliveries = deliveries(4);
        deliveries.fetched(records(1..=1000));
        let head = head(1, 1000);
        assert_eq!(new_sequence(&deliveries.turn(&head, now)), Some(1));
        for sequence in 2..=1000 {
            assert_eq!(new_sequence(&deliveries.turn(&head, now)), Some(sequence));
            deliveries.settle(sequence);
        }
        assert_eq!(deliveries.take_changed(), Some((1001, vec![(1, 1)])));
        assert_eq!(deliveries.take_changed(), None);
        assert_eq!(deliveries.lag(&head), (lag(0, 1, 0), Some(1)));
    }

    #[test]
    fn stale_attempts_settle_but_do_not_postpone() {
        let now = Instant::now();
        let mut deliveries = deliveries(1);
        deliveries.fetched(records(1..=2));
        let head = head(1, 2);
        assert_eq!(new_sequence(&deliveries.turn(&head, now)), Some(1));
        assert!(matches!(deliveries.turn(&head, now), Turn::Wait(Some(due)) if due == now + WAIT));

        let later = now + WAIT;
        assert!(matches!(deliveries.turn(&head, later), Turn::Again(1)));
        assert_eq!(deliveries.begin_again(1, later), Some(2));
        assert_eq!(deliveries.begin_again(1, later), None, "only one gets it");
        deliveries.postpone(1, 1, later);
        assert!(
            matches!(deliveries.turn(&head, later), Turn::Wait(_)),
            "the first attempt has no say any more"
        );
        assert!(deliveries.settle(1), "there is room again");
        assert!(!deliveries.settle(1), "settled twice is no news");
        assert_eq!(new_sequence(&deliveries.turn(&head, later)), Some(2));
    }

    #[test]
    fn removed_messages_are_neither_delivered_nor_counted() {
        let now = Instant::now();
        let mut deliveries = deliveries(10);
        deliveries.fetched(records(1..=5));
        assert_eq!(new_sequence(&deliveries.turn(&head(1, 9), now)), Some(1));
        let compacted = head(4, 9);
        assert_eq!(deliveries.lag(&compacted), (lag(6, 0, 0), Some(4)));
        assert_eq!(new_sequence(&deliveries.turn(&compacted, now + WAIT)), Some(4));
        assert_eq!(new_sequence(&deliveries.turn(&compacted, now + WAIT)), Some(5));
        assert!(matches!(deliveries.turn(&compacted, now + WAIT), Turn::Fetch(6)));
    }

    #[test]
    fn after_a_restart_what_was_not_settled_is_due() {
        let now = Instant::now();
        let mut deliveries = Deliveries::new(7, vec![(3, 2), (5, 1)], now);
        let head = head(1, 9);
        assert_eq!(deliveries.lag(&head), (lag(3, 2, 1), Some(3)));
        assert!(matches!(deliveries.turn(&head, now), Turn::Again(3)));
        assert_eq!(deliveries.begin_again(3, now), Some(3));
    }
}
