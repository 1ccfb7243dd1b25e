//! Event log out: changes of entities, each under the condition that the entity is still the one that was looked at.

use std::sync::Arc;

use gisa_article_codec::DecodeError;
use gisa_event_log::{Append, AppendError, EventLog, ExpectedLast, Headers, LogError, Stream, Subject};
use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::{decode_change, encode_change};
use crate::{dictionary::Entity, tagger::Tagger};

/// How often other writers of the same entity may be faster.
const MAX_ATTEMPTS: usize = 8;

/// Changes entities.
#[derive(Clone, Debug)]
pub struct Editor {
    log: Arc<dyn EventLog>,
    built_in: Arc<Tagger>,
}

/// An entity that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upserted {
    /// Sequence of the change that made it what it is; 0 if it is as it is built in.
    pub sequence: u64,
    /// False if it was like this already.
    pub changed: bool,
}

/// Why an entity was not changed.
#[derive(Debug, Error)]
pub enum EditError {
    /// There is no such entity.
    #[error("the dictionary has no entity {0}")]
    NotFound(String),
    /// It is not in the state that the caller wanted to change.
    #[error("entity {entity_id} has the etag {current}")]
    EtagMismatch {
        /// Which entity.
        entity_id: String,
        /// The etag that it has.
        current: String,
    },
    /// Other writers were faster each time.
    #[error("other writers changed entity {0} each time; repeat the call")]
    ConcurrentChange(String),
    /// Its last change cannot be read.
    #[error("the last change of the entity cannot be read: {0}")]
    Undecodable(#[from] DecodeError),
    /// The log did not take the change.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<LogError> for EditError {
    fn from(error: LogError) -> Self {
        Self::Append(error.into())
    }
}

/// The etag of the state that the change with this sequence made; 0 for a built-in one.
pub(crate) fn etag(sequence: u64) -> String {
    sequence.to_string()
}

impl Editor {
    /// An editor of the dictionary in `log`; `built_in` has the one that ships.
    pub fn new(log: Arc<dyn EventLog>, built_in: Arc<Tagger>) -> Self {
        Self { log, built_in }
    }

    /// Makes `entity` what its id stands for. An `expected` etag that is not empty must be that of the state it replaces.
    pub async fn upsert(&self, entity: &Entity, expected: &str) -> Result<Upserted, EditError> {
        for _ in 0..MAX_ATTEMPTS {
            let (sequence, current) = self.current(&entity.id, expected).await?;
            if current.as_ref() == Some(entity) {
                return Ok(Upserted {
                    sequence,
                    changed: false,
                });
            }
            if let Some(sequence) = self.append(&entity.id, Some(entity), sequence).await? {
                return Ok(Upserted {
                    sequence,
                    changed: true,
                });
            }
        }
        Err(EditError::ConcurrentChange(entity.id.clone()))
    }

    /// Deletes an entity; gives the sequence of the change.
    pub async fn delete(&self, entity_id: &str, expected: &str) -> Result<u64, EditError> {
        for _ in 0..MAX_ATTEMPTS {
            let (sequence, current) = self.current(entity_id, expected).await?;
            if current.is_none() {
                return Err(EditError::NotFound(entity_id.to_owned()));
            }
            if let Some(sequence) = self.append(entity_id, None, sequence).await? {
                return Ok(sequence);
            }
        }
        Err(EditError::ConcurrentChange(entity_id.to_owned()))
    }

    /// Sequence of the last change of an entity, 0 for none, and what it is now.
    async fn current(&self, entity_id: &str, expected: &str) -> Result<(u64, Option<Entity>), EditError> {
        let subject = Subject::entity(entity_id);
        let (sequence, entity) = match self.log.last_of_subject(Stream::Dictionary, &subject).await? {
            Some(record) => (record.sequence, decode_change(&record.payload)?.1),
            None => (0, self.built_in.dictionary().built_entity(entity_id).cloned()),
        };
        let current = etag(sequence);
        if !expected.is_empty() && expected != current {
            return Err(EditError::EtagMismatch {
                entity_id: entity_id.to_owned(),
                current,
            });
        }
        Ok((sequence, entity))
    }

    /// Appends a change after the one with `sequence`; `None` if another one came in between.
    async fn append(
        &self,
        entity_id: &str,
        entity: Option<&Entity>,
        sequence: u64,
    ) -> Result<Option<u64>, EditError> {
        let change = Append {
            subject: Subject::entity(entity_id),
            message_id: Uuid::new_v4().to_string(),
            expected_last: match sequence {
                0 => ExpectedLast::None,
                sequence => ExpectedLast::Sequence(sequence),
            },
            headers: Headers::new(),
            payload: encode_change(entity_id, entity, Timestamp::now()).into(),
        };
        match self.log.append(Stream::Dictionary, vec![change]).await.pop() {
            Some(Ok(appended)) => Ok(Some(appended.sequence)),
            Some(Err(AppendError::Conflict { .. })) => Ok(None),
            Some(Err(error)) => Err(error.into()),
            None => Err(LogError::Unavailable("no answer to an append".to_owned()).into()),
        }
    }
}
