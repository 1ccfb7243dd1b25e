//! What every replica knows of the operations: follows RETAGS.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::Shutdown;
use tokio::sync::watch;
use tracing::{error, warn};

use super::{Operation, codec};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

/// The newest state of an operation.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Its message in RETAGS.
    pub sequence: u64,
    /// The state.
    pub operation: Arc<Operation>,
    /// When this replica has seen it. A holder who is alive posts more often than its lease lasts; measured on one clock,
    /// so that clocks of replicas need not agree.
    pub seen_at: Instant,
}

type Operations = Arc<BTreeMap<String, Posted>>;

/// The newest states of all operations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Board(watch::Receiver<Operations>);

impl Board {
    /// All operations by id.
    pub fn now(&self) -> Operations {
        Arc::clone(&self.0.borrow())
    }

    /// The newest state of an operation after the message with this sequence; `None` if nobody follows the log any more.
    pub async fn after(&self, id: &str, sequence: u64) -> Option<Posted> {
        let mut board = self.0.clone();
        let newer = |operations: &Operations| {
            operations
                .get(id)
                .is_some_and(|posted| posted.sequence > sequence)
        };
        let operations = board.wait_for(newer).await.ok()?;
        operations.get(id).cloned()
    }

    /// Returns when any operation has changed, or nobody follows the log any more.
    pub(super) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Keeps the board up to date.
#[derive(Debug)]
pub struct BoardFollower {
    log: Arc<dyn EventLog>,
    position: Position,
    operations: watch::Sender<Operations>,
}

impl BoardFollower {
    /// Reads RETAGS to its end.
    pub async fn start(log: Arc<dyn EventLog>) -> anyhow::Result<(Self, Board)> {
        let info = log
            .info(Stream::Retags)
            .await
            .context("cannot read stream RETAGS")?;
        let (operations, board) = watch::channel(Operations::default());
        let mut follower = Self {
            log,
            position: Position {
                stream_identity: info.identity,
                sequence: 0,
            },
            operations,
        };
        if info.messages > 0 {
            follower
                .read_to(info.last_sequence)
                .await
                .context("cannot read stream RETAGS")?;
        }
        follower.position.sequence = info.last_sequence.max(follower.position.sequence);
        Ok((follower, Board(board)))
    }

    async fn read_to(&mut self, last_sequence: u64) -> Result<(), LogError> {
        let mut records = self.log.read(Stream::Retags, StartAt::Oldest).await?;
        while self.position.sequence < last_sequence {
            let record = records.next().await.ok_or_else(ended)??;
            self.apply(&record);
        }
        Ok(())
    }

    /// Follows until the shutdown.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            let read_before = self.position.sequence;
            let error = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                error = self.follow() => error,
            };
            match error {
                LogError::Closed => return Ok(()),
                LogError::Replaced { .. } => return Err(error).context("cannot follow the operations"),
                // What is gone are old states; the newest one of an operation at work is always kept.
                LogError::Compacted { first_sequence, .. } => self.position.sequence = first_sequence - 1,
                _ => (),
            }
            failures = if self.position.sequence > read_before {
                1
            } else {
                failures + 1
            };
            let delay = BACKOFF.delay(failures);
            warn!(%error, "RETAGS is read again in {delay:?}: {error}");
            tokio::time::sleep(delay).await;
        }
    }

    async fn follow(&mut self) -> LogError {
        let start = StartAt::After(self.position.clone());
        let mut records = match self.log.read(Stream::Retags, start).await {
            Ok(records) => records,
            Err(error) => return error,
        };
        loop {
            match records.next().await {
                Some(Ok(record)) => self.apply(&record),
                Some(Err(error)) => return error,
                None => return ended(),
            }
        }
    }

    fn apply(&mut self, record: &Record) {
        self.position.sequence = record.sequence;
        match codec::decode(&record.payload) {
            Ok(operation) => self.operations.send_modify(|operations| {
                let posted = Posted {
                    sequence: record.sequence,
                    operation: Arc::new(operation),
                    seen_at: Instant::now(),
                };
                Arc::make_mut(operations).insert(posted.operation.id.clone(), posted);
            }),
            Err(error) => error!(
                log.sequence = record.sequence,
                %error,
                "RETAGS {} is passed over: {error}",
                record.sequence
            ),
        }
    }
}

fn ended() -> LogError {
    LogError::Unavailable("the records of RETAGS ended".to_owned())
}
