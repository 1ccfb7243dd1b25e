//! Whether an article is likely to be new: then its first revision is appended without reading the record before. The log
//! refuses the append if there is one after all, so a wrong guess costs time and nothing else.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::decide::{Operation, RequestedState};

/// After a wrong guess, for so many submissions the record is read first. Each one found on record makes it start again:
/// a sender that sends everything once more is noticed by its first article.
const CAUTION: u32 = 64;

/// What the articles before were like.
#[derive(Debug, Default)]
pub(crate) struct Novelty {
    caution: AtomicU32,
}

impl Novelty {
    /// Whether to try without reading. Never for what is about an article on record: corrections and retractions.
    pub(crate) fn likely(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Submit(submission) if submission.state != RequestedState::Corrected => {
                let counted_down = self
                    .caution
                    .fetch_update(Relaxed, Relaxed, |caution| caution.checked_sub(1));
                counted_down.is_err()
            }
            Operation::Submit(_) | Operation::Retract(_) => false,
        }
    }

    /// Takes note that an article that did not say so was on record.
    pub(crate) fn was_wrong(&self) {
        self.caution.store(CAUTION, Relaxed);
    }
}
