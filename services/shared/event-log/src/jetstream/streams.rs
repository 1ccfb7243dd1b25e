//! The streams in NATS: made sure of at the start, looked at, and compacted.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{
    apply::{self, ApplyOptions, find},
    codec, failure,
    session::Session,
};
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
            let error = match apply::apply_stream(session, stream, ApplyOptions::default()).await {
                Ok(_) => break,
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
        max_bytes: u64::try_from(found.config.max_bytes)
            .ok()
            .filter(|limit| *limit > 0),
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
