//! Giving up on a message without losing it.

use bytes::Bytes;

use crate::{Append, AppendError, Delivery, EventLog, ExpectedLast, Headers, LogError, Stream, Subject};

/// Stores `letter`, the encoded dead letter of `delivery`, and only then terminates the delivery. Repeatable: there is one
/// dead letter for each message, the first one written stays.
pub async fn dead_letter(
    log: &dyn EventLog,
    from: Stream,
    delivery: Delivery,
    letter: Bytes,
) -> Result<(), LogError> {
    let subject = Subject::dead_letter(from, delivery.record.sequence);
    let append = Append {
        message_id: subject.to_string(),
        subject,
        expected_last: ExpectedLast::None,
        headers: Headers::clone(&delivery.record.headers),
        payload: letter,
    };
    let result = log.append(Stream::DeadLetters, vec![append]).await.pop();
    match result {
        // A conflict means that an earlier attempt has stored it.
        Some(Ok(_) | Err(AppendError::Conflict { .. })) => delivery.terminate().await,
        Some(Err(AppendError::Log(error))) => Err(error),
        Some(Err(error)) => Err(LogError::Unavailable(error.to_string())),
        None => Err(LogError::Unavailable(
            "the log gave no answer to an append".to_owned(),
        )),
    }
}
