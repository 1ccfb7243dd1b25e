//! What is in the file: the tables and the form of their rows.

use bytes::Bytes;
use jiff::Timestamp;
use redb::TableDefinition;

use crate::{Headers, LogError, Record, Stream, StreamInfo, Subject};

/// Version of all that is defined here; a file with another one is refused.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Under `version`, the [`FORMAT_VERSION`] that the file was written with.
pub(super) const FORMAT: TableDefinition<'static, &str, u32> = TableDefinition::new("format");

/// By stream: identity, first and last sequence, number and bytes of its messages, time of the newest append.
pub(super) const STREAMS: TableDefinition<'static, u8, StreamRow<'static>> = TableDefinition::new("streams");
pub(super) type StreamRow<'a> = (&'a str, u64, u64, u64, u64, Option<i64>);

/// By stream and sequence: time of the append, subject, headers, payload.
pub(super) const RECORDS: TableDefinition<'static, (u8, u64), RecordRow<'static>> =
    TableDefinition::new("records");
pub(super) type RecordRow<'a> = (i64, &'a str, Vec<(&'a str, &'a str)>, &'a [u8]);

/// By stream and subject: sequence of its newest message that is kept.
pub(super) const SUBJECTS: TableDefinition<'static, (u8, &str), u64> = TableDefinition::new("subjects");

/// By stream and sequence, for the messages of the duplicate window: time of the append, hash of the message
/// id. In the order of the appends, so that a commit touches its two ends and no page between; it is looked
/// up in memory.
pub(super) const MESSAGE_IDS: TableDefinition<'static, (u8, u64), (i64, u128)> =
    TableDefinition::new("message_ids");

/// By stream and name of a durable consumer: the first sequence that it has not delivered, and which ones
/// before that are not settled, each with how often it was delivered.
pub(super) const CONSUMERS: TableDefinition<'static, (u8, &str), ConsumerRow> =
    TableDefinition::new("consumers");
pub(super) type ConsumerRow = (u64, Vec<(u64, u32)>);

/// Number of a stream in the keys. Part of the format: never change one.
pub(super) fn code(stream: Stream) -> u8 {
    match stream {
        Stream::Articles => 1,
        Stream::Tagged => 2,
        Stream::DeadLetters => 3,
        Stream::Advisories => 9,
        Stream::Dictionary => 4,
        Stream::Retags => 5,
    }
}

/// The stream with this number, if there is one.
pub(super) fn stream(code: u8) -> Option<Stream> {
    Stream::ALL.into_iter().find(|stream| self::code(*stream) == code)
}

/// Place of a stream in arrays that have one element for each, in the order of [`Stream::ALL`].
pub(super) fn index(stream: Stream) -> usize {
    match stream {
        Stream::Articles => 0,
        Stream::Tagged => 1,
        Stream::DeadLetters => 2,
        Stream::Advisories => 3,
        Stream::Dictionary => 4,
        Stream::Retags => 5,
    }
}

/// Size of a message as the limits and [`StreamInfo::bytes`] count it.
pub(super) fn message_bytes<'a>(payload: &[u8], headers: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
    payload.len()
        + headers
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
}

/// The size that a stored message had when it was counted.
pub(super) fn row_bytes((_, _, headers, payload): &RecordRow<'_>) -> u64 {
    message_bytes(payload, headers.iter().copied()) as u64
}

/// Nanoseconds of a time, which fit until the year 2262.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The time with these nanoseconds.
pub(super) fn timestamp(nanoseconds: i64) -> Timestamp {
    // Every i64 lies within what a timestamp holds (years -9999 to 9999).
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::MAX)
}

/// Reads a message from its row.
pub(super) fn record(sequence: u64, (time, subject, headers, payload): RecordRow<'_>) -> Record {
    let headers: Headers = headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Record {
        sequence,
        subject: Subject::from_log(subject),
        appended_at: timestamp(time),
        headers,
        payload: Bytes::copy_from_slice(payload),
    }
}

/// Reads the head of a stream from its row.
pub(super) fn stream_info((identity, first, last, messages, bytes, time): StreamRow<'_>) -> StreamInfo {
    StreamInfo {
        identity: identity.to_owned(),
        first_sequence: first,
        last_sequence: last,
        messages,
        bytes,
        max_bytes: None,
        last_appended_at: time.map(timestamp),
    }
}

/// The row of a stream's head.
pub(super) fn stream_row(info: &StreamInfo) -> StreamRow<'_> {
    let time = info.last_appended_at.map(nanoseconds);
    (
        &info.identity,
        info.first_sequence,
        info.last_sequence,
        info.messages,
        info.bytes,
        time,
    )
}

/// What a failure of the store means to the callers of the log.
pub(super) fn log_error(error: impl Into<redb::Error>) -> LogError {
    match error.into() {
        redb::Error::Corrupted(reason) => LogError::Corrupt(reason),
        redb::Error::DatabaseClosed => LogError::Closed,
        error => LogError::Unavailable(format!("the store failed: {error}")),
    }
}
