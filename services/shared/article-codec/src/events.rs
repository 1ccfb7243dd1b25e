//! The payloads on the event log.

use std::collections::BTreeMap;

use bytes::Bytes;
use gisa_article_model::{Article, TaggedArticle};
use gisa_proto::events::v1 as proto;
use jiff::Timestamp;
use prost::Message as _;

use crate::{
    DecodeError,
    article::{decode_article, decode_tagged_article, encode_article, encode_tagged_article},
    time::{decode_timestamp, encode_timestamp},
};

/// Payload of stream ARTICLES: ingest accepted a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleRevised {
    /// The revision.
    pub article: Article,
    /// When ingest accepted it.
    pub accepted_at: Timestamp,
    /// Short content hashes (16 bytes each) of earlier revisions, newest first.
    pub superseded_hashes: Vec<Vec<u8>>,
}

/// Payload of stream TAGGED: entity tagging finished a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleTagged {
    /// The revision with its mentions.
    pub tagged_article: TaggedArticle,
    /// Where in ARTICLES the revision stands.
    pub source_position: LogPosition,
    /// When ingest accepted the revision.
    pub accepted_at: Timestamp,
}

/// A position in one stream of one log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogPosition {
    /// Identity of the stream.
    pub stream_identity: String,
    /// Sequence number, from 1.
    pub sequence: u64,
}

/// What could not be processed: payload of stream DEAD_LETTERS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the message stands.
    pub position: LogPosition,
    /// Name of the stream it was read from.
    pub stream: String,
    /// Its subject.
    pub subject: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
    /// Its bytes; empty when the letter is resolved.
    pub payload: Bytes,
    /// What went wrong, with causes.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Durable consumer that gave up.
    pub consumer: String,
    /// When it gave up.
    pub failed_at: Timestamp,
    /// W3C trace id, empty if none.
    pub trace_id: String,
    /// What became of the letter; `None` while it is open.
    pub resolution: Option<DeadLetterResolution>,
}

/// What became of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetterResolution {
    /// How it was resolved.
    pub kind: DeadLetterResolutionKind,
    /// When.
    pub resolved_at: Timestamp,
    /// Sequence of the letter in DEAD_LETTERS, where its bytes are.
    pub letter_sequence: u64,
}

/// How a dead letter is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterResolutionKind {
    /// Processed in the end: the outcome is on the log.
    Replayed,
    /// Given up for good.
    Discarded,
}

impl ArticleRevised {
    /// The event as bytes of `gisa.events.v1.ArticleRevised`.
    pub fn encode(&self) -> Vec<u8> {
        proto::ArticleRevised {
            article: Some(encode_article(&self.article)),
            accepted_at: Some(encode_timestamp(self.accepted_at)),
            superseded_hashes: self.superseded_hashes.clone(),
        }
        .encode_to_vec()
    }

    /// Reads what [`ArticleRevised::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = proto::ArticleRevised::decode(bytes).map_err(malformed)?;
        let accepted_at = message.accepted_at.ok_or(DecodeError::Missing("accepted_at"))?;
        Ok(Self {
            article: decode_article(message.article.ok_or(DecodeError::Missing("article"))?)?,
            accepted_at: decode_timestamp(&accepted_at, "accepted_at")?,
            superseded_hashes: message.superseded_hashes,
        })
    }
}

impl ArticleTagged {
    /// The event as bytes of `gisa.events.v1.ArticleTagged`.
    pub fn encode(&self) -> Vec<u8> {
        proto::ArticleTagged {
            tagged_article: Some(encode_tagged_article(&self.tagged_article)),
            source_position: Some(encode_position(&self.source_position)),
            accepted_at: Some(encode_timestamp(self.accepted_at)),
        }
        .encode_to_vec()
    }

    /// Reads what [`ArticleTagged::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = proto::ArticleTagged::decode(bytes).map_err(malformed)?;
        let accepted_at = message.accepted_at.ok_or(DecodeError::Missing("accepted_at"))?;
        Ok(Self {
            tagged_article: decode_tagged_article(
                message
                    .tagged_article
                    .ok_or(DecodeError::Missing("tagged_article"))?,
            )?,
            source_position: decode_position(
                message
                    .source_position
                    .ok_or(DecodeError::Missing("source_position"))?,
            ),
            accepted_at: decode_timestamp(&accepted_at, "accepted_at")?,
        })
    }
}

impl DeadLetter {
    /// The letter as bytes of `gisa.events.v1.DeadLetter`.
    pub fn encode(self) -> Vec<u8> {
        proto::DeadLetter {
            position: Some(encode_position(&self.position)),
            stream: self.stream,
            subject: self.subject,
            headers: self.headers.into_iter().collect(),
            payload: self.payload,
            error: self.error,
            attempts: self.attempts,
            consumer: self.consumer,
            failed_at: Some(encode_timestamp(self.failed_at)),
            trace_id: self.trace_id,
            resolution: self.resolution.map(encode_resolution),
        }
        .encode_to_vec()
    }

    /// Reads what [`DeadLetter::encode`] wrote.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let message = proto::DeadLetter::decode(bytes).map_err(malformed)?;
        let failed_at = message.failed_at.ok_or(DecodeError::Missing("failed_at"))?;
        Ok(Self {
            position: decode_position(message.position.ok_or(DecodeError::Missing("position"))?),
            stream: message.stream,
            subject: message.subject,
            headers: message.headers.into_iter().collect(),
            payload: message.payload,
            error: message.error,
            attempts: message.attempts,
            consumer: message.consumer,
            failed_at: decode_timestamp(&failed_at, "failed_at")?,
            trace_id: message.trace_id,
            resolution: message.resolution.map(decode_resolution).transpose()?,
        })
    }
}

fn encode_resolution(resolution: DeadLetterResolution) -> proto::DeadLetterResolution {
    let kind = match resolution.kind {
        DeadLetterResolutionKind::Replayed => proto::dead_letter_resolution::Kind::Replayed,
        DeadLetterResolutionKind::Discarded => proto::dead_letter_resolution::Kind::Discarded,
    };
    proto::DeadLetterResolution {
        kind: kind.into(),
        resolved_at: Some(encode_timestamp(resolution.resolved_at)),
        letter_sequence: resolution.letter_sequence,
    }
}

fn decode_resolution(message: proto::DeadLetterResolution) -> Result<DeadLetterResolution, DecodeError> {
    let kind = match message.kind() {
        proto::dead_letter_resolution::Kind::Replayed => DeadLetterResolutionKind::Replayed,
        proto::dead_letter_resolution::Kind::Discarded => DeadLetterResolutionKind::Discarded,
        proto::dead_letter_resolution::Kind::Unspecified => {
            return Err(DecodeError::Missing("resolution.kind"));
        }
    };
    let resolved_at = message
        .resolved_at
        .ok_or(DecodeError::Missing("resolution.resolved_at"))?;
    Ok(DeadLetterResolution {
        kind,
        resolved_at: decode_timestamp(&resolved_at, "resolution.resolved_at")?,
        letter_sequence: message.letter_sequence,
    })
}

pub(crate) fn encode_position(position: &LogPosition) -> proto::LogPosition {
    proto::LogPosition {
        stream_identity: position.stream_identity.clone(),
        sequence: position.sequence,
    }
}

pub(crate) fn decode_position(message: proto::LogPosition) -> LogPosition {
    LogPosition {
        stream_identity: message.stream_identity,
        sequence: message.sequence,
    }
}

pub(crate) fn malformed(error: prost::DecodeError) -> DecodeError {
    DecodeError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_come_back_as_they_were() {
        let open = DeadLetter {
            position: LogPosition {
                stream_identity: "x".to_owned(),
                sequence: 17,
            },
            stream: "ARTICLES".to_owned(),
            subject: "articles.a".to_owned(),
            headers: BTreeMap::from([("traceparent".to_owned(), "00-1".to_owned())]),
            payload: Bytes::from_static(b"not protobuf"),
            error: "it panicked".to_owned(),
            attempts: 5,
            consumer: "entity-tagging".to_owned(),
            failed_at: "2026-11-30T19:00:00Z".parse().unwrap(),
            trace_id: "1".to_owned(),
            resolution: None,
        };
        let resolved = |kind| DeadLetter {
            payload: Bytes::new(),
            resolution: Some(DeadLetterResolution {
                kind,
                resolved_at: "2026-11-30T20:00:00Z".parse().unwrap(),
                letter_sequence: 3,
            }),
            ..open.clone()
        };
        let letters = [
            open.clone(),
            resolved(DeadLetterResolutionKind::Replayed),
            resolved(DeadLetterResolutionKind::Discarded),
        ];
        for letter in letters {
            assert_eq!(
                DeadLetter::decode(letter.clone().encode().into()).unwrap(),
                letter
            );
        }
    }
}
