//! What `get`, `last_of_subject`, `read` and `compact` promise.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use super::{Harness, append, expecting, fill, message, next_record, next_sequences, patiently};
use crate::{AppendError, EventLog, ExpectedLast, LogError, Position, StartAt, Stream, Subject};

async fn position(log: &dyn EventLog, sequence: u64) -> Position {
    Position {
        stream_identity: log.info(Stream::Articles).await.unwrap().identity,
        sequence,
    }
}

/// `get` returns the message with the sequence, and nothing where there is none.
pub async fn gets_single_messages(harness: &dyn Harness) {
    let log = harness.open().await;
    let before = Timestamp::now();
    let sequence = append(&*log, message("a", "one")).await.unwrap().sequence;
    let record = log.get(Stream::Articles, sequence).await.unwrap().unwrap();
    assert_eq!((record.sequence, &record.payload[..]), (sequence, &b"one"[..]));
    let age = record.appended_at.duration_since(before);
    assert!(age.abs().as_secs() < 60, "appended at {}", record.appended_at);
    for missing in [0, sequence + 1, sequence + 1_000_000] {
        assert_eq!(log.get(Stream::Articles, missing).await.unwrap(), None);
    }
    assert_eq!(log.get(Stream::Tagged, sequence).await.unwrap(), None);
}

/// `last_of_subject` sees every append that was answered before, whichever of the processes made it.
pub async fn finds_the_last_message_of_a_subject(harness: &dyn Harness) {
    let log = harness.open().await;
    let other = harness.open_also(&log).await;
    let subject = Subject::article("a");
    assert_eq!(
        log.last_of_subject(Stream::Articles, &subject).await.unwrap(),
        None
    );
    for number in 0..20 {
        let sequence = append(&*other, message("a", &format!("a-{number}")))
            .await
            .unwrap()
            .sequence;
        let record = log
            .last_of_subject(Stream::Articles, &subject)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.sequence, sequence);
        assert_eq!(record.payload, format!("a-{number}"));
        append(&*other, message("b", &format!("b-{number}")))
            .await
            .unwrap();
    }
    // Not a prefix, not a pattern.
    assert_eq!(
        log.last_of_subject(Stream::Articles, &Subject::article(""))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        log.last_of_subject(Stream::Tagged, &Subject::tagged("a", 1))
            .await
            .unwrap(),
        None
    );
}

/// Each start begins where it says.
pub async fn starts_where_it_is_told_to(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut early = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let mut zero = log
        .read(Stream::Articles, StartAt::After(position(&*log, 0).await))
        .await
        .unwrap();
    let sequences = fill(&*log, 0, 10).await;
    assert_eq!(
        next_sequences(&mut early, 10).await,
        sequences,
        "joined an empty stream"
    );
    assert_eq!(next_sequences(&mut zero, 10).await, sequences, "before the first");

    let mut oldest = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    assert_eq!(next_sequences(&mut oldest, 10).await, sequences);
    for after in [0, 3, 8] {
        let start = StartAt::After(position(&*log, sequences[after]).await);
        let mut records = log.read(Stream::Articles, start).await.unwrap();
        assert_eq!(
            next_sequences(&mut records, 9 - after).await,
            sequences[after + 1..]
        );
    }
    let mut end = log
        .read(
            Stream::Articles,
            StartAt::After(position(&*log, sequences[9]).await),
        )
        .await
        .unwrap();
    assert!(
        timeout(Duration::from_millis(200), end.next()).await.is_err(),
        "there is nothing after the end"
    );
    let next = append(&*log, message("b", "next")).await.unwrap().sequence;
    assert_eq!(next_sequences(&mut end, 1).await, [next]);
}

/// A start at a time begins with the first message appended at or after it.
pub async fn starts_at_a_time(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut sequences = Vec::new();
    for number in 0..4 {
        sequences.extend(fill(&*log, number, 1).await);
        sleep(Duration::from_millis(50)).await;
    }
    let start = StartAt::Time(Timestamp::UNIX_EPOCH);
    let mut all = log.read(Stream::Articles, start).await.unwrap();
    assert_eq!(next_sequences(&mut all, 4).await, sequences);
    for from in 0..4 {
        let time = log
            .get(Stream::Articles, sequences[from])
            .await
            .unwrap()
            .unwrap()
            .appended_at;
        let mut records = log.read(Stream::Articles, StartAt::Time(time)).await.unwrap();
        assert_eq!(next_sequences(&mut records, 4 - from).await, sequences[from..]);
    }
    let mut live = log
        .read(Stream::Articles, StartAt::Time(Timestamp::now()))
        .await
        .unwrap();
    sleep(Duration::from_millis(50)).await;
    let next = fill(&*log, 4, 1).await;
    assert_eq!(next_sequences(&mut live, 1).await, next);
}

/// Readers that start at any moment while messages are appended see each of them once, in order.
pub async fn goes_from_history_to_live_without_gap_or_repeat(harness: &dyn Harness) {
    const MESSAGES: usize = 1500;
    let log = harness.open().await;
    let writer = {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut sequences = Vec::new();
            while sequences.len() < MESSAGES {
                let count = (sequences.len() % 13 + 1).min(MESSAGES - sequences.len());
                sequences.extend(fill(&*log, sequences.len(), count).await);
            }
            sequences
        })
    };
    let mut readers = Vec::new();
    for number in 0..4 {
        let log = harness.open_also(&log).await;
        readers.push(tokio::spawn(async move {
            sleep(Duration::from_millis(number * 30)).await;
            let mut records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
            let first = next_sequences(&mut records, MESSAGES / 2).await;
            // Goes on from its position with a reader made anew, as after a restart.
            let start = StartAt::After(position(&*log, *first.last().unwrap()).await);
            let mut records = log.read(Stream::Articles, start).await.unwrap();
            [first, next_sequences(&mut records, MESSAGES / 2).await].concat()
        }));
    }
    let written = patiently("the writer", writer).await.unwrap();
    for reader in readers {
        assert!(
            patiently("a reader", reader).await.unwrap() == written,
            "a reader saw something else"
        );
    }
}

/// Everything appended after `read` has returned is seen by a reader that starts with the next message.
pub async fn sees_everything_after_next(harness: &dyn Harness) {
    let log = harness.open().await;
    fill(&*log, 0, 5).await;
    for round in 1..=10 {
        let mut records = log.read(Stream::Articles, StartAt::Next).await.unwrap();
        let sequences = fill(&*log, round * 100, 3).await;
        assert_eq!(next_sequences(&mut records, 3).await, sequences, "round {round}");
    }
}

/// A stream holds nothing of another one.
pub async fn keeps_streams_apart(harness: &dyn Harness) {
    let log = harness.open().await;
    fill(&*log, 0, 3).await;
    let mut tagged = message("", "tagged");
    tagged.subject = Subject::tagged("a", 1);
    let sequence = log
        .append(Stream::Tagged, vec![tagged])
        .await
        .remove(0)
        .unwrap()
        .sequence;
    fill(&*log, 3, 3).await;

    let mut records = log.read(Stream::Tagged, StartAt::Oldest).await.unwrap();
    let record = next_record(&mut records).await.unwrap();
    assert_eq!(
        (record.sequence, record.subject.as_str()),
        (sequence, "tagged.a.1")
    );
    assert!(timeout(Duration::from_millis(200), records.next()).await.is_err());
    let mut articles = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    for number in 0..6 {
        let record = next_record(&mut articles).await.unwrap();
        assert_eq!(record.subject, Subject::article(&format!("a-{number}")));
    }
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 6);
    assert_eq!(log.info(Stream::Tagged).await.unwrap().messages, 1);
    assert_eq!(log.info(Stream::DeadLetters).await.unwrap().messages, 0);
}

/// A position of another stream, or beyond the end, is refused and not taken for one of this stream.
pub async fn refuses_positions_of_another_stream(harness: &dyn Harness) {
    let log = harness.open().await;
    let last = *fill(&*log, 0, 5).await.last().unwrap();
    let foreign = Position {
        stream_identity: "another".to_owned(),
        sequence: 2,
    };
    let of_tagged = log.info(Stream::Tagged).await.unwrap().identity;
    let beyond = position(&*log, last + 1).await;
    for position in [
        foreign,
        Position {
            stream_identity: of_tagged,
            sequence: 2,
        },
        beyond,
    ] {
        match log
            .read(Stream::Articles, StartAt::After(position.clone()))
            .await
            .err()
        {
            Some(LogError::Replaced {
                stream: Stream::Articles,
            }) => {}
            other => panic!("{position:?}: {other:?}"),
        }
    }
}

/// What was compacted is gone for every way of reading, and its subjects are as if they had never been.
pub async fn shows_what_compaction_removed(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut sequences = fill(&*log, 0, 10).await;
    sequences.push(append(&*log, message("a-1", "newer")).await.unwrap().sequence);
    let before = log.info(Stream::Articles).await.unwrap();
    log.compact(Stream::Articles, sequences[4]).await.unwrap();

    let info = log.info(Stream::Articles).await.unwrap();
    assert_eq!(
        (info.first_sequence, info.last_sequence),
        (sequences[5], sequences[10])
    );
    assert_eq!((info.messages, &info.identity), (6, &before.identity));
    assert!(info.bytes < before.bytes, "{} {}", info.bytes, before.bytes);
    assert_eq!(log.get(Stream::Articles, sequences[4]).await.unwrap(), None);
    assert!(log.get(Stream::Articles, sequences[5]).await.unwrap().is_some());

    for after in [0, sequences[0], sequences[3]] {
        match log
            .read(Stream::Articles, StartAt::After(position(&*log, after).await))
            .await
            .err()
        {
            Some(LogError::Compacted {
                stream: Stream::Articles,
                first_sequence,
                wanted,
            }) => {
                assert_eq!(first_sequence, sequences[5]);
                assert!(after < wanted && wanted < first_sequence, "{after} {wanted}");
            }
            other => panic!("after {after}: {other:?}"),
        }
    }
    let kept = position(&*log, sequences[4]).await;
    for start in [
        StartAt::After(kept),
        StartAt::Oldest,
        StartAt::Time(Timestamp::UNIX_EPOCH),
    ] {
        let mut records = log.read(Stream::Articles, start).await.unwrap();
        assert_eq!(next_sequences(&mut records, 6).await, sequences[5..]);
    }

    let newest = async |article: &str| {
        let newest = log
            .last_of_subject(Stream::Articles, &Subject::article(article))
            .await
            .unwrap();
        newest.map(|record| record.sequence)
    };
    assert_eq!(newest("a-0").await, None);
    assert_eq!(
        newest("a-1").await,
        Some(sequences[10]),
        "its newest message is kept"
    );
    assert_eq!(newest("a-7").await, Some(sequences[7]));
    let stale = append(
        &*log,
        expecting("a-0", "stale", ExpectedLast::Sequence(sequences[0])),
    )
    .await;
    assert!(matches!(stale, Err(AppendError::Conflict { .. })), "{stale:?}");
    append(&*log, expecting("a-0", "created again", ExpectedLast::None))
        .await
        .unwrap();

    // To the very end, and again, which changes nothing.
    let last = log.info(Stream::Articles).await.unwrap().last_sequence;
    log.compact(Stream::Articles, last).await.unwrap();
    log.compact(Stream::Articles, sequences[2]).await.unwrap();
    let info = log.info(Stream::Articles).await.unwrap();
    assert_eq!(
        (info.first_sequence, info.last_sequence, info.messages),
        (last + 1, last, 0)
    );
    let mut records = log
        .read(Stream::Articles, StartAt::After(position(&*log, last).await))
        .await
        .unwrap();
    let next = append(&*log, message("b", "after it all"))
        .await
        .unwrap()
        .sequence;
    assert!(next > last);
    assert_eq!(next_sequences(&mut records, 1).await, [next]);
}

/// A reader that is overtaken by compaction is told, unless it already has what was removed: there is never a
/// gap.
pub async fn never_skips_what_was_compacted(harness: &dyn Harness) {
    const MESSAGES: usize = 3000;
    let log = harness.open().await;
    let sequences = fill(&*log, 0, MESSAGES).await;
    let mut records = log.read(Stream::Articles, StartAt::Oldest).await.unwrap();
    let mut seen = next_sequences(&mut records, 1).await;
    log.compact(Stream::Articles, sequences[MESSAGES - 10])
        .await
        .unwrap();
    while seen.len() < MESSAGES {
        match next_record(&mut records).await {
            Ok(record) => seen.push(record.sequence),
            Err(LogError::Compacted { first_sequence, .. }) => {
                assert_eq!(first_sequence, sequences[MESSAGES - 9]);
                assert!(
                    patiently("the end", records.next()).await.is_none(),
                    "it ends after an error"
                );
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(seen == sequences[..seen.len()], "there is a gap");
}
