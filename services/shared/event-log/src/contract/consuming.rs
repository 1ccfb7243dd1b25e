//! What durable consumers promise while nothing goes wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};

use super::{
    Harness, LONG, PATIENCE, SHORT, consumer_config, expect_lag, fill, join, patiently, take, take_none,
};
use crate::Stream;

/// Messages that are acknowledged are delivered once, in order, over history and live.
pub async fn delivers_everything_once_in_order(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut sequences = fill(&*log, 0, 600).await;
    let mut consumer = join(&*log, consumer_config("c", LONG, 100)).await;
    let mut seen = Vec::new();
    for number in 0..900 {
        if number == 300 {
            sequences.extend(fill(&*log, 600, 300).await);
        }
        let delivery = take(&mut *consumer).await;
        assert_eq!(delivery.attempt, 1);
        assert_eq!(delivery.record.payload, format!("m-{number}"));
        seen.push(delivery.record.sequence);
        delivery.ack().await.unwrap();
    }
    assert!(seen == sequences, "another order");
    take_none(&mut *consumer, Duration::from_millis(300)).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// Whoever waits for a message gets it when it is appended.
pub async fn wakes_for_new_messages(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut consumer = join(&*log, consumer_config("c", LONG, 10)).await;
    for number in 0..20 {
        let waiting = tokio::spawn(async move {
            let delivery = take(&mut *consumer).await;
            let sequence = delivery.record.sequence;
            delivery.ack().await.unwrap();
            (consumer, sequence)
        });
        tokio::time::sleep(Duration::from_millis(number % 5 * 5)).await;
        let appended = fill(&*log, number as usize, 1).await;
        let (back, sequence) = patiently("the consumer", waiting).await.unwrap();
        assert_eq!(appended, [sequence]);
        consumer = back;
    }
}

/// Each message goes to one of the processes that share a consumer.
pub async fn shares_messages_between_processes(harness: &dyn Harness) {
    const MESSAGES: usize = 400;
    let log = harness.open().await;
    let settled = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let log = harness.open_also(&log).await;
        let settled = Arc::clone(&settled);
        workers.spawn(async move {
            let mut consumer = join(&*log, consumer_config("shared", LONG, 100)).await;
            let mut seen = Vec::new();
            while settled.load(Ordering::SeqCst) < MESSAGES {
                let Ok(delivery) = timeout(Duration::from_millis(200), consumer.next()).await else {
                    continue;
                };
                let delivery = delivery.unwrap();
                assert_eq!(delivery.attempt, 1);
                seen.push(delivery.record.sequence);
                delivery.ack().await.unwrap();
                settled.fetch_add(1, Ordering::SeqCst);
            }
            seen
        });
    }
    let sequences = fill(&*log, 0, MESSAGES).await;
    let seen = patiently("the workers", workers.join_all()).await;
    let mut all = seen.concat();
    all.sort_unstable();
    assert!(
        all == sequences,
        "{} deliveries of {MESSAGES} messages",
        all.len()
    );
    assert_eq!(
        log.info(Stream::Articles).await.unwrap().messages,
        MESSAGES as u64
    );
}

/// Consumers with different names know nothing of each other, nor do those of different streams with the same
/// name.
pub async fn keeps_consumers_apart(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 5).await;
    let mut one = join(&*log, consumer_config("one", LONG, 10)).await;
    let mut two = join(&*log, consumer_config("two", LONG, 10)).await;
    for sequence in &sequences {
        let delivery = take(&mut *one).await;
        assert_eq!(delivery.record.sequence, *sequence);
        delivery.ack().await.unwrap();
    }
    for sequence in &sequences {
        let delivery = take(&mut *two).await;
        assert_eq!((delivery.record.sequence, delivery.attempt), (*sequence, 1));
        delivery.ack().await.unwrap();
    }
    let config = consumer_config("one", LONG, 10);
    let mut tagged = log.consumer(Stream::Tagged, config).await.unwrap();
    take_none(&mut *tagged, Duration::from_millis(200)).await;
    expect_lag(&*log, "one", 0, 0, 0).await;
    expect_lag(&*log, "two", 0, 0, 0).await;
    assert_eq!(log.consumer_lag(Stream::Articles, "three").await.unwrap(), None);
}

/// No more than the configured number of messages is out without ack, over all processes.
pub async fn bounds_what_is_unacknowledged(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 10).await;
    let config = consumer_config("c", LONG, 3);
    let mut consumer = join(&*log, config.clone()).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(take(&mut *consumer).await);
    }
    let mut other = join(&*harness.open_also(&log).await, config).await;
    take_none(&mut *consumer, Duration::from_millis(300)).await;
    take_none(&mut *other, Duration::from_millis(300)).await;
    drop(other);

    // Out of order: a later one makes room as well.
    for sequence in &sequences[3..6] {
        held.pop().unwrap().ack().await.unwrap();
        let delivery = take(&mut *consumer).await;
        assert_eq!(delivery.record.sequence, *sequence);
        held.push(delivery);
    }
    expect_lag(&*log, "c", 4, 3, 0).await;
}

/// The lag counts what was not delivered, what is out, and what was delivered more than once.
pub async fn tells_its_lag(harness: &dyn Harness) {
    let log = harness.open().await;
    assert_eq!(log.consumer_lag(Stream::Articles, "c").await.unwrap(), None);
    let sequences = fill(&*log, 0, 10).await;
    let config = consumer_config("c", LONG, 3);
    let mut consumer = join(&*log, config).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(take(&mut *consumer).await);
    }
    expect_lag(&*log, "c", 7, 3, 0).await;
    let oldest = log.get(Stream::Articles, sequences[0]).await.unwrap().unwrap();
    let lag = log.consumer_lag(Stream::Articles, "c").await.unwrap().unwrap();
    assert_eq!(lag.oldest_unacknowledged_at, Some(oldest.appended_at));
    fill(&*log, 10, 2).await;
    expect_lag(&*log, "c", 9, 3, 0).await;

    held.remove(0).retry_after(Duration::ZERO).await.unwrap();
    let again = take(&mut *consumer).await;
    assert_eq!(again.attempt, 2);
    expect_lag(&*log, "c", 9, 3, 1).await;

    again.ack().await.unwrap();
    for delivery in held {
        delivery.ack().await.unwrap();
    }
    for _ in 0..9 {
        take(&mut *consumer).await.ack().await.unwrap();
    }
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// After a restart a consumer goes on where it was: what was acknowledged stays so, what was not is delivered
/// again, and the attempts go on counting.
pub async fn keeps_its_position(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 20).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 100)).await;
    let mut held = Vec::new();
    for number in 0..10 {
        let delivery = take(&mut *consumer).await;
        if number % 2 == 0 {
            delivery.ack().await.unwrap();
        } else {
            held.push(delivery);
        }
    }
    drop(held);
    drop(consumer);
    log.close().await.unwrap();
    drop(log);

    let log = harness.open().await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 100)).await;
    let mut attempts = BTreeMap::new();
    while attempts.len() < 15 {
        let delivery = take(&mut *consumer).await;
        attempts.insert(delivery.record.sequence, delivery.attempt);
        delivery.ack().await.unwrap();
    }
    let unacknowledged = sequences
        .iter()
        .enumerate()
        .filter(|(number, _)| *number >= 10 || number % 2 == 1);
    let expected: BTreeSet<_> = unacknowledged.map(|(_, sequence)| *sequence).collect();
    assert_eq!(attempts.keys().copied().collect::<BTreeSet<_>>(), expected);
    for number in [1, 3, 5, 7, 9] {
        assert!(
            attempts[&sequences[number]] >= 2,
            "message {number} was delivered before: {attempts:?}"
        );
    }
    take_none(&mut *consumer, SHORT + SHORT / 2).await;
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// `next` may be dropped at any moment: no message is lost by it.
pub async fn loses_nothing_when_cancelled(harness: &dyn Harness) {
    const MESSAGES: usize = 200;
    let log = harness.open().await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 50)).await;
    let writer = {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for number in 0..MESSAGES {
                fill(&*log, number, 1).await;
            }
        })
    };
    let mut seen = BTreeSet::new();
    let started = std::time::Instant::now();
    let mut micros = 0;
    while seen.len() < MESSAGES {
        assert!(
            started.elapsed() < PATIENCE,
            "{} of {MESSAGES} messages came",
            seen.len()
        );
        micros = (micros + 37) % 2000;
        // Once in a while it gets all the time it needs.
        let limit = if micros % 10 == 0 {
            Duration::from_millis(200)
        } else {
            Duration::from_micros(micros)
        };
        let Ok(delivery) = timeout(limit, consumer.next()).await else {
            continue;
        };
        let delivery = delivery.unwrap();
        seen.insert(delivery.record.sequence);
        delivery.ack().await.unwrap();
    }
    patiently("the writer", writer).await.unwrap();
    expect_lag(&*log, "c", 0, 0, 0).await;
}

/// A consumer whose next messages were compacted goes on with the oldest one that is kept.
pub async fn goes_on_after_compaction(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 20).await;
    let mut consumer = join(&*log, consumer_config("c", SHORT, 2)).await;
    take(&mut *consumer).await.ack().await.unwrap();
    log.compact(Stream::Articles, sequences[14]).await.unwrap();
    let mut seen = BTreeSet::new();
    while seen.last() != Some(&sequences[19]) {
        let delivery = take(&mut *consumer).await;
        seen.insert(delivery.record.sequence);
        delivery.ack().await.unwrap();
    }
    // It may have had a few of the removed ones already.
    assert!(sequences[15..].iter().all(|kept| seen.contains(kept)), "{seen:?}");
    expect_lag(&*log, "c", 0, 0, 0).await;
}
