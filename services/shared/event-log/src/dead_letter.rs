//! Giving up on a message without losing it.

use bytes::Bytes;

use crate::{Append, AppendError, EventLog, ExpectedLast, Headers, LogError, Record, Stream, Subject};

/// How often others may change the letter in between.
const MAX_CONFLICTS: usize = 8;

/// Stores `letter`, the encoded dead letter of `record`; only then may its delivery be terminated. Repeatable: a message
/// has one letter, and the first one written stays, unless `is_closed` says of its newest message that it was dealt with.
/// Tells whether the letter was stored now.
pub async fn store_dead_letter(
    log: &dyn EventLog,
    from: Stream,
    record: &Record,
    letter: Bytes,
    is_closed: impl Fn(&Record) -> bool + Send,
) -> Result<bool, LogError> {
    let subject = Subject::dead_letter(from, record.sequence);
    for _ in 0..MAX_CONFLICTS {
        let newest = log.last_of_subject(Stream::DeadLetters, &subject).await?;
        let (expected_last, message_id) = match newest {
            None => (ExpectedLast::None, subject.to_string()),
            Some(newest) if is_closed(&newest) => (
                ExpectedLast::Sequence(newest.sequence),
                format!("{subject}/{}", newest.sequence),
            ),
            Some(_) => return Ok(false),
        };
        let append = Append {
            message_id,
            subject: subject.clone(),
            expected_last,
            headers: Headers::clone(&record.headers),
            payload: letter.clone(),
        };
        match log.append(Stream::DeadLetters, vec![append]).await.pop() {
            Some(Ok(_)) => return Ok(true),
            // Somebody else has stored it, or dealt with it.
            Some(Err(AppendError::Conflict { .. })) => (),
            Some(Err(AppendError::Log(error))) => return Err(error),
            Some(Err(error)) => return Err(LogError::Unavailable(error.to_string())),
            None => return Err(LogError::Unavailable("no answer to an append".to_owned())),
        }
    }
    Err(LogError::Unavailable(format!("{subject} keeps changing")))
}
