//! What every replica knows of the dictionary: follows DICTIONARY and makes an edition of each change, or of several that
//! come together.

use std::{collections::BTreeMap, sync::Arc};

use gisa_event_log::{EventLog, Record, Stream};
use gisa_service_runtime::Shutdown;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{Edition, EntityState, LiveDictionary, decode_change};
use crate::{
    follow::{Followed, Replica},
    tagger::Tagger,
};

/// Keeps the newest edition up to date.
#[derive(Debug)]
pub struct Follower {
    stream: Followed,
    changes: Changes,
}

/// The changes that have been read.
#[derive(Debug)]
struct Changes {
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
        let unchanged = Edition::new(&built_in, BTreeMap::new(), 0)?;
        let (editions, receiver) = watch::channel(Arc::new(unchanged));
        let mut changes = Changes {
            states: BTreeMap::new(),
            built_in,
            editions,
        };
        let (stream, info) = Followed::read_all(log, Stream::Dictionary, &mut changes).await?;
        if info.first_sequence > 1 {
            warn!("stream DICTIONARY lacks its first messages: the changes in them are lost");
        }
        info!(
            dictionary.version = info.last_sequence,
            "{} entities differ from the built-in dictionary",
            changes.states.len()
        );
        Ok((Self { stream, changes }, LiveDictionary::new(receiver)))
    }

    /// Follows until the shutdown. Fails if DICTIONARY is replaced or loses messages that were not read: only a new start
    /// knows what is true then.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        self.stream.follow(&mut self.changes, shutdown).await
    }
}

impl Replica for Changes {
    const MAY_MISS: bool = false;

    fn apply(&mut self, record: &Record) {
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
    async fn applied(&mut self, version: u64) {
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
