//! Opaque tokens: base64url of a version, a checksum and a message.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::Message;
use sha2::{Digest as _, Sha256};

/// Raised when a token's message changes so that older ones cannot be read.
const VERSION: u8 = 1;
const CHECKSUM_LENGTH: usize = 8;

/// What a token is for; one kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Where the next page of a search starts.
    Page,
    /// Where a watch goes on.
    Resume,
}

impl TokenKind {
    fn number(self) -> u8 {
        match self {
            Self::Page => b'p',
            Self::Resume => b'r',
        }
    }
}

/// Writes a token.
pub fn seal(kind: TokenKind, message: &impl Message) -> String {
    let payload = message.encode_to_vec();
    let mut bytes = vec![kind.number(), VERSION];
    bytes.extend(checksum(kind, &payload));
    bytes.extend(payload);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token; `None` when it is damaged, of another kind or of another version.
pub fn open<M: Message + Default>(kind: TokenKind, token: &str) -> Option<M> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (head, rest) = bytes.split_at_checked(2)?;
    let (given, payload) = rest.split_at_checked(CHECKSUM_LENGTH)?;
    if head != [kind.number(), VERSION] || given != checksum(kind, payload) {
        return None;
    }
    M::decode(payload).ok()
}

fn checksum(kind: TokenKind, payload: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let digest = Sha256::new()
        .chain_update([kind.number(), VERSION])
        .chain_update(payload)
        .finalize();
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, PartialEq, Message)]
    struct Example {
        #[prost(string, tag = "1")]
        text: String,
    }

    #[test]
    fn tokens_round_trip_and_kinds_differ() {
        let token = seal(TokenKind::Page, &Example { text: "x".into() });
        assert_eq!(open::<Example>(TokenKind::Page, &token).unwrap().text, "x");
        assert!(open::<Example>(TokenKind::Resume, &token).is_none());
    }

    proptest! {
        #[test]
        fn a_changed_token_is_refused(text in ".{0,20}", index in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
            let token = seal(TokenKind::Page, &Example { text });
            let mut changed: Vec<char> = token.chars().collect();
            let index = index.index(changed.len());
            prop_assume!(changed[index] != letter.chars().next().unwrap());
            changed[index] = letter.chars().next().unwrap();
            let changed: String = changed.into_iter().collect();
            prop_assert!(open::<Example>(TokenKind::Page, &changed).is_none());
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = open::<Example>(TokenKind::Page, &text);
        }
    }
}
