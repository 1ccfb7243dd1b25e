//! The event log on the disk of one process: durable, ordered, and without a server to run.
//!
//! Everything is in one [redb](https://docs.rs/redb) file. One thread writes ([`writer`]): it takes whatever
//! appends are waiting, decides them in one transaction, and answers them after the one commit, so that many
//! callers share the price of a durable commit. Readers work on snapshots and neither wait for it nor hold it
//! up ([`reader`]). What waits for new messages is woken by a watch channel; nothing polls the disk.

mod backend;
mod consumer;
mod deliveries;
mod duplicates;
mod reader;
mod storage;
mod tables;
mod transaction;
mod writer;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use tokio::sync::{mpsc, oneshot, watch};

use self::{
    consumer::{Consumers, EmbeddedConsumer},
    reader::Reader,
    storage::Storage,
    writer::{AppendCall, Command, Writer},
};
use crate::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, EventLog, LogError, Record,
    RecordStream, StartAt, Stream, StreamInfo, Subject,
};

/// How many calls wait for the writer at most; further ones wait until there is room.
const QUEUED_CALLS: usize = 1024;

/// Where the log is and what it keeps.
#[derive(Clone, Debug)]
pub struct EmbeddedConfig {
    /// Directory of the log; made if it is missing.
    pub directory: PathBuf,
    /// What an acknowledged append survives.
    pub durability: Durability,
    /// Most bytes that each stream keeps; when it is full it refuses appends until it is compacted. 0 is no
    /// limit.
    pub max_bytes: u64,
    /// How long a message id is remembered, over restarts too.
    pub duplicate_window: Duration,
    /// Largest message, payload and headers together.
    pub max_message_bytes: usize,
}

impl EmbeddedConfig {
    /// The defaults: fsync before every acknowledgement, no limit on the size of a stream, ids remembered for
    /// 2 minutes, messages of up to 1 MiB.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            durability: Durability::Fsync,
            max_bytes: 0,
            duplicate_window: Duration::from_secs(120),
            max_message_bytes: 1024 * 1024,
        }
    }
}

/// What an acknowledged append survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process and a power failure: acknowledged after an fsync.
    #[default]
    Fsync,
    /// The end of the process only. A crash of the operating system can damage the whole log: for tests, and
    /// for data that can be made again.
    None,
}

/// The embedded event log. One process at a time can have it open; within it, it is shared as `Arc<dyn
/// EventLog>`.
///
/// Dropping it closes it in the background, and what reads from it then ends with [`LogError::Closed`];
/// [`EventLog::close`] also waits for that and reports what goes wrong.
#[derive(Debug)]
pub struct EmbeddedLog {
    storage: Arc<Storage>,
    consumers: Arc<Consumers>,
    commands: mpsc::Sender<Command>,
    heads: [watch::Receiver<StreamInfo>; Stream::ALL.len()],
}

impl EmbeddedLog {
    /// Opens the log in a directory, made if it is missing. Fails if another process has it open.
    pub async fn open(config: EmbeddedConfig) -> Result<Self, LogError> {
        // Opening reads the index pages and, after a crash, repairs: not for a thread that others wait for.
        blocking(move || Self::open_blocking(&config)).await
    }

    fn open_blocking(config: &EmbeddedConfig) -> Result<Self, LogError> {
        let (storage, contents) = Storage::open(config)?;
        let storage = Arc::new(storage);
        let (head_senders, heads): (Vec<_>, Vec<_>) =
            contents.streams.iter().cloned().map(watch::channel).unzip();
        let Ok(heads) = <[_; Stream::ALL.len()]>::try_from(heads) else {
            return Err(LogError::Corrupt("the list of streams is incomplete".to_owned()));
        };
        let consumers = Arc::new(Consumers::new(contents.consumers));
        let (commands, received) = mpsc::channel(QUEUED_CALLS);
        Writer::new(
            Arc::clone(&storage),
            Arc::clone(&consumers),
            config,
            contents.streams,
            contents.message_ids,
            head_senders,
        )
        .start(received)?;
        Ok(Self {
            storage,
            consumers,
            commands,
            heads,
        })
    }

    fn head(&self, stream: Stream) -> &watch::Receiver<StreamInfo> {
        &self.heads[tables::index(stream)]
    }

    /// The newest committed head of a stream.
    fn info_now(&self, stream: Stream) -> Result<StreamInfo, LogError> {
        let head = self.head(stream);
        // The writer drops its end when it has closed the log.
        head.has_changed().map_err(|_closed| LogError::Closed)?;
        Ok(head.borrow().clone())
    }

    /// Sends a command to the writer and waits for its answer.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, LogError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_closed| LogError::Closed)?;
        answer.await.map_err(|_closed| LogError::Closed)
    }
}

/// Runs what blocks on the disk on a thread made for it. `spawn_blocking`, not `block_in_place`: it also
/// works on a single-threaded runtime, and its 10 microseconds do not show beside a read.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // The task is never cancelled: it panicked, or the runtime is going down.
        Err(error) => Err(LogError::Unavailable(format!(
            "access to the event log was broken off: {error}"
        ))),
    }
}

#[async_trait]
impl EventLog for EmbeddedLog {
    async fn append(&self, stream: Stream, messages: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let mut results = Vec::with_capacity(messages.len());
        let mut answers = Vec::new();
        // All parts are queued before the first answer is awaited, so that they share a commit where they fit
        // in one.
        for part in writer::parts(messages) {
            let (reply, answer) = oneshot::channel();
            let count = part.len();
            let call = AppendCall {
                stream,
                messages: part,
                reply,
            };
            // If the log is closed the reply is dropped with the call, which the answer tells.
            let _queued = self.commands.send(Command::Append(call)).await;
            answers.push((count, answer));
        }
        for (count, answer) in answers {
            match answer.await {
                Ok(part) => results.extend(part),
                Err(_closed) => results.extend((0..count).map(|_| Err(AppendError::Log(LogError::Closed)))),
            }
        }
        results
    }

    async fn last_of_subject(&self, stream: Stream, subject: &Subject) -> Result<Option<Record>, LogError> {
        let storage = Arc::clone(&self.storage);
        let subject = subject.clone();
        blocking(move || storage.last_of_subject(stream, &subject)).await
    }

    async fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        let storage = Arc::clone(&self.storage);
        blocking(move || storage.get(stream, sequence)).await
    }

    async fn read(&self, stream: Stream, start: StartAt) -> Result<RecordStream, LogError> {
        let info = self.info_now(stream)?;
        let next = match &start {
            StartAt::Oldest => info.first_sequence,
            StartAt::After(position) => reader::after(stream, &info, position)?,
            StartAt::Time(time) => {
                let storage = Arc::clone(&self.storage);
                let time = *time;
                blocking(move || storage.first_at_or_after(stream, time)).await?
            }
            StartAt::Next => info.last_sequence + 1,
        };
        let not_before = match start {
            StartAt::Time(time) => Some(time),
            _ => None,
        };
        let reader = Reader::new(
            Arc::clone(&self.storage),
            stream,
            self.head(stream).clone(),
            next,
            not_before,
        );
        Ok(stream::unfold(Some(reader), reader::step).boxed())
    }

    async fn consumer(&self, stream: Stream, config: ConsumerConfig) -> Result<Box<dyn Consumer>, LogError> {
        let info = self.info_now(stream)?;
        let (group, created) = self.consumers.join(stream, &config, info.first_sequence);
        if created {
            // It exists only when it also exists after a crash.
            self.ask(|reply| Command::Persist { reply }).await??;
        }
        let storage = Arc::clone(&self.storage);
        Ok(Box::new(EmbeddedConsumer::new(
            group,
            storage,
            self.head(stream).clone(),
        )))
    }

    async fn consumer_lag(
        &self,
        stream: Stream,
        durable_name: &str,
    ) -> Result<Option<ConsumerLag>, LogError> {
        let info = self.info_now(stream)?;
        let Some(group) = self.consumers.get(stream, durable_name) else {
            return Ok(None);
        };
        let (mut lag, oldest) = group.lag(&info);
        if let Some(sequence) = oldest {
            let record = self.get(stream, sequence).await?;
            lag.oldest_unacknowledged_at = record.map(|record| record.appended_at);
        }
        Ok(Some(lag))
    }

    async fn info(&self, stream: Stream) -> Result<StreamInfo, LogError> {
        self.info_now(stream)
    }

    async fn compact(&self, stream: Stream, through: u64) -> Result<(), LogError> {
        self.ask(|reply| Command::Compact {
            stream,
            through,
            reply,
        })
        .await?
    }

    async fn close(&self) -> Result<(), LogError> {
        self.ask(|reply| Command::Close { reply }).await?
    }
}
