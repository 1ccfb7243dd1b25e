//! Processor time that processes take, as Linux counts it.

use std::{fs, process, time::Duration};

use anyhow::Context as _;

use crate::statistics::percentile;

/// Length of the clock ticks of `/proc`; 100 a second wherever Linux runs today.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that a process has taken so far, in its own code and in the kernel.
fn time_of(process_id: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process_id}/stat");
    let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name of the program stands in brackets and may contain anything. The fields behind it are counted from the state,
    // the third of all; see proc_pid_stat(5).
    let (_, fields) = stat.rsplit_once(')').with_context(|| path.clone())?;
    let ticks: Result<Vec<u32>, _> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect();
    Ok(TICK * ticks.with_context(|| path.clone())?.iter().sum::<u32>())
}

/// Processor time of the processes of a measurement, each for one article.
#[derive(Debug)]
pub(crate) struct Shares {
    processes: Vec<(&'static str, u32, Duration)>,
    taken: Vec<Vec<f64>>,
}

impl Shares {
    /// Of these processes, and of this one, the client.
    pub(crate) fn of(processes: &[(&'static str, u32)]) -> Self {
        let client = ("client", process::id());
        let processes = std::iter::once(&client).chain(processes);
        Self {
            processes: processes.map(|&(name, id)| (name, id, Duration::ZERO)).collect(),
            taken: Vec::new(),
        }
    }

    /// What is measured begins.
    pub(crate) fn begin(&mut self) -> anyhow::Result<()> {
        for (_, id, before) in &mut self.processes {
            *before = time_of(*id)?;
        }
        Ok(())
    }

    /// It ends, after so many articles.
    pub(crate) fn end(&mut self, articles: usize) -> anyhow::Result<()> {
        let taken = self
            .processes
            .iter()
            .map(|&(_, id, before)| Ok((time_of(id)? - before).as_secs_f64() * 1e6 / articles as f64));
        self.taken.push(taken.collect::<anyhow::Result<_>>()?);
        Ok(())
    }

    /// Forgets what was measured, a warm-up.
    pub(crate) fn clear(&mut self) {
        self.taken.clear();
    }

    /// Medians, in microseconds for each article.
    pub(crate) fn table_cells(&self) -> String {
        let cell = |(number, (name, ..)): (usize, &(&str, u32, Duration))| {
            let times: Vec<f64> = self.taken.iter().map(|taken| taken[number]).collect();
            format!("{name} {:.1} µs", percentile(&times, 0.5))
        };
        let cells: Vec<String> = self.processes.iter().enumerate().map(cell).collect();
        cells.join(", ")
    }
}
