//! The W3C trace context: as a caller sends it, as messages on the event log carry it, and as lines of the log show it.
//!
//! It is there also when nothing is exported, so that the lines of all processes about one article can be found by its
//! trace id.

use std::collections::BTreeMap;

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState},
};
use opentelemetry_sdk::{
    propagation::TraceContextPropagator,
    trace::{IdGenerator as _, RandomIdGenerator},
};
use tonic::codegen::http::HeaderMap;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Headers of the trace context.
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// Field of a span that shows its trace on the lines of the log; a span has to declare it as empty.
const TRACE_ID: &str = "trace_id";

/// Where in a trace something happens, or nowhere.
#[derive(Clone, Debug)]
pub struct TraceContext(SpanContext);

impl TraceContext {
    /// Inside a span, or where it is about to be entered if its level is not traced. Nowhere if telemetry was not started.
    pub fn of(span: &Span) -> Self {
        let inside = Self(span.context().span().span_context().clone());
        if inside.is_somewhere() {
            return inside;
        }
        Self(Span::current().context().span().span_context().clone())
    }

    /// The beginning of a trace that is not recorded: its ids are for the lines of the log, here and further on.
    pub fn begin() -> Self {
        let ids = RandomIdGenerator::default();
        Self(SpanContext::new(
            ids.new_trace_id(),
            ids.new_span_id(),
            TraceFlags::NOT_SAMPLED,
            false,
            TraceState::NONE,
        ))
    }

    /// As headers say; nowhere if they are not there or malformed.
    pub fn from_headers(headers: &BTreeMap<String, String>) -> Self {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Carrier(headers));
        Self(context.span().span_context().clone())
    }

    /// As the metadata of a call say.
    pub(crate) fn from_metadata(metadata: &HeaderMap) -> Self {
        let headers = HEADERS.into_iter().filter_map(|name| {
            let value = metadata.get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.to_owned()))
        });
        Self::from_headers(&headers.collect())
    }

    /// Whether it is somewhere.
    pub fn is_somewhere(&self) -> bool {
        self.0.is_valid()
    }

    /// The id of the trace, 32 hex digits; `None` if it is nowhere.
    pub fn trace_id(&self) -> Option<String> {
        self.is_somewhere().then(|| self.0.trace_id().to_string())
    }

    /// Puts it into headers; from nowhere they stay as they are.
    pub fn put_into(&self, headers: &mut BTreeMap<String, String>) {
        if !self.is_somewhere() {
            return;
        }
        // Written out, for every article comes by here, and the library takes a context and a carrier for it.
        let (trace, span, flags) = (self.0.trace_id(), self.0.span_id(), self.0.trace_flags());
        headers.insert(
            HEADERS[0].to_owned(),
            format!("00-{trace}-{span}-{:02x}", flags & TraceFlags::SAMPLED),
        );
        let state = self.0.trace_state().header();
        if !state.is_empty() {
            headers.insert(HEADERS[1].to_owned(), state);
        }
    }

    /// Makes a new span go on from here; from nowhere it stays where it is. Its lines show the trace.
    pub fn continue_in(&self, span: &Span) {
        if self.is_somewhere() {
            let parent = Context::new().with_remote_span_context(self.0.clone());
            // Without telemetry there is nothing to go on with.
            let _without_telemetry = span.set_parent(parent);
            self.show_in(span);
        } else {
            show_trace(span);
        }
    }

    /// Makes the lines of a span show the trace, also where the span itself is in none because its level is not traced.
    pub fn show_in(&self, span: &Span) {
        if let Some(trace_id) = self.trace_id() {
            span.record(TRACE_ID, field::display(trace_id));
        }
    }

    /// Says that a span has to do with what happens here.
    pub fn link(&self, span: &Span) {
        span.add_link(self.0.clone());
    }
}

/// Makes the lines of a span show its trace.
pub fn show_trace(span: &Span) {
    TraceContext::of(span).show_in(span);
}

/// Headers, for the library.
struct Carrier<'a>(&'a BTreeMap<String, String>);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn headers_are_read_and_written() {
        let given = headers(&[
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
            ("tracestate", "vendor=1"),
        ]);
        let context = TraceContext::from_headers(&given);
        assert!(context.is_somewhere());
        let mut written = headers(&[("other", "1"), ("traceparent", "old")]);
        context.put_into(&mut written);
        assert_eq!(written.remove("other").as_deref(), Some("1"));
        assert_eq!(written, given);
    }

    #[test]
    fn a_trace_that_begins_is_somewhere_and_not_recorded() {
        let begun = TraceContext::begin();
        let mut written = BTreeMap::new();
        begun.put_into(&mut written);
        assert!(written["traceparent"].ends_with("-00"), "{written:?}");
        assert_eq!(TraceContext::from_headers(&written).trace_id(), begun.trace_id());
        assert!(begun.trace_id().is_some());
        assert_ne!(TraceContext::begin().trace_id(), begun.trace_id());
    }

    #[test]
    fn malformed_headers_lead_nowhere() {
        for traceparent in [
            "nonsense",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            let context = TraceContext::from_headers(&headers(&[("traceparent", traceparent)]));
            assert!(!context.is_somewhere(), "{traceparent}");
            let mut kept = headers(&[("traceparent", "as it was")]);
            context.put_into(&mut kept);
            assert_eq!(kept["traceparent"], "as it was");
        }
    }
}
