//! Event log out: one outcome for each revision and tagger version.

use gisa_article_codec::ArticleTagged;
use gisa_article_model::TaggerVersion;
use gisa_event_log::{Append, AppendError, EventLog, ExpectedLast, Headers, LogError, Stream, Subject};

use gisa_service_runtime::TraceContext;
use tracing::{Instrument as _, Span, debug_span};

use crate::error::TaggingError;

/// How often another writer may get in between before the message goes back to the log.
const MAX_CONFLICTS: usize = 8;

/// Appends an outcome to TAGGED, unless an outcome of the same or a higher tagger version is there already. The subject of
/// a revision and its expected sequence fence it: a worker that wakes up late cannot put an older result over a newer one,
/// and a message that is delivered twice has one outcome.
pub async fn publish_outcome(
    log: &dyn EventLog,
    outcome: &ArticleTagged,
    headers: &Headers,
) -> Result<(), TaggingError> {
    let article = &outcome.tagged_article.article;
    let version = outcome.tagged_article.tagger_version;
    let subject = Subject::tagged(article.article_id.as_str(), article.revision);
    let payload = bytes::Bytes::from(outcome.encode());
    let span = debug_span!("publish", otel.name = "append TAGGED", otel.kind = "producer");
    let mut headers = headers.clone();
    if !span.is_disabled() {
        if !TraceContext::of(&Span::current()).is_somewhere() {
            // Tagged again: the trace of the article goes on.
            TraceContext::from_headers(&headers).continue_in(&span);
        }
        TraceContext::of(&span).put_into(&mut headers);
    }

    // Nearly always there is none yet, so the first try asks for nothing.
    let mut expected_last = ExpectedLast::None;
    for _ in 0..MAX_CONFLICTS {
        let append = Append {
            subject: subject.clone(),
            message_id: message_id(&subject, version, expected_last),
            expected_last,
            headers: headers.clone(),
            payload: payload.clone(),
        };
        let appending = log.append(Stream::Tagged, vec![append]);
        match appending.instrument(span.clone()).await.pop() {
            Some(Ok(_)) => return Ok(()),
            Some(Err(AppendError::Conflict { .. })) => (),
            Some(Err(AppendError::Log(error))) => return Err(error.into()),
            Some(Err(error @ AppendError::StreamFull)) => {
                return Err(LogError::Unavailable(error.to_string()).into());
            }
            Some(Err(error @ AppendError::TooLarge { .. })) => return Err(TaggingError::Unstorable(error)),
            None => return Err(LogError::Unavailable("no answer to an append".to_owned()).into()),
        }

        let Some(present) = log.last_of_subject(Stream::Tagged, &subject).await? else {
            expected_last = ExpectedLast::None;
            continue;
        };
        if ArticleTagged::decode(&present.payload)?
            .tagged_article
            .tagger_version
            >= version
        {
            return Ok(());
        }
        expected_last = ExpectedLast::Sequence(present.sequence);
    }
    Err(LogError::Unavailable(format!("{subject} keeps changing")).into())
}

/// The same for every attempt to put the same version after the same predecessor.
fn message_id(subject: &Subject, version: TaggerVersion, expected_last: ExpectedLast) -> String {
    let predecessor = match expected_last {
        ExpectedLast::Sequence(sequence) => sequence,
        ExpectedLast::None | ExpectedLast::Any => 0,
    };
    format!(
        "{subject}/{}.{}/{predecessor}",
        version.engine, version.dictionary
    )
}
