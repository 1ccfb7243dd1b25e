//! What holds over opening and closing.

use super::{Harness, LONG, append, consumer_config, expecting, fill, message, next_sequences, patiently};
use crate::{AppendError, ExpectedLast, LogError, Position, StartAt, Stream, StreamInfo, Subject};

/// A stream that never had a message says so.
pub async fn describes_an_empty_stream(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut identities = Vec::new();
    for stream in Stream::ALL {
        let info = log.info(stream).await.unwrap();
        identities.push(info.identity.clone());
        let identity = info.identity.clone();
        let expected = StreamInfo {
            identity,
            first_sequence: 1,
            last_sequence: 0,
            messages: 0,
            bytes: 0,
            max_bytes: info.max_bytes,
            last_appended_at: None,
        };
        assert_eq!(info, expected, "{stream}");
    }
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(
        identities.len(),
        Stream::ALL.len(),
        "each stream has an identity of its own"
    );
    assert!(identities.iter().all(|identity| !identity.is_empty()));
}

/// Identity, messages and positions are the same after the log was closed and opened again; another place has
/// another identity.
pub async fn keeps_identity_and_contents(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequences = fill(&*log, 0, 10).await;
    log.compact(Stream::Articles, sequences[1]).await.unwrap();
    let before = log.info(Stream::Articles).await.unwrap();
    assert_eq!(
        (before.first_sequence, before.last_sequence, before.messages),
        (sequences[2], sequences[9], 8)
    );
    let newest = log.get(Stream::Articles, sequences[9]).await.unwrap().unwrap();
    assert_eq!(before.last_appended_at, Some(newest.appended_at));
    log.close().await.unwrap();
    drop(log);

    let log = harness.open().await;
    assert_eq!(log.info(Stream::Articles).await.unwrap(), before);
    let position = Position {
        stream_identity: before.identity,
        sequence: sequences[4],
    };
    let mut records = log
        .read(Stream::Articles, StartAt::After(position))
        .await
        .unwrap();
    assert_eq!(next_sequences(&mut records, 5).await, sequences[5..]);
    let stale = append(&*log, expecting("a-9", "stale", ExpectedLast::None)).await;
    assert!(matches!(stale, Err(AppendError::Conflict { .. })), "{stale:?}");
    let next = append(
        &*log,
        expecting("a-9", "next", ExpectedLast::Sequence(sequences[9])),
    )
    .await
    .unwrap();
    assert!(next.sequence > sequences[9]);
    assert_eq!(next_sequences(&mut records, 1).await, [next.sequence]);
}

/// Message ids are remembered over a restart.
pub async fn remembers_ids(harness: &dyn Harness) {
    let log = harness.open().await;
    let create = || expecting("a", "create", ExpectedLast::None);
    let created = append(&*log, create()).await.unwrap();
    let sequences = fill(&*log, 0, 50).await;
    log.close().await.unwrap();
    drop(log);

    let log = harness.open().await;
    let again = append(&*log, create()).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (created.sequence, true));
    let messages = (0..50).map(|number| message(&format!("a-{number}"), &format!("m-{number}")));
    for (result, sequence) in log
        .append(Stream::Articles, messages.collect())
        .await
        .into_iter()
        .zip(sequences)
    {
        let appended = result.unwrap();
        assert_eq!((appended.sequence, appended.duplicate), (sequence, true));
    }
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 51);
}

/// A closed log refuses everything, and what was waiting ends.
pub async fn refuses_everything_when_closed(harness: &dyn Harness) {
    let log = harness.open().await;
    let sequence = append(&*log, message("a", "one")).await.unwrap().sequence;
    let mut records = log.read(Stream::Articles, StartAt::Next).await.unwrap();
    let waiting = tokio::spawn(async move { super::next_record(&mut records).await });
    let mut consumer = super::join(&*log, consumer_config("c", LONG, 10)).await;
    super::take(&mut *consumer).await.ack().await.unwrap();
    log.close().await.unwrap();

    let stream = Stream::Articles;
    let closed = |what: &str, error: Option<LogError>| {
        assert!(matches!(error, Some(LogError::Closed)), "{what}: {error:?}");
    };
    match append(&*log, message("a", "two")).await {
        Err(AppendError::Log(LogError::Closed)) => {}
        other => panic!("append: {other:?}"),
    }
    closed("get", log.get(stream, sequence).await.err());
    closed(
        "last_of_subject",
        log.last_of_subject(stream, &Subject::article("a")).await.err(),
    );
    closed("read", log.read(stream, StartAt::Oldest).await.err());
    closed(
        "consumer",
        log.consumer(stream, consumer_config("d", LONG, 10)).await.err(),
    );
    closed("consumer_lag", log.consumer_lag(stream, "c").await.err());
    closed("info", log.info(stream).await.err());
    closed("compact", log.compact(stream, 1).await.err());
    closed("a reader", patiently("the reader", waiting).await.unwrap().err());
    closed(
        "a consumer",
        patiently("the consumer", consumer.next()).await.err(),
    );
}
