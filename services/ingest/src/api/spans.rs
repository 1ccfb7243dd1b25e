//! The span of one article: the beginning of its way.

use gisa_event_log::Headers;
use gisa_service_runtime::trace_context::{TraceContext, show_trace};
use tracing::{Span, error_span, field::Empty};

use crate::decide::Operation;

/// Makes the span, at a level that a quieter log does not lose: its lines need the ids.
macro_rules! article_span {
    ($operation:expr $(, parent: $parent:expr)?) => {
        error_span!(
            $(parent: $parent,)?
            "accept",
            otel.name = "accept article",
            article.id = %$operation.article_id(),
            trace_id = Empty,
        )
    };
}

/// The span of the operation of a unary call, inside that of the call.
pub(super) fn of_call(operation: &Operation) -> Span {
    let span = article_span!(operation);
    show_trace(&span);
    span
}

/// The span of an operation of a stream. It belongs to the trace of the caller, whose `headers` tell if there is one;
/// otherwise each article begins a trace, which names the call: nobody could read one trace of a million articles.
pub(super) fn of_stream(operation: &Operation, headers: &Headers, call: &Span) -> Span {
    if !headers.is_empty() {
        return call.in_scope(|| of_call(operation));
    }
    let span = article_span!(operation, parent: None);
    TraceContext::of(call).link(&span);
    show_trace(&span);
    span
}
