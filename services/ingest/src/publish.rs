//! Event log out: read the current revision, decide, append on condition that nobody else was faster, else again. What is
//! likely to be new is appended at once, on condition that nothing is on record.
//!
//! The condition is per article and enforced by the log, so any number of replicas may work on the same articles: of two
//! that bring the same new content one creates the revision, and the other, sent back by the conflict, finds it unchanged.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use gisa_article_codec::{ArticleRevised, LogPosition, WriteToken};
use gisa_article_model::ArticleId;
use gisa_event_log::{
    Append, AppendError, EventLog, ExpectedLast, Headers, LogError, Stream, Subject, retry::Backoff,
};
use gisa_service_runtime::TraceContext;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;
use tracing::{Instrument as _, debug, debug_span};
use uuid::Uuid;

use crate::{
    decide::{Decision, Operation, Outcome, Refusal, decide},
    error::{Failure, IngestError},
    metrics::IngestMetrics,
    novelty::Novelty,
    patience::Patience,
    stream_identity::StreamIdentity,
};

/// How often an operation is decided before it gives way to the other writers of its article.
const MAX_ATTEMPTS: u32 = 16;

/// Between attempts. Whoever was faster is done already, so there is little to wait for.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(2),
    longest: Duration::from_millis(100),
};

/// Carries out operations on the log.
#[derive(Debug)]
pub struct Publisher {
    log: Arc<dyn EventLog>,
    stream_identity: StreamIdentity,
    novelty: Novelty,
    metrics: IngestMetrics,
}

/// An operation that was carried out: what it led to is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The article.
    pub article_id: ArticleId,
    /// What the operation was.
    pub outcome: Outcome,
    /// The revision that is now current.
    pub revision: u32,
    /// Names the write for readers.
    pub write_token: String,
}

/// The newest record of an article.
#[derive(Debug)]
struct Current {
    sequence: u64,
    event: ArticleRevised,
}

/// A revision to append, in its encoding.
#[derive(Debug)]
struct Encoded {
    outcome: Outcome,
    revision: u32,
    /// How long after its publication an article was accepted; only first revisions tell.
    delay: Option<SignedDuration>,
    payload: Bytes,
}

impl Encoded {
    fn new(outcome: Outcome, event: &ArticleRevised) -> Self {
        let published_at = event.article.published_at.instant;
        Self {
            outcome,
            revision: event.article.revision,
            delay: (outcome == Outcome::Created).then(|| event.accepted_at.duration_since(published_at)),
            payload: event.encode().into(),
        }
    }
}

impl Publisher {
    /// A publisher to `log`. Fails if the log does not answer.
    pub async fn new(log: Arc<dyn EventLog>, metrics: IngestMetrics) -> Result<Self, LogError> {
        let stream_identity = StreamIdentity::ask(&*log).await?;
        Ok(Self {
            log,
            stream_identity,
            novelty: Novelty::default(),
            metrics,
        })
    }

    /// Carries out one operation; returns when its outcome is durable, or when the patience with a log that fails is at its
    /// end. `headers` go into the log with the revision.
    ///
    /// May be dropped at any time: then the revision is appended or not, and asking again is safe.
    pub async fn carry_out(
        &self,
        operation: &Operation,
        headers: &Headers,
        patience: Patience,
    ) -> Result<Accepted, Failure> {
        let article_id = operation.article_id();
        let stream_identity = patience
            .ask(|| self.stream_identity.current(&*self.log))
            .await
            .map_err(|error| Failure::of_log(article_id, "asking for the stream", &error))?;
        let accepted = |outcome, revision, sequence| Accepted {
            article_id: article_id.clone(),
            outcome,
            revision,
            write_token: WriteToken {
                article_id: article_id.clone(),
                revision,
                position: LogPosition {
                    stream_identity,
                    sequence,
                },
            }
            .encode(),
        };

        let subject = Subject::article(article_id.as_str());
        let mut guessed_new = self.novelty.likely(operation);
        for attempt in 1..=MAX_ATTEMPTS {
            let current = match guessed_new {
                true => None,
                false => self.current(article_id, &subject, patience).await?,
            };
            let sequence = current.as_ref().map_or(0, |current| current.sequence);
            let on_record = current.as_ref().map(|current| &current.event);
            let append = match decide(on_record, operation, Timestamp::now()) {
                Decision::Refuse(refusal) => return Err(refused(article_id, refusal).into()),
                Decision::Unchanged { revision } => {
                    return Ok(accepted(Outcome::Unchanged, revision, sequence));
                }
                // The text is not kept twice while the log is waited for.
                Decision::Append { outcome, event } => Encoded::new(outcome, &event),
            };
            let expected_last = match current {
                Some(_) => ExpectedLast::Sequence(sequence),
                None => ExpectedLast::None,
            };
            // A guess does not wait for room: what is on record already needs none.
            let patience = match guessed_new {
                true => patience.unless_full(),
                false => patience,
            };
            match self
                .append(&subject, expected_last, headers, &append.payload, patience)
                .await
            {
                Ok(sequence) => {
                    self.metrics.appended(append.delay);
                    return Ok(accepted(append.outcome, append.revision, sequence));
                }
                Err(AppendError::Conflict { .. }) if guessed_new => {
                    self.novelty.was_wrong();
                    guessed_new = false;
                }
                Err(AppendError::StreamFull) if guessed_new => guessed_new = false,
                Err(AppendError::Conflict { .. }) => {
                    debug!(article.id = %article_id, attempt, "another writer was faster");
                    sleep(BACKOFF.delay(attempt)).await;
                }
                Err(error) => return Err(not_appended(article_id, &error)),
            }
        }
        let article_id = article_id.clone();
        Err(IngestError::ConcurrentChange { article_id }.into())
    }

    async fn current(
        &self,
        article_id: &ArticleId,
        subject: &Subject,
        patience: Patience,
    ) -> Result<Option<Current>, Failure> {
        let last = patience
            .ask(|| self.log.last_of_subject(Stream::Articles, subject))
            .await
            .map_err(|error| Failure::of_log(article_id, "reading the current revision", &error))?;
        let Some(record) = last else {
            return Ok(None);
        };
        let event = ArticleRevised::decode(&record.payload)
            .map_err(|error| Failure::unreadable(article_id, record.sequence, &error))?;
        Ok(Some(Current {
            sequence: record.sequence,
            event,
        }))
    }

    async fn append(
        &self,
        subject: &Subject,
        expected_last: ExpectedLast,
        headers: &Headers,
        payload: &Bytes,
        patience: Patience,
    ) -> Result<u64, AppendError> {
        let span = debug_span!("append", otel.name = "append ARTICLES", otel.kind = "producer");
        let mut headers = Cow::Borrowed(headers);
        if !span.is_disabled() {
            TraceContext::of(&span).put_into(headers.to_mut());
        }
        // One id for each decision. The log repeats an append that got no answer under the same id, so a "duplicate" is our
        // own; and another replica that has decided the same must not be taken for us.
        let message_id = Uuid::new_v4().to_string();
        let no_answer = || LogError::Unavailable("the log gave no answer to an append".to_owned());
        // Again with the same id and the same condition: if an attempt without an answer was stored, that is the answer.
        let appended = patience.ask(|| {
            let message = Append {
                subject: subject.clone(),
                message_id: message_id.clone(),
                expected_last,
                headers: Headers::clone(&headers),
                payload: payload.clone(),
            };
            let answers = self.log.append(Stream::Articles, vec![message]);
            async move { answers.await.pop().unwrap_or_else(|| Err(no_answer().into())) }
        });
        let appended = appended.instrument(span).await?;
        Ok(appended.sequence)
    }
}

fn refused(article_id: &ArticleId, refusal: Refusal) -> IngestError {
    let article_id = article_id.clone();
    match refusal {
        Refusal::Retracted { revision } => IngestError::Retracted { article_id, revision },
        Refusal::NotFound => IngestError::NotFound { article_id },
    }
}

fn not_appended(article_id: &ArticleId, error: &AppendError) -> Failure {
    match error {
        AppendError::StreamFull => Failure::log_full(error),
        AppendError::TooLarge { size, limit } => IngestError::TooLargeForLog {
            size: *size,
            limit: *limit,
        }
        .into(),
        AppendError::Log(error) => Failure::of_log(article_id, "appending", error),
        // Decided again by the caller, which does not come here with it.
        AppendError::Conflict { .. } => IngestError::ConcurrentChange {
            article_id: article_id.clone(),
        }
        .into(),
    }
}
