//! Keeps the states of the index that searches are being paged through, so that a page neither repeats nor misses a hit
//! because of what was written since the page before.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::index::IndexSnapshot;

/// How long a state is kept after the last page made of it. Later pages are made of the newest state.
const KEEP: Duration = Duration::from_secs(60);

/// Most states kept at a time: each keeps the files on the disk that it is made of.
const MOST: usize = 32;

/// The states kept, by index and position.
#[derive(Default)]
pub struct PinnedSnapshots(Mutex<VecDeque<Pinned>>);

/// Names one state of one index. The same sequence in another index is another state: its scores differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateName {
    /// Number of the index.
    pub generation: u64,
    /// Its position; 0 when nothing was committed.
    pub sequence: u64,
}

impl StateName {
    /// The name of a state.
    pub fn of(snapshot: &dyn IndexSnapshot) -> Self {
        Self {
            generation: snapshot.generation(),
            sequence: snapshot.position().map_or(0, |position| position.sequence),
        }
    }
}

struct Pinned {
    last_used: Instant,
    snapshot: Arc<dyn IndexSnapshot>,
}

impl fmt::Debug for PinnedSnapshots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PinnedSnapshots").finish_non_exhaustive()
    }
}

impl PinnedSnapshots {
    /// Lets go of the states that have not been used for a while.
    pub fn expire(&self) {
        let mut pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pinned.retain(|pinned| pinned.last_used.elapsed() < KEEP);
    }

    /// Keeps a state for the next page.
    pub fn keep(&self, snapshot: Arc<dyn IndexSnapshot>) {
        let mut pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = StateName::of(&*snapshot);
        pinned.retain(|pinned| StateName::of(&*pinned.snapshot) != name);
        if pinned.len() == MOST {
            pinned.pop_front();
        }
        pinned.push_back(Pinned {
            last_used: Instant::now(),
            snapshot,
        });
    }

    /// The state that the pages before were made of, if it is still kept.
    pub fn get(&self, name: StateName) -> Option<Arc<dyn IndexSnapshot>> {
        let pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pinned
            .iter()
            .find(|pinned| StateName::of(&*pinned.snapshot) == name)
            .map(|pinned| Arc::clone(&pinned.snapshot))
    }
}
