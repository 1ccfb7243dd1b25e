//! What query counts.

use std::time::Duration;

use gisa_service_runtime::Metrics;
use jiff::Timestamp;

use crate::watch::{ChangeKind, Happening};

/// The metrics of what writes one index.
#[derive(Debug)]
pub(crate) struct FeedMetrics {
    metrics: Metrics,
    /// When ingest accepted what was applied since the last commit.
    applied: Vec<Timestamp>,
}

impl FeedMetrics {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            applied: Vec::new(),
        }
    }

    /// Records were applied in this time; of these so many could not be read, and those accepted at these times have
    /// become visible with the next commit.
    pub(crate) fn applied(&mut self, time: Duration, skipped: u64, accepted: Vec<Timestamp>) {
        let seconds = time.as_secs_f64();
        self.metrics.stage_duration.with(["apply"]).observe(seconds);
        self.metrics.index_skipped.with([]).inc_by(skipped);
        self.applied.extend(accepted);
    }

    /// A commit took this time.
    pub(crate) fn committed(&mut self, time: Duration) {
        self.metrics.index_commit.with([]).observe(time.as_secs_f64());
        let now = Timestamp::now();
        let histogram = self.metrics.accepted_to_searchable.with([]);
        for accepted_at in self.applied.drain(..) {
            // The clock of ingest may be ahead.
            histogram.observe(now.duration_since(accepted_at).as_secs_f64().max(0.0));
        }
    }
}

/// Counts one watch as long as it is there.
#[derive(Debug)]
pub(crate) struct Subscriber(Metrics);

impl Subscriber {
    pub(crate) fn new(metrics: Metrics) -> Self {
        metrics.watch_subscribers.with([]).inc();
        Self(metrics)
    }

    /// The watcher was told something.
    pub(crate) fn told(&self, happening: &Happening) {
        let kind = match happening {
            Happening::Checkpoint { .. } => "CHECKPOINT",
            Happening::Change { kind, .. } => match kind {
                ChangeKind::Published => "PUBLISHED",
                ChangeKind::Corrected => "CORRECTED",
                ChangeKind::Retagged => "RETAGGED",
                ChangeKind::Withdrawn => "WITHDRAWN",
                ChangeKind::Unmatched => "UNMATCHED",
            },
        };
        self.0.watch_events.with([kind]).inc();
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.0.watch_subscribers.with([]).dec();
    }
}
