//! The table of outcomes.

use gisa_proto::ingest::v1::IngestOutcome;

use crate::output::{
    layout::pad,
    views::{FAINT, styled},
};

const NAMES: [&str; 4] = ["created", "unchanged", "corrected", "retracted"];

/// Outcomes by file, in the order in which the files came.
#[derive(Debug, Default)]
pub(super) struct Counts {
    rows: Vec<(String, [u32; NAMES.len()])>,
}

impl Counts {
    pub(super) fn add(&mut self, file: &str, outcome: IngestOutcome) {
        let index = self
            .rows
            .iter()
            .position(|(name, _)| name == file)
            .unwrap_or_else(|| {
                self.rows.push((file.to_owned(), [0; NAMES.len()]));
                self.rows.len() - 1
            });
        let column = match outcome {
            IngestOutcome::Created => 0,
            IngestOutcome::Corrected => 2,
            IngestOutcome::Retracted => 3,
            IngestOutcome::Unchanged | IngestOutcome::Unspecified => 1,
        };
        self.rows[index].1[column] += 1;
    }

    /// The table as lines.
    pub(super) fn table(&self) -> Vec<String> {
        let row = |name: &str, cells: [String; NAMES.len()]| {
            let cells: String = cells.iter().map(|cell| format!("{cell:>11}")).collect();
            format!("{}{cells}", pad(name, 26))
        };
        let counted = |counts: [u32; NAMES.len()]| {
            counts.map(|count| {
                if count == 0 {
                    "·".to_owned()
                } else {
                    count.to_string()
                }
            })
        };
        let total = self.rows.iter().fold([0; NAMES.len()], |mut total, (_, counts)| {
            total
                .iter_mut()
                .zip(counts)
                .for_each(|(total, count)| *total += count);
            total
        });
        let mut lines = vec![styled(FAINT, &row("", NAMES.map(str::to_owned)))];
        lines.extend(self.rows.iter().map(|(name, counts)| row(name, counted(*counts))));
        lines.push(row("together", counted(total)));
        lines
    }
}
