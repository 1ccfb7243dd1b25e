//! A replica's part in the operations: claims one at a time, works it off, and writes down how far it has come.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use gisa_event_log::{AppendError, EventLog, LogError, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::Shutdown;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    Board, Operation, State,
    board::Posted,
    desk::post,
    process::{Looked, Processor},
    selection::Filter,
};
use crate::{config::TaggingConfig, live_dictionary::LiveDictionary};

/// Between attempts when the log does not answer.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(10),
};

/// Longer than a change of the dictionary takes to all replicas. Articles that came in between may have been tagged with
/// the dictionary before, so an operation that is younger looks at them too.
const SETTLING: Duration = Duration::from_secs(3);

/// So many operations are kept in RETAGS, the newest ones; every one that is running is.
const KEPT: usize = 100;

/// Works on operations.
#[derive(Debug)]
pub struct RetagWorker {
    log: Arc<dyn EventLog>,
    board: Board,
    dictionary: LiveDictionary,
    /// Names this process.
    holder: String,
    lease: Duration,
    concurrency: usize,
    consumer_name: String,
}

/// An operation that this replica holds.
#[derive(Debug)]
struct Claim {
    operation: Operation,
    /// Of the last state that was written down.
    sequence: u64,
}

/// Why work ended early.
#[derive(Debug)]
enum Stop {
    /// It was cancelled, or another replica has it.
    Lost,
    /// The log failed; try again.
    Log(LogError),
    /// It can never go on.
    Failed(String),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<AppendError> for Stop {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Log(error) => Self::Log(error),
            error => Self::Log(LogError::Unavailable(error.to_string())),
        }
    }
}

impl RetagWorker {
    /// A worker that takes operations from `board` and tags with the newest edition of `dictionary`.
    pub fn new(
        config: &TaggingConfig,
        log: Arc<dyn EventLog>,
        board: Board,
        dictionary: LiveDictionary,
    ) -> Self {
        Self {
            log,
            board,
            dictionary,
            holder: Uuid::new_v4().to_string(),
            lease: Duration::from_millis(config.retag_lease_ms),
            concurrency: config.retag_concurrency,
            consumer_name: config.consumer_name.clone(),
        }
    }

    /// Works until the shutdown; then gives back what it holds.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            let mut claim = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                claim = self.next_claim() => claim,
            };
            let id = claim.operation.id.clone();
            info!(retag.id = id, "working on retag {id}");
            let scanned_before = claim.operation.progress.scanned;
            let ended = tokio::select! {
                () = shutdown.requested() => {
                    self.give_back(claim).await;
                    return Ok(());
                }
                ended = self.work(&mut claim) => ended,
            };
            match ended {
                Ok(()) => {
                    info!(
                        retag.id = id,
                        "retag {id} is done: {:?}", claim.operation.progress
                    );
                    self.tidy().await;
                }
                Err(Stop::Lost) => info!(
                    retag.id = id,
                    "retag {id} was cancelled, or another replica has it"
                ),
                Err(Stop::Failed(reason)) => self.fail(claim, reason).await,
                Err(Stop::Log(LogError::Closed)) => return Ok(()),
                Err(Stop::Log(error)) => {
                    let progressed = claim.operation.progress.scanned > scanned_before;
                    failures = if progressed { 1 } else { failures + 1 };
                    let delay = BACKOFF.delay(failures);
                    warn!(retag.id = id, %error, "retag {id} goes on in {delay:?}: {error}");
                    sleep(delay).await;
                }
            }
        }
    }

    /// Waits for an operation that nobody works on, the oldest first, and takes it.
    async fn next_claim(&mut self) -> Claim {
        loop {
            let operations = self.board.now();
            let mut free: Vec<&Posted> = operations
                .values()
                .filter(|posted| self.may_take(posted))
                .collect();
            free.sort_by_key(|posted| (posted.operation.started_at, &posted.operation.id));
            for posted in free {
                let mut claim = Claim {
                    operation: Operation::clone(&posted.operation),
                    sequence: posted.sequence,
                };
                claim.operation.holder.clone_from(&self.holder);
                match self.write_down(&mut claim).await {
                    Ok(()) => return claim,
                    Err(Stop::Lost) => (),
                    Err(error) => warn!("retag {} cannot be claimed: {error:?}", claim.operation.id),
                }
            }
            // Nothing tells of a lease that has run out.
            tokio::select! {
                () = self.board.changed() => (),
                () = sleep(self.lease / 4) => (),
            }
        }
    }

    fn may_take(&self, posted: &Posted) -> bool {
        let operation = &posted.operation;
        let free = operation.holder.is_empty() || operation.holder == self.holder;
        operation.state == State::Running && (free || posted.seen_at.elapsed() >= self.lease)
    }

    async fn work(&self, claim: &mut Claim) -> Result<(), Stop> {
        let wanted = claim.operation.dictionary_version;
        self.dictionary.at_least(wanted).await.ok_or(Stop::Lost)?;
        let selection = claim.operation.selection.clone();
        let filter = Filter::new(selection).map_err(|error| Stop::Failed(error.to_string()))?;
        self.scan(claim, &filter).await?;
        let age = Timestamp::now().duration_since(claim.operation.started_at);
        let age = age.unsigned_abs();
        if let Some(left) = SETTLING.checked_sub(age) {
            sleep(left).await;
            claim.operation.end_sequence = self.log.info(Stream::Articles).await?.last_sequence;
            self.scan(claim, &filter).await?;
        }
        claim.operation.state = State::Done;
        claim.operation.holder.clear();
        self.write_down(claim).await
    }

    /// Looks at all revisions up to the end of the operation.
    async fn scan(&self, claim: &mut Claim, filter: &Filter) -> Result<(), Stop> {
        let articles = self.log.info(Stream::Articles).await?;
        let through = &mut claim.operation.through;
        if articles.identity != through.stream_identity {
            return Err(Stop::Failed(
                "ARTICLES is another stream than when the operation was started".to_owned(),
            ));
        }
        // What was compacted away meanwhile has no text any more.
        through.sequence = through.sequence.max(articles.first_sequence - 1);
        let end = claim.operation.end_sequence;
        if through.sequence >= end {
            return Ok(());
        }
        let records = self
            .log
            .read(Stream::Articles, StartAt::After(through.clone()))
            .await?;
        let processor = &Processor {
            log: &*self.log,
            dictionary: &self.dictionary,
            filter,
            consumer_name: &self.consumer_name,
            stream_identity: &articles.identity,
        };
        let looked_at = records.map(|record| async move {
            let record = record?;
            let looked = match record.sequence > end {
                true => Looked::PassedOver,
                false => processor.look(&record).await?,
            };
            Ok::<_, LogError>((record.sequence, looked))
        });
        let mut looked_at = std::pin::pin!(looked_at.buffered(self.concurrency));
        let mut due = Instant::now() + self.lease / 5;
        while claim.operation.through.sequence < end {
            if let Ok(next) = timeout_at(due, looked_at.next()).await {
                let ended = || LogError::Unavailable("the records of ARTICLES ended".to_owned());
                let (sequence, looked) = next.ok_or_else(ended)??;
                claim.count(sequence.min(end), looked);
            }
            self.check_held(claim)?;
            if Instant::now() >= due {
                self.write_down(claim).await?;
                due = Instant::now() + self.lease / 5;
            }
        }
        Ok(())
    }

    /// Notices at once what the next state to be written down would meet.
    fn check_held(&self, claim: &Claim) -> Result<(), Stop> {
        let operations = self.board.now();
        let newest = operations.get(&claim.operation.id);
        match newest {
            Some(posted) if posted.sequence > claim.sequence => Err(Stop::Lost),
            _ => Ok(()),
        }
    }

    /// Writes down the state, which also renews the lease.
    async fn write_down(&self, claim: &mut Claim) -> Result<(), Stop> {
        claim.operation.updated_at = Timestamp::now();
        let written = post(&*self.log, &claim.operation, claim.sequence).await?;
        claim.sequence = written.ok_or(Stop::Lost)?;
        Ok(())
    }

    /// Removes what RETAGS has of old operations.
    async fn tidy(&self) {
        let operations = self.board.now();
        let mut newest: Vec<&Posted> = operations.values().collect();
        newest.sort_by_key(|posted| std::cmp::Reverse(posted.operation.started_at));
        let kept = newest
            .iter()
            .enumerate()
            .filter(|(rank, posted)| *rank < KEPT || posted.operation.state == State::Running);
        let oldest_kept = kept.map(|(_, posted)| posted.sequence).min().unwrap_or(1);
        if oldest_kept > 1
            && let Err(error) = self.log.compact(Stream::Retags, oldest_kept - 1).await
        {
            warn!(%error, "RETAGS is not tidied up for now: {error}");
        }
    }

    /// Leaves the rest to another replica.
    async fn give_back(&self, mut claim: Claim) {
        claim.operation.holder.clear();
        if let Err(error) = self.write_down(&mut claim).await {
            info!(
                "retag {} is taken over when its lease is over: {error:?}",
                claim.operation.id
            );
        }
    }

    async fn fail(&self, mut claim: Claim, reason: String) {
        warn!(
            retag.id = claim.operation.id,
            "retag {} failed: {reason}", claim.operation.id
        );
        claim.operation.state = State::Failed;
        claim.operation.holder.clear();
        claim.operation.error = reason;
        if let Err(error) = self.write_down(&mut claim).await {
            warn!(
                "the failure of retag {} cannot be written down: {error:?}",
                claim.operation.id
            );
        }
    }
}

impl Claim {
    fn count(&mut self, sequence: u64, looked: Looked) {
        let operation = &mut self.operation;
        operation.through.sequence = sequence;
        let progress = &mut operation.progress;
        progress.scanned += 1;
        progress.matched += u64::from(looked != Looked::PassedOver);
        match looked {
            Looked::PassedOver => (),
            Looked::Retagged => progress.retagged += 1,
            Looked::Unchanged => progress.unchanged += 1,
            Looked::Failed(error) => {
                progress.failed += 1;
                operation.error = error;
            }
        }
    }
}
