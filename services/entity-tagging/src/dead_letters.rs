//! The dead letters on the log: written, found, and resolved.
//!
//! The newest message of a letter's subject says how it stands. Every change names the message that it follows, so two
//! replicas, or a worker and an operator, cannot both have the last word.

mod page;

use std::{fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use gisa_article_codec::{
    DecodeError, LogPosition,
    events::{DeadLetter, DeadLetterResolution, DeadLetterResolutionKind},
};
use gisa_event_log::{
    Append, AppendError, EventLog, ExpectedLast, LogError, Record, Stream, Subject, store_dead_letter,
};
use gisa_service_runtime::{Metrics, TraceContext};
use jiff::Timestamp;
use thiserror::Error;

pub use page::Page;

/// The dead letters of one log; cheap to clone.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    log: Arc<dyn EventLog>,
    metrics: Metrics,
}

/// Names a letter by the message that it is about: `ARTICLES.17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetterId {
    /// Stream of the message.
    pub stream: Stream,
    /// Its sequence.
    pub sequence: u64,
}

/// A letter as it stands.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Which.
    pub id: LetterId,
    /// What it says.
    pub content: DeadLetter,
    /// Sequence in DEAD_LETTERS of the message that says so.
    pub sequence: u64,
}

/// What went wrong with a message, for its letter.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// The message.
    pub record: &'a Record,
    /// Identity of its stream.
    pub stream_identity: &'a str,
    /// Durable consumer that gives up.
    pub consumer: &'a str,
    /// What went wrong.
    pub error: &'a str,
    /// How often it was tried.
    pub attempts: u32,
}

/// Why nothing could be done with a letter.
#[derive(Debug, Error)]
pub enum DeadLetterError {
    /// There is none with this id.
    #[error("there is no dead letter {0}")]
    NotFound(LetterId),
    /// It was replayed: there is nothing to discard.
    #[error("dead letter {0} was replayed")]
    Replayed(LetterId),
    /// What is on the log is no letter.
    #[error("a dead letter cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    /// The log did not take a change, or does not answer.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<LogError> for DeadLetterError {
    fn from(error: LogError) -> Self {
        Self::Append(error.into())
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.stream, self.sequence)
    }
}

impl FromStr for LetterId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "must be a stream and a sequence, for example ARTICLES.17";
        let (name, sequence) = text.split_once('.').ok_or(wrong)?;
        let stream = Stream::ALL.into_iter().find(|stream| stream.name() == name);
        Ok(Self {
            stream: stream.ok_or(wrong)?,
            sequence: sequence.parse().map_err(|_| wrong)?,
        })
    }
}

impl LetterId {
    fn subject(self) -> Subject {
        Subject::dead_letter(self.stream, self.sequence)
    }
}

impl DeadLetters {
    /// The dead letters of `log`.
    pub fn new(log: Arc<dyn EventLog>, metrics: Metrics) -> Self {
        Self { log, metrics }
    }

    /// Stores the letter of a message of ARTICLES. One that is open already stays as it is, and so does one that an
    /// operator discarded; one that was replayed is opened again.
    pub async fn store(&self, failed: Failed<'_>) -> Result<(), LogError> {
        let record = failed.record;
        let letter = DeadLetter {
            position: LogPosition {
                stream_identity: failed.stream_identity.to_owned(),
                sequence: record.sequence,
            },
            stream: Stream::Articles.name().to_owned(),
            subject: record.subject.as_str().to_owned(),
            headers: record.headers.clone(),
            payload: record.payload.clone(),
            error: failed.error.to_owned(),
            attempts: failed.attempts,
            consumer: failed.consumer.to_owned(),
            failed_at: Timestamp::now(),
            trace_id: TraceContext::from_headers(&record.headers)
                .trace_id()
                .unwrap_or_default(),
            resolution: None,
        };
        let stored = store_dead_letter(
            &*self.log,
            Stream::Articles,
            record,
            letter.encode().into(),
            was_replayed,
        )
        .await?;
        if stored {
            let labels = [Stream::Articles.name(), failed.consumer];
            self.metrics.dead_letters.with(labels).inc();
        }
        Ok(())
    }

    /// The letter with this id as it stands, if there is one.
    pub async fn find(&self, id: LetterId) -> Result<Option<Letter>, DeadLetterError> {
        let newest = self
            .log
            .last_of_subject(Stream::DeadLetters, &id.subject())
            .await?;
        newest
            .map(|record| {
                Ok(Letter {
                    id,
                    sequence: record.sequence,
                    content: DeadLetter::decode(record.payload)?,
                })
            })
            .transpose()
    }

    /// The letter with this id.
    pub async fn get(&self, id: LetterId) -> Result<Letter, DeadLetterError> {
        self.find(id).await?.ok_or(DeadLetterError::NotFound(id))
    }

    /// The bytes that a letter is about; those of a resolved letter are in the message before. Empty if that is not kept
    /// any more.
    pub async fn payload(&self, letter: &Letter) -> Result<Bytes, DeadLetterError> {
        let Some(resolution) = letter.content.resolution else {
            return Ok(letter.content.payload.clone());
        };
        match self
            .log
            .get(Stream::DeadLetters, resolution.letter_sequence)
            .await?
        {
            Some(record) => Ok(DeadLetter::decode(record.payload)?.payload),
            None => Ok(Bytes::new()),
        }
    }

    /// Marks a letter, as it was found, as dealt with. If it has changed meanwhile, gives it as it stands now.
    pub async fn resolve(
        &self,
        letter: Letter,
        kind: DeadLetterResolutionKind,
    ) -> Result<Letter, DeadLetterError> {
        let letter_sequence = letter
            .content
            .resolution
            .map_or(letter.sequence, |resolution| resolution.letter_sequence);
        let content = DeadLetter {
            payload: Bytes::new(),
            resolution: Some(DeadLetterResolution {
                kind,
                resolved_at: Timestamp::now(),
                letter_sequence,
            }),
            ..letter.content
        };
        let append = Append {
            subject: letter.id.subject(),
            message_id: format!("{}/{}/{kind:?}", letter.id.subject(), letter.sequence),
            expected_last: ExpectedLast::Sequence(letter.sequence),
            headers: content.headers.clone(),
            payload: content.clone().encode().into(),
        };
        match self.log.append(Stream::DeadLetters, vec![append]).await.pop() {
            Some(Ok(appended)) => Ok(Letter {
                content,
                sequence: appended.sequence,
                ..letter
            }),
            Some(Err(AppendError::Conflict { .. })) => self.get(letter.id).await,
            Some(Err(error)) => Err(error.into()),
            None => Err(LogError::Unavailable("no answer to an append".to_owned()).into()),
        }
    }

    /// Marks a letter as given up for good.
    pub async fn discard(&self, id: LetterId, validate_only: bool) -> Result<Letter, DeadLetterError> {
        let letter = self.get(id).await?;
        match letter.content.resolution.map(|resolution| resolution.kind) {
            Some(DeadLetterResolutionKind::Replayed) => Err(DeadLetterError::Replayed(id)),
            Some(DeadLetterResolutionKind::Discarded) => Ok(letter),
            None if validate_only => Ok(letter),
            None => self.resolve(letter, DeadLetterResolutionKind::Discarded).await,
        }
    }
}

/// Whether the newest message of a letter says that it was replayed.
fn was_replayed(newest: &Record) -> bool {
    let letter = DeadLetter::decode(newest.payload.clone());
    let resolution = letter.ok().and_then(|letter| letter.resolution);
    resolution.is_some_and(|resolution| resolution.kind == DeadLetterResolutionKind::Replayed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id: LetterId = "DEAD_LETTERS.7".parse().unwrap();
        assert_eq!((id.stream, id.sequence), (Stream::DeadLetters, 7));
        assert_eq!(id.to_string(), "DEAD_LETTERS.7");
        for wrong in [
            "",
            "7",
            "ARTICLES",
            "ARTICLES.",
            "ARTICLES.-1",
            "articles.7",
            "ARTICLES.7.8",
        ] {
            assert!(wrong.parse::<LetterId>().is_err(), "{wrong}");
        }
    }
}
