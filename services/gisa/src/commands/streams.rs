//! `gisa streams`: the streams in NATS, for operators.

mod table;

use std::time::Duration;

use gisa_entity_tagging::config::EntityTaggingSettings;
use gisa_event_log::{
    LogError, Stream,
    jetstream::{Administration, Applied, ApplyOptions, ConsumerStatus, Part, StreamStatus},
};
use gisa_service_runtime::SettingsSources;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    cli::{SettingsArguments, StreamsApplyArguments, StreamsCommand},
    failure::{Failure, FailureKind},
    output::Output,
};

pub(crate) async fn run(
    command: StreamsCommand,
    longest: Duration,
    output: &mut Output,
) -> Result<(), Failure> {
    let work = async {
        match command {
            StreamsCommand::Apply(arguments) => apply(arguments, output).await,
            StreamsCommand::Status(arguments) => status(arguments, output).await,
        }
    };
    timeout(longest, work).await.unwrap_or_else(|_| {
        let message = format!("NATS did not answer within {longest:?} (--timeout)");
        Err(Failure::new(FailureKind::Unreachable, message))
    })
}

async fn connect(arguments: SettingsArguments) -> Result<(EntityTaggingSettings, Administration), Failure> {
    let sources = SettingsSources::from_process(arguments.config, arguments.overrides);
    let settings: EntityTaggingSettings = sources
        .load()
        .map_err(|error| Failure::new(FailureKind::Usage, error.to_string()))?;
    let administration = Administration::connect(settings.nats.clone())
        .await
        .map_err(failure)?;
    Ok((settings, administration))
}

fn failure(error: LogError) -> Failure {
    let kind = match error {
        LogError::Unavailable(_) => FailureKind::Unreachable,
        _ => FailureKind::Failed,
    };
    Failure::new(kind, error.to_string())
}

/// What became of one stream or consumer, for programs.
#[derive(Debug, Serialize)]
struct AppliedRecord<'a> {
    stream: &'a str,
    consumer: Option<&'a str>,
    outcome: &'static str,
    changes: Vec<ChangeRecord<'a>>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct ChangeRecord<'a> {
    setting: &'a str,
    from: &'a str,
    to: &'a str,
}

async fn apply(arguments: StreamsApplyArguments, output: &mut Output) -> Result<(), Failure> {
    let (settings, administration) = connect(arguments.settings).await?;
    let consumers = [
        (Stream::Articles, settings.tagging.consumer()),
        (Stream::Advisories, settings.tagging.sweep_consumer()),
    ];
    let options = ApplyOptions {
        drop_aged: arguments.drop_aged,
    };
    let results = administration.apply(&consumers, options).await.map_err(failure)?;
    let refused = results.iter().filter(|(_, result)| result.is_err()).count();
    for (part, result) in &results {
        let record = applied_record(part, result);
        if output.is_json() {
            output.json(&record)?;
        } else {
            output.line(&applied_line(&record))?;
        }
    }
    if refused == 0 {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Failed,
        format!("{refused} refused; the services would not start"),
    ))
}

fn applied_record<'a>(part: &'a Part, result: &'a Result<Applied, LogError>) -> AppliedRecord<'a> {
    let (stream, consumer) = match part {
        Part::Stream(stream) => (stream, None),
        Part::Consumer { stream, consumer } => (stream, Some(consumer.as_str())),
    };
    let changes = match result {
        Ok(Applied::Changed(changes)) => changes.as_slice(),
        _ => &[],
    };
    AppliedRecord {
        stream,
        consumer,
        outcome: match result {
            Ok(Applied::Unchanged) => "unchanged",
            Ok(Applied::Created) => "created",
            Ok(Applied::Changed(_)) => "changed",
            Err(_) => "refused",
        },
        changes: changes
            .iter()
            .map(|change| ChangeRecord {
                setting: change.setting,
                from: &change.from,
                to: &change.to,
            })
            .collect(),
        error: result.as_ref().err().map(ToString::to_string),
    }
}

fn applied_line(record: &AppliedRecord<'_>) -> String {
    let mut line = format!("{:<9} {}", record.outcome, record.stream);
    if let Some(consumer) = record.consumer {
        line.push_str(&format!(" / {consumer}"));
    }
    for change in &record.changes {
        line.push_str(&format!(
            "\n          {}: {} -> {}",
            change.setting, change.from, change.to
        ));
    }
    if let Some(error) = &record.error {
        line.push_str(&format!("\n          {error}"));
    }
    line
}

/// A stream, for programs.
#[derive(Debug, Serialize)]
struct StreamRecord {
    stream: &'static str,
    name: String,
    replicas: usize,
    current_replicas: usize,
    bytes: u64,
    max_bytes: Option<u64>,
    fill_percent: Option<f64>,
    messages: u64,
    first_sequence: u64,
    last_sequence: u64,
    dead_lettered: u64,
    consumers: Vec<ConsumerRecord>,
}

/// A durable consumer, for programs.
#[derive(Debug, Serialize)]
struct ConsumerRecord {
    name: String,
    pending: u64,
    ack_pending: u64,
    redelivered: u64,
    oldest_unacknowledged_at: Option<Timestamp>,
    oldest_unacknowledged_seconds: Option<f64>,
    paused: bool,
}

async fn status(arguments: SettingsArguments, output: &mut Output) -> Result<(), Failure> {
    let (_, administration) = connect(arguments).await?;
    let found = administration.status().await.map_err(failure)?;
    let missing: Vec<&str> = found
        .iter()
        .filter(|(_, status)| status.is_none())
        .map(|(stream, _)| stream.name())
        .collect();
    let missing = missing.join(", ");
    let now = Timestamp::now();
    let records = found
        .into_iter()
        .filter_map(|(stream, status)| Some(StreamRecord::new(stream, status?, now)));
    let records: Vec<StreamRecord> = records.collect();
    if output.is_json() {
        for record in &records {
            output.json(record)?;
        }
    } else {
        output.text(&table::render(&records))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("missing: {missing}; `gisa streams apply` or any service creates them");
    Err(Failure::new(FailureKind::NotFound, message))
}

impl StreamRecord {
    fn new(stream: Stream, status: StreamStatus, now: Timestamp) -> Self {
        let percent = |limit: u64| status.bytes as f64 * 100.0 / limit as f64;
        Self {
            stream: stream.name(),
            fill_percent: status.max_bytes.map(percent),
            name: status.name,
            replicas: status.replicas,
            current_replicas: status.current_replicas,
            bytes: status.bytes,
            max_bytes: status.max_bytes,
            messages: status.messages,
            first_sequence: status.first_sequence,
            last_sequence: status.last_sequence,
            dead_lettered: status.dead_lettered,
            consumers: status
                .consumers
                .into_iter()
                .map(|consumer| ConsumerRecord::new(consumer, now))
                .collect(),
        }
    }
}

impl ConsumerRecord {
    fn new(status: ConsumerStatus, now: Timestamp) -> Self {
        let oldest = status.oldest_unacknowledged_at;
        Self {
            name: status.name,
            pending: status.pending,
            ack_pending: status.ack_pending,
            redelivered: status.redelivered,
            oldest_unacknowledged_at: oldest,
            // Clocks differ a little; nothing is younger than now.
            oldest_unacknowledged_seconds: oldest.map(|at| now.duration_since(at).as_secs_f64().max(0.0)),
            paused: status.paused,
        }
    }
}
