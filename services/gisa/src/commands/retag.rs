//! `gisa retag`: tags articles again, with a progress bar.

use std::time::Duration;

use gisa_article_codec::time::{decode_timestamp, encode_timestamp};
use gisa_article_model::ZonedTime;
use gisa_proto::tagging::v1::{
    CancelRetagRequest, GetRetagRequest, ListRetagsRequest, ResumeRetagRequest, Retag, RetagProgress,
    RetagSelection, RetagState, StartRetagRequest, WatchRetagRequest,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tonic::Code;

use crate::{
    cli::{RetagCommand, StartRetagArguments},
    client::{Server, TaggingClient},
    failure::{Failure, FailureKind, tell},
    output::{Output, layout::pad},
};

/// How often to ask a server again that has gone away.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// An operation as `--output json` writes it.
#[derive(Serialize)]
struct RetagRecord<'a> {
    id: &'a str,
    /// `RUNNING`, `CANCELLED`, `DONE` or `FAILED`.
    state: &'static str,
    total: u64,
    scanned: u64,
    matched: u64,
    retagged: u64,
    unchanged: u64,
    failed: u64,
    dictionary_version: u64,
    started_at: Option<String>,
    updated_at: Option<String>,
    error: &'a str,
}

pub(crate) async fn run(server: &Server, command: RetagCommand, output: &mut Output) -> Result<(), Failure> {
    let mut client = server.tagging().await?;
    match command {
        RetagCommand::Start(arguments) => {
            let detach = arguments.detach;
            let retag = start(server, &mut client, arguments).await?;
            if detach {
                return write(output, &retag);
            }
            tell(format_args!(
                "retag {} is running; Ctrl-C leaves it running, `gisa retag cancel {0}` stops it",
                retag.id
            ));
            follow(&mut client, retag.id, output).await
        }
        RetagCommand::Status { id, follow: true } => follow(&mut client, id, output).await,
        RetagCommand::Status { id, follow: false } => {
            let answer = server
                .answer(client.get_retag(server.request(GetRetagRequest { id })))
                .await;
            write(output, &read(answer.map(|answer| answer.retag))?)
        }
        RetagCommand::List { limit } => list(server, &mut client, limit, output).await,
        RetagCommand::Cancel { id } => {
            let request = server.request(CancelRetagRequest { id });
            let answer = server.answer(client.cancel_retag(request)).await;
            write(output, &read(answer.map(|answer| answer.retag))?)
        }
        RetagCommand::Resume { id, detach } => {
            let request = server.request(ResumeRetagRequest { id });
            let answer = server.answer(client.resume_retag(request)).await;
            let retag = read(answer.map(|answer| answer.retag))?;
            if detach {
                return write(output, &retag);
            }
            follow(&mut client, retag.id, output).await
        }
    }
}

async fn start(
    server: &Server,
    client: &mut TaggingClient,
    arguments: StartRetagArguments,
) -> Result<Retag, Failure> {
    let instant = |time: Option<ZonedTime>| time.map(|time| encode_timestamp(time.instant));
    let request = server.request(StartRetagRequest {
        selection: Some(RetagSelection {
            published_from: instant(arguments.from),
            published_until: instant(arguments.until),
            sources: arguments.sources,
            article_ids: arguments.articles,
            entity_ids: arguments.entities,
            changed_after: arguments.changed_after,
        }),
        id: arguments.id,
        min_dictionary_version: 0,
    });
    let answer = server.answer(client.start_retag(request)).await;
    read(answer.map(|answer| answer.retag))
}

async fn list(
    server: &Server,
    client: &mut TaggingClient,
    limit: u32,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = server.request(ListRetagsRequest { page_size: limit });
    let answer = server.answer(client.list_retags(request)).await;
    let retags = answer.map_err(|status| Failure::from_status(&status))?.retags;
    retags.iter().try_for_each(|retag| write(output, retag))
}

/// Shows the progress of an operation on standard error until it ends, and then the operation. That the server goes away
/// meanwhile does not matter.
async fn follow(client: &mut TaggingClient, id: String, output: &mut Output) -> Result<(), Failure> {
    let bar = Bar::new();
    let ended = loop {
        match watch(client, &id, &bar).await {
            Ok(Some(retag)) => break Ok(retag),
            Ok(None) => (),
            Err(status) if matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled) => (),
            Err(status) => break Err(Failure::from_status(&status)),
        }
        // The channel connects again by itself when it can.
        tokio::time::sleep(RETRY_INTERVAL).await;
    };
    bar.0.finish_and_clear();
    let retag = ended?;
    write(output, &retag)?;
    match retag.state() {
        RetagState::Done if retag.progress.unwrap_or_default().failed == 0 => Ok(()),
        _ => Err(Failure::new(FailureKind::Failed, outcome_of(&retag))),
    }
}

/// Shows changes until the operation ends; `None` if the server ends the call before.
async fn watch(client: &mut TaggingClient, id: &str, bar: &Bar) -> Result<Option<Retag>, tonic::Status> {
    let request = WatchRetagRequest { id: id.to_owned() };
    let mut changes = client.watch_retag(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        let Some(retag) = change.retag else { continue };
        bar.show(&retag.progress.unwrap_or_default());
        if retag.state() != RetagState::Running {
            return Ok(Some(retag));
        }
    }
    Ok(None)
}

/// The bar, which is only seen on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        // The template is fixed; should it be wrong, the default will do.
        if let Ok(style) = ProgressStyle::with_template("{bar:30.cyan/dim} {pos}/{len}  {msg}  {eta} left") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    fn show(&self, progress: &RetagProgress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.scanned);
        self.0.set_message(counts(progress));
    }
}

fn counts(progress: &RetagProgress) -> String {
    format!(
        "{} matched: {} retagged, {} unchanged, {} failed",
        progress.matched, progress.retagged, progress.unchanged, progress.failed
    )
}

fn outcome_of(retag: &Retag) -> String {
    let reason = if retag.error.is_empty() {
        String::new()
    } else {
        format!(": {}", retag.error)
    };
    match retag.state() {
        RetagState::Done => format!("some articles could not be tagged{reason}"),
        RetagState::Cancelled => "it was cancelled; `gisa retag resume` goes on".to_owned(),
        _ => format!("it failed{reason}"),
    }
}

fn write(output: &mut Output, retag: &Retag) -> Result<(), Failure> {
    let progress = retag.progress.unwrap_or_default();
    let state = retag.state().as_str_name().trim_start_matches("RETAG_STATE_");
    let time = |time: &Option<prost_types::Timestamp>| {
        let time = time.as_ref()?;
        decode_timestamp(time, "time").ok().map(|time| time.to_string())
    };
    if output.is_json() {
        return output.json(&RetagRecord {
            id: &retag.id,
            state,
            total: progress.total,
            scanned: progress.scanned,
            matched: progress.matched,
            retagged: progress.retagged,
            unchanged: progress.unchanged,
            failed: progress.failed,
            dictionary_version: retag.dictionary_version,
            started_at: time(&retag.started_at),
            updated_at: time(&retag.updated_at),
            error: &retag.error,
        });
    }
    output.line(&format!(
        "{}  {}  {}/{} revisions  {}",
        retag.id,
        pad(&state.to_lowercase(), 9),
        progress.scanned,
        progress.total,
        counts(&progress)
    ))
}

fn read(answer: Result<Option<Retag>, tonic::Status>) -> Result<Retag, Failure> {
    answer
        .map_err(|status| Failure::from_status(&status))?
        .ok_or_else(|| {
            Failure::new(
                FailureKind::Failed,
                "cannot read the server's answer: it has no retag",
            )
        })
}
