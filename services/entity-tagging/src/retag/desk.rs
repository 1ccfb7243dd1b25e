//! What callers do with operations: start, look, cancel, resume.

use std::sync::Arc;

use gisa_article_codec::DecodeError;
use gisa_event_log::{
    Append, AppendError, EventLog, ExpectedLast, Headers, LogError, Position, Stream, Subject,
};
use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::{Operation, Progress, Selection, State, codec, names::names_of};
use crate::tagger::Tagger;

/// How often the replica at work may write down its progress in between.
const MAX_ATTEMPTS: usize = 8;

/// Why a caller does not get what it wants.
#[derive(Debug, Error)]
pub enum RetagError {
    /// There is no such operation.
    #[error("there is no retag {0}")]
    NotFound(String),
    /// An entity of the selection was never in the dictionary.
    #[error("the dictionary has no entity {0}, and never had")]
    UnknownEntity(String),
    /// The selection goes by too many names.
    #[error("the entities have {found} names, at most {limit} can be looked for")]
    TooManyNames {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The id belongs to an operation with another selection.
    #[error("there is another retag {0} already")]
    IdTaken(String),
    /// The operation is over.
    #[error("retag {id} is {state:?} already")]
    Finished {
        /// Which operation.
        id: String,
        /// How it ended.
        state: State,
    },
    /// Others changed the operation each time.
    #[error("retag {0} was changed by others each time; repeat the call")]
    ConcurrentChange(String),
    /// Its state cannot be read.
    #[error("the state of the retag cannot be read: {0}")]
    Undecodable(#[from] DecodeError),
    /// The log did not take the change.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<LogError> for RetagError {
    fn from(error: LogError) -> Self {
        Self::Append(error.into())
    }
}

/// Starts and changes operations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    log: Arc<dyn EventLog>,
    built_in: Arc<Tagger>,
}

impl Desk {
    /// A desk on `log`; `built_in` has the dictionary that ships.
    pub fn new(log: Arc<dyn EventLog>, built_in: Arc<Tagger>) -> Self {
        Self { log, built_in }
    }

    /// Starts an operation that tags with `dictionary_version`, or gives the one with this id if it has the same
    /// selection.
    pub async fn start(
        &self,
        id: &str,
        selection: Selection,
        dictionary_version: u64,
    ) -> Result<Operation, RetagError> {
        let names = names_of(&selection, &*self.log, self.built_in.dictionary()).await?;
        let articles = self.log.info(Stream::Articles).await?;
        let now = Timestamp::now();
        let operation = Operation {
            id: id.to_owned(),
            selection: Selection { names, ..selection },
            dictionary_version,
            state: State::Running,
            progress: Progress::default(),
            through: Position {
                stream_identity: articles.identity,
                sequence: articles.first_sequence - 1,
            },
            end_sequence: articles.last_sequence,
            holder: String::new(),
            started_at: now,
            updated_at: now,
            error: String::new(),
        };
        if post(&*self.log, &operation, 0).await?.is_some() {
            return Ok(operation);
        }
        let (_, present) = self.newest(id).await?;
        let same = Selection {
            names: present.selection.names.clone(),
            ..operation.selection
        } == present.selection;
        if same {
            Ok(present)
        } else {
            Err(RetagError::IdTaken(id.to_owned()))
        }
    }

    /// The newest state of an operation, with its sequence in RETAGS.
    pub async fn newest(&self, id: &str) -> Result<(u64, Operation), RetagError> {
        let record = self
            .log
            .last_of_subject(Stream::Retags, &Subject::retag(id))
            .await?;
        let record = record.ok_or_else(|| RetagError::NotFound(id.to_owned()))?;
        Ok((record.sequence, codec::decode(&record.payload)?))
    }

    /// Stops an operation.
    pub async fn cancel(&self, id: &str) -> Result<Operation, RetagError> {
        self.change(id, |state| match state {
            State::Running => Some(State::Cancelled),
            State::Cancelled => Some(state),
            State::Done | State::Failed => None,
        })
        .await
    }

    /// Lets an operation go on that was cancelled or failed.
    pub async fn resume(&self, id: &str) -> Result<Operation, RetagError> {
        self.change(id, |state| match state {
            State::Running | State::Cancelled | State::Failed => Some(State::Running),
            State::Done => None,
        })
        .await
    }

    async fn change(
        &self,
        id: &str,
        wanted: impl Fn(State) -> Option<State>,
    ) -> Result<Operation, RetagError> {
        for _ in 0..MAX_ATTEMPTS {
            let (sequence, present) = self.newest(id).await?;
            let Some(state) = wanted(present.state) else {
                return Err(RetagError::Finished {
                    id: id.to_owned(),
                    state: present.state,
                });
            };
            if state == present.state {
                return Ok(present);
            }
            let changed = Operation {
                state,
                holder: String::new(),
                updated_at: Timestamp::now(),
                error: String::new(),
                ..present
            };
            if post(&*self.log, &changed, sequence).await?.is_some() {
                return Ok(changed);
            }
        }
        Err(RetagError::ConcurrentChange(id.to_owned()))
    }
}

/// Appends a state after the one with `sequence`, 0 for none; gives its sequence, or `None` if another one came in between.
pub(super) async fn post(
    log: &dyn EventLog,
    operation: &Operation,
    sequence: u64,
) -> Result<Option<u64>, AppendError> {
    let message = Append {
        subject: Subject::retag(&operation.id),
        message_id: Uuid::new_v4().to_string(),
        expected_last: match sequence {
            0 => ExpectedLast::None,
            sequence => ExpectedLast::Sequence(sequence),
        },
        headers: Headers::new(),
        payload: codec::encode(operation).into(),
    };
    match log.append(Stream::Retags, vec![message]).await.pop() {
        Some(Ok(appended)) => Ok(Some(appended.sequence)),
        Some(Err(AppendError::Conflict { .. })) => Ok(None),
        Some(Err(error)) => Err(error),
        None => Err(LogError::Unavailable("no answer to an append".to_owned()).into()),
    }
}
