//! Appending: every message acknowledged, or an error, and repeated with the same message id while its outcome
//! is open. [`gather`] puts what would wait anyway into one [`batch`]; [`single`] settles one message alone.

mod batch;
mod gather;
mod single;

use std::{collections::HashMap, sync::Arc, time::Instant};

use async_nats::HeaderMap;
use futures::future::join_all;
use tokio::task::coop::unconstrained;

use self::gather::{Gatherer, Turn};
use super::{codec, config::Durability, session::Session};
use crate::{Append, AppendError, Appended, LogError, Stream};

type AppendResult = Result<Appended, AppendError>;

/// Appends to the streams of one session.
#[derive(Debug)]
pub(super) struct Appender {
    /// One for each stream, if appends are gathered: where each message would be synced, that is what makes them
    /// affordable. Elsewhere single messages cost the server less.
    gatherers: Option<[Arc<Gatherer>; Stream::ALL.len()]>,
}

/// A message as it goes to NATS.
#[derive(Debug)]
struct Outgoing {
    append: Append,
    subject: String,
    headers: HeaderMap,
    /// Headers and payload, in bytes.
    size: usize,
    since: Instant,
}

impl Appender {
    /// Appends to the streams of `session`.
    pub(super) fn new(session: &Arc<Session>) -> Self {
        let gathers = session.config.durability == Durability::Always;
        let gatherer = |stream| Gatherer::new(Arc::clone(session), stream);
        Self {
            gatherers: gathers.then(|| Stream::ALL.map(gatherer)),
        }
    }

    /// Appends messages: those of one subject one after the other, different subjects at the same time.
    ///
    /// Publishes on one connection keep their order, but a repeated one would land behind those that followed
    /// it. So the next message of a subject waits until the one before is settled.
    pub(super) async fn append(
        &self,
        session: &Session,
        stream: Stream,
        messages: Vec<Append>,
    ) -> Vec<AppendResult> {
        let messages = match <[Append; 1]>::try_from(messages) {
            Ok([message]) => return vec![self.append_one(session, stream, message).await],
            Err(messages) => messages,
        };
        let count = messages.len();
        let chains = by_subject(messages)
            .into_iter()
            .map(|chain| self.append_chain(session, stream, chain));
        // Unconstrained, or the runtime makes one of them wait every now and then, and its message falls
        // behind the others: not wrong, but a call is easier to follow in the log when it lies there in its
        // order.
        let chains = unconstrained(join_all(chains)).await;
        let mut results: Vec<(usize, AppendResult)> = chains.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(index, _)| *index);
        debug_assert_eq!(results.len(), count);
        results.into_iter().map(|(_, result)| result).collect()
    }

    async fn append_chain(
        &self,
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
                None => self.append_one(session, stream, message).await,
            };
            if let Err(AppendError::Log(error)) = &result {
                unsettled = Some(error.clone());
            }
            results.push((index, result));
        }
        results
    }

    async fn append_one(&self, session: &Session, stream: Stream, append: Append) -> AppendResult {
        let outgoing = Outgoing::new(session, stream, append)?;
        let gatherer = self
            .gatherers
            .as_ref()
            .map(|gatherers| &gatherers[stream as usize]);
        match gatherer {
            Some(gatherer) if batch::takes(session, &outgoing) => match gatherer.join(outgoing).await {
                Turn::Answered(result) => result,
                Turn::Alone(outgoing, _flight) => single::append(session, stream, outgoing).await,
            },
            _ => single::append(session, stream, outgoing).await,
        }
    }
}

impl Outgoing {
    fn new(session: &Session, stream: Stream, append: Append) -> Result<Self, AppendError> {
        let headers = codec::headers_of(&append, &session.names.stream(stream));
        let size = codec::wire_size(&headers) + append.payload.len();
        let limit = session.client.max_payload();
        if size > limit {
            return Err(AppendError::TooLarge { size, limit });
        }
        Ok(Self {
            subject: session.names.subject(&append.subject),
            append,
            headers,
            size,
            since: Instant::now(),
        })
    }
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
