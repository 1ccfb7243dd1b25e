//! Families of metrics whose labels are fixed: one value, or one for each combination of label values.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::MetricType;

/// Upper bounds of the classes of all histograms, in seconds: from a lookup to an article that waited for a day.
const BUCKETS: [f64; 19] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
    7200.0, 86_400.0,
];

/// Names and values of a metric's labels.
type Labels<const COUNT: usize> = [(&'static str, String); COUNT];

macro_rules! define_family {
    ($(#[$documentation:meta])* $name:ident of $metric:ty, $metric_type:ident, $new:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        pub struct $name<const LABELS: usize> {
            labels: [&'static str; LABELS],
            family: Family<Labels<LABELS>, $metric>,
        }

        impl<const LABELS: usize> $name<LABELS> {
            pub(super) const TYPE: MetricType = MetricType::$metric_type;

            pub(super) fn register(
                registry: &mut Registry,
                name: &'static str,
                meaning: &'static str,
                labels: [&'static str; LABELS],
            ) -> Self {
                let family = Family::new_with_constructor($new as fn() -> $metric);
                // The library adds the suffix and the full stop by itself.
                let name = name.strip_suffix("_total").unwrap_or(name);
                let help = meaning.strip_suffix('.').unwrap_or(meaning);
                registry.register(name, help, family.clone());
                Self { labels, family }
            }

            /// The metric with these values of the labels, in the order of their definition.
            pub fn with(&self, values: [&str; LABELS]) -> $metric {
                let labels = std::array::from_fn(|at| (self.labels[at], values[at].to_owned()));
                self.family.get_or_create_owned(&labels)
            }
        }
    };
}

define_family!(
    /// Counters, one for each combination of label values.
    Counters of Counter, Counter, Counter::default
);
define_family!(
    /// Gauges, one for each combination of label values.
    Gauges of Gauge<f64, AtomicU64>, Gauge, Gauge::default
);
define_family!(
    /// Histograms of seconds, one for each combination of label values.
    Histograms of Histogram, Histogram, || Histogram::new(BUCKETS)
);

impl<const LABELS: usize> Gauges<LABELS> {
    /// Forgets all values: they are not known any more.
    pub fn clear(&self) {
        self.family.clear();
    }
}
