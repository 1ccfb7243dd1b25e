//! Tells the metrics how far the index is behind TAGGED, how much it holds, and whether another one is built.

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

use crate::{
    index::{IndexError, IndexSnapshot},
    rebuild::Rebuilds,
};

/// How often the log is asked and the directory looked at.
const PERIOD: Duration = Duration::from_secs(5);

/// What is looked at, and where it is told.
#[derive(Debug)]
pub(crate) struct Reporter {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) rebuilds: Rebuilds,
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
        // One look is at one index, whichever answers.
        let snapshot = self.rebuilds.view().snapshot;
        self.look_at_lag(&*snapshot).await;
        self.metrics
            .index_generation
            .with([])
            .set(snapshot.generation() as f64);
        let running = self.rebuilds.status().borrow().rebuild.is_some();
        self.metrics
            .index_rebuild_running
            .with([])
            .set(if running { 1.0 } else { 0.0 });
        let directory = self.index_directory.clone();
        let looked = tokio::task::spawn_blocking(move || (size_of(&directory), snapshot.visible_articles()));
        match looked.await {
            Ok((size, articles)) => self.tell_content(size, articles),
            Err(error) => debug!(%error, "looking at the index broke off"),
        }
    }

    async fn look_at_lag(&self, snapshot: &dyn IndexSnapshot) {
        match self.log.info(Stream::Tagged).await {
            Ok(info) => {
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
    }

    fn tell_content(&self, size: io::Result<u64>, articles: Result<u64, IndexError>) {
        match size {
            Ok(size) => {
                self.metrics.index_bytes.with([]).set(size as f64);
            }
            Err(error) => debug!(%error, "the size of the index is not known: {error}"),
        }
        match articles {
            Ok(articles) => {
                self.metrics.index_articles.with([]).set(articles as f64);
            }
            Err(error) => debug!(%error, "how many articles the index has is not known: {error}"),
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
