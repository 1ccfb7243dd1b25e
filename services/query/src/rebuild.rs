//! Rebuilding the index: what is known of it, what asks for it, and the building of an index beside the one that answers.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, Stream, retry::Backoff};
use gisa_service_runtime::Metrics;
use jiff::Timestamp;
use thiserror::Error;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep},
};
use tracing::warn;

use crate::{
    feed::{Failure, Feed, Reading, blocking, split},
    index::{IndexError, IndexStore},
    view::{View, ViewReceiver},
};

/// While nobody reads an index it commits seldom: a commit costs as much as hundreds of articles.
pub(crate) const COMMIT_INTERVAL: Duration = Duration::from_secs(5);

/// The rest that a new index lacks when it is handed over; it is caught up while the old one answers, which then does not
/// go on.
const CLOSE: u64 = 256;

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
};

/// Why an index is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebuildCause {
    /// There was none that could be read, or none of this log.
    NoIndex,
    /// The log does not keep what comes next after the position of the index.
    LogCompacted,
    /// Somebody asked for it.
    Requested,
}

/// A rebuild under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// Number of the index that is built.
    pub generation: u64,
    /// Why.
    pub cause: RebuildCause,
    /// Sequence in TAGGED up to which it has been built; 0 at the beginning.
    pub sequence: u64,
    /// Sequence at which it takes over; grows while articles arrive.
    pub goal: u64,
    /// When it began.
    pub started_at: Timestamp,
}

impl Rebuild {
    pub(crate) fn new(generation: u64, cause: RebuildCause) -> Self {
        Self {
            generation,
            cause,
            sequence: 0,
            goal: 0,
            started_at: Timestamp::now(),
        }
    }
}

/// What is known of rebuilds.
#[derive(Clone, Debug, Default)]
pub struct RebuildStatus {
    /// The one that runs.
    pub rebuild: Option<Rebuild>,
    /// Why the last one did not come to its end, if it did not.
    pub failure: Option<String>,
}

/// Where it is told how rebuilds go on.
#[derive(Clone, Debug)]
pub(crate) struct Reporter(watch::Sender<RebuildStatus>);

impl Reporter {
    pub(crate) fn new() -> (Self, watch::Receiver<RebuildStatus>) {
        let (sender, receiver) = watch::channel(RebuildStatus::default());
        (Self(sender), receiver)
    }

    pub(crate) fn running(&self) -> bool {
        self.0.borrow().rebuild.is_some()
    }

    pub(crate) fn begin(&self, rebuild: Rebuild) {
        self.0.send_replace(RebuildStatus {
            rebuild: Some(rebuild),
            failure: None,
        });
    }

    /// The index is built anew under another number; what asked for it goes on waiting.
    pub(crate) fn begin_again(&self, generation: u64) {
        self.0.send_modify(|status| {
            if let Some(rebuild) = &mut status.rebuild {
                (rebuild.generation, rebuild.sequence) = (generation, 0);
            }
        });
    }

    pub(crate) fn progress(&self, reading: &Reading) {
        self.0.send_modify(|status| {
            if let Some(rebuild) = &mut status.rebuild {
                (rebuild.sequence, rebuild.goal) = (reading.position.sequence, reading.goal);
            }
        });
    }

    /// The new index answers, or (with a failure) the old one goes on to.
    pub(crate) fn end(&self, failure: Option<String>) {
        self.0.send_if_modified(|status| {
            let running = status.rebuild.take().is_some();
            if running {
                status.failure = failure;
            }
            running
        });
    }
}

/// Why no rebuild was started.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// One runs already.
    #[error("the index is being rebuilt already")]
    Running,
    /// The index has articles that the log does not keep any more.
    #[error(
        "the index has articles from before sequence {first_sequence}, which the log does not keep any more: a rebuild would forget them"
    )]
    WouldForget {
        /// Sequence of the oldest record that the log keeps.
        first_sequence: u64,
        /// Sequence of the oldest record that the index keeps a version of.
        oldest_indexed: u64,
    },
    /// The log does not answer, or the service stops.
    #[error("{0}")]
    NotReady(&'static str),
    /// The log failed in a way that waiting does not mend.
    #[error(transparent)]
    Log(LogError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl From<LogError> for RebuildError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(_) => Self::NotReady("the event log does not answer"),
            LogError::Closed => Self::NotReady("the service is stopping"),
            error => Self::Log(error),
        }
    }
}

/// Asks the indexer for a rebuild; the answer is the generation that is built.
pub(crate) type RebuildRequest = oneshot::Sender<Result<u64, RebuildError>>;

/// Asks for rebuilds and tells how they go on; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rebuilds {
    /// The event log.
    pub(crate) log: Arc<dyn EventLog>,
    /// What answers.
    pub(crate) view: ViewReceiver,
    /// What is known.
    pub(crate) status: watch::Receiver<RebuildStatus>,
    pub(crate) requests: mpsc::Sender<RebuildRequest>,
}

impl Rebuilds {
    /// The newest state, and what comes after it.
    pub fn status(&self) -> watch::Receiver<RebuildStatus> {
        self.status.clone()
    }

    /// What readers see.
    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Sequence of the newest record in TAGGED; `None` if the log does not answer.
    pub async fn last_sequence(&self) -> Option<u64> {
        self.log
            .info(Stream::Tagged)
            .await
            .ok()
            .map(|info| info.last_sequence)
    }

    /// Starts a rebuild and gives the generation that is built. Unless `forget_compacted` is set, one that would lose
    /// articles is refused. It goes on whether or not anybody waits for it.
    pub async fn start(&self, forget_compacted: bool) -> Result<u64, RebuildError> {
        if !forget_compacted {
            self.check_nothing_is_forgotten().await?;
        }
        let (answer, answered) = oneshot::channel();
        let stopping = RebuildError::NotReady("the service is stopping");
        if self.requests.send(answer).await.is_err() {
            return Err(stopping);
        }
        answered.await.unwrap_or(Err(stopping))
    }

    async fn check_nothing_is_forgotten(&self) -> Result<(), RebuildError> {
        let first_sequence = self.log.info(Stream::Tagged).await?.first_sequence;
        let snapshot = self.view().snapshot;
        let looked_up = tokio::task::spawn_blocking(move || snapshot.statistics()).await;
        let statistics = looked_up.map_err(|error| IndexError(format!("a lookup panicked: {error}")))??;
        match statistics.oldest_sequence {
            Some(oldest_indexed) if oldest_indexed < first_sequence => Err(RebuildError::WouldForget {
                first_sequence,
                oldest_indexed,
            }),
            _ => Ok(()),
        }
    }
}

/// Builds an index from the log until it is close to the log's end, whatever goes wrong with the log meanwhile.
pub(crate) async fn build(
    log: Arc<dyn EventLog>,
    store: Arc<dyn IndexStore>,
    mut feed: Feed,
    reporter: Reporter,
    metrics: Metrics,
) -> Result<Feed, Failure> {
    let mut failures = 0;
    loop {
        match fill(&*log, &mut feed, &reporter, &mut failures).await {
            Ok(()) => return Ok(feed),
            Err(Failure::Log(error @ LogError::Unavailable(_))) => {
                failures += 1;
                let delay = BACKOFF.delay(failures);
                warn!(%error, "the rebuild of the index reads on in {delay:?}: {error}");
                sleep(delay).await;
            }
            Err(Failure::Log(error @ LogError::Compacted { .. })) => {
                failures += 1;
                warn!(%error, "the rebuild of the index begins again: {error}");
                sleep(BACKOFF.delay(failures)).await;
                let store = Arc::clone(&store);
                // Replaced first: what is left of it is removed when the next one is made.
                drop(feed);
                feed = Feed::new(blocking(move || store.create()).await?, &metrics);
                reporter.begin_again(feed.generation());
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn fill(
    log: &dyn EventLog,
    feed: &mut Feed,
    reporter: &Reporter,
    failures: &mut u32,
) -> Result<(), Failure> {
    let mut reading = feed.read_on(log).await?;
    reading.goal = reading.info.last_sequence;
    loop {
        reporter.progress(&reading);
        if reading.is_complete() {
            feed.commit(&mut reading).await?;
            let end = log.info(Stream::Tagged).await?.last_sequence;
            if end <= reading.position.sequence + CLOSE {
                return Ok(());
            }
            reading.goal = end;
        }
        let ended = || LogError::Unavailable("reading ended".to_owned());
        let (records, failure) = split(reading.records.next().await.ok_or_else(ended)?);
        if !records.is_empty() {
            *failures = 0;
        }
        feed.apply(records, &mut reading, None).await?;
        let due = Instant::now() >= reading.last_commit + COMMIT_INTERVAL;
        if reading.uncommitted && (failure.is_some() || due) {
            feed.commit(&mut reading).await?;
        }
        if let Some(failure) = failure {
            return Err(failure.into());
        }
    }
}
