//! Medians and percentiles.

use std::time::Duration;

/// The value that a share of the values (0.5 for the median) does not exceed; 0 if there are none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or_default()
}

/// Median of rates, with the lowest and the highest.
pub(crate) fn rates(values: &[f64]) -> String {
    format!(
        "{:.0} ({:.0} to {:.0})",
        percentile(values, 0.5),
        percentile(values, 0.0),
        percentile(values, 1.0)
    )
}

/// Median and 99th percentile of latencies, in milliseconds.
pub(crate) fn latencies(values: &[Duration]) -> String {
    let milliseconds: Vec<f64> = values.iter().map(|value| value.as_secs_f64() * 1000.0).collect();
    format!(
        "{:.1} ms | {:.1} ms | {}",
        percentile(&milliseconds, 0.5),
        percentile(&milliseconds, 0.99),
        values.len()
    )
}

/// How many a second.
pub(crate) fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
