//! The one thread that writes.

use std::{collections::VecDeque, sync::Arc, thread, time::Duration};

use jiff::Timestamp;
use redb::Database;
use tokio::{
    sync::{
        mpsc::{self, error::TryRecvError},
        oneshot, watch,
    },
    time::sleep,
};
use tracing::error;

use super::{
    EmbeddedConfig,
    consumer::Consumers,
    duplicates::Duplicates,
    storage::{Storage, StoredConsumer, StoredId},
    tables::{self, log_error},
    transaction::{self, Changes, Limits},
};
use crate::{Append, AppendError, Appended, LogError, Stream, StreamInfo};

/// No more is taken into a transaction when it has this much: the callers in it wait for all of it.
const TRANSACTION_BYTES: usize = 8 * 1024 * 1024;
const TRANSACTION_MESSAGES: usize = 4096;

/// How long changes of consumers wait for an append to share its commit. An `ack` does not wait for that: a
/// crash within this time delivers again what was acknowledged, and does not count the attempts begun.
const CONSUMER_DELAY: Duration = Duration::from_millis(50);

/// The results of a call to append, in its order.
type AppendResults = Vec<Result<Appended, AppendError>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Append(AppendCall),
    Compact {
        stream: Stream,
        through: u64,
        reply: oneshot::Sender<Result<(), LogError>>,
    },
    /// Stores the consumers that have changed.
    Persist {
        reply: oneshot::Sender<Result<(), LogError>>,
    },
    Close {
        reply: oneshot::Sender<Result<(), LogError>>,
    },
}

/// Messages to append, and where the answer goes.
#[derive(Debug)]
pub(super) struct AppendCall {
    pub(super) stream: Stream,
    pub(super) messages: Vec<Append>,
    pub(super) reply: oneshot::Sender<AppendResults>,
}

/// Cuts a call into parts of half a transaction: a call of a thousand large messages is no reason for a
/// transaction of a gigabyte.
pub(super) fn parts(messages: Vec<Append>) -> Vec<Vec<Append>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut bytes = 0;
    for message in messages {
        if bytes + message.payload.len() > TRANSACTION_BYTES / 2 && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += message.payload.len();
        part.push(message);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// What goes into one transaction.
#[derive(Debug, Default)]
struct Work {
    appends: Vec<AppendCall>,
    messages: usize,
    bytes: usize,
    persists: Vec<oneshot::Sender<Result<(), LogError>>>,
    /// Set when the log is to be closed after it; holds a reply unless the log was dropped.
    close: Option<Option<oneshot::Sender<Result<(), LogError>>>>,
}

impl Work {
    fn is_full(&self) -> bool {
        self.close.is_some() || self.messages >= TRANSACTION_MESSAGES || self.bytes >= TRANSACTION_BYTES
    }
}

#[derive(Debug)]
struct Compaction {
    stream: Stream,
    through: u64,
    reply: oneshot::Sender<Result<(), LogError>>,
}

/// What a committed transaction leaves to be told.
struct Committed {
    results: Vec<AppendResults>,
    compacted: bool,
}

/// The state of the writing thread, which alone changes the file.
#[derive(Debug)]
pub(super) struct Writer {
    storage: Arc<Storage>,
    consumers: Arc<Consumers>,
    limits: Limits,
    /// Heads of the streams as the transaction under way sees them.
    heads: Vec<StreamInfo>,
    /// Heads as committed, for everyone else. Dropped when the log is closed, which ends what waits for them.
    published: Vec<watch::Sender<StreamInfo>>,
    duplicates: Duplicates,
    /// Under way: the first one goes on with each transaction.
    compactions: VecDeque<Compaction>,
    /// Never goes back, even if the clock does.
    now: i64,
    /// Set when the store has failed. Then what is in memory may be ahead of what is stored, so nothing more
    /// is accepted; after opening again they agree.
    failed: Option<LogError>,
}

impl Writer {
    pub(super) fn new(
        storage: Arc<Storage>,
        consumers: Arc<Consumers>,
        config: &EmbeddedConfig,
        heads: Vec<StreamInfo>,
        message_ids: Vec<StoredId>,
        published: Vec<watch::Sender<StreamInfo>>,
    ) -> Self {
        let now = heads
            .iter()
            .filter_map(|head| head.last_appended_at)
            .max()
            .map_or(i64::MIN, tables::nanoseconds);
        Self {
            storage,
            consumers,
            limits: Limits {
                stream_bytes: config.max_bytes,
                message_bytes: config.max_message_bytes,
            },
            heads,
            published,
            duplicates: Duplicates::new(config.duplicate_window, message_ids),
            compactions: VecDeque::new(),
            now,
            failed: None,
        }
    }

    /// Starts the thread. It has a runtime of its own, only to wait on several things at once: its work
    /// blocks.
    pub(super) fn start(self, commands: mpsc::Receiver<Command>) -> Result<(), LogError> {
        let cannot =
            |error: std::io::Error| LogError::Unavailable(format!("cannot start the writer: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(cannot)?;
        let run = move || self.run(&runtime, commands);
        thread::Builder::new()
            .name("event-log".to_owned())
            .spawn(run)
            .map_err(cannot)?;
        Ok(())
    }

    fn run(mut self, runtime: &tokio::runtime::Runtime, mut commands: mpsc::Receiver<Command>) {
        let reply = loop {
            let mut work = runtime.block_on(self.gather(&mut commands));
            let close = work.close.take();
            self.commit(work);
            if let Some(reply) = close {
                break reply;
            }
        };
        // What was sent after the close is dropped, which its callers see as `Closed`.
        drop(commands);
        while !self.compactions.is_empty() {
            self.commit(Work::default());
        }
        let closed = self.storage.close();
        let result = self.failed.take().map_or(closed, Err);
        if let Err(error) = &result {
            error!(%error, "the event log was not closed properly");
        }
        drop(self);
        if let Some(reply) = reply {
            // Nobody waits for it if the caller has gone.
            let _gone = reply.send(result);
        }
    }

    /// Waits until there is something to do, and takes all that is there.
    async fn gather(&mut self, commands: &mut mpsc::Receiver<Command>) -> Work {
        let mut work = Work::default();
        if self.compactions.is_empty() {
            tokio::select! {
                biased;
                command = commands.recv() => self.take(command, &mut work),
                () = consumers_due(&self.consumers) => {}
            }
        }
        while !work.is_full() {
            match commands.try_recv() {
                Ok(command) => self.take(Some(command), &mut work),
                Err(TryRecvError::Disconnected) => self.take(None, &mut work),
                Err(TryRecvError::Empty) => break,
            }
        }
        work
    }

    fn take(&mut self, command: Option<Command>, work: &mut Work) {
        match command {
            Some(Command::Append(call)) => {
                work.messages += call.messages.len();
                work.bytes += call
                    .messages
                    .iter()
                    .map(|message| message.payload.len())
                    .sum::<usize>();
                work.appends.push(call);
            }
            Some(Command::Compact {
                stream,
                through,
                reply,
            }) => {
                self.compactions.push_back(Compaction {
                    stream,
                    through,
                    reply,
                });
            }
            Some(Command::Persist { reply }) => work.persists.push(reply),
            Some(Command::Close { reply }) => work.close = Some(Some(reply)),
            None => work.close = Some(None),
        }
    }

    /// Does the work in one transaction and answers for it.
    fn commit(&mut self, work: Work) {
        let outcome = match &self.failed {
            Some(error) => Err(error.clone()),
            None => self.write(&work.appends),
        };
        // That a caller has stopped waiting for its answer is no concern of the others: send results are
        // ignored.
        match outcome {
            Ok(committed) => {
                // First the readers, so that an acknowledged append is seen by all that comes after it.
                self.publish();
                for (call, results) in work.appends.into_iter().zip(committed.results) {
                    let _gone = call.reply.send(results);
                }
                for reply in work.persists {
                    let _gone = reply.send(Ok(()));
                }
                if committed.compacted
                    && let Some(compaction) = self.compactions.pop_front()
                {
                    let _gone = compaction.reply.send(Ok(()));
                }
            }
            Err(error) => {
                if self.failed.is_none() {
                    error!(%error, "the event log cannot write and has to be opened again");
                    self.failed = Some(error.clone());
                }
                for call in work.appends {
                    let results = call
                        .messages
                        .iter()
                        .map(|_| Err(AppendError::Log(error.clone())))
                        .collect();
                    let _gone = call.reply.send(results);
                }
                for reply in work.persists {
                    let _gone = reply.send(Err(error.clone()));
                }
                for compaction in self.compactions.drain(..) {
                    let _gone = compaction.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn write(&mut self, appends: &[AppendCall]) -> Result<Committed, LogError> {
        let consumers = self.consumers.take_changed();
        if appends.is_empty() && consumers.is_empty() && self.compactions.is_empty() {
            return Ok(Committed {
                results: Vec::new(),
                compacted: false,
            });
        }
        self.now = self.now.max(tables::nanoseconds(Timestamp::now()));
        let storage = Arc::clone(&self.storage);
        storage.with(|database| self.transact(database, appends, consumers).map_err(log_error))
    }

    fn transact(
        &mut self,
        database: &Database,
        appends: &[AppendCall],
        consumers: Vec<StoredConsumer>,
    ) -> Result<Committed, redb::Error> {
        let transaction = transaction::begin(database)?;
        let mut changes = Changes::open(
            &transaction,
            &mut self.heads,
            &mut self.duplicates,
            self.limits,
            self.now,
        )?;
        changes.expire_message_ids()?;
        let mut results = Vec::with_capacity(appends.len());
        for call in appends {
            let decided = call
                .messages
                .iter()
                .map(|message| changes.append(call.stream, message));
            results.push(decided.collect::<Result<_, _>>()?);
        }
        let compacted = match self.compactions.front() {
            Some(compaction) => changes.compact(compaction.stream, compaction.through)?,
            None => false,
        };
        let changed = changes.changed();
        drop(changes);
        if changed {
            transaction::store_heads(&transaction, &self.heads)?;
        }
        if changed || !consumers.is_empty() {
            transaction::store_consumers(&transaction, consumers)?;
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        Ok(Committed { results, compacted })
    }

    fn publish(&self) {
        for (published, head) in self.published.iter().zip(&self.heads) {
            published.send_if_modified(|old| {
                let modified = old != head;
                if modified {
                    old.clone_from(head);
                }
                modified
            });
        }
    }
}

/// Waits until changes of consumers have waited long enough. Whoever commits first stores them, so a wait
/// that is broken off by other work loses nothing.
async fn consumers_due(consumers: &Consumers) {
    consumers.changed().await;
    sleep(CONSUMER_DELAY).await;
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{ExpectedLast, Headers, Subject};

    #[test]
    fn large_calls_are_cut_and_nothing_is_lost() {
        let message = |number: usize, size: usize| Append {
            subject: Subject::article("a"),
            message_id: number.to_string(),
            expected_last: ExpectedLast::Any,
            headers: Headers::new(),
            payload: Bytes::from(vec![0; size]),
        };
        let sizes = [
            1,
            TRANSACTION_BYTES,
            0,
            TRANSACTION_BYTES / 2,
            TRANSACTION_BYTES / 4,
            TRANSACTION_BYTES / 4,
            1,
        ];
        let messages: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(number, size)| message(number, *size))
            .collect();
        let parts = parts(messages);
        let lengths: Vec<_> = parts.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 1, 2, 2, 1]);
        let ids: Vec<_> = parts
            .iter()
            .flatten()
            .map(|message| message.message_id.as_str())
            .collect();
        assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6"]);
        assert!(super::parts(Vec::new()).is_empty());
    }
}
