//! What `append` promises.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{Harness, append, expecting, fill, message, patiently};
use crate::{AppendError, ExpectedLast, Headers, Stream, Subject, event_log::MAX_APPENDS_PER_CALL};

/// Sequences ascend from 1 or more, within a call and from call to call.
pub async fn gives_ascending_sequences(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut sequences = fill(&*log, 0, 250).await;
    sequences.extend(fill(&*log, 250, 3).await);
    assert_eq!(sequences.len(), 253);
    assert!(sequences[0] >= 1);
    assert!(
        sequences.is_sorted_by(|earlier, later| earlier < later),
        "{sequences:?}"
    );
}

/// What is wrong with one message of a call does not affect the others.
pub async fn decides_each_message_alone(harness: &dyn Harness) {
    let log = harness.open().await;
    append(&*log, message("taken", "first")).await.unwrap();

    let mut large = message("large", "large");
    large.payload = Bytes::from(vec![b'x'; 2 * 1024 * 1024]);
    let messages = vec![
        message("good-1", "good-1"),
        expecting("taken", "conflict", ExpectedLast::None),
        message("good-2", "good-2"),
        large,
        message("taken", "first"),
        message("good-3", "good-3"),
    ];
    let results = log.append(Stream::Articles, messages).await;
    assert_eq!(results.len(), 6);
    assert!(
        matches!(results[1], Err(AppendError::Conflict { .. })),
        "{results:?}"
    );
    assert!(
        matches!(results[3], Err(AppendError::TooLarge { .. })),
        "{results:?}"
    );
    assert!(
        results[4].as_ref().is_ok_and(|appended| appended.duplicate),
        "{results:?}"
    );
    for good in [0, 2, 5] {
        let appended = results[good].as_ref().unwrap();
        assert!(!appended.duplicate);
        let record = log
            .get(Stream::Articles, appended.sequence)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            record.subject.as_str(),
            [
                "articles.good-1",
                "",
                "articles.good-2",
                "",
                "",
                "articles.good-3"
            ][good]
        );
    }
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 4);
    assert!(log.append(Stream::Articles, Vec::new()).await.is_empty());
}

/// Messages of one call to the same subject are appended in the order of the call.
pub async fn keeps_the_order_within_a_call(harness: &dyn Harness) {
    let log = harness.open().await;
    let messages = (0..200).map(|number| message(&format!("a-{}", number % 3), &format!("m-{number}")));
    let results = log.append(Stream::Articles, messages.collect()).await;
    let mut last_of = [0; 3];
    for (number, result) in results.iter().enumerate() {
        let sequence = result.as_ref().unwrap().sequence;
        assert!(sequence > last_of[number % 3], "message {number}");
        last_of[number % 3] = sequence;
    }
    for (article, newest) in [(0, "m-198"), (1, "m-199"), (2, "m-197")] {
        let subject = Subject::article(&format!("a-{article}"));
        let record = log
            .last_of_subject(Stream::Articles, &subject)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.payload, newest);
        assert_eq!(record.sequence, last_of[article]);
    }
}

/// The condition on the newest message of the subject is met exactly or refused, and a refusal stores
/// nothing.
pub async fn checks_the_expected_last_message(harness: &dyn Harness) {
    let log = harness.open().await;
    let refused = async |id: &str, expected: ExpectedLast, newest: u64| match append(
        &*log,
        expecting("a", id, expected),
    )
    .await
    {
        Err(AppendError::Conflict { last }) => {
            assert!(last.is_none_or(|last| last == newest), "{id}: {last:?}")
        }
        other => panic!("{id}: {other:?}"),
    };
    refused("a sequence of nothing", ExpectedLast::Sequence(7), 0).await;
    let first = append(&*log, expecting("a", "first", ExpectedLast::None))
        .await
        .unwrap()
        .sequence;
    refused("none, but there is one", ExpectedLast::None, first).await;
    refused("a later one", ExpectedLast::Sequence(first + 1), first).await;

    // Messages of other subjects have no part in it.
    append(&*log, expecting("b", "other", ExpectedLast::None))
        .await
        .unwrap();
    let second = append(&*log, expecting("a", "second", ExpectedLast::Sequence(first)))
        .await
        .unwrap()
        .sequence;
    refused("an earlier one", ExpectedLast::Sequence(first), second).await;
    let third = append(&*log, expecting("a", "third", ExpectedLast::Any))
        .await
        .unwrap()
        .sequence;
    refused("none, but there are three", ExpectedLast::None, third).await;
    append(&*log, expecting("a", "fourth", ExpectedLast::Sequence(third)))
        .await
        .unwrap();
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 5);
}

/// Of many writers that expect the same newest message, exactly one goes through.
pub async fn lets_one_of_many_writers_win(harness: &dyn Harness) {
    const WRITERS: usize = 16;
    let log = harness.open().await;
    let mut expected = ExpectedLast::None;
    for round in 0..10 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let log = Arc::clone(&log);
            let message = expecting("contested", &format!("round {round} writer {writer}"), expected);
            writers.spawn(async move { append(&*log, message).await });
        }
        let mut winners = Vec::new();
        for result in patiently("the writers", writers.join_all()).await {
            match result {
                Ok(appended) => winners.push(appended.sequence),
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        expected = ExpectedLast::Sequence(winners[0]);
    }
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 10);
}

/// A message id that was appended is answered with the first one's sequence and stores nothing: in a later
/// call, in the same call, and from many at once.
pub async fn recognises_repeated_ids(harness: &dyn Harness) {
    let log = harness.open().await;
    let first = append(&*log, message("a", "id-1")).await.unwrap();
    assert!(!first.duplicate);
    let again = append(&*log, message("a", "id-1")).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (first.sequence, true));

    let results = log
        .append(Stream::Articles, vec![message("b", "id-2"), message("b", "id-2")])
        .await;
    let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(results[0].sequence, results[1].sequence);
    assert_eq!((results[0].duplicate, results[1].duplicate), (false, true));

    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let log = Arc::clone(&log);
        writers.spawn(async move { append(&*log, message("c", "id-3")).await.unwrap() });
    }
    let results = patiently("the writers", writers.join_all()).await;
    assert_eq!(results.iter().filter(|appended| !appended.duplicate).count(), 1);
    assert!(
        results
            .iter()
            .all(|appended| appended.sequence == results[0].sequence),
        "{results:?}"
    );

    // Ids belong to a stream.
    let mut tagged = message("a", "id-1");
    tagged.subject = Subject::tagged("a", 1);
    let elsewhere = log.append(Stream::Tagged, vec![tagged]).await.remove(0).unwrap();
    assert!(!elsewhere.duplicate);
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 3);
}

/// Whoever lost the answer to a conditional append can repeat it, even when the subject has gone on since.
pub async fn answers_a_retried_conditional_append_as_duplicate(harness: &dyn Harness) {
    let log = harness.open().await;
    let create = || expecting("a", "create", ExpectedLast::None);
    let created = append(&*log, create()).await.unwrap().sequence;
    let correct = || expecting("a", "correct", ExpectedLast::Sequence(created));
    let corrected = append(&*log, correct()).await.unwrap().sequence;

    let again = append(&*log, create()).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (created, true));
    let again = append(&*log, correct()).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (corrected, true));
}

/// A message over the limit is refused, one just below it is taken.
pub async fn refuses_large_messages(harness: &dyn Harness) {
    let log = harness.open().await;
    let mut large = message("a", "large");
    large.payload = Bytes::from(vec![b'x'; 1024 * 1024 + 1]);
    match append(&*log, large.clone()).await {
        Err(AppendError::TooLarge { size, limit }) => {
            assert!(
                size > limit && limit <= 1024 * 1024 && size >= large.payload.len(),
                "{size} {limit}"
            );
        }
        other => panic!("{other:?}"),
    }
    // Headers count.
    large.payload.truncate(1024 * 1024 - 100);
    large.headers.insert("long".to_owned(), "x".repeat(1000));
    assert!(matches!(
        append(&*log, large.clone()).await,
        Err(AppendError::TooLarge { .. })
    ));

    large.payload.truncate(1024 * 1024 - 4096);
    let appended = append(&*log, large.clone()).await.unwrap();
    let record = log
        .get(Stream::Articles, appended.sequence)
        .await
        .unwrap()
        .unwrap();
    assert!(record.payload == large.payload, "the payload is another one");
    assert_eq!(log.info(Stream::Articles).await.unwrap().messages, 1);
}

/// Payload, headers and subject come out as they went in, whatever is in them.
pub async fn returns_payload_and_headers_as_they_were(harness: &dyn Harness) {
    let log = harness.open().await;
    let payloads: [&[u8]; 4] = [
        "한강은 서울을 흐른다. 😀".as_bytes(),
        b"",
        &[0, 159, 146, 150, 255, b'\r', b'\n', 0],
        b"\r\n\r\n",
    ];
    for (number, payload) in payloads.into_iter().enumerate() {
        let mut message = message("한강:2026-1", &format!("id {number}"));
        message.payload = Bytes::copy_from_slice(payload);
        if number % 2 == 0 {
            message.headers = Headers::from([
                (
                    "traceparent".to_owned(),
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
                ),
                ("Gisa-Note".to_owned(), "a: b; \"c\" = d".to_owned()),
            ]);
        }
        let sequence = append(&*log, message.clone()).await.unwrap().sequence;
        let record = log.get(Stream::Articles, sequence).await.unwrap().unwrap();
        assert_eq!(record.payload, message.payload);
        assert_eq!(record.headers, message.headers);
        assert_eq!(record.subject, message.subject);
        assert_eq!(record.sequence, sequence);
    }
}

/// The largest number of messages in a call is taken as any other.
pub async fn takes_full_calls(harness: &dyn Harness) {
    let log = harness.open().await;
    let messages = (0..MAX_APPENDS_PER_CALL)
        .map(|number| expecting(&format!("a-{number}"), &format!("m-{number}"), ExpectedLast::None));
    let results = patiently("the call", log.append(Stream::Articles, messages.collect())).await;
    let sequences: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap().sequence)
        .collect();
    assert_eq!(sequences.len(), MAX_APPENDS_PER_CALL);
    assert!(sequences.is_sorted_by(|earlier, later| earlier < later));
    assert_eq!(
        log.info(Stream::Articles).await.unwrap().messages,
        MAX_APPENDS_PER_CALL as u64
    );
}
