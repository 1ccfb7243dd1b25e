//! The trace of one article: the beginning of its way.
//!
//! Articles are many, and a span of each costs a good part of all that accepting it takes. So it is made where somebody sees it:
//! where traces are exported, where the log shows DEBUG, and for the line of an article that was not accepted.

use gisa_event_log::Headers;
use gisa_service_runtime::trace_context::{TraceContext, show_trace};
use tracing::{Level, Span, field::Empty, span};

use crate::decide::Operation;

/// Where an article is in its trace.
#[derive(Debug)]
pub(super) struct ArticleTrace {
    span: Span,
    headers: Headers,
}

macro_rules! article_span {
    ($level:expr, $operation:expr $(, parent: $parent:expr)?) => {
        span!(
            $(parent: $parent,)?
            $level,
            "accept",
            otel.name = "accept article",
            article.id = %$operation.article_id(),
            trace_id = Empty,
        )
    };
}

impl ArticleTrace {
    /// Of a unary call, inside the current span, which is that of the call. `headers` are those of the caller.
    pub(super) fn of_call(operation: &Operation, mut headers: Headers) -> Self {
        let span = article_span!(Level::DEBUG, operation);
        show_trace(&span);
        TraceContext::of(&span).put_into(&mut headers);
        Self { span, headers }
    }

    /// Of an operation of a stream. It belongs to the trace of the caller, whose `headers` tell if there is one; otherwise each
    /// article begins a trace, which names the call: nobody could read one trace of a million articles.
    pub(super) fn of_stream(operation: &Operation, headers: &Headers, call: &Span) -> Self {
        if !headers.is_empty() {
            return call.in_scope(|| Self::of_call(operation, headers.clone()));
        }
        let span = article_span!(Level::DEBUG, operation, parent: None);
        let recorded = (!span.is_disabled())
            .then(|| TraceContext::of(&span))
            .filter(TraceContext::is_somewhere);
        if recorded.is_some() {
            TraceContext::of(call).link(&span);
        }
        let trace = recorded.unwrap_or_else(TraceContext::begin);
        trace.show_in(&span);
        let mut headers = Headers::new();
        trace.put_into(&mut headers);
        Self { span, headers }
    }

    /// The span; disabled where nobody would see it.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// The span for a line that everybody sees.
    pub(super) fn span_of_trouble(&self, operation: &Operation) -> Span {
        if !self.span.is_disabled() {
            return self.span.clone();
        }
        let span = article_span!(Level::ERROR, operation, parent: None);
        TraceContext::from_headers(&self.headers).continue_in(&span);
        span
    }

    /// What goes into the event log with the article.
    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use gisa_article_model::ArticleId;
    use tracing::warn;

    use super::*;
    use crate::decide::Retraction;

    #[derive(Clone, Debug, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The one span on the line of a failure, and the headers of the article, where the log shows this level and more.
    fn failure_at(level: Level) -> (serde_json::Value, Headers) {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        let operation = Operation::Retract(Retraction {
            article_id: ArticleId::parse("a-1").unwrap(),
            reason: String::new(),
        });
        let headers = tracing::subscriber::with_default(subscriber, || {
            let trace = ArticleTrace::of_stream(&operation, &Headers::new(), &Span::none());
            assert_eq!(trace.span().is_disabled(), level < Level::DEBUG);
            trace
                .span_of_trouble(&operation)
                .in_scope(|| warn!("not accepted"));
            trace.headers().clone()
        });
        let line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        let spans = line["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 1, "{line}");
        (spans[0].clone(), headers)
    }

    #[test]
    fn a_failure_has_the_ids_of_the_article_whether_it_had_a_span_or_not() {
        for level in [Level::WARN, Level::DEBUG] {
            let (span, headers) = failure_at(level);
            assert_eq!(span["article.id"], "a-1");
            let trace_id = TraceContext::from_headers(&headers).trace_id().unwrap();
            assert_eq!(span["trace_id"], trace_id.as_str(), "{level}");
        }
    }
}
