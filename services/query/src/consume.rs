//! Event log in: reads TAGGED into the index that answers, and changes over to another one when that has been built.
//!
//! While one index answers, another can be built beside it: on request by a task of its own, or, when the log does not
//! keep what comes next, by reading from the oldest record. It takes over once it has come at least as far as the index
//! that answers, so that readers never see an older state: first on the disk, then for readers, then the old one is removed.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, Stream, retry::Backoff};
use gisa_service_runtime::{Metrics, Shutdown};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::{Instant, sleep, sleep_until},
};
use tracing::{error, info, warn};

use crate::{
    config::QueryConfig,
    feed::{Failure, Feed, Reading, blocking, split},
    index::{ArticleIndex, IndexError, IndexSnapshot, IndexStore},
    rebuild::{
        self, COMMIT_INTERVAL, Rebuild, RebuildCause, RebuildError, RebuildRequest, Rebuilds, Reporter,
    },
    view::{View, ViewReceiver},
};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
};

/// Follows TAGGED.
#[derive(Debug)]
pub struct Indexer {
    log: Arc<dyn EventLog>,
    store: Arc<dyn IndexStore>,
    /// The index that is written: the one that answers, or the one that is about to.
    feed: Feed,
    /// The index that a restart opens.
    current: u64,
    view: watch::Sender<View>,
    commit_interval: Duration,
    reporter: Reporter,
    requests: mpsc::Receiver<RebuildRequest>,
    /// The requested rebuild, if one runs.
    builds: JoinSet<Result<Feed, Failure>>,
    metrics: Metrics,
}

/// Why following ended well.
enum Step {
    Shutdown,
    /// Another index has been built.
    Built(Box<Feed>),
}

impl Indexer {
    /// An indexer that goes on from where the store's current index is, what it shows to readers, and the way to ask it
    /// for a rebuild.
    pub fn new(
        config: &QueryConfig,
        log: Arc<dyn EventLog>,
        store: Arc<dyn IndexStore>,
        index: Box<dyn ArticleIndex>,
        metrics: Metrics,
    ) -> (Self, ViewReceiver, Rebuilds) {
        metrics.index_ready.with([]).set(0.0);
        // Not ready before the position has been compared with the log.
        let (view, view_receiver) = watch::channel(View {
            snapshot: index.snapshot(),
            ready: false,
        });
        let (reporter, status) = Reporter::new();
        let (requests, request_receiver) = mpsc::channel(1);
        let rebuilds = Rebuilds {
            log: Arc::clone(&log),
            view: view_receiver.clone(),
            status,
            requests,
        };
        let indexer = Self {
            log,
            store,
            current: index.generation(),
            feed: Feed::new(index, &metrics),
            view,
            commit_interval: config.commit_interval(),
            reporter,
            requests: request_receiver,
            builds: JoinSet::new(),
            metrics,
        };
        (indexer, view_receiver, rebuilds)
    }

    /// Works until the shutdown; then commits what was applied.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        while !shutdown.is_requested() {
            let failure = match self.follow(&shutdown, &mut failures).await {
                Ok(Step::Shutdown) => break,
                Ok(Step::Built(feed)) => {
                    self.write_to(*feed).await;
                    continue;
                }
                Err(Failure::Index(error)) => return Err(error),
                Err(Failure::Log(failure)) => failure,
            };
            match failure {
                LogError::Replaced { .. } => {
                    warn!(error = %failure, "the index is of another log and is rebuilt: {failure}");
                    self.start_over().await.map_err(cannot_start)?;
                }
                LogError::Compacted { .. } => {
                    warn!(error = %failure, "the index cannot go on from its position and is rebuilt from the log: {failure}");
                    self.rebuild_compacted().await.map_err(cannot_start)?;
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
        let skipped = self.feed.skipped();
        if skipped > 0 {
            warn!(
                skipped,
                "{skipped} records of TAGGED could not be read and were skipped"
            );
        }
        Ok(())
    }

    /// Reads until the shutdown, a failure, or the end of a requested rebuild.
    async fn follow(&mut self, shutdown: &Shutdown, failures: &mut u32) -> Result<Step, Failure> {
        let mut reading = self.start().await?;
        if self.feed.committed()?.as_ref() != Some(&reading.position) {
            self.feed.commit(&mut reading).await?;
        }
        self.show(reading.is_complete()).await?;
        *failures = 0;

        loop {
            let interval = if self.answers() {
                self.commit_interval
            } else {
                COMMIT_INTERVAL
            };
            let commit_at = reading.last_commit + interval;
            tokio::select! {
                biased;
                () = shutdown.requested() => {
                    if reading.uncommitted {
                        self.feed.commit(&mut reading).await?;
                    }
                    return Ok(Step::Shutdown);
                }
                Some(request) = self.requests.recv() => {
                    // Who has stopped waiting for the answer has been told that nothing was started.
                    if !request.is_closed() {
                        let _ = request.send(self.start_build().await);
                    }
                }
                Some(built) = self.builds.join_next() => {
                    if let Some(feed) = self.built(built).await? {
                        return Ok(Step::Built(Box::new(feed)));
                    }
                }
                () = sleep_until(commit_at), if reading.uncommitted => {
                    self.feed.commit(&mut reading).await?;
                    self.show(reading.is_complete()).await?;
                }
                chunk = reading.records.next() => {
                    let ended = || LogError::Unavailable("reading ended".to_owned());
                    let (records, failure) = split(chunk.ok_or_else(ended)?);
                    let news_after = self.news_after()?;
                    self.feed.apply(records, &mut reading, news_after).await?;
                    let answers = self.answers();
                    if !answers {
                        self.reporter.progress(&reading);
                    }
                    let just_built = !answers && reading.is_complete();
                    if reading.uncommitted && (failure.is_some() || just_built || Instant::now() >= commit_at) {
                        self.feed.commit(&mut reading).await?;
                        self.show(reading.is_complete()).await?;
                    }
                    if let Some(failure) = failure {
                        return Err(failure.into());
                    }
                }
            }
        }
    }

    /// Starts to read where the index is. An index beside the one that answers is complete only when it has come as far.
    async fn start(&mut self) -> Result<Reading, Failure> {
        let mut reading = self.feed.read_on(&*self.log).await?;
        if self.is_beside() {
            let view = self.view.borrow();
            let shown = view.snapshot.position().map_or(0, |shown| shown.sequence);
            if shown > reading.info.last_sequence {
                let stream = Stream::Tagged;
                return Err(LogError::Replaced { stream }.into());
            }
            reading.goal = reading.info.last_sequence;
        }
        if !reading.is_complete() && !self.reporter.running() {
            let messages = reading.info.messages;
            info!(messages, "building the index from {messages} records of TAGGED");
            let rebuild = Rebuild::new(self.feed.generation(), RebuildCause::NoIndex);
            self.reporter.begin(rebuild);
        }
        Ok(reading)
    }

    /// Shows the last commit to readers, if they may see it.
    async fn show(&mut self, complete: bool) -> Result<(), Failure> {
        if self.is_beside() {
            return if complete {
                self.change_over().await
            } else {
                Ok(())
            };
        }
        if complete && !self.view.borrow().ready {
            let sequence = self.feed.committed()?.map_or(0, |position| position.sequence);
            info!(sequence, "the index is ready at {sequence}");
        }
        self.show_to_readers(self.feed.snapshot()?, complete);
        // A requested rebuild goes on beside.
        if complete && self.builds.is_empty() {
            self.reporter.end(None);
        }
        Ok(())
    }

    /// Makes the index that has been built the one that answers.
    async fn change_over(&mut self) -> Result<(), Failure> {
        let (store, generation) = (Arc::clone(&self.store), self.feed.generation());
        blocking(move || store.make_current(generation)).await?;
        self.current = generation;
        self.show_to_readers(self.feed.snapshot()?, true);
        info!(generation, "generation {generation} of the index answers");
        self.remove_others().await?;
        self.reporter.end(None);
        Ok(())
    }

    /// Begins to build another index while the current one goes on.
    async fn start_build(&mut self) -> Result<u64, RebuildError> {
        if self.reporter.running() {
            return Err(RebuildError::Running);
        }
        let store = Arc::clone(&self.store);
        let created = blocking(move || store.create()).await;
        let index = created.map_err(|failure| IndexError(failure.to_string()))?;
        let feed = Feed::new(index, &self.metrics);
        let generation = feed.generation();
        info!(
            generation,
            "a rebuild was asked for: building generation {generation} of the index"
        );
        self.reporter
            .begin(Rebuild::new(generation, RebuildCause::Requested));
        let (log, store) = (Arc::clone(&self.log), Arc::clone(&self.store));
        let (reporter, metrics) = (self.reporter.clone(), self.metrics.clone());
        self.builds
            .spawn(rebuild::build(log, store, feed, reporter, metrics));
        Ok(generation)
    }

    /// The index that a requested rebuild has built; a failed one leaves everything as it is.
    async fn built(
        &mut self,
        built: Result<Result<Feed, Failure>, JoinError>,
    ) -> Result<Option<Feed>, Failure> {
        let failure = match built {
            Ok(Ok(feed)) => return Ok(Some(feed)),
            Ok(Err(failure)) => failure.to_string(),
            Err(error) => error.to_string(),
        };
        error!(error = failure, "the rebuild of the index failed: {failure}");
        self.remove_others().await?;
        self.reporter.end(Some(failure));
        Ok(None)
    }

    /// The log is another one: what the index holds is not true any more, and nothing is answered from it.
    async fn start_over(&mut self) -> Result<(), Failure> {
        let shown = Arc::clone(&self.view.borrow().snapshot);
        self.show_to_readers(shown, false);
        let feed = self.begin_anew(RebuildCause::NoIndex).await?;
        let (store, generation) = (Arc::clone(&self.store), feed.generation());
        blocking(move || store.make_current(generation)).await?;
        self.current = generation;
        self.show_to_readers(feed.snapshot()?, false);
        self.write_to(feed).await;
        self.remove_others().await
    }

    /// The log is the same and has forgotten what comes next: the index answers, late, until another one has been built.
    async fn rebuild_compacted(&mut self) -> Result<(), Failure> {
        if !self.is_beside() {
            if !self.feed.is_complete()? {
                return self.start_over().await;
            }
            // After a start it has not been shown yet. It is of this log: that was looked at before.
            self.show_to_readers(self.feed.snapshot()?, true);
        }
        let feed = self.begin_anew(RebuildCause::LogCompacted).await?;
        self.write_to(feed).await;
        Ok(())
    }

    /// Makes an empty index. What was being built is given up, and goes on as this one for those who wait for it.
    async fn begin_anew(&mut self, cause: RebuildCause) -> Result<Feed, Failure> {
        self.builds.shutdown().await;
        let store = Arc::clone(&self.store);
        let feed = Feed::new(blocking(move || store.create()).await?, &self.metrics);
        if self.reporter.running() {
            self.reporter.begin_again(feed.generation());
        } else {
            self.reporter.begin(Rebuild::new(feed.generation(), cause));
        }
        Ok(feed)
    }

    async fn write_to(&mut self, feed: Feed) {
        let before = std::mem::replace(&mut self.feed, feed);
        // Closing an index waits for its threads. That they panicked is in the log and changes nothing.
        let _ = tokio::task::spawn_blocking(move || drop(before)).await;
    }

    async fn remove_others(&mut self) -> Result<(), Failure> {
        let store = Arc::clone(&self.store);
        blocking(move || {
            store.remove_others();
            Ok(())
        })
        .await
    }

    fn show_to_readers(&self, snapshot: Arc<dyn IndexSnapshot>, ready: bool) {
        self.view.send_replace(View { snapshot, ready });
        self.metrics
            .index_ready
            .with([])
            .set(if ready { 1.0 } else { 0.0 });
    }

    /// Sequence behind which records are news to readers. None are while an index is built from nothing: not even those
    /// that come meanwhile say anything of the usual way of an article.
    fn news_after(&self) -> Result<Option<u64>, Failure> {
        let view = self.view.borrow();
        if !view.ready || !self.feed.is_complete()? {
            return Ok(None);
        }
        Ok(Some(
            view.snapshot.position().map_or(0, |position| position.sequence),
        ))
    }

    /// Whether the index that is written is not the current one yet.
    fn is_beside(&self) -> bool {
        self.feed.generation() != self.current
    }

    /// Whether the index that is written is the one that readers see.
    fn answers(&self) -> bool {
        !self.is_beside() && self.view.borrow().ready
    }
}

fn cannot_start(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Index(error) => error.context("the index cannot be started again"),
        Failure::Log(error) => error.into(),
    }
}
