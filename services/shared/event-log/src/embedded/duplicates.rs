//! The message ids of the duplicate window.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use super::{storage::StoredId, tables};
use crate::Stream;

/// Which message ids were appended lately. Held in memory, about 100 bytes for each append of the window; the
/// table of the same entries, from which it is filled at the start, lets it survive a restart.
#[derive(Debug)]
pub(super) struct Duplicates {
    window: i64,
    sequences: [HashMap<u128, u64>; Stream::ALL.len()],
    /// In the order of the appends, which is the order in which they expire.
    remembered: VecDeque<StoredId>,
}

impl Duplicates {
    pub(super) fn new(window: Duration, mut stored: Vec<StoredId>) -> Self {
        stored.sort_by_key(|id| id.appended_at);
        let window = i64::try_from(window.as_nanos()).unwrap_or(i64::MAX);
        let mut duplicates = Self {
            window,
            sequences: Default::default(),
            remembered: VecDeque::new(),
        };
        for id in stored {
            duplicates.remember(id);
        }
        duplicates
    }

    /// Sequence of the message that was appended with this id.
    pub(super) fn find(&self, stream: Stream, hash: u128) -> Option<u64> {
        self.sequences[tables::index(stream)].get(&hash).copied()
    }

    pub(super) fn remember(&mut self, id: StoredId) {
        self.sequences[tables::index(id.stream)].insert(id.hash, id.sequence);
        self.remembered.push_back(id);
    }

    /// Forgets the oldest id if its time is over. To be called until there is none before anything is looked
    /// up: then an id is never remembered twice.
    pub(super) fn expire(&mut self, now: i64) -> Option<StoredId> {
        let oldest = self.remembered.front()?;
        if oldest.appended_at.saturating_add(self.window) > now {
            return None;
        }
        let expired = self.remembered.pop_front()?;
        self.sequences[tables::index(expired.stream)].remove(&expired.hash);
        Some(expired)
    }
}

/// What stands for a message id: ids are text of any length, and this has a fixed one. Collisions have to be
/// out of reach of those who choose the ids, for a false duplicate would be a lost message.
pub(super) fn hash(message_id: &str) -> u128 {
    Sha256::digest(message_id)
        .iter()
        .take(16)
        .fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_expire_in_order_and_survive_a_restart() {
        let id = |stream, sequence, appended_at, name| StoredId {
            stream,
            sequence,
            appended_at,
            hash: hash(name),
        };
        let second = 1_000_000_000;
        // As stored: by stream first, not by time.
        let stored = vec![
            id(Stream::Articles, 1, 5 * second, "late"),
            id(Stream::Tagged, 1, second, "early"),
        ];
        let mut duplicates = Duplicates::new(Duration::from_secs(10), stored);
        assert_eq!(duplicates.find(Stream::Articles, hash("late")), Some(1));
        assert_eq!(
            duplicates.find(Stream::Tagged, hash("late")),
            None,
            "ids belong to one stream"
        );

        assert!(duplicates.expire(11 * second - 1).is_none());
        assert_eq!(
            duplicates.expire(11 * second).map(|id| id.stream),
            Some(Stream::Tagged)
        );
        assert!(duplicates.expire(11 * second).is_none());
        assert_eq!(duplicates.find(Stream::Tagged, hash("early")), None);
        assert_eq!(duplicates.find(Stream::Articles, hash("late")), Some(1));
    }
}
