//! Event log in: reads TAGGED into the index, and starts the index again when the log is not the one it was made from.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_article_codec::ArticleTagged;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::Shutdown;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tracing::{info, warn};

use crate::{
    config::QueryConfig,
    index::{ArticleIndex, IndexError},
    view::{View, ViewReceiver},
};

/// Most records that are applied at a time.
const BATCH: usize = 64;

/// While the index is built from nothing nobody reads it, so it commits seldom: a commit costs as much as hundreds of
/// articles.
const BUILDING_COMMIT_INTERVAL: Duration = Duration::from_secs(5);

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
};

/// Follows TAGGED.
#[derive(Debug)]
pub struct Indexer {
    log: Arc<dyn EventLog>,
    /// Always there, except while a blocking call has it.
    index: Option<Box<dyn ArticleIndex>>,
    view: watch::Sender<View>,
    commit_interval: Duration,
    /// Records that could not be read, since the start.
    skipped: u64,
}

/// Why following ended.
enum Failure {
    Log(LogError),
    Index(anyhow::Error),
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// How far reading has come.
struct Progress {
    /// The last record applied.
    position: Position,
    /// Whether something was applied since the last commit.
    uncommitted: bool,
    last_commit: Instant,
    /// The index may be answered from when it has come this far.
    ready_at: u64,
}

impl Indexer {
    /// An indexer that goes on from where `index` is, and what it shows to readers.
    pub fn new(
        config: &QueryConfig,
        log: Arc<dyn EventLog>,
        index: Box<dyn ArticleIndex>,
    ) -> (Self, ViewReceiver) {
        // Not ready before the position has been compared with the log.
        let (view, receiver) = watch::channel(View {
            snapshot: index.snapshot(),
            ready: false,
        });
        let commit_interval = config.commit_interval();
        (
            Self {
                log,
                index: Some(index),
                view,
                commit_interval,
                skipped: 0,
            },
            receiver,
        )
    }

    /// Works until the shutdown; then commits what was applied.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        while !shutdown.is_requested() {
            let failure = match self.follow(&shutdown, &mut failures).await {
                Ok(()) => break,
                Err(Failure::Index(error)) => return Err(error),
                Err(Failure::Log(failure)) => failure,
            };
            match failure {
                LogError::Replaced { .. } | LogError::Compacted { .. } => {
                    warn!(error = %failure, "the index cannot go on from its position and is rebuilt from the log: {failure}");
                    self.clear().await?;
                }
                LogError::Unavailable(_) => {
                    failures += 1;
                    let delay = BACKOFF.delay(failures);
                    warn!(error = %failure, "reading TAGGED again in {delay:?}: {failure}");
                    tokio::select! {
                        () = sleep(delay) => (),
                        () = shutdown.requested() => (),
                    }
                }
                LogError::Closed if shutdown.is_requested() => break,
                failure => return Err(failure).context("the index cannot follow TAGGED"),
            }
        }
        if self.skipped > 0 {
            warn!(
                skipped = self.skipped,
                "{} records of TAGGED could not be read and were skipped", self.skipped
            );
        }
        Ok(())
    }

    /// Reads until the shutdown or a failure.
    async fn follow(&mut self, shutdown: &Shutdown, failures: &mut u32) -> Result<(), Failure> {
        let (mut progress, start) = self.start().await?;
        let mut records = self.log.read(Stream::Tagged, start).await?.ready_chunks(BATCH);
        if self.log.info(Stream::Tagged).await?.identity != progress.position.stream_identity {
            return Err(LogError::Replaced {
                stream: Stream::Tagged,
            }
            .into());
        }
        if self.index()?.position().as_ref() != Some(&progress.position) {
            self.commit(&mut progress).await?;
        }
        self.publish(&progress)?;
        *failures = 0;

        loop {
            let interval = if self.is_ready() {
                self.commit_interval
            } else {
                BUILDING_COMMIT_INTERVAL
            };
            let commit_at = progress.last_commit + interval;
            tokio::select! {
                biased;
                () = shutdown.requested() => {
                    return if progress.uncommitted { self.commit(&mut progress).await } else { Ok(()) };
                }
                () = sleep_until(commit_at), if progress.uncommitted => {
                    self.commit(&mut progress).await?;
                    self.publish(&progress)?;
                }
                chunk = records.next() => {
                    let ended = || LogError::Unavailable("reading ended".to_owned());
                    let (records, failure) = split(chunk.ok_or_else(ended)?);
                    self.apply(records, &mut progress).await?;
                    let just_built = !self.is_ready() && progress.position.sequence >= progress.ready_at;
                    if progress.uncommitted && (failure.is_some() || just_built || Instant::now() >= commit_at) {
                        self.commit(&mut progress).await?;
                        self.publish(&progress)?;
                    }
                    if let Some(failure) = failure {
                        return Err(failure.into());
                    }
                }
            }
        }
    }

    /// Where to go on.
    async fn start(&mut self) -> Result<(Progress, StartAt), Failure> {
        let info = self.log.info(Stream::Tagged).await?;
        let (position, start, ready_at) = match self.index()?.position() {
            // What the index held before the restart may be answered from at once: it is late, but complete. Unless it
            // was stopped while it was being built.
            Some(position) if self.index()?.is_complete() => {
                let ready_at = position.sequence;
                (position.clone(), StartAt::After(position), ready_at)
            }
            Some(position) => (position.clone(), StartAt::After(position), info.last_sequence),
            None => {
                if info.messages > 0 {
                    info!(
                        messages = info.messages,
                        "building the index from {} records of TAGGED", info.messages
                    );
                }
                let before = Position {
                    stream_identity: info.identity,
                    sequence: info.first_sequence - 1,
                };
                (before, StartAt::Oldest, info.last_sequence)
            }
        };
        let progress = Progress {
            position,
            uncommitted: false,
            last_commit: Instant::now(),
            ready_at,
        };
        Ok((progress, start))
    }

    async fn apply(&mut self, records: Vec<Record>, progress: &mut Progress) -> Result<(), Failure> {
        let Some(last) = records.last() else {
            return Ok(());
        };
        let last_sequence = last.sequence;
        let skipped = self
            .blocking(move |index| {
                let (readable, skipped) = decode(records);
                index.apply(readable)?;
                Ok(skipped)
            })
            .await?;
        self.skipped += skipped;
        progress.position.sequence = last_sequence;
        progress.uncommitted = true;
        Ok(())
    }

    async fn commit(&mut self, progress: &mut Progress) -> Result<(), Failure> {
        let position = progress.position.clone();
        let complete = position.sequence >= progress.ready_at;
        self.blocking(move |index| index.commit(&position, complete))
            .await?;
        progress.uncommitted = false;
        progress.last_commit = Instant::now();
        Ok(())
    }

    async fn clear(&mut self) -> anyhow::Result<()> {
        // Readers are turned away first.
        self.view.send_modify(|view| view.ready = false);
        let cleared = self.blocking(|index| index.clear()).await;
        cleared.map_err(|failure| match failure {
            Failure::Index(error) => error.context("the index cannot be started again"),
            Failure::Log(error) => error.into(),
        })
    }

    fn publish(&mut self, progress: &Progress) -> Result<(), Failure> {
        let ready = progress.position.sequence >= progress.ready_at;
        if ready && !self.is_ready() {
            info!(
                sequence = progress.position.sequence,
                "the index is ready at {}", progress.position.sequence
            );
        }
        let snapshot = self.index()?.snapshot();
        self.view.send_replace(View { snapshot, ready });
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.view.borrow().ready
    }

    fn index(&self) -> Result<&dyn ArticleIndex, Failure> {
        self.index.as_deref().ok_or_else(lost)
    }

    /// Runs work on the index on a thread made for it.
    async fn blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn ArticleIndex) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut index = self.index.take().ok_or_else(lost)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&mut *index);
            (index, result)
        });
        let (index, result) = done
            .await
            .context("work on the index panicked")
            .map_err(Failure::Index)?;
        self.index = Some(index);
        result.map_err(|error| Failure::Index(error.into()))
    }
}

fn lost() -> Failure {
    Failure::Index(anyhow::anyhow!("the index was lost in a panic"))
}

/// The records before the first failure, and the failure.
pub(crate) fn split(chunk: Vec<Result<Record, LogError>>) -> (Vec<Record>, Option<LogError>) {
    let mut records = Vec::with_capacity(chunk.len());
    for result in chunk {
        match result {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(error)),
        }
    }
    (records, None)
}

/// The records that can be read, and how many cannot. One of those must not stop all that come after it.
fn decode(records: Vec<Record>) -> (Vec<(u64, ArticleTagged)>, u64) {
    let mut skipped = 0;
    let mut readable = Vec::with_capacity(records.len());
    for record in records {
        match ArticleTagged::decode(&record.payload) {
            Ok(tagged) => readable.push((record.sequence, tagged)),
            Err(error) => {
                skipped += 1;
                warn!(
                    sequence = record.sequence,
                    subject = %record.subject,
                    %error,
                    "record {} of TAGGED cannot be read and is skipped: {error}",
                    record.sequence
                );
            }
        }
    }
    (readable, skipped)
}
