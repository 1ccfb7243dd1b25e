//! The command line of Gisa, as a library so that its parts can be tested and fuzzed. The binary only calls [`run`].

pub mod article_file;
pub mod cli;

mod client;
mod commands;
mod failure;
mod ingestion;
mod invocation;
mod output;
mod pipeline;
mod submission;

use std::process::ExitCode;

use clap::Parser as _;

/// Parses the command line of this process, does what it says and returns the exit code.
pub fn run() -> ExitCode {
    let command_line = cli::CommandLine::parse();
    command_line.global.color.apply();
    match commands::run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
