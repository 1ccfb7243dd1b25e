//! One message alone: published, and repeated with the same message id until its outcome is known.

use std::time::Duration;

use async_nats::{
    connection::State,
    jetstream::{context::PublishError, message::PublishMessage, publish::PublishAck},
};
use tokio::time::{sleep, timeout};

use super::{
    super::{
        codec,
        failure::{self, AppendFailure},
        session::Session,
    },
    AppendResult, Outgoing,
};
use crate::{Append, AppendError, Appended, ExpectedLast, LogError, Stream, retry::Backoff};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

/// Appends one message; repeats it until the deadline.
pub(super) async fn append(session: &Session, stream: Stream, outgoing: Outgoing) -> AppendResult {
    let Outgoing {
        append,
        subject,
        headers,
        size,
        since,
    } = outgoing;
    let limit = session.client.max_payload();
    // Made again for another attempt, which is rare, rather than copied for each first one.
    let mut headers = Some(headers);

    let deadline = session.config.append_deadline();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let remaining = deadline.saturating_sub(since.elapsed());
        let message = PublishMessage::build()
            .headers(
                headers
                    .take()
                    .unwrap_or_else(|| codec::headers_of(&append, &session.names.stream(stream))),
            )
            .payload(append.payload.clone());
        let reason = match timeout(remaining, attempt_once(session, &subject, message)).await {
            Ok(Attempt::Acknowledged(ack)) => {
                return Ok(Appended {
                    sequence: ack.sequence,
                    duplicate: ack.duplicate,
                });
            }
            Ok(Attempt::Failed(error)) => match failure::of_publish(stream, &error, size, limit) {
                AppendFailure::Final(AppendError::Conflict { last }) => {
                    match stored_before(session, stream, &subject, &append).await {
                        Ok(Some(stored)) => return Ok(stored),
                        Ok(None) => return Err(AppendError::Conflict { last }),
                        Err(error) => error.to_string(),
                    }
                }
                AppendFailure::Final(error) => return Err(error),
                AppendFailure::Repeat(reason) => reason,
            },
            Ok(Attempt::NotConnected) => "not connected to NATS".to_owned(),
            Err(_) => "no acknowledgement in time".to_owned(),
        };
        let delay = BACKOFF.delay(attempt);
        if since.elapsed() + delay >= deadline {
            return Err(given_up(&format!("{reason}, in {attempt} attempts")).into());
        }
        tracing::debug!(%stream, attempt, reason, "an append is repeated");
        if session.until_closed(sleep(delay)).await.is_err() {
            return Err(given_up(&format!("{reason}, and the log is being closed")).into());
        }
    }
}

/// What an earlier attempt has stored, if the conflict is with that.
///
/// A server that keeps a stream alone looks at the expected sequence before the message id, so a repeated
/// conditional append whose answer got lost conflicts with itself (a cluster looks at the id first). If it
/// was stored, then as the first message of the subject behind the expected one.
async fn stored_before(
    session: &Session,
    stream: Stream,
    subject: &str,
    append: &Append,
) -> Result<Option<Appended>, LogError> {
    let expected = match append.expected_last {
        ExpectedLast::Any => return Ok(None),
        ExpectedLast::None => 0,
        ExpectedLast::Sequence(sequence) => sequence,
    };
    let handle = session.api.get_stream_no_info(session.names.stream(stream)).await;
    let handle = handle.map_err(|error| failure::of_stream(stream, "cannot look into a conflict", &error))?;
    match handle
        .raw_message_builder()
        .sequence(expected + 1)
        .next_by_subject(subject)
        .send()
        .await
    {
        Ok(message) if codec::has_id(&message, &append.message_id) => Ok(Some(Appended {
            sequence: message.sequence,
            duplicate: true,
        })),
        Ok(_) => Ok(None),
        Err(error) => failure::of_message(stream, &error).map_or(Ok(None), Err),
    }
}

fn given_up(reason: &str) -> LogError {
    failure::unavailable("an append was not acknowledged", reason)
}

enum Attempt {
    Acknowledged(PublishAck),
    Failed(PublishError),
    /// Nothing was sent. A publish would only wait in the client, and be sent again by every later attempt.
    NotConnected,
}

async fn attempt_once(session: &Session, subject: &str, message: PublishMessage) -> Attempt {
    if session.client.connection_state() != State::Connected {
        return Attempt::NotConnected;
    }
    // Sending waits for a place in the window; that it is sent says nothing, only the acknowledgement does.
    let acknowledgement = match session.publisher.send_publish(subject.to_owned(), message).await {
        Ok(acknowledgement) => acknowledgement,
        Err(error) => return Attempt::Failed(error),
    };
    match acknowledgement.await {
        Ok(ack) => Attempt::Acknowledged(ack),
        Err(error) => Attempt::Failed(error),
    }
}
