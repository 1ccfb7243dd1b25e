//! What the errors of NATS mean for the log.

use std::{error::Error, fmt::Display};

use async_nats::jetstream::{
    self, ErrorCode,
    context::{
        CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind, PublishError,
        PublishErrorKind,
    },
    stream::{
        ConsumerError, ConsumerErrorKind, PurgeError, PurgeErrorKind, RawMessageError, RawMessageErrorKind,
    },
};

use crate::{AppendError, LogError, Stream};

/// What to do after an attempt to append.
#[derive(Debug)]
pub(super) enum AppendFailure {
    /// Nothing was stored and repeating it would not help.
    Final(AppendError),
    /// It may or may not be stored; the reason in words.
    Repeat(String),
}

/// The log does not answer.
pub(super) fn unavailable(what: &str, error: impl Display) -> LogError {
    LogError::Unavailable(format!("{what}: {error}"))
}

/// The stream is not there.
pub(super) fn missing(stream: Stream) -> LogError {
    LogError::UnsafeStream {
        stream,
        reason: "it does not exist in NATS any more".to_owned(),
    }
}

/// An error that the JetStream server gave in answer to a request about a stream.
pub(super) fn refused(stream: Stream, what: &str, error: &jetstream::Error) -> LogError {
    match (error.error_code(), error.code()) {
        (ErrorCode::STREAM_NOT_FOUND, _) => missing(stream),
        // 4xx is about the request, but for "timed out" and "too many requests"; 5xx is about the server.
        (_, 400..=407 | 409..=428) => LogError::UnsafeStream {
            stream,
            reason: format!("{what}: {error}"),
        },
        _ => unavailable(what, error),
    }
}

pub(super) fn of_stream(stream: Stream, what: &str, error: &GetStreamError) -> LogError {
    match error.kind() {
        GetStreamErrorKind::JetStream(answer) => refused(stream, what, &answer),
        _ => unavailable(what, error),
    }
}

pub(super) fn of_stream_change(stream: Stream, what: &str, error: &CreateStreamError) -> LogError {
    match error.kind() {
        // Whatever the server says to the settings of a stream will be said again: too little space set
        // aside, too few servers, subjects of another stream.
        CreateStreamErrorKind::JetStream(answer)
            if answer.error_code() != ErrorCode::CLUSTER_NOT_AVAILABLE =>
        {
            LogError::UnsafeStream {
                stream,
                reason: format!("{what}: {answer}"),
            }
        }
        _ => unavailable(what, error),
    }
}

pub(super) fn of_consumer(stream: Stream, what: &str, error: &ConsumerError) -> LogError {
    match error.kind() {
        ConsumerErrorKind::JetStream(answer) => refused(stream, what, &answer),
        _ => unavailable(what, error),
    }
}

/// `None` if there is no such message.
pub(super) fn of_message(stream: Stream, error: &RawMessageError) -> Option<LogError> {
    match error.kind() {
        // A subject that NATS does not take has no message.
        RawMessageErrorKind::NoMessageFound | RawMessageErrorKind::InvalidSubject => None,
        RawMessageErrorKind::JetStream(answer) => Some(refused(stream, "cannot get a message", &answer)),
        _ => Some(unavailable("cannot get a message", error)),
    }
}

pub(super) fn of_purge(stream: Stream, error: &PurgeError) -> LogError {
    match error.kind() {
        PurgeErrorKind::JetStream(answer) => refused(stream, "cannot compact", &answer),
        _ => unavailable("cannot compact", error),
    }
}

/// What to do after a failed publish of `size` bytes.
pub(super) fn of_publish(stream: Stream, error: &PublishError, size: usize, limit: usize) -> AppendFailure {
    if error.kind() == PublishErrorKind::MaxPayloadExceeded {
        return AppendFailure::Final(AppendError::TooLarge { size, limit });
    }
    match error
        .source()
        .and_then(|source| source.downcast_ref::<jetstream::Error>())
    {
        Some(answer) => of_publish_answer(stream, answer, size, limit),
        // No answer, or none that can be read: no stream listens (a restart), the connection broke, the time
        // ran out.
        None => AppendFailure::Repeat(error.to_string()),
    }
}

fn of_publish_answer(stream: Stream, answer: &jetstream::Error, size: usize, limit: usize) -> AppendFailure {
    let text = answer.to_string();
    match answer.error_code() {
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE => AppendFailure::Final(AppendError::Conflict {
            last: last_sequence(&text),
        }),
        // A cluster has not decided yet whether to store another message to the subject, or an earlier
        // attempt with this id.
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT | ErrorCode::STREAM_DUPLICATE_MESSAGE_CONFLICT => {
            AppendFailure::Repeat(text)
        }
        // 10077 stands for every failure to store; that a limit is reached is only in the text.
        ErrorCode::STREAM_STORE_FAILED if text.contains("maximum") => {
            AppendFailure::Final(AppendError::StreamFull)
        }
        ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED => AppendFailure::Final(AppendError::StreamFull),
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM => {
            AppendFailure::Final(AppendError::TooLarge { size, limit })
        }
        ErrorCode::STREAM_NOT_MATCH | ErrorCode::STREAM_SEALED => {
            AppendFailure::Final(LogError::UnsafeStream { stream, reason: text }.into())
        }
        _ => AppendFailure::Repeat(text),
    }
}

/// Whether the server refused an atomic batch because of what is in it, so that a part of it may be stored.
pub(super) fn is_of_one_message(error: &PublishError) -> bool {
    let answer = error
        .source()
        .and_then(|source| source.downcast_ref::<jetstream::Error>());
    answer.is_some_and(|answer| {
        matches!(
            answer.error_code(),
            ErrorCode::STREAM_WRONG_LAST_SEQUENCE
                | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT
                | ErrorCode::STREAM_DUPLICATE_MESSAGE_CONFLICT
                | ErrorCode::ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE
                | ErrorCode::STREAM_STORE_FAILED
                | ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM
                | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM
        )
    })
}

/// The number in "wrong last sequence: 17 (code 400, error code 10071)".
fn last_sequence(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("sequence: ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sequence_is_read_from_the_answer() {
        assert_eq!(
            last_sequence("wrong last sequence: 17 (code 400, error code 10071)"),
            Some(17)
        );
        assert_eq!(last_sequence("wrong last sequence: 0"), Some(0));
        assert_eq!(
            last_sequence("wrong last sequence (code 400, error code 10164)"),
            None
        );
    }
}
