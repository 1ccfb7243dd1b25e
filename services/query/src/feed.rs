//! Feeding one index from TAGGED: reading on behind its last commit, applying in batches, committing.

use std::{fmt, sync::Arc};

use anyhow::Context as _;
use futures::{
    StreamExt as _,
    stream::{BoxStream, ReadyChunks},
};
use gisa_article_codec::ArticleTagged;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, StreamInfo};
use tokio::time::Instant;
use tracing::warn;

use crate::index::{ArticleIndex, IndexError, IndexSnapshot};

/// Most records that are applied at a time.
const BATCH: usize = 64;

type Chunks = ReadyChunks<BoxStream<'static, Result<Record, LogError>>>;

/// Why feeding ended.
#[derive(Debug)]
pub(crate) enum Failure {
    Log(LogError),
    Index(anyhow::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(formatter),
            Self::Index(error) => write!(formatter, "{error:#}"),
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        Self::Index(error.into())
    }
}

/// An index that is written, off the threads that must not block.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Always there, except while a blocking call has it.
    index: Option<Box<dyn ArticleIndex>>,
    generation: u64,
    /// Records that could not be read, since the start.
    skipped: u64,
}

/// One reading of TAGGED into an index, until the shutdown or a failure.
pub(crate) struct Reading {
    pub(crate) records: Chunks,
    /// What TAGGED held when it began.
    pub(crate) info: StreamInfo,
    /// The index is complete, and may be answered from, when it has come this far.
    pub(crate) goal: u64,
    /// The last record applied.
    pub(crate) position: Position,
    /// Whether something was applied since the last commit.
    pub(crate) uncommitted: bool,
    pub(crate) last_commit: Instant,
}

impl Reading {
    pub(crate) fn is_complete(&self) -> bool {
        self.position.sequence >= self.goal
    }
}

impl Feed {
    pub(crate) fn new(index: Box<dyn ArticleIndex>) -> Self {
        Self {
            generation: index.generation(),
            index: Some(index),
            skipped: 0,
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<dyn IndexSnapshot>, Failure> {
        Ok(self.index()?.snapshot())
    }

    /// Where the last commit stands; `None` in a new index.
    pub(crate) fn committed(&self) -> Result<Option<Position>, Failure> {
        Ok(self.index()?.position())
    }

    /// Whether the last commit was of a complete index.
    pub(crate) fn is_complete(&self) -> Result<bool, Failure> {
        Ok(self.index()?.is_complete())
    }

    /// Reads on behind the last commit; a new index starts with the oldest record. The goal is the end of the log as it
    /// is, unless the index was complete before: that one is late, but whole.
    pub(crate) async fn read_on(&mut self, log: &dyn EventLog) -> Result<Reading, Failure> {
        let info = log.info(Stream::Tagged).await?;
        let index = self.index()?;
        let (position, start) = match index.position() {
            Some(position) => (position.clone(), StartAt::After(position)),
            None => {
                let before = Position {
                    stream_identity: info.identity.clone(),
                    sequence: info.first_sequence - 1,
                };
                (before, StartAt::Oldest)
            }
        };
        let goal = if index.is_complete() {
            position.sequence
        } else {
            info.last_sequence
        };
        let records = log.read(Stream::Tagged, start).await?.ready_chunks(BATCH);
        if log.info(Stream::Tagged).await?.identity != position.stream_identity {
            let stream = Stream::Tagged;
            return Err(LogError::Replaced { stream }.into());
        }
        Ok(Reading {
            records,
            info,
            goal,
            position,
            uncommitted: false,
            last_commit: Instant::now(),
        })
    }

    pub(crate) async fn apply(&mut self, records: Vec<Record>, reading: &mut Reading) -> Result<(), Failure> {
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
        reading.position.sequence = last_sequence;
        reading.uncommitted = true;
        Ok(())
    }

    pub(crate) async fn commit(&mut self, reading: &mut Reading) -> Result<(), Failure> {
        let position = reading.position.clone();
        let complete = reading.is_complete();
        self.blocking(move |index| index.commit(&position, complete))
            .await?;
        reading.uncommitted = false;
        reading.last_commit = Instant::now();
        Ok(())
    }

    fn index(&self) -> Result<&dyn ArticleIndex, Failure> {
        self.index.as_deref().ok_or_else(lost)
    }

    async fn blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn ArticleIndex) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut index = self.index.take().ok_or_else(lost)?;
        let (index, result) = blocking(move || {
            let result = work(&mut *index);
            Ok((index, result))
        })
        .await?;
        self.index = Some(index);
        Ok(result?)
    }
}

/// Runs work on an index on a thread made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work)
        .await
        .context("work on the index panicked")
        .map_err(Failure::Index)?;
    Ok(done?)
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
