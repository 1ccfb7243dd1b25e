//! The names by which the articles that a change affects are found: all that its entities have or ever had.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use gisa_event_log::{EventLog, LogError, StartAt, Stream};

use super::{RetagError, Selection};
use crate::{dictionary::Dictionary, live_dictionary::decode_change};

/// The names are part of each message of an operation.
const MOST_NAMES: usize = 2000;

/// The names of a selection; empty if it does not go by names.
pub(super) async fn names_of(
    selection: &Selection,
    log: &dyn EventLog,
    built_in: &Dictionary,
) -> Result<BTreeSet<String>, RetagError> {
    if !selection.by_names() {
        return Ok(BTreeSet::new());
    }
    let history = History::read(log, selection.changed_after).await?;
    let known = |id: &str| history.names.contains_key(id) || built_in.built_entity(id).is_some();
    if let Some(unknown) = selection.entity_ids.iter().find(|id| !known(id)) {
        return Err(RetagError::UnknownEntity(unknown.clone()));
    }
    let names: BTreeSet<String> = selection
        .entity_ids
        .iter()
        .chain(&history.changed)
        .flat_map(|id| {
            let built_in = built_in.built_entity(id).into_iter();
            let built_in = built_in.flat_map(|entity| entity.names().map(str::to_owned));
            let written = history.names.get(id).into_iter().flatten().cloned();
            built_in.chain(written)
        })
        .collect();
    if names.len() > MOST_NAMES {
        return Err(RetagError::TooManyNames {
            found: names.len(),
            limit: MOST_NAMES,
        });
    }
    Ok(names)
}

/// What DICTIONARY tells.
#[derive(Default)]
struct History {
    /// All names that were ever written, by entity.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Entities that were changed after the version in question.
    changed: BTreeSet<String>,
}

impl History {
    async fn read(log: &dyn EventLog, changed_after: Option<u64>) -> Result<Self, LogError> {
        let mut history = Self::default();
        let info = log.info(Stream::Dictionary).await?;
        if info.messages == 0 {
            return Ok(history);
        }
        let mut records = log.read(Stream::Dictionary, StartAt::Oldest).await?;
        while let Some(record) = records.next().await.transpose()? {
            // What cannot be read is in no edition either.
            if let Ok((id, entity, _)) = decode_change(&record.payload) {
                if changed_after.is_some_and(|version| record.sequence > version) {
                    history.changed.insert(id.clone());
                }
                let names = history.names.entry(id).or_default();
                names.extend(entity.iter().flat_map(|entity| entity.names()).map(str::to_owned));
            }
            if record.sequence >= info.last_sequence {
                break;
            }
        }
        Ok(history)
    }
}
