//! Room for requests: how many bytes of them the process holds at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The process-wide budget. Who asks first gets room first, so no stream starves another.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    bytes: Arc<Semaphore>,
    total: u32,
}

/// Room taken; given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Admission {
    /// A budget of `total` bytes.
    pub(crate) fn new(total: usize) -> Self {
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Self {
            bytes: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits for room for a request of `size` bytes. One that is larger than the whole budget takes all of it.
    pub(crate) async fn enter(&self, size: usize) -> Room {
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(self.total);
        // The semaphore is never closed, so this never fails.
        let permit = Arc::clone(&self.bytes).acquire_many_owned(size).await.ok();
        Room { _permit: permit }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_request_waits_for_room_and_a_huge_one_for_all_of_it() {
        let admission = Admission::new(100);
        let first = admission.enter(60).await;
        let soon = Duration::from_millis(20);
        assert!(timeout(soon, admission.enter(41)).await.is_err());
        let second = timeout(soon, admission.enter(40)).await.unwrap();
        drop((first, second));

        let all = timeout(soon, admission.enter(1_000_000)).await.unwrap();
        assert!(timeout(soon, admission.enter(1)).await.is_err());
        drop(all);
        timeout(soon, admission.enter(100)).await.unwrap();
    }
}
