//! What the pipeline makes of the log: rates beside the limits that raw NATS sets, and latencies, each comparison
//! within one run on one machine. Prints Markdown tables to standard output.
//!
//! `cargo run --release -p gisa-integration-tests --bin bench-log -- --help`
//!
//! Starts real nats-server processes (on `PATH`) with stores in the temporary directory, and the real services.

mod growth;
mod hops;
mod ingest;
mod load;
mod processor;
mod raw;
mod server;
mod statistics;
mod tagging;

use clap::{Parser, ValueEnum};

/// Benchmarks of the pipeline on NATS JetStream.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything but growth unless given.
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// Messages of one round of each measurement; rounds that sync each message take a tenth of them.
    #[arg(long, default_value_t = 50_000)]
    messages: usize,
    /// Rounds; those that are compared alternate, and medians are told.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Streams of the ingest client.
    #[arg(long, default_value_t = 4)]
    streams: usize,
    /// Seconds at 1,000 articles a second, for the section hops.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Ingest over gRPC beside raw publishing.
    Ingest,
    /// The same with a server that syncs before it acknowledges.
    Durable,
    /// The tagging hop, without tagging, beside a raw relay.
    Tagging,
    /// From the reply of ingest to the searcher and to the watcher.
    Hops,
    /// Cost as the streams grow to a million articles.
    Growth,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let sections = match arguments.sections.as_slice() {
        [] => &[Section::Ingest, Section::Durable, Section::Tagging, Section::Hops],
        sections => sections,
    };
    for section in sections {
        match section {
            Section::Ingest => ingest::compare(&arguments, server::Sync::Default).await?,
            Section::Durable => ingest::compare(&arguments, server::Sync::Always).await?,
            Section::Tagging => tagging::compare(&arguments).await?,
            Section::Hops => hops::measure(&arguments).await?,
            Section::Growth => growth::measure(&arguments).await?,
        }
    }
    Ok(())
}
