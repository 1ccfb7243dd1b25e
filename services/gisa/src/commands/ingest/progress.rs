//! The progress bar, on standard error, when that is a terminal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{article_file::STANDARD_INPUT, failure::tell};

const TICK: Duration = Duration::from_millis(100);

/// Shows how far the files have been read and how many articles are done.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    bytes_read: Arc<AtomicU64>,
    done: u64,
}

impl Progress {
    /// For these files; standard input has no length.
    pub(super) fn new(files: &[String]) -> Self {
        let length = |name: &String| {
            let metadata = std::fs::metadata(name).ok().filter(|_| name != STANDARD_INPUT)?;
            metadata.is_file().then_some(metadata.len())
        };
        let total: Option<u64> = files.iter().map(length).sum();
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{bar:30.cyan/dim} {bytes}/{total_bytes}  {msg}  {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {bytes}  {msg}  {elapsed}"),
        };
        // The templates are fixed; should one be wrong, the default will do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            bytes_read: Arc::new(AtomicU64::new(0)),
            done: 0,
        }
    }

    /// To be counted up by the reader.
    pub(super) fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// One more article is done.
    pub(super) fn count(&mut self) {
        self.done += 1;
        self.bar.set_position(self.bytes_read.load(Ordering::Relaxed));
        self.bar.set_message(format!("{} articles", self.done));
    }

    /// Writes a line beside the bar.
    pub(super) fn tell(&self, line: &str) {
        self.bar.suspend(|| tell(format_args!("{line}")));
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
