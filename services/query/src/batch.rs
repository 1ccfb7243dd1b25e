//! What a batch of records of TAGGED holds, and what is told of it: the spans of its articles, and how late they come.

use gisa_article_codec::ArticleTagged;
use gisa_event_log::Record;
use gisa_service_runtime::TraceContext;
use jiff::Timestamp;
use tracing::{Span, debug_span, field, warn};

use crate::index::{IndexError, IndexSnapshot};

/// What a batch of records holds.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The records that can be read, ascending by sequence.
    pub(crate) readable: Vec<(u64, ArticleTagged)>,
    /// How many cannot. One of those must not stop all that come after it.
    pub(crate) skipped: u64,
    /// The spans of the readable ones that are news.
    pub(crate) spans: Vec<Span>,
}

impl Batch {
    /// Reads records. Those behind `news_after` are news to readers; without it none are: spans of an index that is built
    /// would be one for each article there ever was.
    pub(crate) fn decode(records: Vec<Record>, news_after: Option<u64>) -> Self {
        let mut batch = Self::default();
        for record in records {
            let span = match is_news(record.sequence, news_after) {
                true => article_span(&record),
                false => Span::none(),
            };
            let _entered = span.enter();
            match ArticleTagged::decode(&record.payload) {
                Ok(tagged) => {
                    let article_id = &tagged.tagged_article.article.article_id;
                    span.record("article.id", field::display(article_id));
                    batch.readable.push((record.sequence, tagged));
                    if is_news(record.sequence, news_after) {
                        batch.spans.push(span.clone());
                    }
                }
                Err(error) => {
                    batch.skipped += 1;
                    warn!(
                        sequence = record.sequence,
                        subject = %record.subject,
                        trace_id = TraceContext::from_headers(&record.headers).trace_id(),
                        %error,
                        "record {} of TAGGED cannot be read and is skipped: {error}",
                        record.sequence
                    );
                }
            }
        }
        batch
    }

    /// When ingest accepted those revisions among the news that have no outcome in the index yet. What is tagged again says
    /// nothing of the way of its article, and while the index is built, nor does how old a record is.
    pub(crate) fn first_outcomes(
        &self,
        snapshot: &dyn IndexSnapshot,
        news_after: Option<u64>,
    ) -> Result<Vec<Timestamp>, IndexError> {
        let mut accepted = Vec::new();
        for (sequence, tagged) in &self.readable {
            if !is_news(*sequence, news_after) {
                continue;
            }
            let article = &tagged.tagged_article.article;
            let known = snapshot.versions(article.article_id.as_str())?;
            if known
                .iter()
                .all(|version| version.rank.revision != article.revision)
            {
                accepted.push(tagged.accepted_at);
            }
        }
        Ok(accepted)
    }
}

fn is_news(sequence: u64, news_after: Option<u64>) -> bool {
    news_after.is_some_and(|shown| sequence > shown)
}

/// The span of one article from its coming to the commit; it goes on with the article's trace. Articles are many, so it is made
/// where traces are exported or the log shows DEBUG; elsewhere it is disabled.
fn article_span(record: &Record) -> Span {
    let span = debug_span!(
        "index_article",
        otel.name = "index article",
        otel.kind = "consumer",
        log.sequence = record.sequence,
        article.id = field::Empty,
        trace_id = field::Empty,
    );
    if !span.is_disabled() {
        TraceContext::from_headers(&record.headers).continue_in(&span);
    }
    span
}
