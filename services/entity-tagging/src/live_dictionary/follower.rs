//! Event log in: follows DICTIONARY and makes an edition of each change, or of several that come together.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, Position, Record, StartAt, Stream, retry::Backoff};
use gisa_service_runtime::Shutdown;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{Edition, EntityState, LiveDictionary, decode_change};
use crate::tagger::Tagger;

/// Changes that one edition is made of at most, when they are there already.
const COALESCED: usize = 1024;

/// Between attempts to read on. Short, because every replica is to know a change within two seconds.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(1),
};

/// Keeps the newest edition up to date.
#[derive(Debug)]
pub struct Follower {
    log: Arc<dyn EventLog>,
    /// The last change that is in `states`.
    position: Position,
    states: BTreeMap<String, Arc<EntityState>>,
    built_in: Arc<Tagger>,
    editions: watch::Sender<Arc<Edition>>,
}

impl Follower {
    /// Reads DICTIONARY to its end. `built_in` has the dictionary that ships.
    pub async fn start(
        log: Arc<dyn EventLog>,
        built_in: Arc<Tagger>,
    ) -> anyhow::Result<(Self, LiveDictionary)> {
        let info = log
            .info(Stream::Dictionary)
            .await
            .context("cannot read stream DICTIONARY")?;
        if info.first_sequence > 1 {
            warn!("stream DICTIONARY lacks its first messages: the changes in them are lost");
        }
        let unchanged = Edition::new(&built_in, BTreeMap::new(), 0)?;
        let (editions, receiver) = watch::channel(Arc::new(unchanged));
        let mut follower = Self {
            log,
            position: Position {
                stream_identity: info.identity,
                sequence: 0,
            },
            states: BTreeMap::new(),
            built_in,
            editions,
        };
        if info.messages > 0 {
            follower
                .read_to(info.last_sequence)
                .await
                .context("cannot read stream DICTIONARY")?;
        }
        // Also when its messages were removed: versions never fall.
        follower.position.sequence = follower.position.sequence.max(info.last_sequence);
        follower.publish().await;
        info!(
            dictionary.version = follower.position.sequence,
            "{} entities differ from the built-in dictionary",
            follower.states.len()
        );
        Ok((follower, LiveDictionary::new(receiver)))
    }

    async fn read_to(&mut self, last_sequence: u64) -> Result<(), LogError> {
        let mut records = self.log.read(Stream::Dictionary, StartAt::Oldest).await?;
        while self.position.sequence < last_sequence {
            let record = records.next().await.ok_or_else(ended)??;
            self.apply(&record);
        }
        Ok(())
    }

    /// Follows until the shutdown. Fails if DICTIONARY is replaced or loses messages that were not read: only a new start
    /// knows what is true then.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            let read_before = self.position.sequence;
            let error = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                result = self.follow() => match result {
                    Err(LogError::Closed) => return Ok(()),
                    Err(error @ (LogError::Replaced { .. } | LogError::Compacted { .. })) => {
                        return Err(error).context("cannot follow the dictionary");
                    }
                    Err(error) => error,
                    Ok(never) => match never {},
                },
            };
            failures = if self.position.sequence > read_before {
                1
            } else {
                failures + 1
            };
            let delay = BACKOFF.delay(failures);
            warn!(%error, "DICTIONARY is read again in {delay:?}: {error}");
            tokio::time::sleep(delay).await;
        }
    }

    async fn follow(&mut self) -> Result<std::convert::Infallible, LogError> {
        let start = StartAt::After(self.position.clone());
        let mut batches = self
            .log
            .read(Stream::Dictionary, start)
            .await?
            .ready_chunks(COALESCED);
        loop {
            let batch = batches.next().await.ok_or_else(ended)?;
            let mut failure = None;
            for record in batch {
                match record {
                    Ok(record) => self.apply(&record),
                    Err(error) => failure = Some(error),
                }
            }
            self.publish().await;
            if let Some(error) = failure {
                return Err(error);
            }
        }
    }

    fn apply(&mut self, record: &Record) {
        self.position.sequence = record.sequence;
        match decode_change(&record.payload) {
            Ok((entity_id, entity, changed_at)) => {
                let state = EntityState {
                    sequence: record.sequence,
                    changed_at,
                    entity,
                };
                self.states.insert(entity_id, Arc::new(state));
            }
            // The same at every replica; the version rises all the same.
            Err(error) => error!(
                log.sequence = record.sequence,
                log.subject = %record.subject,
                %error,
                "DICTIONARY {} is passed over: {error}",
                record.sequence
            ),
        }
    }

    /// Makes the edition of what has been read and shows it.
    async fn publish(&self) {
        let version = self.position.sequence;
        let (built_in, states) = (Arc::clone(&self.built_in), self.states.clone());
        // Computation: off the threads that serve the network.
        let made = tokio::task::spawn_blocking(move || Edition::new(&built_in, states, version)).await;
        match made {
            Ok(Ok(edition)) => {
                self.editions.send_replace(Arc::new(edition));
            }
            Ok(Err(error)) => error!(%error, "version {version} of the dictionary cannot be used: {error}"),
            Err(error) => error!(%error, "version {version} of the dictionary cannot be used: {error}"),
        }
    }
}

fn ended() -> LogError {
    LogError::Unavailable("the records of DICTIONARY ended".to_owned())
}
