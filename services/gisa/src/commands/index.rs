//! `gisa index`: the index of a query process, for operators.

use std::time::Duration;

use gisa_article_codec::time::decode_timestamp;
use gisa_proto::query::v1::{
    GetIndexStatusRequest, IndexRebuild, IndexRebuildCause, IndexStatus, RebuildIndexRequest,
    rebuild_index_response::Event,
};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    cli::{IndexCommand, IndexRebuildArguments},
    client::Server,
    failure::{Failure, FailureKind, tell},
    output::Output,
};

const TICK: Duration = Duration::from_millis(100);

/// An index, for programs.
#[derive(Debug, Serialize)]
struct StatusRecord<'a> {
    generation: u64,
    ready: bool,
    stream_identity: &'a str,
    sequence: u64,
    last_sequence: Option<u64>,
    visible_articles: u64,
    versions: u64,
    size_bytes: u64,
    rebuild: Option<RebuildRecord>,
}

/// A rebuild under way, for programs.
#[derive(Debug, Serialize)]
struct RebuildRecord {
    generation: u64,
    cause: &'static str,
    sequence: u64,
    goal_sequence: u64,
    started_at: Option<String>,
}

pub(crate) async fn run(server: &Server, command: IndexCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        IndexCommand::Status => status(server, output).await,
        IndexCommand::Rebuild(arguments) => rebuild(server, &arguments, output).await,
    }
}

async fn status(server: &Server, output: &mut Output) -> Result<(), Failure> {
    let mut client = server.index_admin().await?;
    let request = server.request(GetIndexStatusRequest {});
    let answer = server.answer(client.get_index_status(request)).await;
    let answer = answer.map_err(|status| Failure::from_status(&status))?;
    write(output, &answer.status.ok_or_else(|| unreadable("no status"))?)
}

async fn rebuild(
    server: &Server,
    arguments: &IndexRebuildArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut client = server.index_admin().await?;
    let request = RebuildIndexRequest {
        forget_compacted: arguments.forget_compacted,
    };
    let answer = server.answer(client.rebuild_index(request)).await;
    let mut events = answer.map_err(|status| Failure::from_status(&status))?;
    let bar = progress_bar();
    let finished = loop {
        let event = events.message().await;
        match event.map(|event| event.and_then(|event| event.event)) {
            Ok(Some(Event::Progress(progress))) => show_progress(&bar, &progress),
            Ok(Some(Event::Finished(status))) => break Ok(status),
            Ok(None) => break Err(unreadable("the answer ended early")),
            Err(status) => break Err(Failure::from_status(&status)),
        }
    };
    bar.finish_and_clear();
    let status = finished?;
    if !output.is_json() {
        tell(format_args!(
            "generation {} of the index answers",
            status.generation
        ));
    }
    write(output, &status)
}

fn unreadable(problem: &str) -> Failure {
    Failure::new(
        FailureKind::Failed,
        format!("cannot read the server's answer: {problem}"),
    )
}

/// On standard error, when that is a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    // The template is fixed; should it be wrong, the default will do.
    if let Ok(style) = ProgressStyle::with_template("{bar:30.cyan/dim} {pos}/{len} records  {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

fn show_progress(bar: &ProgressBar, progress: &IndexRebuild) {
    bar.set_length(progress.goal_sequence.max(progress.sequence));
    bar.set_position(progress.sequence);
}

fn write(output: &mut Output, status: &IndexStatus) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(&StatusRecord::new(status));
    }
    let ready = if status.ready { "" } else { ", not ready" };
    output.line(&format!("generation  {}{ready}", status.generation))?;
    let behind = match status.last_sequence {
        Some(last) => format!("{} behind", last.saturating_sub(status.sequence)),
        None => "the log does not answer".to_owned(),
    };
    output.line(&format!("position    {} ({behind})", status.sequence))?;
    output.line(&format!(
        "articles    {} visible, {} versions",
        status.visible_articles, status.versions
    ))?;
    output.line(&format!("size        {}", HumanBytes(status.size_bytes)))?;
    let Some(rebuild) = &status.rebuild else {
        return Ok(());
    };
    output.line(&format!(
        "rebuild     generation {}, {} of {} ({})",
        rebuild.generation,
        rebuild.sequence,
        rebuild.goal_sequence,
        cause(rebuild)
    ))
}

impl<'a> StatusRecord<'a> {
    fn new(status: &'a IndexStatus) -> Self {
        Self {
            generation: status.generation,
            ready: status.ready,
            stream_identity: &status.stream_identity,
            sequence: status.sequence,
            last_sequence: status.last_sequence,
            visible_articles: status.visible_articles,
            versions: status.versions,
            size_bytes: status.size_bytes,
            rebuild: status.rebuild.as_ref().map(RebuildRecord::new),
        }
    }
}

impl RebuildRecord {
    fn new(rebuild: &IndexRebuild) -> Self {
        let started_at = rebuild.started_at.as_ref();
        Self {
            generation: rebuild.generation,
            cause: cause(rebuild),
            sequence: rebuild.sequence,
            goal_sequence: rebuild.goal_sequence,
            started_at: started_at
                .and_then(|time| decode_timestamp(time, "started_at").ok())
                .map(|time| time.to_string()),
        }
    }
}

fn cause(rebuild: &IndexRebuild) -> &'static str {
    match rebuild.cause() {
        IndexRebuildCause::Unspecified => "unknown",
        IndexRebuildCause::NoIndex => "no_index",
        IndexRebuildCause::LogCompacted => "log_compacted",
        IndexRebuildCause::Requested => "requested",
    }
}
