//! Errors of the dictionary as callers see them; `docs/errors` explains each reason.

use std::time::Duration;

use gisa_event_log::{AppendError, LogError};
use gisa_service_runtime::{ErrorReason, RpcError};
use tonic::Code;
use tracing::{error, warn};

use crate::live_dictionary::EditError;

/// When to come back to a log that does not answer; a cluster needs some seconds for a new leader.
const RETRY_UNAVAILABLE: Duration = Duration::from_secs(1);
/// When to come back to a log that is full: somebody has to make room first.
const RETRY_FULL: Duration = Duration::from_secs(30);

impl From<EditError> for RpcError {
    fn from(error: EditError) -> Self {
        let message = error.to_string();
        match error {
            EditError::NotFound(entity_id) => entity_not_found(&entity_id),
            EditError::EtagMismatch { entity_id, current } => {
                Self::new(Code::Aborted, ErrorReason::EtagMismatch, message)
                    .with_metadata("entity_id", entity_id)
                    .with_metadata("etag", current)
            }
            EditError::ConcurrentChange(entity_id) => {
                Self::new(Code::Aborted, ErrorReason::ConcurrentChange, message)
                    .with_metadata("entity_id", entity_id)
            }
            EditError::Append(error) => append_error(&error),
            EditError::Undecodable(cause) => internal(&cause),
        }
    }
}

/// NOT_FOUND about an entity.
pub(super) fn entity_not_found(entity_id: &str) -> RpcError {
    RpcError::new(
        Code::NotFound,
        ErrorReason::EntityNotFound,
        format!("the dictionary has no entity {entity_id}"),
    )
    .with_metadata("entity_id", entity_id)
}

/// A version of the dictionary did not come in time.
pub(super) fn version_not_visible(version: u64) -> RpcError {
    RpcError::new(
        Code::DeadlineExceeded,
        ErrorReason::WriteNotVisible,
        format!("version {version} of the dictionary did not become visible in time"),
    )
    .with_metadata("dictionary_version", version)
}

/// What a failed append means to a caller.
pub(super) fn append_error(error: &AppendError) -> RpcError {
    match error {
        AppendError::StreamFull => RpcError::new(
            Code::ResourceExhausted,
            ErrorReason::LogFull,
            "the event log is full",
        )
        .with_retry_after(RETRY_FULL),
        AppendError::Log(LogError::Unavailable(_) | LogError::Closed) => {
            warn!(%error, "a change was not acknowledged: {error}");
            RpcError::new(
                Code::Unavailable,
                ErrorReason::LogUnavailable,
                "the event log does not answer; nothing was acknowledged",
            )
            .with_retry_after(RETRY_UNAVAILABLE)
        }
        error => internal(error),
    }
}

/// INTERNAL; what happened is in the service's log.
pub(super) fn internal(cause: &dyn std::fmt::Display) -> RpcError {
    error!(error = %cause, "a call failed: {cause}");
    RpcError::new(
        Code::Internal,
        ErrorReason::Internal,
        "a fault of the service; see its log for `a call failed`",
    )
}
