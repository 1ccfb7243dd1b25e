//! The contract of [`EventLog`] as tests: one function for each promise, run against every implementation.
//!
//! An implementation brings a [`Harness`] and lets [`event_log_contract!`](crate::event_log_contract) make
//! the tests. Timings leave slack for a loaded machine; nothing is asserted to be fast.

// The code of a test: what cannot happen ends the test.
#![allow(clippy::unwrap_used)]

pub mod appending;
pub mod consuming;
pub mod lifecycle;
pub mod reading;
pub mod redelivery;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::time::timeout;

use crate::{
    Append, AppendError, Appended, Consumer, ConsumerConfig, ConsumerLag, Delivery, EventLog, ExpectedLast,
    Headers, LogError, Record, RecordStream, Stream, Subject,
};

/// The place where one test keeps its log.
#[async_trait]
pub trait Harness: Send + Sync + fmt::Debug {
    /// Whether the tests are not to run here, for a reason that it has told on stderr.
    fn is_skipped() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// A place with nothing in it.
    async fn new() -> Self
    where
        Self: Sized;

    /// Opens the log of this place: an empty one first, and after it was closed, what was in it.
    async fn open(&self) -> Arc<dyn EventLog>;

    /// What another process sees of a log that is open; the same one if only one process can have it.
    async fn open_also(&self, log: &Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        Arc::clone(log)
    }
}

/// Makes one test for each promise of the contract, for the given [`Harness`](crate::contract::Harness).
#[macro_export]
macro_rules! event_log_contract {
    ($harness:ty) => {
        $crate::event_log_contract! { @tests $harness:
            appending::gives_ascending_sequences,
            appending::decides_each_message_alone,
            appending::keeps_the_order_within_a_call,
            appending::checks_the_expected_last_message,
            appending::lets_one_of_many_writers_win,
            appending::recognises_repeated_ids,
            appending::answers_a_retried_conditional_append_as_duplicate,
            appending::refuses_large_messages,
            appending::returns_payload_and_headers_as_they_were,
            appending::takes_full_calls,
            reading::gets_single_messages,
            reading::finds_the_last_message_of_a_subject,
            reading::starts_where_it_is_told_to,
            reading::starts_at_a_time,
            reading::goes_from_history_to_live_without_gap_or_repeat,
            reading::sees_everything_after_next,
            reading::keeps_streams_apart,
            reading::refuses_positions_of_another_stream,
            reading::shows_what_compaction_removed,
            reading::never_skips_what_was_compacted,
            consuming::delivers_everything_once_in_order,
            consuming::wakes_for_new_messages,
            consuming::shares_messages_between_processes,
            consuming::keeps_consumers_apart,
            consuming::bounds_what_is_unacknowledged,
            consuming::tells_its_lag,
            consuming::keeps_its_position,
            consuming::loses_nothing_when_cancelled,
            consuming::goes_on_after_compaction,
            redelivery::follows_the_ack_wait,
            redelivery::needs_no_confirmation,
            redelivery::honours_the_delay,
            redelivery::is_put_off_by_progress,
            redelivery::is_stopped_by_terminate,
            redelivery::goes_to_another_process,
            redelivery::leaves_one_dead_letter,
            lifecycle::describes_an_empty_stream,
            lifecycle::keeps_identity_and_contents,
            lifecycle::remembers_ids,
            lifecycle::refuses_everything_when_closed,
        }
    };
    (@tests $harness:ty: $($module:ident :: $promise:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                if <$harness as $crate::contract::Harness>::is_skipped() {
                    return;
                }
                let harness = <$harness as $crate::contract::Harness>::new().await;
                $crate::contract::$module::$promise(&harness).await;
            }
        )*
    };
}

/// Longest time that anything may take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ack wait of tests that have to see it pass.
const SHORT: Duration = Duration::from_secs(1);

/// The ack wait of tests that must not see it pass.
const LONG: Duration = Duration::from_secs(60);

/// A message without condition; its payload is its id.
fn message(article: &str, id: &str) -> Append {
    expecting(article, id, ExpectedLast::Any)
}

fn expecting(article: &str, id: &str, expected_last: ExpectedLast) -> Append {
    Append {
        subject: Subject::article(article),
        message_id: id.to_owned(),
        expected_last,
        headers: Headers::new(),
        payload: Bytes::copy_from_slice(id.as_bytes()),
    }
}

async fn append(log: &dyn EventLog, message: Append) -> Result<Appended, AppendError> {
    let mut results = log.append(Stream::Articles, vec![message]).await;
    assert_eq!(results.len(), 1, "one result for one message");
    results.remove(0)
}

/// Appends messages `from..from + count` to articles of their own; gives their sequences.
async fn fill(log: &dyn EventLog, from: usize, count: usize) -> Vec<u64> {
    let numbers: Vec<_> = (from..from + count).collect();
    let mut sequences = Vec::new();
    for numbers in numbers.chunks(100) {
        let messages = numbers
            .iter()
            .map(|number| message(&format!("a-{number}"), &format!("m-{number}")));
        for result in log.append(Stream::Articles, messages.collect()).await {
            sequences.push(result.unwrap().sequence);
        }
    }
    sequences
}

async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_elapsed) => panic!("waited too long for {what}"),
    }
}

async fn next_record(records: &mut RecordStream) -> Result<Record, LogError> {
    patiently("a record", records.next())
        .await
        .unwrap_or_else(|| panic!("a stream of records has ended"))
}

async fn next_sequences(records: &mut RecordStream, count: usize) -> Vec<u64> {
    let mut sequences = Vec::new();
    for _ in 0..count {
        sequences.push(next_record(records).await.unwrap().sequence);
    }
    sequences
}

fn consumer_config(durable_name: &str, ack_wait: Duration, max_ack_pending: usize) -> ConsumerConfig {
    ConsumerConfig {
        durable_name: durable_name.to_owned(),
        ack_wait,
        max_ack_pending,
        batch: 10,
    }
}

async fn join(log: &dyn EventLog, config: ConsumerConfig) -> Box<dyn Consumer> {
    patiently("a consumer", log.consumer(Stream::Articles, config))
        .await
        .unwrap()
}

async fn take(consumer: &mut dyn Consumer) -> Delivery {
    patiently("a delivery", consumer.next()).await.unwrap()
}

/// Makes sure that there is no delivery for a while.
async fn take_none(consumer: &mut dyn Consumer, during: Duration) {
    if let Ok(delivery) = timeout(during, consumer.next()).await {
        panic!("there was a delivery: {delivery:?}");
    }
}

/// Waits until the lag is as expected: logs may count a little later than they deliver.
async fn expect_lag(
    log: &dyn EventLog,
    durable_name: &str,
    pending: u64,
    ack_pending: u64,
    redelivered: u64,
) {
    let expected = (pending, ack_pending, redelivered);
    let mut lag: Option<ConsumerLag> = None;
    for _ in 0..50 {
        lag = log.consumer_lag(Stream::Articles, durable_name).await.unwrap();
        if let Some(lag) = &lag
            && (lag.pending, lag.ack_pending, lag.redelivered) == expected
        {
            // The oldest one is among those that were just counted.
            let is_some = lag.oldest_unacknowledged_at.is_some();
            assert_eq!(is_some, pending + ack_pending > 0, "{lag:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the lag is {lag:?}, not {expected:?}");
}
