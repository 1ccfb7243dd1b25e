//! Write tokens: made by ingest, read by query, opaque to callers.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gisa_article_model::ArticleId;
use gisa_proto::events::v1 as proto;
use prost::Message as _;

use crate::{
    DecodeError, LogPosition,
    events::{decode_position, encode_position, malformed},
};

/// Names a write, so that a reader can wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteToken {
    /// Article that was written.
    pub article_id: ArticleId,
    /// Revision that was current after the write.
    pub revision: u32,
    /// Position of that revision in ARTICLES.
    pub position: LogPosition,
}

impl WriteToken {
    /// The token as callers see it: base64url without padding.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(
            proto::WriteToken {
                article_id: self.article_id.to_string(),
                revision: self.revision,
                position: Some(encode_position(&self.position)),
            }
            .encode_to_vec(),
        )
    }

    /// Reads a token; fails when it is damaged.
    pub fn decode(token: &str) -> Result<Self, DecodeError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|error| DecodeError::Malformed(error.to_string()))?;
        let message = proto::WriteToken::decode(bytes.as_slice()).map_err(malformed)?;
        Ok(Self {
            article_id: ArticleId::parse(&message.article_id)
                .map_err(|_| DecodeError::out_of_range("article_id", &message.article_id))?,
            revision: message.revision,
            position: decode_position(message.position.ok_or(DecodeError::Missing("position"))?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip_and_damaged_ones_are_refused() {
        let token = WriteToken {
            article_id: ArticleId::parse("a.1").unwrap(),
            revision: 3,
            position: LogPosition {
                stream_identity: "x".into(),
                sequence: 9,
            },
        };
        let text = token.encode();
        assert_eq!(WriteToken::decode(&text), Ok(token));
        for damaged in ["", "한글", "!!!!", &text[1..]] {
            assert!(WriteToken::decode(damaged).is_err(), "{damaged:?}");
        }
    }
}
