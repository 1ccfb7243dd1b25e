//! Tells the metrics how far the index is behind TAGGED, and how large it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gisa_event_log::{EventLog, Stream};
use gisa_service_runtime::{Metrics, Shutdown};
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;

use crate::view::ViewReceiver;

/// How often the log is asked and the directory looked at.
const PERIOD: Duration = Duration::from_secs(5);

/// What is looked at, and where it is told.
#[derive(Debug)]
pub(crate) struct Reporter {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) view: ViewReceiver,
    pub(crate) index_directory: PathBuf,
    pub(crate) metrics: Metrics,
}

impl Reporter {
    /// Looks until the shutdown.
    pub(crate) async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !shutdown.is_requested() {
            tokio::select! {
                () = shutdown.requested() => (),
                () = async { ticks.tick().await; self.look().await } => (),
            }
        }
        Ok(())
    }

    async fn look(&self) {
        match self.log.info(Stream::Tagged).await {
            Ok(info) => {
                let snapshot = Arc::clone(&self.view.borrow().snapshot);
                // A position in another log says nothing about this one.
                let position = snapshot
                    .position()
                    .filter(|position| position.stream_identity == info.identity)
                    .map_or(info.first_sequence - 1, |position| position.sequence);
                let lag = info.last_sequence.saturating_sub(position);
                self.metrics.index_lag.with([]).set(lag as f64);
            }
            Err(error) => {
                debug!(%error, "the lag of the index is not known: {error}");
                self.metrics.index_lag.clear();
            }
        }
        let directory = self.index_directory.clone();
        match tokio::task::spawn_blocking(move || size_of(&directory)).await {
            Ok(Ok(size)) => {
                self.metrics.index_bytes.with([]).set(size as f64);
            }
            Ok(Err(error)) => debug!(%error, "the size of the index is not known: {error}"),
            Err(error) => debug!(%error, "looking at the index broke off"),
        }
    }
}

/// Bytes of all files in a directory and those in it. Files may go while it is looked at: they are merged.
fn size_of(directory: &Path) -> io::Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        size += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path())?,
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_all_files() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("a")).unwrap();
        fs::write(directory.path().join("a/b"), [0; 10]).unwrap();
        fs::write(directory.path().join("c"), [0; 5]).unwrap();
        assert_eq!(size_of(directory.path()).unwrap(), 15);
        assert!(size_of(&directory.path().join("d")).is_err());
    }
}
