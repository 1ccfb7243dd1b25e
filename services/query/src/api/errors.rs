//! Domain errors as callers see them.

use std::fmt;

use gisa_service_runtime::{ErrorReason, RpcError};
use tonic::Code;
use tracing::error;

use super::not_ready;
use crate::{
    freshness::FreshnessError, index::IndexError, rebuild::RebuildError, search::QueryError,
    watch::WatchError,
};

/// INTERNAL; what happened is in the service's log.
pub(super) fn internal(cause: &dyn fmt::Display) -> RpcError {
    error!(error = %cause, "a call failed: {cause}");
    RpcError::new(
        Code::Internal,
        ErrorReason::Internal,
        "a fault of the service; see its log for `a call failed`",
    )
}

/// NOT_FOUND about an article.
pub(super) fn article_error(
    reason: ErrorReason,
    article_id: &str,
    revision: u32,
    message: String,
) -> RpcError {
    let error = RpcError::new(Code::NotFound, reason, message).with_metadata("article_id", article_id);
    if revision == 0 {
        error
    } else {
        error.with_metadata("revision", revision)
    }
}

/// INVALID_ARGUMENT about a token.
pub(super) fn invalid_token(reason: ErrorReason, message: &str) -> RpcError {
    RpcError::new(Code::InvalidArgument, reason, message)
}

impl From<IndexError> for RpcError {
    fn from(error: IndexError) -> Self {
        internal(&error)
    }
}

impl From<QueryError> for RpcError {
    fn from(error: QueryError) -> Self {
        RpcError::new(
            Code::InvalidArgument,
            ErrorReason::InvalidQuery,
            error.to_string(),
        )
        .with_metadata("position", error.position)
    }
}

impl From<FreshnessError> for RpcError {
    fn from(error: FreshnessError) -> Self {
        let message = error.to_string();
        match error {
            FreshnessError::Damaged => invalid_token(ErrorReason::InvalidWriteToken, &message),
            FreshnessError::LogReplaced => {
                RpcError::new(Code::FailedPrecondition, ErrorReason::LogReplaced, message)
            }
            FreshnessError::NotVisible { article_id, revision } => {
                RpcError::new(Code::DeadlineExceeded, ErrorReason::WriteNotVisible, message)
                    .with_metadata("article_id", article_id)
                    .with_metadata("revision", revision)
            }
            FreshnessError::NotReady => not_ready(&message),
            FreshnessError::Log(_) | FreshnessError::Index(_) => internal(&message),
        }
    }
}

impl From<WatchError> for RpcError {
    fn from(error: WatchError) -> Self {
        let message = error.to_string();
        match error {
            WatchError::OtherFilter => invalid_token(ErrorReason::InvalidResumeToken, &message),
            WatchError::LogReplaced => {
                RpcError::new(Code::FailedPrecondition, ErrorReason::LogReplaced, message)
            }
            WatchError::Compacted { first_sequence, .. } => {
                RpcError::new(Code::OutOfRange, ErrorReason::PositionCompacted, message)
                    .with_metadata("first_sequence", first_sequence)
            }
            WatchError::NotReady(_) => not_ready(&message),
            WatchError::Log(_) | WatchError::Index(_) => internal(&message),
        }
    }
}

impl From<RebuildError> for RpcError {
    fn from(error: RebuildError) -> Self {
        let message = error.to_string();
        match error {
            RebuildError::Running => {
                RpcError::new(Code::FailedPrecondition, ErrorReason::RebuildRunning, message)
            }
            RebuildError::WouldForget {
                first_sequence,
                oldest_indexed,
            } => RpcError::new(Code::FailedPrecondition, ErrorReason::RebuildWouldForget, message)
                .with_metadata("first_sequence", first_sequence)
                .with_metadata("oldest_indexed_sequence", oldest_indexed),
            RebuildError::NotReady(what) => not_ready(what),
            RebuildError::Log(_) | RebuildError::Index(_) => internal(&message),
        }
    }
}
