//! What durable consumers promise about messages that are not acknowledged.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::{Harness, LONG, SHORT, consumer_config, expect_lag, fill, join, next_record, take, take_none};
use crate::{StartAt, Stream, Subject, store_dead_letter};

/// What is not settled comes again after the ack wait and not before, with its attempts counted.
pub async fn follows_the_ack_wait(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 2).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    let forgotten = take(&mut *consumer).await;
    let mut delivered = Instant::now();
    take(&mut *consumer).await.ack().await.unwrap();
    for attempt in 2..=3 {
        let again = take(&mut *consumer).await;
        assert_eq!((again.record.sequence, again.attempt), (sequences[0], attempt));
        assert_eq!(again.record, forgotten.record);
        assert!(
            delivered.elapsed() > SHORT * 3 / 4,
            "after {:?}",
            delivered.elapsed()
        );
        delivered = Instant::now();
        if attempt == 3 {
            again.ack().await.unwrap();
        }
    }
    take_none(&mut *consumer, SHORT * 3 / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// An acknowledgement that nobody waits for settles a message all the same, also when the log is closed right behind it.
pub async fn needs_no_confirmation(harness: &dyn Harness) {
    let log = harness.open().await;
    fill(&*log, 0, 3).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    for _ in 0..3 {
        take(&mut *consumer).await.ack_unconfirmed().await.unwrap();
    }
    log.close().await.unwrap();
    drop((log, consumer));

    let log = harness.open().await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    take_none(&mut *consumer, SHORT * 3 / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// `retry_after` brings a message back after its delay: not before, and not only after the ack wait. Others
/// do not wait for it.
pub async fn honours_the_delay(harness: &dyn Harness) {
    const DELAY: Duration = Duration::from_millis(700);
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 3).await;
    let mut consumer = join(&*log, consumer_config("c", LONG, 10)).await;
    let mut returned = Instant::now();
    take(&mut *consumer).await.retry_after(DELAY).await.unwrap();
    for other in &sequences[1..] {
        let delivery = take(&mut *consumer).await;
        assert_eq!(delivery.record.sequence, *other);
        delivery.ack().await.unwrap();
    }
    for attempt in 2..=4 {
        let again = take(&mut *consumer).await;
        assert_eq!((again.record.sequence, again.attempt), (sequences[0], attempt));
        assert!(
            returned.elapsed() > DELAY * 3 / 4,
            "after {:?}",
            returned.elapsed()
        );
        if attempt == 4 {
            again.ack().await.unwrap();
        } else {
            returned = Instant::now();
            again.retry_after(DELAY).await.unwrap();
        }
    }
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// While progress is reported a message is not delivered again, however long it takes.
pub async fn is_put_off_by_progress(harness: &dyn Harness) {
    let log = harness.open().await;
    fill(&*log, 0, 1).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    let slow = take(&mut *consumer).await;
    let started = Instant::now();
    while started.elapsed() < SHORT * 3 {
        take_none(&mut *consumer, SHORT / 4).await;
        slow.progress().await.unwrap();
    }
    slow.ack().await.unwrap();
    take_none(&mut *consumer, SHORT * 3 / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// A terminated message does not come again.
pub async fn is_stopped_by_terminate(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 2).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    take(&mut *consumer).await.terminate().await.unwrap();
    let next = take(&mut *consumer).await;
    assert_eq!(next.record.sequence, sequences[1]);
    next.ack().await.unwrap();
    take_none(&mut *consumer, SHORT * 3 / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
    assert!(
        log.get(Stream::Articles, sequences[0]).await.unwrap().is_some(),
        "it stays in the stream"
    );
}

/// What a process did not settle before it went away goes to another one.
pub async fn goes_to_another_process(harness: &dyn Harness) {
    let log = harness.open().await;
    let other_log = harness.open_also(&log).await;
    let sequences = fill(&*log, 0, 4).await;
    let config = consumer_config("c", SHORT, 10);
    let mut first = join(&*log, config.clone()).await;
    let taken = take(&mut *first).await.record.sequence;
    drop(first);

    let mut second = join(&*other_log, config).await;
    let mut attempts = Vec::new();
    while attempts.len() < 4 {
        let delivery = take(&mut *second).await;
        attempts.push((delivery.record.sequence, delivery.attempt));
        delivery.ack().await.unwrap();
    }
    attempts.sort_unstable();
    assert_eq!(
        attempts.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        sequences
    );
    assert!(
        attempts
            .iter()
            .all(|(sequence, attempt)| *sequence != taken || *attempt >= 2),
        "{attempts:?}"
    );
}

/// Giving up on a message twice leaves one dead letter, the first, and the message does not come again.
pub async fn leaves_one_dead_letter(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 1).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 10)).await;
    let first = take(&mut *consumer).await;
    sleep(SHORT / 2).await;
    let second = take(&mut *consumer).await;
    assert_eq!(second.attempt, 2);
    let record = first.record.clone();
    let store = async |letter: &'static str, closed: bool| {
        store_dead_letter(&*log, Stream::Articles, &record, letter.into(), |_| closed)
            .await
            .unwrap()
    };
    assert!(store("letter", false).await);
    second.terminate().await.unwrap();
    assert!(!store("another", false).await);
    first.terminate().await.unwrap();

    let mut letters = log.read(Stream::DeadLetters, StartAt::Oldest).await.unwrap();
    let letter = next_record(&mut letters).await.unwrap();
    assert_eq!(
        letter.subject,
        Subject::dead_letter(Stream::Articles, sequences[0])
    );
    assert_eq!(letter.payload, "letter");
    assert!(
        timeout(Duration::from_millis(200), letters.next()).await.is_err(),
        "there is a second letter"
    );
    assert!(store("opened again", true).await);
    assert_eq!(next_record(&mut letters).await.unwrap().payload, "opened again");
    take_none(&mut *consumer, SHORT * 3 / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}
