//! The stream of articles: read as long as there is room, carry out concurrently, answer as results are ready.
//!
//! Nothing piles up. The next request is read only when the stream has fewer than `max_in_flight` operations unanswered and
//! the process has room for the bytes of the last one; until then the flow control of HTTP/2 holds the sender back. An
//! operation keeps its place in the stream until its answer is in the channel to the caller, so a caller that does not read
//! its answers is not read on either. The bytes it took are given back before, so that it cannot hold up others.

use std::sync::Arc;

use gisa_article_model::ArticleId;
use gisa_event_log::Headers;
use gisa_proto::ingest::v1::{
    IngestArticlesRequest, IngestArticlesResponse, ingest_articles_request::Operation as GivenOperation,
    ingest_articles_response::Outcome as AnsweredOutcome,
};
use gisa_service_runtime::RpcError;
use prost::Message as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};
use tonic::{Code, Status, Streaming};
use tracing::{Instrument as _, Span, error};

use super::{
    Shared, convert, rpc_errors,
    spans::ArticleTrace,
    turns::{Turn, Turns},
};
use crate::{
    admission::Room,
    decide::Operation,
    error::IngestError,
    patience::Patience,
    publish::Accepted,
    validate::{Invalid, answered_correlation_id, correlation_id},
};

/// Answers that wait for the connection; they are small.
const ANSWER_QUEUE: usize = 64;

type Answers = mpsc::Sender<Result<IngestArticlesResponse, Status>>;
type Requests = Streaming<IngestArticlesRequest>;

/// Starts the work on a stream; returns its answers. When the answers are dropped the work is, too.
pub(super) fn start(
    shared: Arc<Shared>,
    requests: Requests,
    headers: Headers,
    deadline: Option<Instant>,
) -> mpsc::Receiver<Result<IngestArticlesResponse, Status>> {
    let (answers, receiver) = mpsc::channel(ANSWER_QUEUE);
    let call = Span::current();
    let stream = ArticleStream {
        call: call.clone(),
        places: Arc::new(Semaphore::new(shared.max_in_flight)),
        shared,
        headers: Arc::new(headers),
        deadline,
        answers,
        turns: Turns::default(),
        under_way: JoinSet::new(),
    };
    tokio::spawn(stream.run(requests).instrument(call));
    receiver
}

/// Why reading has ended.
#[derive(Debug)]
enum End {
    /// The caller has sent all.
    Sent,
    /// The stream cannot go on.
    Failed(Status),
    /// The caller is gone.
    Gone,
}

/// A request that was read, with the room it has.
#[derive(Debug)]
struct Admitted {
    correlation_id: String,
    operation: Option<GivenOperation>,
    place: OwnedSemaphorePermit,
    room: Room,
}

struct ArticleStream {
    shared: Arc<Shared>,
    call: Span,
    headers: Arc<Headers>,
    deadline: Option<Instant>,
    places: Arc<Semaphore>,
    answers: Answers,
    turns: Turns,
    under_way: JoinSet<ArticleId>,
}

impl ArticleStream {
    async fn run(mut self, mut requests: Requests) {
        let end = self.work(&mut requests).await;
        if matches!(end, End::Gone) {
            return;
        }
        let answers = self.answers.clone();
        let finished = tokio::select! {
            () = answers.closed() => return,
            finished = self.finish() => finished,
        };
        let failure = match end {
            End::Failed(status) => Some(status),
            End::Sent | End::Gone => finished.err(),
        };
        if let Some(status) = failure {
            // Nobody reads it if the caller has just gone.
            let _gone = answers.send(Err(status)).await;
        }
    }

    /// Reads and starts operations until the requests end or must not be read on.
    async fn work(&mut self, requests: &mut Requests) -> End {
        let answers = self.answers.clone();
        let shutdown = self.shared.shutdown.clone();
        loop {
            // Dropping the future of `admit` loses at most a request that was not begun, and only where the stream ends.
            let admitted = {
                let admit = admit(&self.shared, &self.places, requests);
                tokio::pin!(admit);
                loop {
                    tokio::select! {
                        biased;
                        () = answers.closed() => return End::Gone,
                        () = shutdown.requested() => return End::Failed(rpc_errors::stopping().into()),
                        Some(over) = self.under_way.join_next() => {
                            if let Err(broken) = forget(&mut self.turns, over) {
                                return End::Failed(broken);
                            }
                        }
                        admitted = &mut admit => break admitted,
                    }
                }
            };
            match admitted {
                Ok(Some(admitted)) => self.begin(admitted).await,
                Ok(None) => return End::Sent,
                Err(status) => return End::Failed(self.readable(status)),
            }
        }
    }

    /// Waits for what is under way, all of it even if something breaks.
    async fn finish(&mut self) -> Result<(), Status> {
        let mut result = Ok(());
        while let Some(over) = self.under_way.join_next().await {
            result = result.and(forget(&mut self.turns, over));
        }
        result
    }

    /// Checks a request, and lines it up for its article if it can be carried out.
    async fn begin(&mut self, admitted: Admitted) {
        let Admitted {
            correlation_id,
            operation,
            place,
            room,
        } = admitted;
        match self.check(&correlation_id, operation) {
            Ok(operation) => {
                let task = Task {
                    turn: self.turns.line_up(operation.article_id()),
                    call: self.call.clone(),
                    shared: Arc::clone(&self.shared),
                    headers: Arc::clone(&self.headers),
                    deadline: self.deadline,
                    answers: self.answers.clone(),
                    correlation_id,
                    operation,
                    room,
                    _place: place,
                };
                self.under_way.spawn(task.run());
            }
            Err(error) => {
                drop(room);
                let error = self.shared.refuse(error);
                answer(&self.answers, correlation_id, Err(error)).await;
            }
        }
    }

    fn check(
        &self,
        given_correlation_id: &str,
        operation: Option<GivenOperation>,
    ) -> Result<Operation, IngestError> {
        correlation_id(given_correlation_id).map_err(IngestError::Invalid)?;
        match operation {
            Some(GivenOperation::Article(article)) => self.shared.check_article(article),
            Some(GivenOperation::Retraction(retraction)) => self.shared.check_retraction(retraction),
            None => Err(IngestError::Invalid(Invalid::field(
                "operation",
                "must be an article or a retraction",
            ))),
        }
    }

    /// The end of a stream that could not be read on. Too large a message is the one cause that has a reason of ours; the
    /// others are broken connections and broken encodings.
    fn readable(&self, status: Status) -> Status {
        match status.code() {
            Code::OutOfRange | Code::ResourceExhausted => {
                rpc_errors::unreadable_request(self.shared.max_request_bytes()).into()
            }
            _ => status,
        }
    }
}

/// Waits for a place, reads the next request, and waits for room for it.
async fn admit(
    shared: &Shared,
    places: &Arc<Semaphore>,
    requests: &mut Requests,
) -> Result<Option<Admitted>, Status> {
    // The semaphore is never closed.
    let Ok(place) = Arc::clone(places).acquire_owned().await else {
        return Ok(None);
    };
    let Some(request) = requests.message().await? else {
        return Ok(None);
    };
    let room = shared.admission.enter(request.encoded_len()).await;
    Ok(Some(Admitted {
        correlation_id: request.correlation_id,
        operation: request.operation,
        place,
        room,
    }))
}

/// One operation under way.
struct Task {
    turn: Turn,
    shared: Arc<Shared>,
    call: Span,
    headers: Arc<Headers>,
    deadline: Option<Instant>,
    answers: Answers,
    correlation_id: String,
    operation: Operation,
    room: Room,
    _place: OwnedSemaphorePermit,
}

impl Task {
    async fn run(mut self) -> ArticleId {
        self.turn.come().await;
        let trace = ArticleTrace::of_stream(&self.operation, &self.headers, &self.call);
        let patience = Patience::until(self.deadline);
        let result = self.shared.carry_out(&self.operation, &trace, patience).await;
        let article_id = self.operation.article_id().clone();
        drop((self.operation, self.room));
        answer(&self.answers, self.correlation_id, result.map_err(RpcError::from)).await;
        article_id
    }
}

async fn answer(answers: &Answers, correlation_id: String, result: Result<Accepted, RpcError>) {
    let outcome = match result {
        Ok(accepted) => AnsweredOutcome::Result(convert::result(accepted)),
        Err(error) => AnsweredOutcome::Error(error.into_item()),
    };
    let response = IngestArticlesResponse {
        correlation_id: answered_correlation_id(correlation_id),
        outcome: Some(outcome),
    };
    // If the caller has gone, nobody is told; the stream notices by itself.
    let _gone = answers.send(Ok(response)).await;
}

/// Takes note that an operation is over. If it broke off it has no answer, and the stream must say so.
fn forget(turns: &mut Turns, over: Result<ArticleId, tokio::task::JoinError>) -> Result<(), Status> {
    match over {
        Ok(article_id) => {
            turns.forget(&article_id);
            Ok(())
        }
        Err(error) => {
            error!(%error, "an operation of an ingest stream broke off");
            Err(rpc_errors::broken_off().into())
        }
    }
}
