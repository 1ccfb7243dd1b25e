//! Messages of the log as messages of NATS, and back.

use std::str::FromStr;

use async_nats::{
    HeaderMap, HeaderName, HeaderValue, header,
    jetstream::{Message, message::StreamMessage},
};
use jiff::Timestamp;

use super::names::Names;
use crate::{Append, ExpectedLast, Headers, LogError, Record};

/// Headers that begin so are instructions to the server and facts from it: neither taken from nor shown to
/// callers.
const OF_THE_SERVER: &str = "nats-";

/// The id of a message that has a condition. Not the header that the server looks at: the condition keeps a repetition out,
/// for as long as the subject is kept and not for the duplicate window only, and the id is there for whoever has to recognise
/// his own message. So the server has no table of the ids of two minutes to keep.
const ID_BESIDE_CONDITION: HeaderName = HeaderName::from_static("Gisa-Message-Id");

/// The NATS headers of a message to append to the stream of this NATS name.
pub(super) fn headers_of(append: &Append, stream_name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let id_header = match append.expected_last {
        ExpectedLast::Any => header::NATS_MESSAGE_ID,
        ExpectedLast::None | ExpectedLast::Sequence(_) => ID_BESIDE_CONDITION,
    };
    headers.insert(id_header, header_text(&append.message_id));
    // If another stream has taken over the subjects, better no append than one into the wrong stream.
    headers.insert(header::NATS_EXPECTED_STREAM, stream_name);
    let expected = match append.expected_last {
        ExpectedLast::Any => None,
        ExpectedLast::None => Some(0),
        ExpectedLast::Sequence(sequence) => Some(sequence),
    };
    if let Some(sequence) = expected {
        headers.insert(
            header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
            HeaderValue::from(sequence),
        );
    }
    for (name, value) in &append.headers {
        match (HeaderName::from_str(name), HeaderValue::from_str(value)) {
            (Ok(header_name), Ok(header_value)) if is_of_callers(name) => {
                headers.insert(header_name, header_value)
            }
            // Trace context is not worth refusing an article for.
            _ => tracing::warn!(header = name, "a header that NATS cannot carry was left out"),
        }
    }
    headers
}

/// Size of headers on the wire; the limit of the server is on this plus the payload.
pub(super) fn wire_size(headers: &HeaderMap) -> usize {
    let lines = headers.iter().flat_map(|(name, values)| {
        let name: &str = name.as_ref();
        values
            .iter()
            .map(move |value| name.len() + ": ".len() + value.as_str().len() + "\r\n".len())
    });
    "NATS/1.0\r\n".len() + lines.sum::<usize>() + "\r\n".len()
}

/// A message that a consumer delivered.
pub(super) fn delivered(names: &Names, message: &Message) -> Result<(Record, DeliveryFacts), LogError> {
    let facts = message
        .info()
        .map_err(|error| LogError::Corrupt(format!("a delivery without its facts: {error}")))?;
    let record = Record {
        sequence: facts.stream_sequence,
        subject: names.subject_from_nats(&message.subject),
        appended_at: timestamp(facts.published.unix_timestamp_nanos())?,
        headers: message.headers.as_ref().map(headers_shown).unwrap_or_default(),
        payload: message.payload.clone(),
    };
    let facts = DeliveryFacts {
        attempt: u32::try_from(facts.delivered).unwrap_or(u32::MAX),
        consumer_sequence: facts.consumer_sequence,
    };
    Ok((record, facts))
}

/// What a delivery tells besides the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeliveryFacts {
    /// How often the message has been delivered, from 1.
    pub(super) attempt: u32,
    /// Number of the delivery in its consumer, from 1, without gaps.
    pub(super) consumer_sequence: u64,
}

/// A message that was asked for by sequence or subject.
pub(super) fn stored(names: &Names, message: StreamMessage) -> Result<Record, LogError> {
    Ok(Record {
        sequence: message.sequence,
        subject: names.subject_from_nats(&message.subject),
        appended_at: timestamp(message.time.unix_timestamp_nanos())?,
        headers: headers_shown(&message.headers),
        payload: message.payload,
    })
}

/// A point in time from NATS.
pub(super) fn timestamp(nanoseconds: i128) -> Result<Timestamp, LogError> {
    Timestamp::from_nanosecond(nanoseconds)
        .map_err(|error| LogError::Corrupt(format!("a time from NATS: {error}")))
}

/// Whether a stored message was appended with this message id.
pub(super) fn has_id(message: &StreamMessage, id: &str) -> bool {
    let id = header_text(id);
    // Either header, for earlier versions gave every message the one of the server.
    [ID_BESIDE_CONDITION, header::NATS_MESSAGE_ID]
        .into_iter()
        .filter_map(|name| message.headers.get(name))
        .any(|stored| stored.as_str() == id)
}

fn headers_shown(headers: &HeaderMap) -> Headers {
    let shown = headers.iter().filter(|(name, _)| is_of_callers(name.as_ref()));
    shown
        .filter_map(|(name, values)| {
            let name: &str = name.as_ref();
            values
                .last()
                .map(|value| (name.to_owned(), value.as_str().to_owned()))
        })
        .collect()
}

/// Whether callers may give and see a header of this name: not those of the server, and not the log's own.
fn is_of_callers(name: &str) -> bool {
    let of_the_server = name
        .get(..OF_THE_SERVER.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(OF_THE_SERVER));
    !of_the_server && !name.eq_ignore_ascii_case(ID_BESIDE_CONDITION.as_ref())
}

/// A message id as a header value: printable ASCII stays, every other byte and `=` becomes `=XX` (hex), so
/// that different ids stay different.
fn header_text(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_graphic() && byte != b'=' {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("={byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Subject;

    fn append(headers: &[(&str, &str)]) -> Append {
        Append {
            subject: Subject::article("a"),
            message_id: "한 id=1".to_owned(),
            expected_last: ExpectedLast::None,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            payload: Bytes::new(),
        }
    }

    #[test]
    fn callers_can_neither_instruct_the_server_nor_see_its_headers() {
        let headers = headers_of(
            &append(&[
                ("traceparent", "00-1"),
                ("nats-Rollup", "all"),
                ("gisa-message-ID", "1"),
                ("bad", "a\r\nb"),
            ]),
            "ARTICLES",
        );
        assert_eq!(headers.get("traceparent").map(HeaderValue::as_str), Some("00-1"));
        assert_eq!(
            headers.get(ID_BESIDE_CONDITION).map(HeaderValue::as_str),
            Some("=ED=95=9C=20id=3D1")
        );
        assert_eq!(headers.get(header::NATS_MESSAGE_ID), None);
        assert_eq!(
            headers
                .get(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE)
                .map(HeaderValue::as_str),
            Some("0")
        );
        assert_eq!(headers.len(), 4);
        assert_eq!(
            headers_shown(&headers),
            Headers::from([("traceparent".to_owned(), "00-1".to_owned())])
        );
    }

    #[test]
    fn the_wire_size_is_that_of_the_text() {
        let mut headers = HeaderMap::new();
        headers.insert("a", "b");
        headers.append("a", "cd");
        assert_eq!(wire_size(&headers), "NATS/1.0\r\na: b\r\na: cd\r\n\r\n".len());
    }
}
