//! Page tokens of lists: what the next page starts after, bound to the conditions of the list.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gisa_service_runtime::{ErrorReason, RpcError};
use prost::Message;
use sha2::{Digest as _, Sha256};
use tonic::Code;

const DIGEST_BYTES: usize = 8;

/// The token for the page after `last`. `conditions` is the request without what may differ from page to page.
pub(super) fn encode_page_token(conditions: &impl Message, last: &str) -> String {
    let mut bytes = digest(conditions, last).to_vec();
    bytes.extend(last.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the page of a token starts after. INVALID_PAGE_TOKEN if the token is damaged or was given for other conditions.
pub(super) fn decode_page_token(conditions: &impl Message, token: &str) -> Result<String, RpcError> {
    let decode = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (given, last) = bytes.split_at_checked(DIGEST_BYTES)?;
        let last = std::str::from_utf8(last).ok()?;
        (given == digest(conditions, last)).then(|| last.to_owned())
    };
    decode().ok_or_else(|| {
        RpcError::new(
            Code::InvalidArgument,
            ErrorReason::InvalidPageToken,
            "the page token is damaged or belongs to a list with other conditions",
        )
    })
}

fn digest(conditions: &impl Message, last: &str) -> [u8; DIGEST_BYTES] {
    let hash = Sha256::new()
        .chain_update(conditions.encode_to_vec())
        .chain_update(last)
        .finalize();
    std::array::from_fn(|index| hash[index])
}

#[cfg(test)]
mod tests {
    use gisa_proto::tagging::v1::ListEntitiesRequest;

    use super::*;

    #[test]
    fn a_token_belongs_to_its_conditions() {
        let list = |text: &str| ListEntitiesRequest {
            text: text.into(),
            ..ListEntitiesRequest::default()
        };
        let token = encode_page_token(&list("가"), "org:a");
        assert_eq!(decode_page_token(&list("가"), &token).unwrap(), "org:a");
        assert!(decode_page_token(&list("나"), &token).is_err());
        assert!(decode_page_token(&list("가"), &format!("A{token}")).is_err());
        assert!(decode_page_token(&list("가"), "x").is_err());
    }
}
