//! Messages that the log itself gave up on, as stream ADVISORIES tells of them.

use serde::Deserialize;

use crate::{LogError, Record, Stream};

/// A message that will not be delivered again, although its work may not have been done: somebody limited the attempts
/// of the consumer, or terminated the delivery. Deliveries that a worker terminates after it has stored a dead letter are
/// told of as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// The stream of the message.
    pub stream: Stream,
    /// Its sequence.
    pub sequence: u64,
    /// The durable consumer that gave up.
    pub consumer: String,
    /// How often it had been delivered.
    pub deliveries: u32,
    /// Why, in words.
    pub reason: String,
}

/// What the server of NATS writes, as far as it is needed.
#[derive(Deserialize)]
struct Advisory {
    stream: String,
    consumer: String,
    stream_seq: u64,
    deliveries: u32,
    #[serde(default)]
    reason: String,
}

impl GivenUp {
    /// Reads a record of stream ADVISORIES.
    pub fn decode(record: &Record) -> Result<Self, LogError> {
        let unreadable = |reason: String| {
            LogError::Corrupt(format!("advisory {} cannot be read: {reason}", record.sequence))
        };
        let advisory: Advisory =
            serde_json::from_slice(&record.payload).map_err(|error| unreadable(error.to_string()))?;
        let stream = Stream::ALL
            .into_iter()
            .find(|stream| is_name_of(*stream, &advisory.stream))
            .ok_or_else(|| unreadable(format!("there is no stream {}", advisory.stream)))?;
        let terminated = record.subject.as_str().contains(".MSG_TERMINATED.");
        let reason = match (terminated, advisory.reason.as_str()) {
            (false, _) => "the consumer's max_deliver was reached".to_owned(),
            (true, "") => "the delivery was terminated".to_owned(),
            (true, reason) => format!("the delivery was terminated: {reason}"),
        };
        Ok(Self {
            stream,
            sequence: advisory.stream_seq,
            consumer: advisory.consumer,
            deliveries: advisory.deliveries,
            reason,
        })
    }
}

/// Whether a stream is called so in NATS; the prefix of the installation has no underscore.
fn is_name_of(stream: Stream, name: &str) -> bool {
    name.strip_suffix(stream.name()).is_some_and(|prefix| {
        prefix.is_empty() || prefix.ends_with('_') && !prefix[..prefix.len() - 1].contains('_')
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::{Headers, Subject};

    fn record(kind: &str, payload: &str) -> Record {
        Record {
            sequence: 1,
            subject: Subject::from_log(&format!("$JS.EVENT.ADVISORY.CONSUMER.{kind}.T1_ARTICLES.worker")),
            appended_at: Timestamp::UNIX_EPOCH,
            headers: Headers::new(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
        }
    }

    #[test]
    fn advisories_name_the_message() {
        let text = r#"{"type":"io.nats.jetstream.advisory.v1.max_deliver","id":"x","timestamp":"2026-11-30T19:00:00Z",
            "stream":"T1_ARTICLES","consumer":"worker","stream_seq":7,"deliveries":5}"#;
        let given_up = GivenUp::decode(&record("MAX_DELIVERIES", text)).unwrap();
        let expected = GivenUp {
            stream: Stream::Articles,
            sequence: 7,
            consumer: "worker".to_owned(),
            deliveries: 5,
            reason: "the consumer's max_deliver was reached".to_owned(),
        };
        assert_eq!(given_up, expected);
        let terminated = GivenUp::decode(&record("MSG_TERMINATED", text)).unwrap();
        assert_eq!(terminated.reason, "the delivery was terminated");
        for broken in [
            "",
            "{}",
            r#"{"stream":"X","consumer":"c","stream_seq":1,"deliveries":1}"#,
        ] {
            assert!(
                GivenUp::decode(&record("MAX_DELIVERIES", broken)).is_err(),
                "{broken}"
            );
        }
    }
}
