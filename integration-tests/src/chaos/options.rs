//! The command line of the chaos program.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use gisa_event_log::jetstream::Durability;

/// Kills, freezes and cuts off parts of a running pipeline and checks that nothing acknowledged is lost, doubled or
/// reordered. Exit codes: 0 if nothing was found, 1 if something was, 2 for a wrong command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "chaos")]
pub struct Options {
    /// Decides the faults and what is sent.
    #[arg(long)]
    pub seed: u64,
    /// For how long faults happen; may be a fraction.
    #[arg(long, default_value_t = 5.0, value_parser = minutes)]
    pub minutes: f64,
    /// Servers of NATS: 1, or 3 as a cluster.
    #[arg(long, default_value_t = 1, value_parser = nodes)]
    pub nodes: usize,
    /// What the servers of NATS promise: `default`, to write what they acknowledge, or `always`, to sync it before. Then ingest
    /// and tagging append in batches.
    #[arg(long, default_value = "default", value_parser = durability)]
    pub durability: Durability,
    /// Where the report is kept, as JSON; the logs of the services go beside it [default:
    /// target/chaos/<SEED>-<NODES>.json, or <SEED>-<NODES>-always.json].
    #[arg(long)]
    pub report: Option<PathBuf>,
}

impl Options {
    /// For how long faults happen.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    /// Where the report is kept.
    pub fn report(&self) -> PathBuf {
        let default = || {
            let durability = match self.durability {
                Durability::Default => "",
                Durability::Always => "-always",
            };
            PathBuf::from(format!(
                "target/chaos/{}-{}{durability}.json",
                self.seed, self.nodes
            ))
        };
        self.report.clone().unwrap_or_else(default)
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.1..=1440.0).contains(&minutes) => Ok(minutes),
        _ => Err("must be between 0.1 and 1440".to_owned()),
    }
}

fn nodes(text: &str) -> Result<usize, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("must be 1 or 3".to_owned()),
    }
}

fn durability(text: &str) -> Result<Durability, String> {
    [Durability::Default, Durability::Always]
        .into_iter()
        .find(|durability| durability.to_string() == text)
        .ok_or_else(|| "must be default or always".to_owned())
}
