//! Page tokens of lists: the id after which the next page starts, bound to the conditions of the list.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gisa_proto::tagging::v1::ListEntitiesRequest;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

const DIGEST_BYTES: usize = 8;

/// The token for the page after `last_id`.
pub(super) fn encode_page_token(request: &ListEntitiesRequest, last_id: &str) -> String {
    let mut bytes = digest(request, last_id).to_vec();
    bytes.extend(last_id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The id that the page of a request starts after; `None` if the token is damaged or was given for other conditions.
pub(super) fn decode_page_token(request: &ListEntitiesRequest) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(&request.page_token).ok()?;
    let (given, last_id) = bytes.split_at_checked(DIGEST_BYTES)?;
    let last_id = std::str::from_utf8(last_id).ok()?;
    (given == digest(request, last_id)).then(|| last_id.to_owned())
}

/// Of everything in the request but the page, and of the id.
fn digest(request: &ListEntitiesRequest, last_id: &str) -> [u8; DIGEST_BYTES] {
    let conditions = ListEntitiesRequest {
        page_size: 0,
        page_token: String::new(),
        min_dictionary_version: 0,
        ..request.clone()
    };
    let hash = Sha256::new()
        .chain_update(conditions.encode_to_vec())
        .chain_update(last_id)
        .finalize();
    std::array::from_fn(|index| hash[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_conditions() {
        let list = |text: &str, page_token: String| ListEntitiesRequest {
            text: text.into(),
            page_token,
            page_size: 7,
            ..ListEntitiesRequest::default()
        };
        let token = encode_page_token(&list("가", String::new()), "org:a");
        assert_eq!(
            decode_page_token(&list("가", token.clone())).as_deref(),
            Some("org:a")
        );
        assert_eq!(decode_page_token(&list("나", token.clone())), None);
        assert_eq!(decode_page_token(&list("가", format!("A{token}"))), None);
        assert_eq!(decode_page_token(&list("가", "x".into())), None);
    }
}
