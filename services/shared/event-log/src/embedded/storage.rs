//! The file: opening, closing, and all that is read from it.

use std::{
    fs::{self, File},
    path::Path,
    sync::{PoisonError, RwLock},
};

use jiff::Timestamp;
use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase as _, ReadableTable as _};
use tracing::{info, warn};

use super::{
    Durability, EmbeddedConfig,
    backend::Unsynced,
    tables::{self, CONSUMERS, FORMAT, FORMAT_VERSION, MESSAGE_IDS, RECORDS, STREAMS, SUBJECTS, log_error},
};
use crate::{LogError, Record, Stream, StreamInfo, Subject};

/// Name of the file in the log's directory.
const FILE_NAME: &str = "event-log.redb";

/// Memory for pages that were read or are to be written. The default of redb, 1 GiB, is much for a laptop;
/// the operating system caches the file as well.
const CACHE_BYTES: usize = 128 * 1024 * 1024;

/// How much a reader fetches at a time: a transaction for each message would cost more than the message.
const CHUNK_RECORDS: usize = 256;
const CHUNK_BYTES: usize = 1024 * 1024;

/// The open file. The lock is held shared for each access and exclusively only to close: accesses never wait
/// for each other, and closing waits for those under way.
#[derive(Debug)]
pub(super) struct Storage {
    database: RwLock<Option<Database>>,
}

/// What is read at the start.
#[derive(Debug)]
pub(super) struct Contents {
    /// Heads of the streams, in the order of [`Stream::ALL`].
    pub(super) streams: Vec<StreamInfo>,
    pub(super) consumers: Vec<StoredConsumer>,
    /// In the order of the appends.
    pub(super) message_ids: Vec<StoredId>,
}

/// State of a durable consumer.
#[derive(Debug)]
pub(super) struct StoredConsumer {
    pub(super) stream: Stream,
    pub(super) name: String,
    pub(super) next: u64,
    /// Sequences before `next` that are not settled, and how often each was delivered.
    pub(super) unsettled: Vec<(u64, u32)>,
}

/// A message id of the duplicate window.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredId {
    pub(super) stream: Stream,
    pub(super) sequence: u64,
    pub(super) appended_at: i64,
    pub(super) hash: u128,
}

impl Storage {
    /// Opens the file, or makes it.
    pub(super) fn open(config: &EmbeddedConfig) -> Result<(Self, Contents), LogError> {
        let directory = &config.directory;
        fs::create_dir_all(directory).map_err(|error| unavailable(directory, &error))?;
        let path = directory.join(FILE_NAME);
        let database = open_database(&path, config.durability)?;
        sync_directory(directory)?;
        create_tables(&database)?;
        let contents = read_contents(&database)?;
        Ok((
            Self {
                database: RwLock::new(Some(database)),
            },
            contents,
        ))
    }

    /// Works on the open file.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, LogError>) -> Result<T, LogError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(LogError::Closed)?)
    }

    /// Closes the file, so that it can be opened again at once.
    pub(super) fn close(&self) -> Result<(), LogError> {
        let database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match database {
            Some(database) => database.close().map_err(log_error),
            None => Err(LogError::Closed),
        }
    }

    fn read<T>(&self, work: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>) -> Result<T, LogError> {
        self.with(|database| {
            let snapshot = database.begin_read().map_err(log_error)?;
            work(&snapshot).map_err(log_error)
        })
    }

    /// See [`crate::EventLog::get`].
    pub(super) fn get(&self, stream: Stream, sequence: u64) -> Result<Option<Record>, LogError> {
        self.read(|snapshot| record(snapshot, stream, sequence))
    }

    /// See [`crate::EventLog::last_of_subject`].
    pub(super) fn last_of_subject(
        &self,
        stream: Stream,
        subject: &Subject,
    ) -> Result<Option<Record>, LogError> {
        self.read(|snapshot| {
            let newest = snapshot
                .open_table(SUBJECTS)?
                .get((tables::code(stream), subject.as_str()))?;
            match newest {
                Some(sequence) => record(snapshot, stream, sequence.value()),
                None => Ok(None),
            }
        })
    }

    /// The next messages from `sequence` on: as many as there are, up to a chunk.
    pub(super) fn chunk(&self, stream: Stream, sequence: u64) -> Result<Vec<Record>, LogError> {
        self.read(|snapshot| {
            let code = tables::code(stream);
            let mut records = Vec::new();
            let mut bytes = 0;
            for row in snapshot
                .open_table(RECORDS)?
                .range((code, sequence)..=(code, u64::MAX))?
            {
                let (key, value) = row?;
                let record = tables::record(key.value().1, value.value());
                bytes += record.payload.len();
                records.push(record);
                if records.len() >= CHUNK_RECORDS || bytes >= CHUNK_BYTES {
                    break;
                }
            }
            Ok(records)
        })
    }

    /// Sequence of the first message appended at or after a time; the next one to be appended if there is
    /// none.
    ///
    /// Sequences have no gaps and times never go back, so that a binary search finds it.
    pub(super) fn first_at_or_after(&self, stream: Stream, time: Timestamp) -> Result<u64, LogError> {
        self.read(|snapshot| {
            let code = tables::code(stream);
            let records = snapshot.open_table(RECORDS)?;
            let Some(head) = snapshot.open_table(STREAMS)?.get(code)? else {
                return Ok(1);
            };
            let (_, mut low, last, ..) = head.value();
            let mut high = last + 1;
            while low < high {
                let middle = low + (high - low) / 2;
                let before = match records.get((code, middle))? {
                    Some(row) => row.value().0 < tables::nanoseconds(time),
                    None => {
                        return Err(redb::Error::Corrupted(format!(
                            "{stream} has no message {middle}"
                        )));
                    }
                };
                if before { low = middle + 1 } else { high = middle }
            }
            Ok(low)
        })
    }
}

fn record(snapshot: &ReadTransaction, stream: Stream, sequence: u64) -> Result<Option<Record>, redb::Error> {
    let row = snapshot
        .open_table(RECORDS)?
        .get((tables::code(stream), sequence))?;
    Ok(row.map(|row| tables::record(sequence, row.value())))
}

fn open_database(path: &Path, durability: Durability) -> Result<Database, LogError> {
    let mut builder = Database::builder();
    builder
        .set_cache_size(CACHE_BYTES)
        .set_repair_callback(|_session| {
            // Commits are made so that a crash needs no repair; see `transaction::begin`.
            warn!("the event log was not closed properly and is being checked");
        });
    let opened = match durability {
        Durability::Fsync => builder.create(path),
        Durability::None => Unsynced::open(path).and_then(|backend| builder.create_with_backend(backend)),
    };
    match opened {
        Ok(database) => Ok(database),
        Err(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) => Err(
            LogError::Unavailable(format!("{} is in use by another process", path.display())),
        ),
        Err(error) => Err(match log_error(error) {
            LogError::Unavailable(reason) => LogError::Unavailable(format!("{}: {reason}", path.display())),
            other => other,
        }),
    }
}

/// Makes sure that a power failure does not take a new file's entry in its directory, and with it the file.
fn sync_directory(directory: &Path) -> Result<(), LogError> {
    // Windows has no such operation and needs none.
    if cfg!(unix) {
        let parents = directory
            .ancestors()
            .filter(|path| !path.as_os_str().is_empty())
            .take(2);
        for path in parents {
            File::open(path)
                .and_then(|directory| directory.sync_all())
                .map_err(|error| unavailable(path, &error))?;
        }
    }
    Ok(())
}

fn unavailable(path: &Path, error: &std::io::Error) -> LogError {
    LogError::Unavailable(format!("{}: {error}", path.display()))
}

/// Makes what is missing; in a file made earlier, only checks that this is a version of it that can be read.
fn create_tables(database: &Database) -> Result<(), LogError> {
    let version = initialize(database).map_err(log_error)?;
    if version == FORMAT_VERSION {
        return Ok(());
    }
    Err(LogError::Corrupt(format!(
        "format version {version} of the log is not known here ({FORMAT_VERSION} is)"
    )))
}

fn initialize(database: &Database) -> Result<u32, redb::Error> {
    let transaction = super::transaction::begin(database)?;
    {
        let mut format = transaction.open_table(FORMAT)?;
        let stored = format.get("version")?.map(|version| version.value());
        if let Some(version) = stored.filter(|version| *version != FORMAT_VERSION) {
            return Ok(version);
        }
        if stored.is_none() {
            format.insert("version", FORMAT_VERSION)?;
            info!("made a new event log");
        }
        // In a file of an earlier release too: streams have been added since.
        let mut streams = transaction.open_table(STREAMS)?;
        for stream in Stream::ALL {
            let code = tables::code(stream);
            if streams.get(code)?.is_none() {
                let identity = uuid::Uuid::new_v4().to_string();
                streams.insert(code, (identity.as_str(), 1, 0, 0, 0, None))?;
            }
        }
        // Readers do not make tables.
        transaction.open_table(RECORDS)?;
        transaction.open_table(SUBJECTS)?;
        transaction.open_table(MESSAGE_IDS)?;
        transaction.open_table(CONSUMERS)?;
    }
    transaction.commit()?;
    Ok(FORMAT_VERSION)
}

fn read_contents(database: &Database) -> Result<Contents, LogError> {
    let snapshot = database.begin_read().map_err(log_error)?;
    contents(&snapshot).map_err(log_error)
}

fn contents(snapshot: &ReadTransaction) -> Result<Contents, redb::Error> {
    let table = snapshot.open_table(STREAMS)?;
    let mut streams = Vec::new();
    for stream in Stream::ALL {
        let head = table.get(tables::code(stream))?;
        let head = head.ok_or_else(|| redb::Error::Corrupted(format!("{stream} is missing")))?;
        streams.push(tables::stream_info(head.value()));
    }
    let mut consumers = Vec::new();
    for row in snapshot.open_table(CONSUMERS)?.iter()? {
        let (key, value) = row?;
        let (code, name) = key.value();
        let (next, unsettled) = value.value();
        consumers.push(StoredConsumer {
            stream: known(code)?,
            name: name.to_owned(),
            next,
            unsettled,
        });
    }
    let mut message_ids = Vec::new();
    for row in snapshot.open_table(MESSAGE_IDS)?.iter()? {
        let (key, value) = row?;
        let (code, sequence) = key.value();
        let (appended_at, hash) = value.value();
        message_ids.push(StoredId {
            stream: known(code)?,
            sequence,
            appended_at,
            hash,
        });
    }
    Ok(Contents {
        streams,
        consumers,
        message_ids,
    })
}

fn known(code: u8) -> Result<Stream, redb::Error> {
    tables::stream(code).ok_or_else(|| redb::Error::Corrupted(format!("there is no stream {code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_from_before_a_stream_gets_it_and_keeps_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::create(directory.path().join("log")).unwrap();
        create_tables(&database).unwrap();
        let before = read_contents(&database).unwrap().streams;
        let transaction = super::super::transaction::begin(&database).unwrap();
        let code = tables::code(Stream::Dictionary);
        transaction.open_table(STREAMS).unwrap().remove(code).unwrap();
        transaction.commit().unwrap();
        assert!(read_contents(&database).is_err(), "it is missing");

        create_tables(&database).unwrap();
        let after = read_contents(&database).unwrap().streams;
        let dictionary = tables::index(Stream::Dictionary);
        assert_ne!(after[dictionary].identity, before[dictionary].identity);
        assert_eq!(after[..dictionary], before[..dictionary]);
        create_tables(&database).unwrap();
        assert_eq!(read_contents(&database).unwrap().streams, after);
    }
}
