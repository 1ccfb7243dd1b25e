//! Watching: history, then live, from one reading of TAGGED, so that there is neither gap nor repeat between the two.
//!
//! A watch reads TAGGED in order. What it tells about a record follows from the record, the filter, and the versions of the
//! article that the log told before it; the index keeps all of them. So a watch that resumes at any position tells what
//! one that never stopped would have told.

pub mod change;
pub mod resume_token;

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, stream::BoxStream};
use gisa_article_codec::ArticleTagged;
use gisa_article_model::TaggedArticle;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::{Metrics, Shutdown, TraceContext};
use jiff::Timestamp;
use thiserror::Error;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};
use tracing::{Instrument as _, debug, debug_span};

pub use self::change::ChangeKind;
use self::{change::change_kind, resume_token::ResumePoint};
use crate::{
    feed::split,
    filter::ArticleFilter,
    index::{IndexError, IndexSnapshot, effective},
    metrics::Subscriber,
    view::ViewReceiver,
};

/// Most records that are decided at a time.
const BATCH: usize = 64;

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
};

/// Where a watch starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchStart {
    /// With what arrives from now on.
    Next,
    /// Right after an event or checkpoint.
    After(ResumePoint),
    /// With the oldest record that reached the log at or after this time.
    Since(Timestamp),
}

/// Something that a watcher is told.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchEvent {
    /// What happened.
    pub happening: Happening,
    /// Where to go on after this.
    pub resume_point: ResumePoint,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// An article appeared or changed.
    Change {
        /// In which way.
        kind: ChangeKind,
        /// The article now.
        tagged: Box<TaggedArticle>,
    },
    /// Everything up to here has been told.
    Checkpoint {
        /// Time up to which the log has been read.
        read_until: Timestamp,
        /// Whether all history has been told.
        live: bool,
    },
}

/// Why a watch cannot start or go on.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The resume token was given by a watch with another filter.
    #[error("the resume token belongs to a watch with another filter")]
    OtherFilter,
    /// The resume token names another log.
    #[error("the resume token names an event log that is not there any more")]
    LogReplaced,
    /// Records after the position are not kept any more.
    #[error("the log keeps nothing before sequence {first_sequence}; the resume token needs {wanted}")]
    Compacted {
        /// Sequence of the oldest record kept.
        first_sequence: u64,
        /// Sequence that was needed.
        wanted: u64,
    },
    /// The index is being rebuilt, the log does not answer, or the service stops.
    #[error("{0}")]
    NotReady(&'static str),
    /// The log failed in a way that waiting does not mend.
    #[error(transparent)]
    Log(LogError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl From<LogError> for WatchError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Replaced { .. } => Self::LogReplaced,
            LogError::Compacted {
                first_sequence,
                wanted,
                ..
            } => Self::Compacted {
                first_sequence,
                wanted,
            },
            LogError::Unavailable(_) => Self::NotReady("the event log does not answer"),
            LogError::Closed => Self::NotReady("the service is stopping"),
            error => Self::Log(error),
        }
    }
}

/// What watches need; cheap to clone.
#[derive(Clone, Debug)]
pub struct Watches {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The index, which watches keep in step with.
    pub view: ViewReceiver,
    /// Ends them.
    pub shutdown: Shutdown,
    /// Counts them.
    pub metrics: Metrics,
    /// How often they say how far they are.
    pub checkpoint_interval: Duration,
    /// Events that wait for a slow caller.
    pub buffer: usize,
}

type Chunks = BoxStream<'static, Vec<Result<Record, LogError>>>;

/// One watch under way.
struct Watch {
    watches: Watches,
    filter: Arc<ArticleFilter>,
    filter_digest: [u8; 16],
    stream_identity: String,
    chunks: Chunks,
    /// Where reading starts again as long as no record has been read.
    start: StartAt,
    /// The last record told or passed over; `None` if the start is a time and nothing has been read.
    sequence: Option<u64>,
    /// When that record reached the log.
    read_until: Timestamp,
    /// The watch is live when it has come this far: the end of the log when it began.
    live_at: u64,
    live: bool,
    events: mpsc::Sender<Result<WatchEvent, WatchError>>,
    subscriber: Subscriber,
}

impl Watches {
    /// Starts a watch. Its events, and the error that ends it, come from the receiver.
    pub async fn start(
        &self,
        filter: ArticleFilter,
        start: WatchStart,
    ) -> Result<mpsc::Receiver<Result<WatchEvent, WatchError>>, WatchError> {
        if !self.view.borrow().ready {
            return Err(WatchError::NotReady("the index is being built"));
        }
        let filter_digest = filter.digest();
        let info = self.log.info(Stream::Tagged).await?;
        let asked_at = Timestamp::now();
        let after = |sequence| {
            StartAt::After(Position {
                stream_identity: info.identity.clone(),
                sequence,
            })
        };
        let (start, sequence) = match start {
            WatchStart::Next => (after(info.last_sequence), Some(info.last_sequence)),
            WatchStart::After(point) => {
                if point.filter_digest != filter_digest {
                    return Err(WatchError::OtherFilter);
                }
                if point.stream_identity != info.identity {
                    return Err(WatchError::LogReplaced);
                }
                (after(point.sequence), Some(point.sequence))
            }
            WatchStart::Since(time) => {
                let nothing_yet = info.messages == 0 || info.last_appended_at.is_none_or(|last| last < time);
                (StartAt::Time(time), nothing_yet.then_some(info.last_sequence))
            }
        };
        let chunks = self
            .log
            .read(Stream::Tagged, start.clone())
            .await?
            .ready_chunks(BATCH)
            .boxed();
        let (events, receiver) = mpsc::channel(self.buffer);
        let watch = Watch {
            watches: self.clone(),
            filter: Arc::new(filter),
            filter_digest,
            stream_identity: info.identity,
            chunks,
            start,
            sequence,
            read_until: asked_at,
            live_at: info.last_sequence,
            live: false,
            events,
            subscriber: Subscriber::new(self.metrics.clone()),
        };
        tokio::spawn(watch.run().in_current_span());
        Ok(receiver)
    }
}

impl Watch {
    async fn run(mut self) {
        let shutdown = self.watches.shutdown.clone();
        let events = self.events.clone();
        // Reading and telling are one future: dropping it at any point is safe, because nothing is told twice that
        // way and where to resume goes out with each event.
        let error = tokio::select! {
            result = self.follow() => match result {
                Ok(()) => return,
                Err(error) => error,
            },
            () = shutdown.requested() => WatchError::NotReady("the service is stopping"),
            () = events.closed() => return,
        };
        debug!(%error, "a watch ends: {error}");
        // If the caller does not read, there is nobody to tell.
        let _ = tokio::time::timeout(Duration::from_secs(1), events.send(Err(error))).await;
    }

    /// Tells until the caller has gone (`Ok`) or something fails.
    async fn follow(&mut self) -> Result<(), WatchError> {
        let period = self.watches.checkpoint_interval;
        let mut checkpoints = interval_at(Instant::now() + period, period);
        checkpoints.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = 0;
        if !self.go_live().await {
            return Ok(());
        }
        loop {
            tokio::select! {
                chunk = self.chunks.next() => {
                    let chunk = chunk.unwrap_or_else(|| vec![Err(LogError::Unavailable("reading ended".to_owned()))]);
                    let (records, failure) = split(chunk);
                    if !records.is_empty() {
                        failures = 0;
                        if !self.tell(records).await? || !self.go_live().await {
                            return Ok(());
                        }
                    }
                    match failure {
                        None => (),
                        Some(LogError::Unavailable(_)) => {
                            failures += 1;
                            self.read_again(failures).await?;
                        }
                        Some(failure) => return Err(failure.into()),
                    }
                }
                _ = checkpoints.tick() => {
                    self.refresh_read_until().await;
                    if !self.checkpoint().await {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn read_again(&mut self, failures: u32) -> Result<(), WatchError> {
        sleep(BACKOFF.delay(failures)).await;
        let start = match self.sequence {
            Some(sequence) => StartAt::After(Position {
                stream_identity: self.stream_identity.clone(),
                sequence,
            }),
            None => self.start.clone(),
        };
        self.chunks = match self.watches.log.read(Stream::Tagged, start).await {
            Ok(records) => records.ready_chunks(BATCH).boxed(),
            Err(LogError::Unavailable(error)) => {
                futures::stream::iter([vec![Err(LogError::Unavailable(error))]]).boxed()
            }
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// Tells the changes of some records. False when the caller has gone.
    async fn tell(&mut self, records: Vec<Record>) -> Result<bool, WatchError> {
        let Some(last) = records.last() else {
            return Ok(true);
        };
        let (last_sequence, last_appended_at) = (last.sequence, last.appended_at);
        let snapshot = self.snapshot_including(last_sequence).await?;
        let filter = Arc::clone(&self.filter);
        let decided = tokio::task::spawn_blocking(move || changes(&*snapshot, &filter, &records)).await;
        let changes = decided.map_err(|error| IndexError(format!("a watch panicked: {error}")))??;
        for change in changes {
            self.sequence = Some(change.sequence);
            let span = debug_span!(
                "watch_event",
                otel.name = "tell watcher",
                otel.kind = "producer",
                article.id = %change.tagged.article.article_id,
            );
            // The watch has a trace of its own, which its caller may have begun.
            change.trace.link(&span);
            let happening = Happening::Change {
                kind: change.kind,
                tagged: Box::new(change.tagged),
            };
            if !self.send(happening).instrument(span).await {
                return Ok(false);
            }
        }
        self.sequence = Some(last_sequence);
        self.read_until = last_appended_at;
        Ok(true)
    }

    /// A snapshot of the index that includes a record: only then are all versions before it known.
    async fn snapshot_including(&mut self, sequence: u64) -> Result<Arc<dyn IndexSnapshot>, WatchError> {
        let identity = &self.stream_identity;
        let view = self.watches.view.wait_for(|view| {
            view.includes(identity, sequence)
                || view
                    .snapshot
                    .position()
                    .is_some_and(|position| position.stream_identity != *identity)
        });
        let view = view
            .await
            .map_err(|_| WatchError::NotReady("the service is stopping"))?;
        if !view.includes(identity, sequence) {
            return Err(WatchError::LogReplaced);
        }
        Ok(Arc::clone(&view.snapshot))
    }

    /// Turns live, if all history has been told, and says so. False when the caller has gone.
    async fn go_live(&mut self) -> bool {
        if self.live || self.sequence.is_none_or(|sequence| sequence < self.live_at) {
            return true;
        }
        self.live = true;
        self.checkpoint().await
    }

    /// When there is nothing more to read, the log has been read up to now.
    async fn refresh_read_until(&mut self) {
        let asked_at = Timestamp::now();
        // If the log does not answer, the last record's time still holds.
        if let Ok(info) = self.watches.log.info(Stream::Tagged).await
            && self.sequence == Some(info.last_sequence)
            && info.identity == self.stream_identity
        {
            self.read_until = asked_at;
        }
    }

    async fn checkpoint(&mut self) -> bool {
        self.send(Happening::Checkpoint {
            read_until: self.read_until,
            live: self.live,
        })
        .await
    }

    /// False when the caller has gone. Waits as long as the caller is slow.
    async fn send(&mut self, happening: Happening) -> bool {
        let Some(sequence) = self.sequence else {
            // Nothing has been read: there is no position to resume from, and nothing to say.
            return true;
        };
        let resume_point = ResumePoint {
            stream_identity: self.stream_identity.clone(),
            sequence,
            filter_digest: self.filter_digest,
        };
        self.subscriber.told(&happening);
        self.events
            .send(Ok(WatchEvent {
                happening,
                resume_point,
            }))
            .await
            .is_ok()
    }
}

/// A change to tell.
struct Change {
    sequence: u64,
    kind: ChangeKind,
    tagged: TaggedArticle,
    trace: TraceContext,
}

/// The changes that some records are for a watcher with this filter.
fn changes(
    snapshot: &dyn IndexSnapshot,
    filter: &ArticleFilter,
    records: &[Record],
) -> Result<Vec<Change>, IndexError> {
    let mut changes = Vec::new();
    for record in records {
        // What cannot be read is in no index either; the indexer has logged it.
        let Ok(ArticleTagged {
            tagged_article: tagged,
            ..
        }) = ArticleTagged::decode(&record.payload)
        else {
            continue;
        };
        let versions = snapshot.versions(tagged.article.article_id.as_str())?;
        let before = effective(
            versions
                .iter()
                .filter(|version| version.sequence < record.sequence),
        );
        let previous = before.map(|version| snapshot.load(version)).transpose()?;
        if let Some(kind) = change_kind(filter, previous.as_ref(), &tagged) {
            changes.push(Change {
                sequence: record.sequence,
                kind,
                tagged,
                trace: TraceContext::from_headers(&record.headers),
            });
        }
    }
    Ok(changes)
}
