//! Sends a stream of articles to ingest, so that each is answered exactly once however often the connection breaks.
//!
//! What is unanswered when a connection is lost is sent again; ingest takes a repetition for what it is. Two operations
//! on one article are never under way together: sent again, an earlier one could otherwise come after a later one.

mod retries;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use gisa_article_model::ArticleId;
use gisa_proto::ingest::v1::{
    IngestArticlesRequest, IngestArticlesResponse, IngestResult, ingest_articles_request::Operation,
    ingest_articles_response::Outcome,
};
use prost::Message as _;
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use self::retries::Retries;
pub(crate) use self::retries::RetryPolicy;
use crate::{
    article_file::Location,
    client::Server,
    failure::{Failure, FailureKind},
    submission::Submission,
};

/// Most operations under way.
const WINDOW: usize = 256;
/// Most bytes under way; one operation more may be sent.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;
/// How often an operation is tried that other writers got in the way of.
const MAX_CONFLICTS: u32 = 10;
/// How long the server may take to end the stream after the last answer.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// What comes in: an operation, or something that belongs in the results at this place.
pub(crate) type Input<N> = Result<Submission, N>;

/// Where results go.
pub(crate) trait Results {
    /// What comes in and is no operation.
    type Note;

    /// An operation was accepted and is durable.
    fn accepted(&mut self, location: &Location, result: &IngestResult) -> Result<(), Failure>;

    /// An operation was refused.
    fn refused(&mut self, location: &Location, status: &Status) -> Result<(), Failure>;

    /// Takes a note.
    fn note(&mut self, note: Self::Note) -> Result<(), Failure>;
}

/// Sends all of `input`, which may be endless, and tells the results. Fails when the server stays away for longer than
/// the policy allows; what has not been told to `results` by then is not known to be stored.
pub(crate) async fn ingest<R: Results>(
    server: &Server,
    policy: RetryPolicy,
    input: mpsc::Receiver<Input<R::Note>>,
    results: &mut R,
) -> Result<(), Failure> {
    let mut ingestion = Ingestion {
        server,
        input,
        results,
        retries: Retries::new(policy),
        unanswered: BTreeMap::new(),
        bytes: 0,
        busy: HashSet::new(),
        blocked: None,
        postponed: BTreeSet::new(),
        input_ended: false,
        next_number: 0,
    };
    loop {
        match ingestion.run_connection().await {
            Ok(()) => return Ok(()),
            Err(End::Lost(failure)) => {
                let delay = ingestion.retries.after(failure)?;
                tokio::time::sleep(delay).await;
            }
            Err(End::Failed(failure)) => return Err(failure),
        }
    }
}

/// Why a connection ended before the work was done.
#[derive(Debug)]
enum End {
    /// It is worth trying again.
    Lost(Failure),
    /// It is not.
    Failed(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[derive(Debug)]
struct Unanswered {
    submission: Submission,
    bytes: usize,
    conflicts: u32,
}

struct Ingestion<'a, R: Results> {
    server: &'a Server,
    input: mpsc::Receiver<Input<R::Note>>,
    results: &'a mut R,
    retries: Retries,
    /// What has been sent, by correlation id, in the order sent.
    unanswered: BTreeMap<u64, Unanswered>,
    bytes: usize,
    /// The articles of `unanswered`.
    busy: HashSet<ArticleId>,
    /// An operation that waits for an earlier one on its article, and holds up the ones after it.
    blocked: Option<Submission>,
    /// What is to be sent again after a while.
    postponed: BTreeSet<u64>,
    input_ended: bool,
    next_number: u64,
}

impl<R: Results> Ingestion<'_, R> {
    /// Works over one connection until everything is answered.
    async fn run_connection(&mut self) -> Result<(), End> {
        // Nothing to say, no connection.
        while self.unanswered.is_empty() && self.blocked.is_none() {
            match self.input.recv().await {
                Some(Ok(submission)) => self.blocked = Some(submission),
                Some(Err(note)) => self.results.note(note)?,
                None => return Ok(()),
            }
        }
        let mut client = self
            .server
            .ingest()
            .await
            .map_err(|failure| match failure.kind() {
                FailureKind::Unreachable => End::Lost(failure),
                _ => End::Failed(failure),
            })?;
        let (requests, receiver) = mpsc::channel(WINDOW);
        self.postponed.clear();
        for number in self.unanswered.keys().copied().collect::<Vec<_>>() {
            self.send(&requests, number)?;
        }
        self.send_blocked(&requests)?;
        let call = client.ingest_articles(ReceiverStream::new(receiver));
        let mut answers = self.server.answer(call).await.map_err(|status| end_of(&status))?;
        self.retries.connected();
        self.exchange(&requests, &mut answers).await?;
        drop(requests);
        // Everything is answered; what the end of the stream says does not matter any more.
        let _ = tokio::time::timeout(END_TIMEOUT, answers.message()).await;
        Ok(())
    }

    async fn exchange(
        &mut self,
        requests: &mpsc::Sender<IngestArticlesRequest>,
        answers: &mut Streaming<IngestArticlesResponse>,
    ) -> Result<(), End> {
        let mut silent_since = Instant::now();
        let mut resume_at = Instant::now();
        loop {
            if self.input_ended && self.unanswered.is_empty() && self.blocked.is_none() {
                return Ok(());
            }
            let may_read = !self.input_ended
                && self.blocked.is_none()
                && self.postponed.is_empty()
                && self.unanswered.len() < WINDOW
                && self.bytes < WINDOW_BYTES;
            tokio::select! {
                answer = answers.message() => {
                    silent_since = Instant::now();
                    match answer.map_err(|status| end_of(&status))? {
                        Some(answer) => {
                            if let Some(delay) = self.take_answer(answer)? {
                                resume_at = Instant::now() + delay;
                            }
                        }
                        None => return Err(lost("the server ended the stream")),
                    }
                    self.send_blocked(requests)?;
                }
                input = self.input.recv(), if may_read => match input {
                    Some(Ok(submission)) => {
                        if self.unanswered.is_empty() {
                            silent_since = Instant::now();
                        }
                        self.blocked = Some(submission);
                        self.send_blocked(requests)?;
                    }
                    Some(Err(note)) => self.results.note(note)?,
                    None => self.input_ended = true,
                },
                () = tokio::time::sleep_until(resume_at), if !self.postponed.is_empty() => {
                    silent_since = Instant::now();
                    for number in std::mem::take(&mut self.postponed) {
                        self.send(requests, number)?;
                    }
                }
                () = tokio::time::sleep_until(silent_since + self.server.timeout()), if !self.unanswered.is_empty() => {
                    return Err(lost("the server does not answer"));
                }
            }
        }
    }

    /// Sends the blocked operation if nothing is under way on its article.
    fn send_blocked(&mut self, requests: &mpsc::Sender<IngestArticlesRequest>) -> Result<(), End> {
        let Some(submission) = self
            .blocked
            .take_if(|submission| !self.busy.contains(&submission.article_id))
        else {
            return Ok(());
        };
        let number = self.next_number;
        self.next_number += 1;
        let bytes = match &submission.operation {
            Operation::Article(article) => article.encoded_len(),
            Operation::Retraction(retraction) => retraction.encoded_len(),
        };
        self.bytes += bytes;
        self.busy.insert(submission.article_id.clone());
        self.unanswered.insert(
            number,
            Unanswered {
                submission,
                bytes,
                conflicts: 0,
            },
        );
        self.send(requests, number)
    }

    fn send(&self, requests: &mpsc::Sender<IngestArticlesRequest>, number: u64) -> Result<(), End> {
        let Some(unanswered) = self.unanswered.get(&number) else {
            return Ok(());
        };
        let request = IngestArticlesRequest {
            correlation_id: number.to_string(),
            operation: Some(unanswered.submission.operation.clone()),
        };
        // There is room for everything that is under way, so a failure means that the connection is gone.
        requests
            .try_send(request)
            .map_err(|_| lost("the connection was lost"))
    }

    /// Tells the result of an answer. Returns how long to wait when the operation has to be sent again.
    fn take_answer(&mut self, answer: IngestArticlesResponse) -> Result<Option<Duration>, End> {
        let number: Option<u64> = answer.correlation_id.parse().ok();
        let (Some(number), Some(outcome)) = (number, answer.outcome) else {
            return Err(End::Failed(Failure::new(
                FailureKind::Failed,
                "the server gave an answer that belongs to nothing",
            )));
        };
        match outcome {
            Outcome::Result(result) => {
                self.retries.succeeded();
                if let Some(answered) = self.finish(number) {
                    self.results.accepted(&answered.location, &result)?;
                }
            }
            Outcome::Error(error) => {
                let code = Code::from(error.code);
                let status = Status::with_details(code, error.message.clone(), error.encode_to_vec().into());
                if self.is_worth_another_try(number, code) {
                    let delay = self.retries.after(Failure::from_status(&status))?;
                    self.postponed.insert(number);
                    return Ok(Some(delay));
                }
                if let Some(answered) = self.finish(number) {
                    self.results.refused(&answered.location, &status)?;
                }
            }
        }
        Ok(None)
    }

    fn is_worth_another_try(&mut self, number: u64, code: Code) -> bool {
        match (code, self.unanswered.get_mut(&number)) {
            (Code::Unavailable, Some(_)) => true,
            (Code::Aborted, Some(unanswered)) => {
                unanswered.conflicts += 1;
                unanswered.conflicts < MAX_CONFLICTS
            }
            _ => false,
        }
    }

    fn finish(&mut self, number: u64) -> Option<Submission> {
        let answered = self.unanswered.remove(&number)?;
        self.bytes -= answered.bytes;
        self.busy.remove(&answered.submission.article_id);
        Some(answered.submission)
    }
}

fn lost(problem: &str) -> End {
    End::Lost(Failure::new(FailureKind::Unreachable, problem))
}

/// Errors of the connection come without an ErrorInfo and with whatever code the transport made of them.
fn end_of(status: &Status) -> End {
    let from_service = status.get_error_details().error_info().is_some();
    let passing = match status.code() {
        Code::Unavailable | Code::Aborted => true,
        Code::Unknown | Code::Internal | Code::Cancelled | Code::DeadlineExceeded => !from_service,
        _ => false,
    };
    let failure = Failure::from_status(status);
    if passing {
        End::Lost(failure)
    } else {
        End::Failed(failure)
    }
}
