//! One module a command.

mod completions;
mod dead_letters;
mod demo;
mod dev;
mod entity;
mod filter;
mod get;
mod index;
mod ingest;
mod retag;
mod retract;
mod search;
mod streams;
mod tag;
mod watch;

use std::future::Future;

use crate::{
    cli::{Command, CommandLine},
    client::Server,
    failure::{Failure, FailureKind},
    output::Output,
};

/// Does what the command line says.
pub(crate) fn run(command_line: CommandLine) -> Result<(), Failure> {
    let global = &command_line.global;
    let mut output = Output::new(global.output);
    let server = || Server::new(global);
    match command_line.command {
        Command::Demo => wait_for(demo::run(&mut output)),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Ingest(arguments) => wait_for(ingest::run(&server()?, arguments, &mut output)),
        Command::Get(arguments) => wait_for(get::run(&server()?, arguments, &mut output)),
        Command::Search(arguments) => wait_for(search::run(&server()?, arguments, &mut output)),
        Command::Watch(arguments) => wait_for(watch::run(&server()?, arguments, &mut output)),
        Command::Retract(arguments) => wait_for(retract::run(&server()?, arguments, &mut output)),
        Command::Entity(command) => wait_for(entity::run(&server()?, command, &mut output)),
        Command::Retag(command) => wait_for(retag::run(&server()?, command, &mut output)),
        Command::Tag(arguments) => tag::run(&arguments, &mut output),
        Command::DeadLetters(command) => wait_for(dead_letters::run(&server()?, command, &mut output)),
        Command::Index(command) => wait_for(index::run(&server()?, command, &mut output)),
        Command::Streams(command) => wait_for(streams::run(command, global.timeout, &mut output)),
        Command::Completions(arguments) => completions::run(&arguments, &mut output),
    }
}

fn wait_for(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FailureKind::Failed, format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(work);
    // Nothing that is left is worth waiting for.
    runtime.shutdown_background();
    result
}
