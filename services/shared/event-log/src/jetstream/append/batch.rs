//! One atomic batch: many messages, one acknowledgement, stored together or not at all.
//!
//! The server refuses a batch as a whole when one of its messages may not be stored: its condition is not met,
//! its id is known, the stream is full. Nor does it say which one. So this only tells the outcome of the whole.

use async_nats::{
    HeaderValue,
    connection::State,
    header,
    jetstream::{
        context::{PublishError, PublishErrorKind},
        message::PublishMessage,
    },
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    super::{failure, session::Session},
    Outgoing,
};
use crate::Stream;

/// Most messages in a batch, by the server's default limit.
pub(super) const MAX_MESSAGES: usize = 1000;

/// Most bytes in a batch: beyond it, it is the bytes that take the time.
pub(super) const MAX_BYTES: usize = 8 << 20;

/// What the headers of a batch add to a message, at most.
const HEADERS_SIZE: usize = 160;

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it is stored, with ascending sequences without gap from this one on.
    Stored {
        /// Sequence of its first message.
        first: u64,
    },
    /// None of it is stored, because of one message or more.
    Refused,
    /// It may or may not be stored, or was refused for a reason that has nothing to do with its messages.
    Open,
}

/// Whether a message may go into a batch.
pub(super) fn takes(session: &Session, message: &Outgoing) -> bool {
    message.size + HEADERS_SIZE <= session.client.max_payload() && message.size <= MAX_BYTES
}

/// Publishes a batch, once. No two of its messages may have the same subject: the server would check the
/// conditions of both against what was there before.
pub(super) async fn publish(session: &Session, stream: Stream, messages: &[&Outgoing]) -> Outcome {
    // Nothing would be sent; it would only wait in the client.
    if session.client.connection_state() != State::Connected {
        return Outcome::Open;
    }
    match timeout(session.config.ack_timeout(), send(session, messages)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            tracing::debug!(%stream, %error, messages = messages.len(), "a batch was not stored");
            if failure::is_of_one_message(&error) {
                Outcome::Refused
            } else {
                Outcome::Open
            }
        }
        Err(_elapsed) => Outcome::Open,
    }
}

async fn send(session: &Session, messages: &[&Outgoing]) -> Result<Outcome, PublishError> {
    let id = Uuid::new_v4().simple().to_string();
    let headers = |number: usize| {
        let mut headers = messages[number].headers.clone();
        headers.insert(header::NATS_BATCH_ID, id.as_str());
        headers.insert(header::NATS_BATCH_SEQUENCE, HeaderValue::from(number as u64 + 1));
        headers
    };
    let last = messages.len() - 1;
    for (number, message) in messages[..last].iter().enumerate() {
        session
            .client
            .publish_with_headers(
                message.subject.clone(),
                headers(number),
                message.append.payload.clone(),
            )
            .await
            .map_err(|error| PublishError::with_source(PublishErrorKind::BrokenPipe, error))?;
    }
    // The only message with an answer: the commit, which is refused unless all before it have arrived.
    let mut headers = headers(last);
    headers.insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
    let commit = PublishMessage::build()
        .headers(headers)
        .payload(messages[last].append.payload.clone());
    let acknowledgement = session
        .publisher
        .send_publish(messages[last].subject.clone(), commit);
    let ack = acknowledgement.await?.await?;
    let count = messages.len() as u64;
    // A server that does not know batches takes them for single messages, and answers for the last one only.
    if ack.batch_size != Some(count) || ack.sequence < count {
        return Ok(Outcome::Open);
    }
    Ok(Outcome::Stored {
        first: ack.sequence + 1 - count,
    })
}
