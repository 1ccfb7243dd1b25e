//! Feeding one index from TAGGED: reading on behind its last commit, applying in batches, committing.

use std::{fmt, sync::Arc};

use anyhow::Context as _;
use futures::{
    StreamExt as _,
    stream::{BoxStream, ReadyChunks},
};
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, StreamInfo};
use gisa_service_runtime::{Metrics, TraceContext};
use tokio::time::Instant;
use tracing::{Span, debug, info_span};

use crate::{
    batch::Batch,
    index::{ArticleIndex, IndexError, IndexSnapshot},
    metrics::FeedMetrics,
};

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
    metrics: FeedMetrics,
    /// Spans of the articles that were applied since the last commit.
    spans: Vec<Span>,
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
    pub(crate) fn new(index: Box<dyn ArticleIndex>, metrics: &Metrics) -> Self {
        Self {
            generation: index.generation(),
            index: Some(index),
            skipped: 0,
            metrics: FeedMetrics::new(metrics.clone()),
            spans: Vec::new(),
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

    /// Applies records, which the next commit makes visible. Those behind `news_after` are news to readers, and traced and
    /// timed as such; without it none are.
    pub(crate) async fn apply(
        &mut self,
        records: Vec<Record>,
        reading: &mut Reading,
        news_after: Option<u64>,
    ) -> Result<(), Failure> {
        let Some(last) = records.last() else {
            return Ok(());
        };
        let last_sequence = last.sequence;
        let started = Instant::now();
        let (skipped, accepted, spans) = self
            .blocking(move |index| {
                let batch = Batch::decode(records, news_after);
                let accepted = batch.first_outcomes(&*index.snapshot(), news_after)?;
                index.apply(batch.readable)?;
                Ok((batch.skipped, accepted, batch.spans))
            })
            .await?;
        self.skipped += skipped;
        self.spans.extend(spans);
        self.metrics.applied(started.elapsed(), skipped, accepted);
        reading.position.sequence = last_sequence;
        reading.uncommitted = true;
        Ok(())
    }

    pub(crate) async fn commit(&mut self, reading: &mut Reading) -> Result<(), Failure> {
        let position = reading.position.clone();
        let complete = reading.is_complete();
        let started = Instant::now();
        // One commit is for many articles: a trace of its own, which theirs name.
        let span = info_span!(
            parent: None, "commit", otel.name = "commit index",
            articles = self.spans.len(), log.sequence = position.sequence,
        );
        let trace = TraceContext::of(&span);
        self.blocking(move |index| span.in_scope(|| index.commit(&position, complete)))
            .await?;
        self.metrics.committed(started.elapsed());
        for span in self.spans.drain(..) {
            trace.link(&span);
            span.in_scope(|| debug!("searchable"));
        }
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
