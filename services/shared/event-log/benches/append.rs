//! How fast the embedded log appends and is consumed, beside the floor that the disk sets.
//!
//! `cargo bench -p gisa-event-log --bench append`

use std::{
    fs::File,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use divan::{Bencher, counter::ItemsCount};
use futures::future::join_all;
use gisa_event_log::{
    Append, Consumer, ConsumerConfig, EventLog, ExpectedLast, Headers, Stream, Subject,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// About a Korean news article.
const PAYLOAD_BYTES: usize = 2500;

/// How many appends are under way at a time, or messages share one fsync.
const AT_ONCE: [usize; 3] = [1, 64, 1024];

/// How many messages are consumed.
const MESSAGES: usize = 20_000;

fn main() {
    divan::main();
}

fn payload(number: usize) -> Bytes {
    let byte = |place: usize| b' ' + ((number * 31 + place) * 7 % 95) as u8;
    (0..PAYLOAD_BYTES).map(byte).collect()
}

fn message(number: usize) -> Append {
    Append {
        // As scattered as the ids of many publishers.
        subject: Subject::article(&format!("{:016x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))),
        message_id: format!("message-{number}"),
        expected_last: ExpectedLast::None,
        headers: Headers::new(),
        payload: payload(number),
    }
}

struct Bench {
    runtime: Runtime,
    log: Arc<EmbeddedLog>,
    _directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let directory = TempDir::new().expect("a directory");
        let log = runtime
            .block_on(EmbeddedLog::open(EmbeddedConfig::new(directory.path())))
            .expect("a log");
        Self {
            runtime,
            log: Arc::new(log),
            _directory: directory,
        }
    }
}

/// The floor: the same bytes, written one after the other to a file, with one fsync for all that are under
/// way.
#[divan::bench(args = AT_ONCE, max_time = 4)]
fn floor_write_and_fsync(bencher: Bencher<'_, '_>, at_once: usize) {
    let directory = TempDir::new().expect("a directory");
    let mut file = File::create(directory.path().join("floor")).expect("a file");
    let payload = payload(0);
    bencher.counter(ItemsCount::new(at_once)).bench_local(|| {
        for _ in 0..at_once {
            file.write_all(&payload).expect("room");
        }
        file.sync_data().expect("a disk");
    });
}

/// Tasks that append one message each and all wait for their answer.
#[divan::bench(args = AT_ONCE, max_time = 4)]
fn append(bencher: Bencher<'_, '_>, at_once: usize) {
    let bench = Bench::new();
    let next = AtomicUsize::new(0);
    bencher.counter(ItemsCount::new(at_once)).bench_local(|| {
        let first = next.fetch_add(at_once, Ordering::Relaxed);
        bench.runtime.block_on(async {
            let tasks = (first..first + at_once).map(|number| {
                let log = Arc::clone(&bench.log);
                tokio::spawn(async move { log.append(Stream::Articles, vec![message(number)]).await })
            });
            for results in join_all(tasks).await {
                assert!(results.expect("a task").iter().all(Result::is_ok));
            }
        });
    });
}

/// One durable consumer from the oldest message to the newest, each acknowledged.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn consume_and_ack(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bench.runtime.block_on(async {
        for first in (0..MESSAGES).step_by(1000) {
            let messages = (first..first + 1000).map(message).collect();
            assert!(
                bench
                    .log
                    .append(Stream::Articles, messages)
                    .await
                    .iter()
                    .all(Result::is_ok)
            );
        }
    });
    let round = AtomicUsize::new(0);
    bencher
        .counter(ItemsCount::new(MESSAGES))
        .with_inputs(|| {
            let durable_name = format!("round-{}", round.fetch_add(1, Ordering::Relaxed));
            let config = ConsumerConfig {
                durable_name,
                ack_wait: Duration::from_secs(30),
                max_ack_pending: 256,
                batch: 256,
            };
            bench
                .runtime
                .block_on(bench.log.consumer(Stream::Articles, config))
                .expect("a consumer")
        })
        .bench_local_values(|consumer| bench.runtime.block_on(consume(consumer)));
}

async fn consume(mut consumer: Box<dyn Consumer>) {
    for _ in 0..MESSAGES {
        let delivery = consumer.next().await.expect("a delivery");
        delivery.ack().await.expect("an ack");
    }
}
