//! Group commit: appends of one process to one stream that come while others are on their way are gathered,
//! and go as one atomic batch when those are done.
//!
//! Nothing waits that could go: the first appends go alone and at once. Under load the batches grow by
//! themselves until their number keeps up. Every message keeps an answer of its own: a batch that was refused
//! is halved to find the message that it was refused for, and what a batch cannot settle is settled alone.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::join;
use tokio::sync::oneshot;

use super::{
    super::session::Session,
    AppendResult, Outgoing,
    batch::{self, Outcome},
};
use crate::{Appended, LogError, Stream};

/// Flights at the same time: one is stored while the next one is sent.
const MAX_FLIGHTS: usize = 2;

/// Fewer messages than these are published one by one: staging a batch costs the server more than it saves.
const MIN_BATCH: usize = 8;

/// The appends to one stream.
#[derive(Debug)]
pub(super) struct Gatherer {
    session: Arc<Session>,
    stream: Stream,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    flights: usize,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    message: Outgoing,
    turn: oneshot::Sender<Turn>,
}

/// How a message goes on.
#[derive(Debug)]
pub(super) enum Turn {
    /// It was settled in a batch.
    Answered(AppendResult),
    /// It is for the caller to settle. The flight ends when all who have a part in it have dropped it.
    Alone(Outgoing, Arc<Flight>),
}

/// Appends that are on their way. The next ones go when it is dropped.
#[derive(Debug)]
pub(super) struct Flight(Arc<Gatherer>);

impl Gatherer {
    pub(super) fn new(session: Arc<Session>, stream: Stream) -> Arc<Self> {
        Arc::new(Self {
            session,
            stream,
            state: Mutex::default(),
        })
    }

    /// Waits until the message is settled or may go alone, which is at once if little is on its way.
    pub(super) async fn join(self: &Arc<Self>, message: Outgoing) -> Turn {
        let receiver = {
            let mut state = self.state();
            if state.flights < MAX_FLIGHTS {
                state.flights += 1;
                return Turn::Alone(message, Arc::new(Flight(Arc::clone(self))));
            }
            let (turn, receiver) = oneshot::channel();
            state.waiting.push_back(Waiting { message, turn });
            receiver
        };
        receiver.await.unwrap_or_else(|_| {
            let error = LogError::Unavailable("an append broke off".to_owned());
            Turn::Answered(Err(error.into()))
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets those who wait go, in place of a flight that has ended.
    fn take_off(self: &Arc<Self>) {
        let flown = {
            let mut state = self.state();
            let next = state.next();
            if next.is_empty() {
                state.flights -= 1;
                return;
            }
            next
        };
        let flight = Arc::new(Flight(Arc::clone(self)));
        if flown.len() < MIN_BATCH {
            alone(flown, &flight);
        } else {
            tokio::spawn(fly(flight, flown));
        }
    }
}

impl State {
    /// Takes those who go together: no subject twice, for the sake of their conditions.
    fn next(&mut self) -> Vec<Waiting> {
        // Nobody waits any more for those whose caller is gone.
        self.waiting.retain(|waiting| !waiting.turn.is_closed());
        let mut next: Vec<Waiting> = Vec::new();
        let mut passed_over = VecDeque::new();
        let mut subjects = HashSet::new();
        let mut bytes = 0;
        while next.len() < batch::MAX_MESSAGES
            && let Some(waiting) = self.waiting.pop_front()
        {
            let message = &waiting.message;
            if bytes + message.size > batch::MAX_BYTES {
                self.waiting.push_front(waiting);
                break;
            }
            if !subjects.insert(message.append.subject.clone()) {
                passed_over.push_back(waiting);
                continue;
            }
            bytes += message.size;
            next.push(waiting);
        }
        passed_over.append(&mut self.waiting);
        self.waiting = passed_over;
        next
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.take_off();
    }
}

/// Has the callers settle their messages.
fn alone(messages: Vec<Waiting>, flight: &Arc<Flight>) {
    for Waiting { message, turn } in messages {
        // A caller that is gone does not care.
        let _gone = turn.send(Turn::Alone(message, Arc::clone(flight)));
    }
}

/// Brings a batch to its end: stored, or halved until the message that it was refused for is found.
async fn fly(flight: Arc<Flight>, messages: Vec<Waiting>) {
    let mut refused = try_batch(&flight, messages).await;
    while let Some(mut first) = refused {
        if first.len() < 2 * MIN_BATCH {
            return alone(first, &flight);
        }
        let second = first.split_off(first.len() / 2);
        let halves = (try_batch(&flight, first), try_batch(&flight, second));
        refused = match join(halves.0, halves.1).await {
            (Some(first), Some(second)) => {
                // More than one message is to blame. To look for each would take longer than to settle all
                // of them alone.
                alone(first, &flight);
                alone(second, &flight);
                return;
            }
            (first, second) => first.or(second),
        };
    }
}

/// Publishes a batch and answers its messages; gives them back if it was refused for one of them.
async fn try_batch(flight: &Arc<Flight>, messages: Vec<Waiting>) -> Option<Vec<Waiting>> {
    let gatherer = &flight.0;
    let outgoing: Vec<&Outgoing> = messages.iter().map(|waiting| &waiting.message).collect();
    match batch::publish(&gatherer.session, gatherer.stream, &outgoing).await {
        Outcome::Stored { first } => {
            for (sequence, waiting) in (first..).zip(messages) {
                let appended = Appended {
                    sequence,
                    duplicate: false,
                };
                // A caller that is gone does not care.
                let _gone = waiting.turn.send(Turn::Answered(Ok(appended)));
            }
            None
        }
        Outcome::Refused => Some(messages),
        Outcome::Open => {
            alone(messages, flight);
            None
        }
    }
}
