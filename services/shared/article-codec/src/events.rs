//! The payloads on the event log.

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

/// What could not be processed, for stream DEAD_LETTERS.
#[derive(Clone, Debug)]
pub struct DeadLetter<'a> {
    /// Where the message stands.
    pub position: LogPosition,
    /// Name of the stream it was read from.
    pub stream: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// What went wrong, with causes.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Durable consumer that gave up.
    pub consumer: &'a str,
    /// When it gave up.
    pub failed_at: Timestamp,
    /// W3C trace id, empty if none.
    pub trace_id: String,
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

impl DeadLetter<'_> {
    /// The letter as bytes of `gisa.events.v1.DeadLetter`.
    pub fn encode(self) -> Vec<u8> {
        proto::DeadLetter {
            position: Some(encode_position(&self.position)),
            stream: self.stream.to_owned(),
            subject: self.subject.to_owned(),
            headers: self.headers.into_iter().collect(),
            payload: self.payload.into(),
            error: self.error,
            attempts: self.attempts,
            consumer: self.consumer.to_owned(),
            failed_at: Some(encode_timestamp(self.failed_at)),
            trace_id: self.trace_id,
        }
        .encode_to_vec()
    }
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
