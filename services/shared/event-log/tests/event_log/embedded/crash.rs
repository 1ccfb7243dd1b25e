//! Killing the process of the log at any moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt as _;
use gisa_event_log::{
    Append, ConsumerConfig, EventLog, ExpectedLast, LogError, Record, StartAt, Stream,
    embedded::{Durability, EmbeddedConfig, EmbeddedLog},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};

use super::message;

const ROUNDS: usize = 8;
const WRITERS: usize = 8;

/// Set for the process that is to be killed: its directory, and the number of the round.
const DIRECTORY: &str = "GISA_EVENT_LOG_CRASH_DIRECTORY";
const ROUND: &str = "GISA_EVENT_LOG_CRASH_ROUND";

/// A process appends, consumes, and tells of every acknowledgement; it is killed at some moment, round after
/// round. Every append that it told of is there, once, and in order; a retry is recognised; and every message
/// was settled by the process or is delivered again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let round = std::env::var(ROUND).unwrap();
        return work_until_killed(PathBuf::from(directory), round).await;
    }
    let directory = TempDir::new().unwrap();
    let mut told = Told::default();
    for round in 0..ROUNDS {
        run_and_kill(directory.path(), round, &mut told).await;
        check(directory.path(), &mut told).await;
    }
    assert!(
        told.appended.len() > ROUNDS * WRITERS,
        "only {} appends were seen",
        told.appended.len()
    );
    assert!(!told.settled.is_empty(), "nothing was consumed");
}

/// What the processes told before they were killed.
#[derive(Debug, Default)]
struct Told {
    /// Message id to sequence.
    appended: BTreeMap<String, u64>,
    settled: BTreeSet<u64>,
}

async fn run_and_kill(directory: &Path, round: usize, told: &mut Told) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "embedded::crash::nothing_acknowledged_is_lost_by_kill_9",
            "--nocapture",
        ])
        .env(DIRECTORY, directory)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut kill_at = None;
    let mut line = String::new();
    loop {
        line.clear();
        let limit = kill_at.unwrap_or_else(|| Instant::now() + Duration::from_secs(60));
        tokio::select! {
            read = output.read_line(&mut line) => {
                // A line without an end was cut off by the kill: it was not told.
                if read.unwrap() == 0 || !line.ends_with('\n') {
                    break;
                }
                if told.note(&line) && kill_at.is_none() {
                    if round == 0 {
                        refuses_a_second_process(directory).await;
                    }
                    let moment = jiff::Timestamp::now().subsec_nanosecond().unsigned_abs() % 400;
                    kill_at = Some(Instant::now() + Duration::from_millis(moment.into()));
                }
            }
            () = tokio::time::sleep_until(limit) => {
                assert!(kill_at.is_some(), "the process has not begun to append");
                // SIGKILL. What it had told until then is still in the pipe.
                child.start_kill().unwrap();
                kill_at = Some(Instant::now() + Duration::from_secs(60));
            }
        }
    }
    child.wait().await.unwrap();
}

impl Told {
    /// Takes note of a line; tells whether it was one of ours.
    fn note(&mut self, line: &str) -> bool {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["appended", id, sequence] => {
                let earlier = self.appended.insert(id.to_owned(), sequence.parse().unwrap());
                assert_eq!(earlier, None, "{id}");
                true
            }
            ["settled", sequence] => self.settled.insert(sequence.parse().unwrap()),
            _ => false,
        }
    }
}

async fn refuses_a_second_process(directory: &Path) {
    match EmbeddedLog::open(EmbeddedConfig::new(directory)).await {
        Err(LogError::Unavailable(reason)) => {
            assert!(reason.contains("in use by another process"), "{reason}")
        }
        other => panic!("{other:?}"),
    }
}

async fn check(directory: &Path, told: &mut Told) {
    let log = super::open(directory).await;
    let info = log.info(Stream::Articles).await.unwrap();
    let records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let records: Vec<Record> = records
        .take(info.messages as usize)
        .map(Result::unwrap)
        .collect()
        .await;
    assert!(
        records
            .iter()
            .map(|record| record.sequence)
            .eq(1..=info.last_sequence),
        "the log has a gap"
    );

    let mut sequences = BTreeMap::new();
    let mut of_writers: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for record in &records {
        let id = id_of(record);
        let (writer, number) = id.rsplit_once('/').unwrap();
        of_writers
            .entry(writer.to_owned())
            .or_default()
            .push(number.parse().unwrap());
        assert_eq!(sequences.insert(id, record.sequence), None, "stored twice");
    }
    for (id, sequence) in &told.appended {
        assert_eq!(sequences.get(id), Some(sequence), "{id} was acknowledged");
    }
    for (writer, numbers) in of_writers {
        assert!(
            numbers.iter().copied().eq(0..numbers.len()),
            "writer {writer}: {numbers:?}"
        );
    }

    // What the last process appended is well within the duplicate window.
    let newest: Vec<_> = told
        .appended
        .iter()
        .filter(|(_, sequence)| **sequence + 500 > info.last_sequence)
        .collect();
    let retries = newest.iter().map(|(id, _)| message("a retry", id, ""));
    let results = log.append(Stream::Articles, retries.collect()).await;
    for ((id, sequence), result) in newest.into_iter().zip(results) {
        let again = result.unwrap();
        assert_eq!((again.sequence, again.duplicate), (*sequence, true), "{id}");
    }

    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    let mut remaining: BTreeSet<u64> = (1..=info.last_sequence)
        .filter(|all| !told.settled.contains(all))
        .collect();
    while !remaining.is_empty() {
        let delivery = timeout(Duration::from_secs(30), consumer.next())
            .await
            .expect("a message is lost")
            .unwrap();
        remaining.remove(&delivery.record.sequence);
        told.settled.insert(delivery.record.sequence);
        delivery.ack().await.unwrap();
    }
    drop(consumer);
    log.close().await.unwrap();
}

fn id_of(record: &Record) -> String {
    let text = std::str::from_utf8(&record.payload).unwrap();
    text.trim_end_matches('.').to_owned()
}

fn consumer_config() -> ConsumerConfig {
    ConsumerConfig {
        durable_name: "crash".to_owned(),
        ack_wait: Duration::from_secs(60),
        max_ack_pending: 64,
        batch: 64,
    }
}

/// What the process that is killed does: each writer has an article to which it appends one revision after
/// the other.
async fn work_until_killed(directory: PathBuf, round: String) {
    let log = Arc::new(super::open(&directory).await);
    for writer in 0..WRITERS {
        let (log, round) = (Arc::clone(&log), round.clone());
        tokio::spawn(async move {
            let name = format!("{round}/{writer}");
            let mut expected_last = ExpectedLast::None;
            for number in 0.. {
                let id = format!("{name}/{number}");
                let payload = format!("{id}{}", ".".repeat(2000));
                let append = Append {
                    expected_last,
                    ..message(&name, &id, payload)
                };
                let appended = super::append(&log, append).await.unwrap();
                tell(&format!("appended {id} {}", appended.sequence));
                expected_last = ExpectedLast::Sequence(appended.sequence);
            }
        });
    }
    let mut consumer = log.consumer(Stream::Articles, consumer_config()).await.unwrap();
    for number in 1_u32.. {
        let delivery = consumer.next().await.unwrap();
        // Some are never settled, so that the messages out are not only the newest.
        if number % 50 == 0 {
            continue;
        }
        let sequence = delivery.record.sequence;
        delivery.ack().await.unwrap();
        tell(&format!("settled {sequence}"));
        sleep(Duration::from_millis(1)).await;
    }
}

/// Prints a line that is in the pipe when this returns.
fn tell(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).unwrap();
}

/// Without fsync an acknowledged append still survives the end of its process, only not that of the machine.
#[tokio::test]
async fn a_log_without_fsync_can_be_opened_again() {
    let directory = TempDir::new().unwrap();
    let config = EmbeddedConfig {
        durability: Durability::None,
        ..EmbeddedConfig::new(directory.path())
    };
    let log = EmbeddedLog::open(config.clone()).await.unwrap();
    super::append(&log, message("a", "one", "one")).await.unwrap();
    assert!(
        EmbeddedLog::open(config.clone()).await.is_err(),
        "it is locked all the same"
    );
    log.close().await.unwrap();
    let log = EmbeddedLog::open(config).await.unwrap();
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 1);
}
