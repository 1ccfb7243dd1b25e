//! Reading a stream: history in chunks, then what arrives.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{blocking, storage::Storage};
use crate::{LogError, Position, Record, Stream, StreamInfo};

/// First sequence after a position, if everything after it is there.
pub(super) fn after(stream: Stream, info: &StreamInfo, position: &Position) -> Result<u64, LogError> {
    if position.stream_identity != info.identity || position.sequence > info.last_sequence {
        return Err(LogError::Replaced { stream });
    }
    let wanted = position.sequence + 1;
    check_kept(stream, info, wanted)?;
    Ok(wanted)
}

fn check_kept(stream: Stream, info: &StreamInfo, wanted: u64) -> Result<(), LogError> {
    if wanted < info.first_sequence {
        return Err(LogError::Compacted {
            stream,
            first_sequence: info.first_sequence,
            wanted,
        });
    }
    Ok(())
}

/// A place in a stream that moves on.
#[derive(Debug)]
pub(super) struct Reader {
    storage: Arc<Storage>,
    stream: Stream,
    head: watch::Receiver<StreamInfo>,
    next: u64,
    /// What was appended earlier is passed over; for a start in the future.
    not_before: Option<Timestamp>,
    fetched: VecDeque<Record>,
}

impl Reader {
    pub(super) fn new(
        storage: Arc<Storage>,
        stream: Stream,
        head: watch::Receiver<StreamInfo>,
        next: u64,
        not_before: Option<Timestamp>,
    ) -> Self {
        Self {
            storage,
            stream,
            head,
            next,
            not_before,
            fetched: VecDeque::new(),
        }
    }

    async fn next(&mut self) -> Result<Record, LogError> {
        loop {
            self.head.has_changed().map_err(|_closed| LogError::Closed)?;
            let last_sequence = {
                let info = self.head.borrow_and_update();
                // Also what was fetched before it was removed is not given out after.
                check_kept(self.stream, &info, self.next)?;
                info.last_sequence
            };
            if let Some(record) = self.fetched.pop_front() {
                self.next = record.sequence + 1;
                if self.not_before.is_some_and(|time| record.appended_at < time) {
                    continue;
                }
                self.not_before = None;
                return Ok(record);
            }
            if self.next > last_sequence {
                self.head.changed().await.map_err(|_closed| LogError::Closed)?;
                continue;
            }
            let (storage, stream, next) = (Arc::clone(&self.storage), self.stream, self.next);
            self.fetched = blocking(move || storage.chunk(stream, next)).await?.into();
            // Sequences have no gaps: what is missing was removed after the head above was read.
            if let Some(oldest) = self
                .fetched
                .front()
                .map(|record| record.sequence)
                .filter(|oldest| *oldest > next)
            {
                return Err(LogError::Compacted {
                    stream,
                    first_sequence: oldest,
                    wanted: next,
                });
            }
        }
    }
}

/// One step of the stream of records, which ends after an error.
pub(super) async fn step(reader: Option<Reader>) -> Option<(Result<Record, LogError>, Option<Reader>)> {
    let mut reader = reader?;
    match reader.next().await {
        Ok(record) => Some((Ok(record), Some(reader))),
        Err(error) => Some((Err(error), None)),
    }
}
