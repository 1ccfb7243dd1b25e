//! The streams in NATS: created as the pipeline needs them, and refused if they would lose data.

use std::time::{Duration, Instant};

use async_nats::jetstream::{
    ErrorCode,
    context::{CreateStreamErrorKind, GetStreamErrorKind},
    stream::{Config, DiscardPolicy, Info, PersistenceMode, RetentionPolicy, StorageType},
};
use tokio::time::sleep;

use super::{codec, failure, session::Session};
use crate::{LogError, Stream, StreamInfo, retry::Backoff};

const START_BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(1),
};

/// Makes sure that all streams are there and safe. A server that just started may not answer yet: waits for
/// it.
pub(super) async fn ensure_all(session: &Session) -> Result<(), LogError> {
    let start = Instant::now();
    for stream in Stream::ALL {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match ensure(session, stream).await {
                Ok(()) => break,
                Err(error @ LogError::Unavailable(_)) => error,
                Err(error) => return Err(error),
            };
            let delay = START_BACKOFF.delay(attempt);
            if start.elapsed() + delay >= session.config.connect_deadline() {
                return Err(error);
            }
            sleep(delay).await;
        }
    }
    Ok(())
}

/// What the stream holds.
pub(super) async fn info(session: &Session, stream: Stream) -> Result<StreamInfo, LogError> {
    let found = find(session, stream)
        .await?
        .ok_or_else(|| failure::missing(stream))?;
    let state = &found.state;
    let is_empty = state.messages == 0;
    let last_appended_at = match is_empty {
        true => None,
        false => Some(codec::timestamp(state.last_timestamp.unix_timestamp_nanos())?),
    };
    Ok(StreamInfo {
        // Streams have no id in NATS; the time of creation is kept through restarts, moves and new leaders.
        identity: format!("{:.9}", codec::timestamp(found.created.unix_timestamp_nanos())?),
        first_sequence: if is_empty {
            state.last_sequence + 1
        } else {
            state.first_sequence
        },
        last_sequence: state.last_sequence,
        messages: state.messages,
        bytes: state.bytes,
        last_appended_at,
    })
}

/// Removes the messages up to and including `through`.
pub(super) async fn compact(session: &Session, stream: Stream, through: u64) -> Result<(), LogError> {
    let info = info(session, stream).await?;
    // A purge beyond the end would move the end of the stream, one of nothing would purge everything.
    let through = through.min(info.last_sequence);
    if through < info.first_sequence {
        return Ok(());
    }
    let handle = session.api.get_stream_no_info(session.names.stream(stream)).await;
    let handle = handle.map_err(|error| failure::of_stream(stream, "cannot compact", &error))?;
    handle
        .purge()
        .sequence(through + 1)
        .await
        .map_err(|error| failure::of_purge(stream, &error))?;
    Ok(())
}

async fn find(session: &Session, stream: Stream) -> Result<Option<Info>, LogError> {
    match session.api.get_stream(session.names.stream(stream)).await {
        Ok(found) => Ok(Some(found.cached_info().clone())),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(answer) if answer.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Ok(None)
            }
            _ => Err(failure::of_stream(stream, "cannot look at the stream", &error)),
        },
    }
}

async fn ensure(session: &Session, stream: Stream) -> Result<(), LogError> {
    let wanted = wanted(session, stream);
    if let Some(found) = find(session, stream).await? {
        return adopt(session, stream, found.config, &wanted).await;
    }
    let error = match session.api.create_stream(&wanted).await {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    match error.kind() {
        // Another process was faster, with other settings.
        CreateStreamErrorKind::JetStream(answer) if answer.error_code() == ErrorCode::STREAM_NAME_EXIST => {
            let found = find(session, stream)
                .await?
                .ok_or_else(|| failure::missing(stream))?;
            adopt(session, stream, found.config, &wanted).await
        }
        _ => Err(failure::of_stream_change(stream, "it cannot be created", &error)),
    }
}

/// Takes over a stream that is there: refuses it if it is unsafe, brings the rest to the settings.
async fn adopt(session: &Session, stream: Stream, found: Config, wanted: &Config) -> Result<(), LogError> {
    if let Some(reason) = unsafe_setting(&found, wanted) {
        return Err(LogError::UnsafeStream { stream, reason });
    }
    let updated = updated(&found, wanted);
    if updated == found {
        return Ok(());
    }
    tracing::warn!(%stream, ?found, ?updated, "the stream has other settings than configured; changing it");
    let changed = session.api.update_stream(&updated).await;
    changed.map_err(|error| failure::of_stream_change(stream, "its settings cannot be changed", &error))?;
    Ok(())
}

fn wanted(session: &Session, stream: Stream) -> Config {
    let config = &session.config;
    Config {
        name: session.names.stream(stream),
        description: Some("Gisa event log".to_owned()),
        subjects: vec![session.names.subjects(stream)],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        // With "old", messages that nobody has read yet vanish without a word.
        discard: DiscardPolicy::New,
        max_bytes: config.max_bytes.of(stream),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        max_age: config.max_age(),
        num_replicas: config.replicas,
        duplicate_window: config.duplicate_window(),
        allow_atomic_publish: true,
        // Not `allow_direct`: every read here must see what was acknowledged before, which only the leader
        // promises.
        ..Config::default()
    }
}

/// The first setting that would lose, change or hide messages, with what it should be.
fn unsafe_setting(found: &Config, wanted: &Config) -> Option<String> {
    let checks = [
        (
            found.storage != StorageType::File,
            "storage is memory, must be file",
        ),
        (
            found.retention != RetentionPolicy::Limits,
            "retention is not limits, must be limits",
        ),
        (found.discard != DiscardPolicy::New, "discard is old, must be new"),
        (
            found.max_messages_per_subject > 0,
            "max_msgs_per_subject is limited, must be -1",
        ),
        (
            found.persist_mode == Some(PersistenceMode::Async),
            "persist_mode is async, must be default",
        ),
        (found.no_ack, "no_ack is on, must be off"),
        (found.sealed, "it is sealed, must be writable"),
        (found.mirror.is_some(), "it is a mirror, must be written to"),
        (
            found.sources.as_ref().is_some_and(|sources| !sources.is_empty()),
            "it has sources, must have none",
        ),
        (
            found.subject_transform.is_some(),
            "subject_transform is set, must not be",
        ),
        (
            found.allow_message_counter,
            "allow_msg_counter is on, must be off",
        ),
        (
            found
                .consumer_limits
                .as_ref()
                .is_some_and(|limits| !limits.inactive_threshold.is_zero()),
            "consumer_limits.inactive_threshold is set: it deletes consumers; must be 0",
        ),
    ];
    if let Some((_, reason)) = checks.iter().find(|(is_unsafe, _)| *is_unsafe) {
        return Some((*reason).to_owned());
    }
    if found.subjects != wanted.subjects {
        return Some(format!(
            "subjects are {:?}, must be {:?}",
            found.subjects, wanted.subjects
        ));
    }
    None
}

/// The settings found, brought to those wanted where that is safe.
fn updated(found: &Config, wanted: &Config) -> Config {
    Config {
        max_bytes: wanted.max_bytes,
        max_age: wanted.max_age,
        duplicate_window: wanted.duplicate_window,
        allow_atomic_publish: true,
        // Fewer replicas is never what a process that starts with forgotten settings should bring about.
        num_replicas: found.num_replicas.max(wanted.num_replicas),
        ..found.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe() -> Config {
        Config {
            name: "ARTICLES".to_owned(),
            subjects: vec!["articles.>".to_owned()],
            discard: DiscardPolicy::New,
            num_replicas: 1,
            ..Config::default()
        }
    }

    #[test]
    fn each_unsafe_setting_is_named() {
        assert_eq!(unsafe_setting(&safe(), &safe()), None);
        let cases = [
            (
                Config {
                    discard: DiscardPolicy::Old,
                    ..safe()
                },
                "discard",
            ),
            (
                Config {
                    retention: RetentionPolicy::WorkQueue,
                    ..safe()
                },
                "retention",
            ),
            (
                Config {
                    retention: RetentionPolicy::Interest,
                    ..safe()
                },
                "retention",
            ),
            (
                Config {
                    storage: StorageType::Memory,
                    ..safe()
                },
                "storage",
            ),
            (
                Config {
                    persist_mode: Some(PersistenceMode::Async),
                    ..safe()
                },
                "persist_mode",
            ),
            (
                Config {
                    no_ack: true,
                    ..safe()
                },
                "no_ack",
            ),
            (
                Config {
                    max_messages_per_subject: 1,
                    ..safe()
                },
                "max_msgs_per_subject",
            ),
            (
                Config {
                    subjects: vec!["other.>".to_owned()],
                    ..safe()
                },
                "subjects",
            ),
        ];
        for (found, named) in cases {
            let reason = unsafe_setting(&found, &safe()).unwrap_or_default();
            assert!(reason.contains(named), "{named}: {reason:?}");
        }
    }

    #[test]
    fn replicas_are_raised_and_never_lowered() {
        let three = Config {
            num_replicas: 3,
            ..safe()
        };
        assert_eq!(updated(&three, &safe()).num_replicas, 3);
        assert_eq!(updated(&safe(), &three).num_replicas, 3);
    }
}
