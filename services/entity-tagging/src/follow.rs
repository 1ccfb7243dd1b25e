//! Event log in: a small stream that every replica reads from its first message and goes on reading, and what it keeps of it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, StreamInfo, retry::Backoff};
use gisa_service_runtime::Shutdown;
use tracing::warn;

/// Messages that are taken in together at most, when they are there already.
const TOGETHER: usize = 1024;

/// Between attempts to read on. Short, because every replica is to know a change within two seconds.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(1),
};

/// What a replica keeps of a stream.
pub(crate) trait Replica: Send {
    /// Whether it goes on where messages that were not read are gone; otherwise that ends it, for only a new start knows what is
    /// true then.
    const MAY_MISS: bool;

    /// Takes in a message.
    fn apply(&mut self, record: &Record);

    /// All messages that were there together, up to this sequence, have been taken in.
    fn applied(&mut self, sequence: u64) -> impl Future<Output = ()> + Send;
}

/// A stream, and how far it has been read.
#[derive(Debug)]
pub(crate) struct Followed {
    log: Arc<dyn EventLog>,
    stream: Stream,
    position: Position,
}

impl Followed {
    /// Reads a stream to its end into `replica`.
    pub(crate) async fn read_all(
        log: Arc<dyn EventLog>,
        stream: Stream,
        replica: &mut impl Replica,
    ) -> anyhow::Result<(Self, StreamInfo)> {
        let cannot_read = || format!("cannot read stream {stream}");
        let info = log.info(stream).await.with_context(cannot_read)?;
        let mut followed = Self {
            log,
            stream,
            position: Position {
                stream_identity: info.identity.clone(),
                sequence: 0,
            },
        };
        if info.messages > 0 {
            let reading = followed.read_to(info.last_sequence, replica);
            reading.await.with_context(cannot_read)?;
        }
        // Also when its messages were removed: positions never fall.
        followed.position.sequence = followed.position.sequence.max(info.last_sequence);
        replica.applied(followed.position.sequence).await;
        Ok((followed, info))
    }

    async fn read_to(&mut self, last_sequence: u64, replica: &mut impl Replica) -> Result<(), LogError> {
        let mut records = self.log.read(self.stream, StartAt::Oldest).await?;
        while self.position.sequence < last_sequence {
            let record = records.next().await.ok_or_else(|| self.ended())??;
            self.position.sequence = record.sequence;
            replica.apply(&record);
        }
        Ok(())
    }

    /// Goes on reading until the shutdown. Fails if the stream is replaced, or loses messages that the replica may not miss.
    pub(crate) async fn follow<R: Replica>(
        mut self,
        replica: &mut R,
        shutdown: Shutdown,
    ) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            let read_before = self.position.sequence;
            let error = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                error = self.read_on(replica) => error,
            };
            let lost = match error {
                LogError::Closed => return Ok(()),
                LogError::Replaced { .. } => true,
                LogError::Compacted { first_sequence, .. } if R::MAY_MISS => {
                    self.position.sequence = first_sequence - 1;
                    false
                }
                LogError::Compacted { .. } => true,
                _ => false,
            };
            if lost {
                return Err(error).with_context(|| format!("cannot follow stream {}", self.stream));
            }
            failures = if self.position.sequence > read_before {
                1
            } else {
                failures + 1
            };
            let delay = BACKOFF.delay(failures);
            warn!(%error, "{} is read again in {delay:?}: {error}", self.stream);
            tokio::time::sleep(delay).await;
        }
    }

    /// Returns when the stream cannot be read on.
    async fn read_on(&mut self, replica: &mut impl Replica) -> LogError {
        let start = StartAt::After(self.position.clone());
        let mut batches = match self.log.read(self.stream, start).await {
            Ok(records) => records.ready_chunks(TOGETHER),
            Err(error) => return error,
        };
        while let Some(batch) = batches.next().await {
            let mut failure = None;
            for record in batch {
                match record {
                    Ok(record) => {
                        self.position.sequence = record.sequence;
                        replica.apply(&record);
                    }
                    Err(error) => failure = Some(error),
                }
            }
            replica.applied(self.position.sequence).await;
            if let Some(error) = failure {
                return error;
            }
        }
        self.ended()
    }

    fn ended(&self) -> LogError {
        LogError::Unavailable(format!("the records of {} ended", self.stream))
    }
}
