//! What ingest counts.

use std::time::Duration;

use gisa_service_runtime::{Metrics, RpcError, rpc_error::reason_name};
use jiff::SignedDuration;

use crate::{decide::Outcome, error::IngestError, publish::Accepted};

/// The metrics of ingest; cheap to clone.
#[derive(Clone, Debug)]
pub struct IngestMetrics {
    metrics: Metrics,
}

impl IngestMetrics {
    /// Counts in the metrics of the process.
    pub fn new(metrics: Metrics) -> Self {
        // There from the start, so that the first one is seen as a change.
        for result in [
            "CREATED",
            "CORRECTED",
            "UNCHANGED",
            "RETRACTED",
            "LOG_FULL",
            "LOG_UNAVAILABLE",
        ] {
            metrics.articles.with([result]);
        }
        Self { metrics }
    }

    /// An operation has been answered.
    pub(crate) fn answered(&self, result: Result<&Accepted, &IngestError>) {
        let result = match result {
            Ok(accepted) => match accepted.outcome {
                Outcome::Created => "CREATED",
                Outcome::Corrected => "CORRECTED",
                Outcome::Unchanged => "UNCHANGED",
                Outcome::Retracted => "RETRACTED",
            },
            Err(error) => reason_name(RpcError::from(error.clone()).reason()),
        };
        self.metrics.articles.with([result]).inc();
    }

    /// An operation was carried out or failed, in this time.
    pub(crate) fn carried_out(&self, time: Duration) {
        self.metrics
            .stage_duration
            .with(["append"])
            .observe(time.as_secs_f64());
    }

    /// A revision is in the log. Only first ones tell how late an article is; a publication time in the future, as of a
    /// wrong clock, tells nothing.
    pub(crate) fn appended(&self, delay: Option<SignedDuration>) {
        if let Some(delay) = delay.filter(|delay| !delay.is_negative()) {
            let seconds = delay.as_secs_f64();
            self.metrics.published_to_accepted.with([]).observe(seconds);
        }
    }
}
