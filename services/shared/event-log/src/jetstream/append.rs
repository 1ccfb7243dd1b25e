//! Appending: pipelined publishes, every one acknowledged, repeated with the same message id while the
//! outcome is open.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use async_nats::{
    connection::State,
    jetstream::{context::PublishError, message::PublishMessage, publish::PublishAck},
};
use futures::future::join_all;
use tokio::{
    task::coop::unconstrained,
    time::{sleep, timeout},
};

use super::{
    codec,
    failure::{self, AppendFailure},
    session::Session,
};
use crate::{Append, AppendError, Appended, ExpectedLast, LogError, Stream, retry::Backoff};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

type AppendResult = Result<Appended, AppendError>;

/// Appends messages: those of one subject one after the other, different subjects at the same time.
///
/// Publishes on one connection keep their order, but a repeated one would land behind those that followed it.
/// So the next message of a subject waits until the one before is settled.
pub(super) async fn append(session: &Session, stream: Stream, messages: Vec<Append>) -> Vec<AppendResult> {
    let count = messages.len();
    let chains = by_subject(messages)
        .into_iter()
        .map(|chain| append_chain(session, stream, chain));
    // Unconstrained, or the runtime makes one of them wait every now and then, and its message falls behind
    // the others: not wrong, but a call is easier to follow in the log when it lies there in its order.
    let chains = unconstrained(join_all(chains)).await;
    let mut results: Vec<(usize, AppendResult)> = chains.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    debug_assert_eq!(results.len(), count);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The messages of each subject in order, with their place in the call; subjects in order of their first
/// message.
fn by_subject(messages: Vec<Append>) -> Vec<Vec<(usize, Append)>> {
    let mut chains: Vec<Vec<(usize, Append)>> = Vec::new();
    let mut chain_of_subject = HashMap::new();
    for (index, message) in messages.into_iter().enumerate() {
        let chain = *chain_of_subject
            .entry(message.subject.clone())
            .or_insert_with(|| {
                chains.push(Vec::new());
                chains.len() - 1
            });
        chains[chain].push((index, message));
    }
    chains
}

async fn append_chain(
    session: &Session,
    stream: Stream,
    chain: Vec<(usize, Append)>,
) -> Vec<(usize, AppendResult)> {
    let mut results = Vec::with_capacity(chain.len());
    let mut unsettled: Option<LogError> = None;
    for (index, message) in chain {
        let result = match &unsettled {
            // It may still be on its way, and what follows it must not overtake it.
            Some(error) => Err(AppendError::Log(error.clone())),
            None => append_one(session, stream, message).await,
        };
        if let Err(AppendError::Log(error)) = &result {
            unsettled = Some(error.clone());
        }
        results.push((index, result));
    }
    results
}

async fn append_one(session: &Session, stream: Stream, append: Append) -> AppendResult {
    let subject = session.names.subject(&append.subject);
    let headers = codec::headers_of(&append, &session.names.stream(stream));
    let size = codec::wire_size(&headers) + append.payload.len();
    let limit = session.client.max_payload();
    if size > limit {
        return Err(AppendError::TooLarge { size, limit });
    }
    let message = PublishMessage::build()
        .headers(headers)
        .payload(append.payload.clone());

    let start = Instant::now();
    let deadline = session.config.append_deadline();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let remaining = deadline.saturating_sub(start.elapsed());
        let reason = match timeout(remaining, attempt_once(session, &subject, message.clone())).await {
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
        if start.elapsed() + delay >= deadline {
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
