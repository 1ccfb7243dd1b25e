//! What every replica knows of the operations: follows RETAGS.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use gisa_event_log::{EventLog, Record, Stream};
use gisa_service_runtime::Shutdown;
use tokio::sync::watch;
use tracing::error;

use super::{Operation, codec};
use crate::follow::{Followed, Replica};

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
    stream: Followed,
    states: States,
}

/// The states that have been read.
#[derive(Debug)]
struct States(watch::Sender<Operations>);

impl BoardFollower {
    /// Reads RETAGS to its end.
    pub async fn start(log: Arc<dyn EventLog>) -> anyhow::Result<(Self, Board)> {
        let (operations, board) = watch::channel(Operations::default());
        let mut states = States(operations);
        let (stream, _) = Followed::read_all(log, Stream::Retags, &mut states).await?;
        Ok((Self { stream, states }, Board(board)))
    }

    /// Follows until the shutdown. Fails if RETAGS is replaced.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        self.stream.follow(&mut self.states, shutdown).await
    }
}

impl Replica for States {
    // What is gone are old states; the newest one of an operation at work is always kept.
    const MAY_MISS: bool = true;

    fn apply(&mut self, record: &Record) {
        match codec::decode(&record.payload) {
            Ok(operation) => self.0.send_modify(|operations| {
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

    async fn applied(&mut self, _sequence: u64) {}
}
