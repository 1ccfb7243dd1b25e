//! What became of all articles together.

use std::time::Instant;

use gisa_proto::ingest::v1::IngestOutcome;

use crate::failure::tell;

/// Counts of outcomes.
#[derive(Debug)]
pub(super) struct Summary {
    created: u64,
    unchanged: u64,
    corrected: u64,
    retracted: u64,
    refused: u64,
    begun_at: Instant,
}

impl Summary {
    pub(super) fn new() -> Self {
        Self {
            created: 0,
            unchanged: 0,
            corrected: 0,
            retracted: 0,
            refused: 0,
            begun_at: Instant::now(),
        }
    }

    pub(super) fn count(&mut self, outcome: IngestOutcome) {
        match outcome {
            IngestOutcome::Created => self.created += 1,
            IngestOutcome::Corrected => self.corrected += 1,
            IngestOutcome::Retracted => self.retracted += 1,
            IngestOutcome::Unchanged | IngestOutcome::Unspecified => self.unchanged += 1,
        }
    }

    pub(super) fn count_refused(&mut self) {
        self.refused += 1;
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    /// Tells the counts on standard error.
    pub(super) fn tell(&self) {
        let Self {
            created,
            unchanged,
            corrected,
            retracted,
            refused,
            ..
        } = self;
        let seconds = self.begun_at.elapsed().as_secs_f64();
        let total = created + unchanged + corrected + retracted + refused;
        let rate = total as f64 / seconds.max(0.001);
        tell(format_args!(
            "{created} created, {unchanged} unchanged, {corrected} corrected, {retracted} retracted, {refused} refused \
             in {seconds:.1} s ({rate:.0} articles/s)"
        ));
    }
}
