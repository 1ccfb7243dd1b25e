//! What readers see of the index: the snapshot of the last commit, and whether it may be answered from.

use std::sync::Arc;

use tokio::sync::watch;

use crate::index::IndexSnapshot;

/// The state of the index as readers see it.
#[derive(Clone, Debug)]
pub struct View {
    /// The last commit.
    pub snapshot: Arc<dyn IndexSnapshot>,
    /// Whether it may be answered from. While the index is built from nothing it may not: what is missing from it would
    /// look as if it did not exist.
    pub ready: bool,
}

impl View {
    /// Whether the view may be answered from and is of the stream with this identity.
    pub fn is_of(&self, stream_identity: &str) -> bool {
        let position = self.snapshot.position();
        self.ready && position.is_some_and(|position| position.stream_identity == stream_identity)
    }

    /// Whether the view includes the record with this sequence of the stream with this identity.
    pub fn includes(&self, stream_identity: &str, sequence: u64) -> bool {
        let position = self.snapshot.position();
        self.is_of(stream_identity) && position.is_some_and(|position| position.sequence >= sequence)
    }
}

/// The reading end; it always shows the newest view.
pub type ViewReceiver = watch::Receiver<View>;
