//! Errors as callers see them; `docs/errors` explains each reason.

use std::time::Duration;

use gisa_service_runtime::{ErrorReason, RpcError};
use tonic::Code;

use crate::{
    error::IngestError,
    validate::{Invalid, OversizedBody},
};

/// When to come back to a log that does not answer; a cluster needs some seconds for a new leader.
const RETRY_UNAVAILABLE: Duration = Duration::from_secs(1);
/// When to come back to a log that is full: somebody has to make room first.
const RETRY_FULL: Duration = Duration::from_secs(30);

impl From<IngestError> for RpcError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Invalid(invalid) => invalid_fields(invalid),
            IngestError::Retracted { article_id, revision } => Self::new(
                Code::FailedPrecondition,
                ErrorReason::ArticleRetracted,
                format!("article {article_id} is retracted"),
            )
            .with_metadata("article_id", article_id)
            .with_metadata("revision", revision),
            IngestError::NotFound { article_id } => Self::new(
                Code::NotFound,
                ErrorReason::ArticleNotFound,
                format!("there is no article {article_id}"),
            )
            .with_metadata("article_id", article_id),
            IngestError::ConcurrentChange { article_id } => Self::new(
                Code::Aborted,
                ErrorReason::ConcurrentChange,
                format!("other writers changed article {article_id} each time; repeat the call"),
            )
            .with_metadata("article_id", article_id),
            IngestError::LogUnavailable => Self::new(
                Code::Unavailable,
                ErrorReason::LogUnavailable,
                "the event log does not answer; nothing was acknowledged",
            )
            .with_retry_after(RETRY_UNAVAILABLE),
            IngestError::LogFull => Self::new(
                Code::ResourceExhausted,
                ErrorReason::LogFull,
                "the event log is full",
            )
            .with_retry_after(RETRY_FULL),
            IngestError::TooLargeForLog { size, limit } => Self::new(
                Code::InvalidArgument,
                ErrorReason::BodyTooLarge,
                format!("the article takes {size} bytes, the event log accepts {limit}"),
            )
            .with_metadata("size", size)
            .with_metadata("limit", limit),
            IngestError::Internal { article_id } => Self::new(
                Code::Internal,
                ErrorReason::Internal,
                format!("a fault of the service; see its log for article {article_id}"),
            )
            .with_metadata("article_id", article_id),
        }
    }
}

fn invalid_fields(invalid: Invalid) -> RpcError {
    let violations = invalid.violations;
    let Some(OversizedBody { size, limit }) = invalid.oversized_body else {
        let pairs = violations
            .into_iter()
            .map(|violation| (violation.field, violation.problem));
        return RpcError::invalid_fields(pairs.collect());
    };
    let error = RpcError::new(
        Code::InvalidArgument,
        ErrorReason::BodyTooLarge,
        format!("the body has {size} bytes, at most {limit} are allowed"),
    );
    violations
        .into_iter()
        .fold(error, |error, violation| {
            error.with_field_violation(&violation.field, &violation.problem)
        })
        .with_metadata("size", size)
        .with_metadata("limit", limit)
}

/// A request that is too large to be read.
pub(super) fn unreadable_request(limit: usize) -> RpcError {
    RpcError::new(
        Code::InvalidArgument,
        ErrorReason::BodyTooLarge,
        format!("a request has more than {limit} bytes; the stream cannot be read on"),
    )
    .with_metadata("limit", limit)
}

/// The service is stopping.
pub(super) fn stopping() -> RpcError {
    RpcError::new(
        Code::Unavailable,
        ErrorReason::NotReady,
        "the service is stopping; what was not answered has to be sent again",
    )
}

/// An operation of a stream panicked.
pub(super) fn broken_off() -> RpcError {
    RpcError::new(
        Code::Internal,
        ErrorReason::Internal,
        "a fault of the service: an operation broke off without an answer; see its log",
    )
}
