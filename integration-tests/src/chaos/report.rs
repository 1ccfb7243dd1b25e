//! The report of a run: a table for people, JSON to keep.

use std::{collections::BTreeMap, fmt, time::Duration};

use gisa_event_log::jetstream::Durability;
use serde::Serialize;

use super::{
    checker::{Fault, Findings},
    history::{Answer, History, Outcome},
    schedule::Action,
};

/// Findings of each fault that the report shows.
const SHOWN: usize = 20;

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Seed of the run.
    pub seed: u64,
    /// Servers of NATS.
    pub nodes: usize,
    /// What they promised.
    pub durability: Durability,
    /// For how long faults happened, in seconds.
    pub fault_seconds: u64,
    /// How long all took, in seconds.
    pub total_seconds: u64,
    /// Faults by action and target.
    pub faults: BTreeMap<String, usize>,
    /// How many of them were kills.
    pub kills: usize,
    /// How often a service ended by itself, all of them together.
    pub exits: usize,
    /// What was sent and what became of it.
    pub traffic: BTreeMap<&'static str, usize>,
    /// What must not happen, and how often it was found.
    pub counts: BTreeMap<&'static str, usize>,
    /// The first findings of each.
    pub findings: BTreeMap<&'static str, Vec<String>>,
}

/// What the report takes over from the run.
#[derive(Clone, Debug)]
pub(super) struct Circumstances {
    pub(super) seed: u64,
    pub(super) nodes: usize,
    pub(super) durability: Durability,
    pub(super) length: Duration,
    pub(super) total: Duration,
    pub(super) faults: BTreeMap<(Action, &'static str), usize>,
    pub(super) exits: usize,
}

impl Report {
    pub(super) fn new(circumstances: Circumstances, history: &History, findings: &Findings) -> Self {
        let kills = circumstances
            .faults
            .iter()
            .filter(|((action, _), _)| *action == Action::Kill)
            .map(|(_, count)| count)
            .sum();
        let faults = circumstances.faults.into_iter();
        let found = Fault::ALL.map(|fault| (fault.name(), findings.of(fault)));
        Self {
            seed: circumstances.seed,
            nodes: circumstances.nodes,
            durability: circumstances.durability,
            fault_seconds: circumstances.length.as_secs(),
            total_seconds: circumstances.total.as_secs(),
            faults: faults
                .map(|((action, target), count)| (format!("{} {target}", action.name()), count))
                .collect(),
            kills,
            exits: circumstances.exits,
            traffic: traffic(history),
            counts: found.iter().map(|(name, found)| (*name, found.len())).collect(),
            findings: found
                .iter()
                .filter(|(_, found)| !found.is_empty())
                .map(|(name, found)| (*name, found.iter().take(SHOWN).cloned().collect()))
                .collect(),
        }
    }

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.counts.values().all(|count| *count == 0)
    }
}

fn traffic(history: &History) -> BTreeMap<&'static str, usize> {
    let mut traffic = BTreeMap::from([
        ("operations", history.operations.len()),
        ("revisions on ARTICLES", history.articles.len()),
        ("outcomes on TAGGED", history.tagged.len()),
        ("overtaken on TAGGED", overtaken(history)),
        (
            "changes told to watchers",
            history.watchers.iter().map(|watcher| watcher.told.len()).sum(),
        ),
    ]);
    for operation in &history.operations {
        let kind = match operation.answered.as_ref().map(|answered| &answered.answer) {
            None => "replies: none",
            Some(Answer::Refused(_)) => "replies: refused",
            Some(Answer::Accepted { outcome, .. }) => match outcome {
                Outcome::Created => "replies: created",
                Outcome::Unchanged => "replies: unchanged",
                Outcome::Corrected => "replies: corrected",
                Outcome::Retracted => "replies: retracted",
            },
        };
        *traffic.entry(kind).or_default() += 1;
    }
    traffic
}

/// Outcomes that came to TAGGED behind one of a later revision.
fn overtaken(history: &History) -> usize {
    let mut newest: BTreeMap<&str, u32> = BTreeMap::new();
    let mut overtaken = 0;
    for tagged in &history.tagged {
        let newest = newest.entry(&tagged.article).or_default();
        if tagged.revision < *newest {
            overtaken += 1;
        }
        *newest = tagged.revision.max(*newest);
    }
    overtaken
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: &dyn fmt::Display| writeln!(formatter, "{name:<28} {value:>8}");
        line("seed", &self.seed)?;
        line("nats-server nodes", &self.nodes)?;
        line("durability", &self.durability)?;
        line("seconds with faults", &self.fault_seconds)?;
        line("seconds in all", &self.total_seconds)?;
        line("kills", &self.kills)?;
        for (name, count) in &self.faults {
            line(&format!("  {name}"), count)?;
        }
        line("services ended by themselves", &self.exits)?;
        for (name, count) in &self.traffic {
            line(name, count)?;
        }
        for fault in Fault::ALL {
            line(&fault.name().to_uppercase(), &self.counts[fault.name()])?;
        }
        for (name, found) in &self.findings {
            writeln!(formatter, "\n{name}, the first {}:", found.len())?;
            for what in found {
                writeln!(formatter, "  {what}")?;
            }
        }
        Ok(())
    }
}
