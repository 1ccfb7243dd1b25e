//! Event log in: reads TAGGED into the index, and starts the index again when the log is not the one it was made from.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_article_codec::ArticleTagged;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::{Metrics, Shutdown, TraceContext};
use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tracing::{Span, debug, error_span, field, info, info_span, warn};

use crate::{
    config::QueryConfig,
    index::{ArticleIndex, IndexError, IndexSnapshot},
    metrics::IndexMetrics,
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
    metrics: IndexMetrics,
    /// Spans of the articles that were applied since the last commit.
    spans: Vec<Span>,
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
        metrics: Metrics,
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
                metrics: IndexMetrics::new(metrics),
                spans: Vec::new(),
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
        let is_ready = self.is_ready();
        let started = Instant::now();
        let (skipped, accepted, spans) = self
            .blocking(move |index| {
                // Spans of an index that is built would be one for each article there ever was.
                let Decoded {
                    readable,
                    skipped,
                    spans,
                } = decode(records, is_ready);
                // While the index is built, how old a record is says nothing of its way.
                let accepted = match is_ready {
                    true => first_outcomes(&*index.snapshot(), &readable)?,
                    false => Vec::new(),
                };
                index.apply(readable)?;
                Ok((skipped, accepted, spans))
            })
            .await?;
        self.skipped += skipped;
        self.spans.extend(spans);
        self.metrics.applied(started.elapsed(), skipped, accepted);
        progress.position.sequence = last_sequence;
        progress.uncommitted = true;
        Ok(())
    }

    async fn commit(&mut self, progress: &mut Progress) -> Result<(), Failure> {
        let position = progress.position.clone();
        let complete = position.sequence >= progress.ready_at;
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
        progress.uncommitted = false;
        progress.last_commit = Instant::now();
        Ok(())
    }

    async fn clear(&mut self) -> anyhow::Result<()> {
        // Readers are turned away first.
        self.view.send_modify(|view| view.ready = false);
        self.metrics.ready(false);
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
        self.metrics.ready(ready);
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

/// The span of one article from its coming to the commit; it goes on with the article's trace.
fn article_span(record: &Record) -> Span {
    let span = error_span!(
        "index_article",
        otel.name = "index article",
        otel.kind = "consumer",
        log.sequence = record.sequence,
        article.id = field::Empty,
        trace_id = field::Empty,
    );
    TraceContext::from_headers(&record.headers).continue_in(&span);
    span
}

/// When ingest accepted those revisions among these that have no outcome in the index yet. What is tagged again says
/// nothing of the way of its article.
fn first_outcomes(
    snapshot: &dyn IndexSnapshot,
    records: &[(u64, ArticleTagged)],
) -> Result<Vec<Timestamp>, IndexError> {
    let mut accepted = Vec::new();
    for (_, tagged) in records {
        let article = &tagged.tagged_article.article;
        let known = snapshot.versions(article.article_id.as_str())?;
        if known
            .iter()
            .all(|version| version.rank.revision != article.revision)
        {
            accepted.push(tagged.accepted_at);
        }
    }
    Ok(accepted)
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

/// What a batch of records holds.
#[derive(Default)]
struct Decoded {
    readable: Vec<(u64, ArticleTagged)>,
    /// How many cannot be read. One of those must not stop all that come after it.
    skipped: u64,
    /// The spans of the readable ones, if they were asked for.
    spans: Vec<Span>,
}

fn decode(records: Vec<Record>, with_spans: bool) -> Decoded {
    let mut decoded = Decoded::default();
    for record in records {
        let span = match with_spans {
            true => article_span(&record),
            false => Span::none(),
        };
        let _entered = span.enter();
        match ArticleTagged::decode(&record.payload) {
            Ok(tagged) => {
                let article_id = &tagged.tagged_article.article.article_id;
                span.record("article.id", field::display(article_id));
                decoded.readable.push((record.sequence, tagged));
                if with_spans {
                    decoded.spans.push(span.clone());
                }
            }
            Err(error) => {
                decoded.skipped += 1;
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
    decoded
}
