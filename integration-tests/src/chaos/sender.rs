//! A sender: new articles, corrections, repetitions and retractions in an order that the seed decides, by single calls
//! and by streams, each repeated until it has an answer.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicBool, atomic::Ordering},
    time::Duration,
};

use fastrand::Rng;
use futures::future::join_all;
use gisa_proto::ingest::v1::{
    ArticleSubmission, IngestArticleRequest, IngestArticlesRequest, IngestArticlesResponse, IngestOutcome,
    IngestResult, RetractArticleRequest, Retraction, ingest_articles_request as item,
    ingest_articles_response, ingest_service_client::IngestServiceClient,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Request as Call, Status, transport::Channel};
use tonic_types::{RpcStatusExt as _, StatusExt as _};

use super::{
    history::{Answer, Answered, Content, Operation, Outcome, Request},
    texts::Texts,
};
use crate::articles::published_at;

/// A call without an answer for so long is repeated, maybe at the other replica. Longer than ingest tries.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// When all is healed every operation gets an answer within this time.
const PATIENCE: Duration = Duration::from_secs(240);
/// Articles that all senders work on at the same time; each minute others, so that none has more revisions than ingest
/// remembers to know repetitions by.
const SHARED: usize = 40;

/// What the senders share.
#[derive(Debug)]
pub(super) struct World {
    start: Instant,
    texts: Texts,
    journal: Mutex<Vec<Operation>>,
    shared: Mutex<Vec<Known>>,
    ended: AtomicBool,
    healed_at: OnceLock<Instant>,
}

impl World {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            start,
            texts: Texts::default(),
            journal: Mutex::default(),
            shared: Mutex::default(),
            ended: AtomicBool::new(false),
            healed_at: OnceLock::new(),
        }
    }

    /// Nothing new is sent from now on; what has no answer yet is repeated.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Everything works from now on.
    pub(super) fn healed(&self) {
        self.healed_at.get_or_init(Instant::now);
    }

    /// What was asked and answered so far.
    pub(super) fn operations(&self) -> Vec<Operation> {
        lock(&self.journal).clone()
    }

    fn out_of_patience(&self) -> bool {
        self.healed_at.get().is_some_and(|at| at.elapsed() > PATIENCE)
    }

    fn record(&self, planned: &[Planned]) -> std::ops::Range<usize> {
        let sent_at = self.start.elapsed();
        let mut journal = lock(&self.journal);
        let first = journal.len();
        journal.extend(planned.iter().map(|planned| Operation {
            article: planned.article.clone(),
            request: planned.request.clone(),
            sent_at,
            answered: None,
        }));
        first..journal.len()
    }

    fn answer(&self, operation: usize, answer: Answer) {
        let at = self.start.elapsed();
        lock(&self.journal)[operation].answered = Some(Answered { at, answer });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An article as a sender knows it.
#[derive(Clone, Debug)]
struct Known {
    article: String,
    source: String,
    contents: Vec<Content>,
}

/// An operation to be carried out.
#[derive(Clone, Debug)]
struct Planned {
    article: String,
    request: Request,
}

/// Operations that a sender begins at a time at most, times its bursts.
const AT_ONCE: usize = 12;

/// One sender.
#[derive(Debug)]
pub(super) struct Sender {
    name: String,
    bursts: usize,
    random: Rng,
    replicas: Vec<IngestServiceClient<Channel>>,
    world: Arc<World>,
    own: Vec<Known>,
    created: usize,
}

impl Sender {
    /// A sender that begins `bursts` times as many operations at a time as others, and pauses for as much longer.
    pub(super) fn new(
        number: usize,
        bursts: usize,
        random: Rng,
        replicas: Vec<IngestServiceClient<Channel>>,
        world: Arc<World>,
    ) -> Self {
        Self {
            name: format!("chaos-{number}"),
            bursts,
            random,
            replicas,
            world,
            own: Vec::new(),
            created: 0,
        }
    }

    /// Sends until the end.
    pub(super) async fn run(mut self) {
        while !self.world.ended.load(Ordering::Relaxed) {
            let planned = self.plan();
            self.carry_out(&planned).await;
            sleep(Duration::from_millis(self.random.u64(200..800)) * self.bursts as u32).await;
        }
    }

    /// Some operations, each on another article: of two on one article a sender who repeats what has no answer
    /// could not say in which order they are carried out.
    fn plan(&mut self) -> Vec<Planned> {
        let mut planned: Vec<Planned> = Vec::new();
        for _ in 0..self.random.usize(1..=AT_ONCE * self.bursts) {
            let next = if self.random.u8(0..5) == 0 {
                self.plan_shared()
            } else {
                self.plan_own()
            };
            if !planned.iter().any(|other| other.article == next.article) {
                planned.push(next);
            }
        }
        planned
    }

    fn plan_own(&mut self) -> Planned {
        let choice = self.random.u8(0..100);
        if self.own.is_empty() || choice < 45 {
            self.created += 1;
            let article = format!("{}-{:05}", self.name, self.created);
            let content = self.world.texts.next(&self.name, &mut self.random);
            return submit(article, content);
        }
        let number = self.random.usize(0..self.own.len());
        if choice >= 90 {
            let retracted = self.own.swap_remove(number);
            return Planned {
                article: retracted.article,
                request: Request::Retract,
            };
        }
        let known = &self.own[number];
        if choice >= 75 {
            return repeat(known, &mut self.random);
        }
        let content = self.world.texts.next(&known.source, &mut self.random);
        submit(known.article.clone(), content)
    }

    /// Something for an article that others work on at the same time. It may have been retracted meanwhile.
    fn plan_shared(&mut self) -> Planned {
        let shared = lock(&self.world.shared);
        let minute = self.world.start.elapsed().as_secs() / 60;
        let number = self.random.usize(0..SHARED);
        let article = format!("chaos-shared-{minute}-{number:05}");
        let known = shared.iter().find(|known| known.article == article);
        match (known, self.random.u8(0..100)) {
            (Some(known), 0..30) => repeat(known, &mut self.random),
            (Some(known), 97..) => Planned {
                article: known.article.clone(),
                request: Request::Retract,
            },
            _ => submit(article, self.world.texts.next("chaos-shared", &mut self.random)),
        }
    }

    /// Repeats what has no answer until it has one.
    async fn carry_out(&mut self, planned: &[Planned]) {
        let operations = self.world.record(planned);
        let mut open: Vec<(usize, &Planned)> = operations.zip(planned).collect();
        while !open.is_empty() && !self.world.out_of_patience() {
            let replica = self.random.usize(0..self.replicas.len());
            let client = self.replicas[replica].clone();
            let answers = if self.random.bool() {
                by_stream(client, &open).await
            } else {
                join_all(open.iter().map(|(_, planned)| by_call(client.clone(), planned))).await
            };
            let mut still_open = Vec::new();
            for ((operation, planned), answer) in open.into_iter().zip(answers) {
                match answer {
                    Some(answer) => {
                        self.learn(planned, &answer);
                        self.world.answer(operation, answer);
                    }
                    None => still_open.push((operation, planned)),
                }
            }
            open = still_open;
            if !open.is_empty() {
                sleep(Duration::from_millis(self.random.u64(100..600))).await;
            }
        }
    }

    fn learn(&mut self, planned: &Planned, answer: &Answer) {
        let (Answer::Accepted { outcome, .. }, Request::Submit(content)) = (answer, &planned.request) else {
            return;
        };
        if planned.article.starts_with("chaos-shared") {
            know(&mut lock(&self.world.shared), &planned.article, content);
        } else if *outcome != Outcome::Unchanged
            || self.own.iter().all(|known| known.article != planned.article)
        {
            know(&mut self.own, &planned.article, content);
        }
    }
}

fn know(known: &mut Vec<Known>, article: &str, content: &Content) {
    match known.iter_mut().find(|known| known.article == article) {
        Some(known) => known.contents.push(content.clone()),
        None => known.push(Known {
            article: article.to_owned(),
            source: content.source.clone(),
            contents: vec![content.clone()],
        }),
    }
}

fn submit(article: String, content: Content) -> Planned {
    Planned {
        article,
        request: Request::Submit(content),
    }
}

/// The last content or an earlier one once more.
fn repeat(known: &Known, random: &mut Rng) -> Planned {
    let content = &known.contents[random.usize(0..known.contents.len())];
    submit(known.article.clone(), content.clone())
}

async fn by_call(mut client: IngestServiceClient<Channel>, planned: &Planned) -> Option<Answer> {
    let result = match &planned.request {
        Request::Submit(content) => {
            let mut call = Call::new(IngestArticleRequest {
                article: Some(submission(&planned.article, content)),
            });
            call.set_timeout(CALL_TIMEOUT);
            let answer = timeout(CALL_TIMEOUT, client.ingest_article(call)).await.ok()?;
            answer.map(|answer| answer.into_inner().result)
        }
        Request::Retract => {
            let mut call = Call::new(RetractArticleRequest {
                retraction: Some(retraction(&planned.article)),
            });
            call.set_timeout(CALL_TIMEOUT);
            let answer = timeout(CALL_TIMEOUT, client.retract_article(call)).await.ok()?;
            answer.map(|answer| answer.into_inner().result)
        }
    };
    match result {
        Ok(result) => Some(accepted(&result?)),
        Err(status) => refused(&status),
    }
}

async fn by_stream(
    mut client: IngestServiceClient<Channel>,
    open: &[(usize, &Planned)],
) -> Vec<Option<Answer>> {
    let mut answers = vec![None; open.len()];
    let requests: Vec<IngestArticlesRequest> = open
        .iter()
        .enumerate()
        .map(|(number, (_, planned))| IngestArticlesRequest {
            correlation_id: number.to_string(),
            operation: Some(match &planned.request {
                Request::Submit(content) => item::Operation::Article(submission(&planned.article, content)),
                Request::Retract => item::Operation::Retraction(retraction(&planned.article)),
            }),
        })
        .collect();
    let Ok(Ok(stream)) = timeout(CALL_TIMEOUT, client.ingest_articles(tokio_stream::iter(requests))).await
    else {
        return answers;
    };
    let mut stream = stream.into_inner();
    loop {
        match timeout(CALL_TIMEOUT, stream.message()).await {
            Ok(Ok(Some(response))) => take(response, &mut answers),
            Ok(Ok(None)) | Err(_) => return answers,
            Ok(Err(status)) => {
                // The end of the stream is the answer to all that have none.
                let answer = refused(&status);
                for unanswered in answers.iter_mut().filter(|answer| answer.is_none()) {
                    unanswered.clone_from(&answer);
                }
                return answers;
            }
        }
    }
}

fn take(response: IngestArticlesResponse, answers: &mut [Option<Answer>]) {
    let number: Option<usize> = response.correlation_id.parse().ok();
    let Some(place) = number.and_then(|number| answers.get_mut(number)) else {
        return;
    };
    *place = match response.outcome {
        Some(ingest_articles_response::Outcome::Result(result)) => Some(accepted(&result)),
        Some(ingest_articles_response::Outcome::Error(error)) => {
            let reason = error
                .get_error_details()
                .error_info()
                .map(|info| info.reason.clone());
            refusal(Code::from_i32(error.code), reason)
        }
        None => None,
    };
}

fn accepted(result: &IngestResult) -> Answer {
    let outcome = match result.outcome() {
        IngestOutcome::Created => Outcome::Created,
        IngestOutcome::Unchanged => Outcome::Unchanged,
        IngestOutcome::Corrected => Outcome::Corrected,
        IngestOutcome::Retracted => Outcome::Retracted,
        IngestOutcome::Unspecified => return Answer::Refused("an answer without outcome".to_owned()),
    };
    Answer::Accepted {
        outcome,
        revision: result.revision,
    }
}

fn refused(status: &Status) -> Option<Answer> {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    refusal(status.code(), reason)
}

/// `None` if the operation has to be repeated: what is documented as passing, and what no service has said but the
/// connection, which all errors without a reason are.
fn refusal(code: Code, reason: Option<String>) -> Option<Answer> {
    match (code, reason) {
        (_, None) | (Code::Unavailable | Code::Aborted, Some(_)) => None,
        (_, Some(reason)) => Some(Answer::Refused(reason)),
    }
}

fn submission(article: &str, content: &Content) -> ArticleSubmission {
    ArticleSubmission {
        article_id: article.to_owned(),
        source: content.source.clone(),
        section: content.section.clone(),
        title: content.title.clone(),
        body: content.body.clone(),
        published_at: Some(published_at()),
        ..ArticleSubmission::default()
    }
}

fn retraction(article: &str) -> Retraction {
    Retraction {
        article_id: article.to_owned(),
        ..Retraction::default()
    }
}
