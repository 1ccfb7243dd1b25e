//! Operations to protobuf and back: the payload of RETAGS.

use gisa_article_codec::{
    DecodeError,
    time::{decode_timestamp, encode_timestamp},
};
use gisa_event_log::Position;
use gisa_proto::{
    events::v1::{LogPosition, RetagRecorded},
    tagging::v1 as proto,
};
use jiff::Timestamp;
use prost::Message as _;

use super::{Operation, Progress, Selection, State};

/// An operation as callers see it.
pub(crate) fn encode_retag(operation: &Operation) -> proto::Retag {
    let progress = &operation.progress;
    proto::Retag {
        id: operation.id.clone(),
        selection: Some(encode_selection(&operation.selection)),
        state: encode_state(operation.state).into(),
        progress: Some(proto::RetagProgress {
            total: operation.total(),
            scanned: progress.scanned,
            matched: progress.matched,
            retagged: progress.retagged,
            unchanged: progress.unchanged,
            failed: progress.failed,
        }),
        started_at: Some(encode_timestamp(operation.started_at)),
        updated_at: Some(encode_timestamp(operation.updated_at)),
        dictionary_version: operation.dictionary_version,
        error: operation.error.clone(),
    }
}

/// The state of an operation as bytes of `gisa.events.v1.RetagRecorded`.
pub(super) fn encode(operation: &Operation) -> Vec<u8> {
    RetagRecorded {
        retag: Some(encode_retag(operation)),
        names: operation.selection.names.iter().cloned().collect(),
        through: Some(LogPosition {
            stream_identity: operation.through.stream_identity.clone(),
            sequence: operation.through.sequence,
        }),
        end_sequence: operation.end_sequence,
        holder: operation.holder.clone(),
    }
    .encode_to_vec()
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Operation, DecodeError> {
    let message = RetagRecorded::decode(bytes).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    let retag = message.retag.ok_or(DecodeError::Missing("retag"))?;
    let through = message.through.ok_or(DecodeError::Missing("through"))?;
    let progress = retag.progress.unwrap_or_default();
    let state = retag.state();
    let selection = retag.selection.ok_or(DecodeError::Missing("selection"))?;
    Ok(Operation {
        selection: Selection {
            names: message.names.into_iter().collect(),
            ..decode_selection(selection)?
        },
        dictionary_version: retag.dictionary_version,
        state: decode_state(state).ok_or_else(|| DecodeError::OutOfRange {
            field: "state",
            value: retag.id.clone(),
        })?,
        id: retag.id,
        progress: Progress {
            scanned: progress.scanned,
            matched: progress.matched,
            retagged: progress.retagged,
            unchanged: progress.unchanged,
            failed: progress.failed,
        },
        through: Position {
            stream_identity: through.stream_identity,
            sequence: through.sequence,
        },
        end_sequence: message.end_sequence,
        holder: message.holder,
        started_at: required(retag.started_at, "started_at")?,
        updated_at: required(retag.updated_at, "updated_at")?,
        error: retag.error,
    })
}

fn encode_selection(selection: &Selection) -> proto::RetagSelection {
    proto::RetagSelection {
        published_from: selection.published_from.map(encode_timestamp),
        published_until: selection.published_until.map(encode_timestamp),
        sources: selection.sources.iter().cloned().collect(),
        article_ids: selection.article_ids.iter().cloned().collect(),
        entity_ids: selection.entity_ids.iter().cloned().collect(),
        changed_after: selection.changed_after,
    }
}

fn decode_selection(selection: proto::RetagSelection) -> Result<Selection, DecodeError> {
    let time = |given: Option<prost_types::Timestamp>, field| {
        given.map(|given| decode_timestamp(&given, field)).transpose()
    };
    Ok(Selection {
        published_from: time(selection.published_from, "published_from")?,
        published_until: time(selection.published_until, "published_until")?,
        sources: selection.sources.into_iter().collect(),
        article_ids: selection.article_ids.into_iter().collect(),
        entity_ids: selection.entity_ids.into_iter().collect(),
        changed_after: selection.changed_after,
        names: Default::default(),
    })
}

fn required(time: Option<prost_types::Timestamp>, field: &'static str) -> Result<Timestamp, DecodeError> {
    decode_timestamp(&time.ok_or(DecodeError::Missing(field))?, field)
}

fn encode_state(state: State) -> proto::RetagState {
    match state {
        State::Running => proto::RetagState::Running,
        State::Cancelled => proto::RetagState::Cancelled,
        State::Done => proto::RetagState::Done,
        State::Failed => proto::RetagState::Failed,
    }
}

fn decode_state(state: proto::RetagState) -> Option<State> {
    match state {
        proto::RetagState::Running => Some(State::Running),
        proto::RetagState::Cancelled => Some(State::Cancelled),
        proto::RetagState::Done => Some(State::Done),
        proto::RetagState::Failed => Some(State::Failed),
        proto::RetagState::Unspecified => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_round_trip() {
        let time: Timestamp = "2026-11-30T00:00:00.5Z".parse().unwrap();
        for state in [State::Running, State::Cancelled, State::Done, State::Failed] {
            let operation = Operation {
                id: "r-1".into(),
                selection: Selection {
                    published_from: Some(time),
                    sources: ["a".to_owned()].into(),
                    article_ids: ["b".to_owned()].into(),
                    entity_ids: ["org:c".to_owned()].into(),
                    changed_after: Some(0),
                    names: ["가나".to_owned()].into(),
                    ..Selection::default()
                },
                dictionary_version: 3,
                state,
                progress: Progress {
                    scanned: 5,
                    matched: 4,
                    retagged: 2,
                    unchanged: 1,
                    failed: 1,
                },
                through: Position {
                    stream_identity: "x".into(),
                    sequence: 7,
                },
                end_sequence: 9,
                holder: "h".into(),
                started_at: time,
                updated_at: time,
                error: "e".into(),
            };
            assert_eq!(decode(&encode(&operation)).unwrap(), operation);
            assert_eq!(encode_retag(&operation).progress.unwrap().total, 7);
        }
        assert!(decode(b"no message").is_err());
        assert!(decode(&[]).is_err());
    }
}
