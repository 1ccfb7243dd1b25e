//! The streams of the pipeline, their subjects, and positions in them.

use std::fmt;

use jiff::Timestamp;

/// The streams of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// Accepted article revisions; subjects `articles.<article key>`.
    Articles,
    /// Tagged article revisions; subjects `tagged.<article key>.<revision>`.
    Tagged,
    /// Messages that could not be processed; subjects `dead.<stream>.<sequence>`.
    DeadLetters,
    /// What the log itself tells of its durable consumers: which messages it gave up on, see
    /// [`GivenUp`](crate::GivenUp). Written by the server of NATS only; the embedded log gives up on nothing, there
    /// it stays empty.
    Advisories,
    /// Changes of the entity dictionary; subjects `dictionary.<entity id>`. Kept for ever: it is the only record of them.
    Dictionary,
    /// States of operations that tag articles again; subjects `retags.<operation id>`.
    Retags,
}

impl Stream {
    /// All streams.
    pub const ALL: [Self; 6] = [
        Self::Articles,
        Self::Tagged,
        Self::DeadLetters,
        Self::Advisories,
        Self::Dictionary,
        Self::Retags,
    ];

    /// Name of the stream, as in NATS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Articles => "ARTICLES",
            Self::Tagged => "TAGGED",
            Self::DeadLetters => "DEAD_LETTERS",
            Self::Advisories => "ADVISORIES",
            Self::Dictionary => "DICTIONARY",
            Self::Retags => "RETAGS",
        }
    }

    /// First token of its subjects.
    pub fn subject_prefix(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Tagged => "tagged",
            Self::DeadLetters => "dead",
            Self::Advisories => "$JS.EVENT.ADVISORY.CONSUMER",
            Self::Dictionary => "dictionary",
            Self::Retags => "retags",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A subject of one stream. Optimistic concurrency and "last message" are per subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(String);

impl Subject {
    /// Subject of all revisions of one article in ARTICLES.
    pub fn article(article_id: &str) -> Self {
        Self(format!("articles.{}", token(article_id)))
    }

    /// Subject of one tagged revision in TAGGED.
    pub fn tagged(article_id: &str, revision: u32) -> Self {
        Self(format!("tagged.{}.{revision}", token(article_id)))
    }

    /// Subject of the dead letter of one message.
    pub fn dead_letter(stream: Stream, sequence: u64) -> Self {
        Self(format!("dead.{}.{sequence}", stream.name()))
    }

    /// The pattern of the dead letters of all messages of a stream.
    pub(crate) fn dead_letters_of(stream: Stream) -> Self {
        Self(format!("dead.{}.*", stream.name()))
    }

    /// Subject of all changes of one entity in DICTIONARY.
    pub fn entity(entity_id: &str) -> Self {
        Self(format!("dictionary.{}", token(entity_id)))
    }

    /// Subject of all states of one operation in RETAGS.
    pub fn retag(id: &str) -> Self {
        Self(format!("retags.{}", token(id)))
    }

    /// A subject as read from a log, which made sure of its form.
    pub(crate) fn from_log(subject: &str) -> Self {
        Self(subject.to_owned())
    }

    /// The subject as text, as in NATS.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Escapes what may not stand in one NATS subject token: every byte but `A-Z a-z 0-9 - _ :` becomes `=XX` (hex).
/// Reversible, and readable for the ids that publishers give.
fn token(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_:".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("={byte:02X}"));
        }
    }
    escaped
}

/// A position in a stream: the message with this sequence has been seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Identity of the stream; another one after it was deleted and created again.
    pub stream_identity: String,
    /// Sequence number from 1; 0 is before the first message.
    pub sequence: u64,
}

/// What a stream holds at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Identity of the stream.
    pub identity: String,
    /// Sequence of the oldest message that is kept; `last_sequence + 1` when it is empty, and 1 when it never had one.
    pub first_sequence: u64,
    /// Sequence of the newest message ever appended; 0 when there never was one.
    pub last_sequence: u64,
    /// Number of messages kept.
    pub messages: u64,
    /// Size of the messages kept, in bytes.
    pub bytes: u64,
    /// Most bytes that the stream may keep; `None` for no limit of its own.
    pub max_bytes: Option<u64>,
    /// When the newest message was appended, if there is one.
    pub last_appended_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_single_safe_tokens() {
        assert_eq!(
            Subject::article("hangang:2026-1.a_b").as_str(),
            "articles.hangang:2026-1=2Ea_b"
        );
        assert_eq!(Subject::tagged("x", 3).as_str(), "tagged.x.3");
        assert_eq!(
            Subject::dead_letter(Stream::Articles, 7).as_str(),
            "dead.ARTICLES.7"
        );
        assert_eq!(Subject::entity("org:naver").as_str(), "dictionary.org:naver");
        assert_ne!(Subject::article("a=2E"), Subject::article("a."));
    }
}
