//! Resume tokens: where a watch goes on, bound to its filter and to the log.

use prost::Message;

use crate::token::{TokenKind, open, seal};

/// Where a watch goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// Identity of TAGGED.
    pub stream_identity: String,
    /// Everything up to this sequence has been told.
    pub sequence: u64,
    /// Names the filter.
    pub filter_digest: [u8; 16],
}

#[derive(Clone, PartialEq, Message)]
struct ResumeToken {
    #[prost(string, tag = "1")]
    stream_identity: String,
    #[prost(uint64, tag = "2")]
    sequence: u64,
    #[prost(bytes = "vec", tag = "3")]
    filter_digest: Vec<u8>,
}

impl ResumePoint {
    /// The token as callers see it.
    pub fn encode(&self) -> String {
        seal(
            TokenKind::Resume,
            &ResumeToken {
                stream_identity: self.stream_identity.clone(),
                sequence: self.sequence,
                filter_digest: self.filter_digest.to_vec(),
            },
        )
    }

    /// Reads a token; `None` when it is damaged.
    pub fn decode(token: &str) -> Option<Self> {
        let token: ResumeToken = open(TokenKind::Resume, token)?;
        Some(Self {
            stream_identity: token.stream_identity,
            sequence: token.sequence,
            filter_digest: token.filter_digest.try_into().ok()?,
        })
    }
}
