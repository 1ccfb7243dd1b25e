//! `gisa completions`: completion scripts for shells.

use clap::CommandFactory as _;

use crate::{
    cli::{CommandLine, CompletionsArguments},
    failure::Failure,
    output::Output,
};

pub(crate) fn run(arguments: &CompletionsArguments, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "gisa", &mut script);
    output.text(&String::from_utf8_lossy(&script))
}
