//! One state of the dictionary with the tagger that goes by it, and the way to the newest one.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    dictionary::{DictionaryError, Entity},
    tagger::Tagger,
};

/// What the log says of an entity that was changed.
#[derive(Clone, Debug)]
pub struct EntityState {
    /// Sequence of the change in DICTIONARY.
    pub sequence: u64,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// The entity as it is now, `None` if it is deleted.
    pub entity: Option<Entity>,
}

/// One state of the dictionary.
#[derive(Debug)]
pub struct Edition {
    tagger: Arc<Tagger>,
    states: BTreeMap<String, Arc<EntityState>>,
}

impl Edition {
    /// The edition of `version` in which the entities of `states` differ from the dictionary that `built_in` has. Takes
    /// some ten milliseconds of computation.
    pub(super) fn new(
        built_in: &Tagger,
        states: BTreeMap<String, Arc<EntityState>>,
        version: u64,
    ) -> Result<Self, DictionaryError> {
        let changed: BTreeMap<&str, Option<&Entity>> = states
            .iter()
            .map(|(id, state)| (id.as_str(), state.entity.as_ref()))
            .collect();
        let tagger = Arc::new(built_in.with_dictionary(&changed, version)?);
        Ok(Self { tagger, states })
    }

    /// The tagger.
    pub fn tagger(&self) -> &Arc<Tagger> {
        &self.tagger
    }

    /// Version of the dictionary.
    pub fn version(&self) -> u64 {
        self.tagger.version().dictionary
    }

    /// What the log says of an entity; `None` if it was never changed.
    pub fn state(&self, entity_id: &str) -> Option<&EntityState> {
        self.states.get(entity_id).map(Arc::as_ref)
    }

    /// All changes that the log has, by entity.
    pub fn states(&self) -> impl Iterator<Item = (&str, &EntityState)> {
        self.states
            .iter()
            .map(|(id, state)| (id.as_str(), state.as_ref()))
    }
}

/// The newest edition, wherever it is needed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveDictionary(watch::Receiver<Arc<Edition>>);

impl LiveDictionary {
    pub(super) fn new(editions: watch::Receiver<Arc<Edition>>) -> Self {
        Self(editions)
    }

    /// The newest edition.
    pub fn now(&self) -> Arc<Edition> {
        Arc::clone(&self.0.borrow())
    }

    /// The newest edition as soon as it has this version or a higher one; `None` if nobody follows the log any more.
    pub async fn at_least(&self, version: u64) -> Option<Arc<Edition>> {
        let mut editions = self.0.clone();
        let reached = editions.wait_for(|edition| edition.version() >= version).await;
        reached.ok().map(|edition| Arc::clone(&edition))
    }
}
