//! `chaos`: kills, freezes and cuts off parts of a running pipeline, and checks that nothing acknowledged is lost, doubled
//! or reordered. See `docs/CHAOS.md`.

use std::{fs, process::ExitCode};

use anyhow::Context as _;
use clap::Parser as _;
use gisa_integration_tests::chaos::{options::Options, report::Report, run::run};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run_and_keep(&options).await {
        Ok(report) => {
            print!("{report}");
            ExitCode::from(u8::from(!report.is_clean()))
        }
        Err(error) => {
            eprintln!("chaos: the run broke off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run_and_keep(options: &Options) -> anyhow::Result<Report> {
    let path = options.report();
    let logs = path.with_extension("logs");
    let report = run(options, &logs).await?;
    let json = serde_json::to_string_pretty(&report)?;
    fs::write(&path, json + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!(
        "report: {}; logs of the services: {}",
        path.display(),
        logs.display()
    );
    Ok(report)
}
