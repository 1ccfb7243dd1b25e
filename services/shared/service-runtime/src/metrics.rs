//! Every metric of Gisa, named once: type, labels and meaning. `docs/OPERATIONS.md` has the same table; a test compares.
//!
//! A process has one [`Metrics`]; each service counts in the same ones, so that `gisa dev` has them all on one port.

mod families;

use std::sync::Arc;

use prometheus_client::{encoding::prometheus_text, registry::Registry};

pub use self::families::{Counters, Gauges, Histograms};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// Only grows, and begins again with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts durations in classes, in seconds.
    Histogram,
}

/// A metric as it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricDefinition {
    /// Its name, as in queries; of histograms without `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// What it is.
    pub metric_type: MetricType,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
}

macro_rules! define_metrics {
    ($( #[doc = $meaning:literal] $field:ident: $family:ident<$count:literal> = $name:literal $labels:expr, )*) => {
        /// The metrics of a process; cheap to clone.
        #[derive(Clone, Debug)]
        pub struct Metrics {
            registry: Arc<Registry>,
            $( #[doc = $meaning] pub $field: $family<$count>, )*
        }

        /// All metrics.
        pub const CATALOGUE: &[MetricDefinition] = &[
            $( MetricDefinition {
                name: $name,
                metric_type: <$family<$count>>::TYPE,
                labels: &$labels,
                meaning: $meaning,
            }, )*
        ];

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::default();
                $( let $field = <$family<$count>>::register(&mut registry, $name, $meaning, $labels); )*
                Self { registry: Arc::new(registry), $( $field, )* }
            }
        }
    };
}

define_metrics! {
    #[doc = "1; which program runs, in which version."]
    build_info: Gauges<2> = "gisa_build_info" ["program", "version"],

    #[doc = "gRPC calls that have ended, by full service name, method and code; a stream when it ends. CANCELLED: the caller went away or its deadline passed."]
    rpc_requests: Counters<3> = "gisa_rpc_requests_total" ["service", "method", "code"],
    #[doc = "Time from a call's headers to the end of its answer; of a stream, how long it was open."]
    rpc_duration: Histograms<3> = "gisa_rpc_duration_seconds" ["service", "method", "code"],
    #[doc = "gRPC calls under way."]
    rpc_in_flight: Gauges<2> = "gisa_rpc_in_flight" ["service", "method"],

    #[doc = "Operations that ingest has answered, by outcome (CREATED, CORRECTED, UNCHANGED, RETRACTED) or reason of the refusal, as in docs/errors."]
    articles: Counters<1> = "gisa_articles_total" ["result"],
    #[doc = "From the publication time that an article's sender gave to its acceptance by ingest; first revisions only, those from the future not counted."]
    published_to_accepted: Histograms<0> = "gisa_published_to_accepted_seconds" [],
    #[doc = "From the acceptance of a revision by ingest to the commit that makes it searchable; first outcomes only, not while an index is built from nothing. The clocks of two machines."]
    accepted_to_searchable: Histograms<0> = "gisa_accepted_to_searchable_seconds" [],
    #[doc = "Time of one step: append (ingest, one operation with its reads and retries), tag and publish (tagging, one revision), apply (query, up to 64 records)."]
    stage_duration: Histograms<1> = "gisa_stage_duration_seconds" ["stage"],

    #[doc = "Messages not yet delivered to anyone. The same on all replicas; absent while the log does not answer."]
    consumer_pending: Gauges<2> = "gisa_consumer_pending" ["stream", "consumer"],
    #[doc = "Messages delivered and not yet acknowledged. The same on all replicas; absent while the log does not answer."]
    consumer_ack_pending: Gauges<2> = "gisa_consumer_ack_pending" ["stream", "consumer"],
    #[doc = "Age of the oldest message that is not acknowledged, 0 if there is none. The same on all replicas; absent while the log does not answer."]
    consumer_oldest_unacknowledged: Gauges<2> = "gisa_consumer_oldest_unacknowledged_seconds" ["stream", "consumer"],
    #[doc = "Deliveries to this process that were not the first of their message."]
    consumer_redelivered: Counters<2> = "gisa_consumer_redelivered_total" ["stream", "consumer"],
    #[doc = "Messages that this process has put into DEAD_LETTERS, by the stream they came from."]
    dead_letters: Counters<2> = "gisa_dead_letters_total" ["stream", "consumer"],
    #[doc = "Messages kept in a stream. From tagging; the same on all replicas; absent while the log does not answer."]
    stream_messages: Gauges<1> = "gisa_stream_messages" ["stream"],
    #[doc = "Bytes kept in a stream. From tagging; the same on all replicas; absent while the log does not answer."]
    stream_bytes: Gauges<1> = "gisa_stream_bytes" ["stream"],
    #[doc = "Bytes that a stream may keep; absent if it has no limit. From tagging; the same on all replicas."]
    stream_max_bytes: Gauges<1> = "gisa_stream_max_bytes" ["stream"],

    #[doc = "Records of TAGGED that the index does not show yet; absent while the log does not answer."]
    index_lag: Gauges<0> = "gisa_index_lag" [],
    #[doc = "1 if the index may be answered from, 0 while it is built from nothing."]
    index_ready: Gauges<0> = "gisa_index_ready" [],
    #[doc = "Size of the index directory; while another index is built beside the one that answers, of both."]
    index_bytes: Gauges<0> = "gisa_index_bytes" [],
    #[doc = "Articles that a search can find."]
    index_articles: Gauges<0> = "gisa_index_articles" [],
    #[doc = "Number of the index that answers; a rebuild gives it a higher one."]
    index_generation: Gauges<0> = "gisa_index_generation" [],
    #[doc = "1 while an index is built, beside the one that answers or from nothing; otherwise 0."]
    index_rebuild_running: Gauges<0> = "gisa_index_rebuild_running" [],
    #[doc = "Time of one commit of the index."]
    index_commit: Histograms<0> = "gisa_index_commit_seconds" [],
    #[doc = "Records of TAGGED that could not be read and were skipped; a rebuild counts them again."]
    index_skipped: Counters<0> = "gisa_index_skipped_records_total" [],
    #[doc = "Watches under way."]
    watch_subscribers: Gauges<0> = "gisa_watch_subscribers" [],
    #[doc = "Events told to watchers, by kind: PUBLISHED, CORRECTED, RETAGGED, WITHDRAWN, UNMATCHED, CHECKPOINT."]
    watch_events: Counters<1> = "gisa_watch_events_total" ["kind"],
}

impl Metrics {
    /// All metrics that have a value, in the text format of Prometheus.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _infallible = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_their_labels() {
        let metrics = Metrics::default();
        metrics.articles.with(["CREATED"]).inc();
        metrics.index_lag.with([]).set(7.0);
        metrics.stage_duration.with(["tag"]).observe(0.02);
        metrics.stream_bytes.with(["TAGGED"]).set(1.0);
        metrics.stream_bytes.clear();
        let text = metrics.to_text();
        for line in [
            "# TYPE gisa_articles_total counter",
            "gisa_articles_total{result=\"CREATED\"} 1",
            "gisa_index_lag 7.0",
            "gisa_stage_duration_seconds_bucket{stage=\"tag\",le=\"0.025\"} 1",
            "gisa_stage_duration_seconds_count{stage=\"tag\"} 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in\n{text}"
            );
        }
        assert!(!text.contains("gisa_stream_bytes{"), "{text}");
    }

    #[test]
    fn the_table_in_the_docs_is_the_catalogue() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/OPERATIONS.md");
        let page = std::fs::read_to_string(page).unwrap();
        let documented: Vec<&str> = page.lines().filter(|line| line.starts_with("| `gisa_")).collect();
        let defined: Vec<String> = CATALOGUE
            .iter()
            .map(|metric| {
                let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
                let metric_type = format!("{:?}", metric.metric_type).to_lowercase();
                let (name, meaning) = (metric.name, metric.meaning);
                format!("| `{name}` | {metric_type} | {} | {meaning} |", labels.join(", "))
            })
            .collect();
        assert_eq!(documented, defined, "the table must be\n{}", defined.join("\n"));
    }
}
