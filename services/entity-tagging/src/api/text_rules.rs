//! What a text must be like to be tagged.

use gisa_article_codec::time::decode_zoned;
use gisa_article_model::ZonedTime;
use gisa_proto::tagging::v1 as proto;
use gisa_service_runtime::{ErrorReason, RpcError};
use jiff::Timestamp;
use tonic::Code;
use unicode_normalization::is_nfc;

const MAX_TITLE_CHARACTERS: usize = 1000;
const MAX_SUBTITLE_CHARACTERS: usize = 2000;

/// Checks the documented limits; gives the time that relative dates refer to.
pub(super) fn check_text(text: &proto::TextToTag, max_body_bytes: usize) -> Result<ZonedTime, RpcError> {
    if text.body.len() > max_body_bytes {
        return Err(RpcError::new(
            Code::InvalidArgument,
            ErrorReason::BodyTooLarge,
            format!(
                "the body has {} bytes, more than the limit of {max_body_bytes}",
                text.body.len()
            ),
        )
        .with_metadata("size", text.body.len())
        .with_metadata("limit", max_body_bytes)
        .with_field_violation("text.body", "is too large"));
    }

    let mut violations = Vec::new();
    let mut violation = |field: &str, problem: &str| violations.push((field.to_owned(), problem.to_owned()));
    let fields = [
        ("text.title", &text.title),
        ("text.subtitle", &text.subtitle),
        ("text.body", &text.body),
    ];
    if fields.iter().all(|(_, value)| value.trim().is_empty()) {
        violation("text", "must have a title, a subtitle or a body");
    }
    for (field, value) in fields {
        if !is_nfc(value) {
            violation(
                field,
                "must be in Unicode normalisation form C, because offsets count in it",
            );
        }
    }
    if text.title.chars().count() > MAX_TITLE_CHARACTERS {
        violation("text.title", "must be at most 1,000 characters");
    }
    if text.subtitle.chars().count() > MAX_SUBTITLE_CHARACTERS {
        violation("text.subtitle", "must be at most 2,000 characters");
    }
    let published_at = match &text.published_at {
        None => ZonedTime::in_korea(Timestamp::now()),
        Some(given) => decode_zoned(given, "text.published_at").unwrap_or_else(|error| {
            violation("text.published_at", &error.to_string());
            ZonedTime::in_korea(Timestamp::UNIX_EPOCH)
        }),
    };
    if violations.is_empty() {
        Ok(published_at)
    } else {
        Err(RpcError::invalid_fields(violations))
    }
}
