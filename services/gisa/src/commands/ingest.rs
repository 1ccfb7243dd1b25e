//! `gisa ingest`: sends the articles of files to the server.

mod progress;
mod reading;
mod summary;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use gisa_proto::{ingest::v1::IngestResult, query::v1::GetArticleRequest};
use serde::Serialize;
use tokio::sync::mpsc;
use tonic::{Code, Status};

use self::{
    progress::Progress,
    reading::{Note, Reading},
    summary::Summary,
};
use super::retract::outcome_name;
use crate::{
    article_file::Location,
    cli::IngestArguments,
    client::Server,
    failure::{Failure, StatusParts},
    ingestion::{self, Results, RetryPolicy},
    output::Output,
    submission::Defaults,
};

/// How long to go on trying by default.
const RETRY_FOR: Duration = Duration::from_secs(30);
/// Articles that have been read and not sent yet.
const READ_AHEAD: usize = 64;
/// How many of the last articles `--wait` waits for: as many as tagging has in work at a time by default, so that the ones
/// before have been tagged when these are visible.
const AWAITED_WRITES: usize = 1024;
/// How often to ask a server again that is not ready.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) async fn run(
    server: &Server,
    arguments: IngestArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let progress = Progress::new(&arguments.files);
    let (sender, input) = mpsc::channel(READ_AHEAD);
    let reading = Reading {
        files: arguments.files,
        format: arguments.format,
        defaults: Defaults {
            source: arguments.source,
            published_at: arguments.published_at,
        },
        bytes_read: progress.bytes_read(),
    };
    // A thread of its own, because reading standard input cannot be broken off; nobody waits for its end.
    std::thread::spawn(move || reading.run(&sender));

    let policy = RetryPolicy {
        at_start: arguments.retry_for.unwrap_or(Duration::ZERO),
        later: arguments.retry_for.unwrap_or(RETRY_FOR),
    };
    let mut report = Report {
        output,
        progress,
        summary: Summary::new(),
        recent_writes: VecDeque::new(),
    };
    let outcome = ingestion::ingest(server, policy, input, &mut report).await;
    report.progress.finish();
    report.summary.tell();
    outcome?;
    if arguments.wait {
        for write in report.recent_writes {
            wait_until_visible(server, write).await?;
        }
    }
    if report.summary.refused() > 0 {
        return Err(Failure::refused());
    }
    Ok(())
}

/// An article that was written.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) article_id: String,
    pub(crate) write_token: String,
}

/// Waits until queries see a write. That an article is gone is seen too.
pub(crate) async fn wait_until_visible(server: &Server, write: Write) -> Result<(), Failure> {
    let mut client = server.query().await?;
    let until = Instant::now() + server.timeout();
    loop {
        let request = server.request(GetArticleRequest {
            article_id: write.article_id.clone(),
            revision: 0,
            write_token: write.write_token.clone(),
        });
        match server.answer(client.get_article(request)).await {
            // Query is starting or catching up.
            Err(status) if status.code() == Code::Unavailable && Instant::now() < until => {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Err(status) if status.code() != Code::NotFound => return Err(Failure::from_status(&status)),
            _ => return Ok(()),
        }
    }
}

/// Tells results as they come.
struct Report<'a> {
    output: &'a mut Output,
    progress: Progress,
    summary: Summary,
    recent_writes: VecDeque<Write>,
}

#[derive(Serialize)]
struct AcceptedRecord<'a> {
    file: &'a str,
    line: u64,
    outcome: &'static str,
    article_id: &'a str,
    revision: u32,
    write_token: &'a str,
}

#[derive(Serialize)]
struct RefusedRecord<'a> {
    file: &'a str,
    line: u64,
    outcome: &'static str,
    error: ErrorRecord<'a>,
}

#[derive(Default, Serialize)]
struct ErrorRecord<'a> {
    code: Option<&'a str>,
    reason: Option<&'a str>,
    message: &'a str,
    violations: Vec<ViolationRecord<'a>>,
    metadata: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct ViolationRecord<'a> {
    field: &'a str,
    problem: &'a str,
}

impl Report<'_> {
    fn refuse(&mut self, location: &Location, line: &str, error: ErrorRecord<'_>) -> Result<(), Failure> {
        self.summary.count_refused();
        self.progress.count();
        self.progress.tell(&format!("{location}: {line}"));
        if self.output.is_json() {
            self.output.json(&RefusedRecord {
                file: &location.file,
                line: location.line,
                outcome: "REFUSED",
                error,
            })?;
        }
        Ok(())
    }
}

impl Results for Report<'_> {
    type Note = Note;

    fn accepted(&mut self, location: &Location, result: &IngestResult) -> Result<(), Failure> {
        self.summary.count(result.outcome());
        self.progress.count();
        if self.recent_writes.len() == AWAITED_WRITES {
            self.recent_writes.pop_front();
        }
        self.recent_writes.push_back(Write {
            article_id: result.article_id.clone(),
            write_token: result.write_token.clone(),
        });
        if self.output.is_json() {
            self.output.json(&AcceptedRecord {
                file: &location.file,
                line: location.line,
                outcome: outcome_name(result.outcome()),
                article_id: &result.article_id,
                revision: result.revision,
                write_token: &result.write_token,
            })?;
        }
        Ok(())
    }

    fn refused(&mut self, location: &Location, status: &Status) -> Result<(), Failure> {
        let parts = StatusParts::new(status);
        let error = ErrorRecord {
            code: Some(parts.code),
            reason: Some(parts.reason.as_str()).filter(|reason| !reason.is_empty()),
            message: &parts.message,
            violations: parts
                .violations
                .iter()
                .map(|(field, problem)| ViolationRecord { field, problem })
                .collect(),
            metadata: parts
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), value.clone().into()))
                .collect(),
        };
        self.refuse(location, &format!("refused: {}", parts.in_one_line()), error)
    }

    fn note(&mut self, note: Note) -> Result<(), Failure> {
        match note {
            Note::Unreadable(unreadable) => {
                let error = ErrorRecord {
                    message: &unreadable.problem,
                    ..ErrorRecord::default()
                };
                self.refuse(&unreadable.location, &unreadable.problem, error)
            }
            Note::UnknownKey { location, key } => {
                self.progress.tell(&format!(
                    "{location}: key `{key}` is not known and is ignored, here and from now on"
                ));
                Ok(())
            }
        }
    }
}
