//! The status of the streams as two tables, for people.

use super::{ConsumerRecord, StreamRecord};
use crate::output::{
    layout::{columns, pad},
    views::{FAINT, styled},
};

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// The streams, and below them their durable consumers.
pub(super) fn render(records: &[StreamRecord]) -> String {
    let mut streams = vec![
        [
            "STREAM", "FILL", "BYTES", "LIMIT", "MESSAGES", "FIRST", "LAST", "DEAD", "REPLICAS",
        ]
        .map(str::to_owned),
    ];
    let mut consumers = vec![
        [
            "CONSUMER",
            "STREAM",
            "LAG",
            "ACK PENDING",
            "REDELIVERED",
            "OLDEST UNACKED",
            "",
        ]
        .map(str::to_owned),
    ];
    for record in records {
        streams.push(stream_row(record));
        consumers.extend(
            record
                .consumers
                .iter()
                .map(|consumer| consumer_row(record.stream, consumer)),
        );
    }
    let mut text = layout(&streams);
    if consumers.len() > 1 {
        text.push('\n');
        text.push_str(&layout(&consumers));
    }
    text
}

fn stream_row(record: &StreamRecord) -> [String; 9] {
    [
        record.name.clone(),
        record
            .fill_percent
            .map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1} %")),
        bytes(record.bytes),
        record.max_bytes.map_or_else(|| "none".to_owned(), bytes),
        record.messages.to_string(),
        record.first_sequence.to_string(),
        record.last_sequence.to_string(),
        record.dead_lettered.to_string(),
        format!("{}/{}", record.current_replicas, record.replicas),
    ]
}

fn consumer_row(stream: &str, record: &ConsumerRecord) -> [String; 7] {
    [
        record.name.clone(),
        stream.to_owned(),
        record.pending.to_string(),
        record.ack_pending.to_string(),
        record.redelivered.to_string(),
        record
            .oldest_unacknowledged_seconds
            .map_or_else(|| "-".to_owned(), age),
        if record.paused { "paused" } else { "" }.to_owned(),
    ]
}

/// Columns as wide as they must be, the first row as their heads.
fn layout<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0));
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad(cell, width))
            .collect();
        let line = cells.join("  ");
        let line = line.trim_end();
        let line = if number == 0 {
            styled(FAINT, line)
        } else {
            line.to_owned()
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

fn age(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.1} s"),
        ..3600.0 => format!("{:.1} min", seconds / 60.0),
        ..86_400.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_have_units() {
        assert_eq!(
            [0, 1023, 1536, 5 << 30].map(bytes),
            ["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]
        );
        assert_eq!(
            [0.25, 90.0, 7200.0, 129_600.0].map(age),
            ["0.2 s", "1.5 min", "2.0 h", "1.5 d"]
        );
    }
}
