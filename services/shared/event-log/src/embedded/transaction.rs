//! What happens to the tables within one transaction of the writer.

use redb::{Database, ReadableTable as _, Table, WriteTransaction};

use super::{
    duplicates::{self, Duplicates},
    storage::{StoredConsumer, StoredId},
    tables::{self, CONSUMERS, MESSAGE_IDS, RECORDS, RecordRow, STREAMS, SUBJECTS},
};
use crate::{Append, AppendError, Appended, ExpectedLast, Stream, StreamInfo};

/// How many messages a transaction removes at most when it compacts: appends wait behind it.
const COMPACTED_AT_ONCE: u64 = 1000;

/// Begins a transaction that can be recovered quickly.
///
/// With quick repair a commit also stores which pages are free, and commits in two phases. It costs a second
/// fsync (one append alone takes up to twice as long, a commit of 1000 messages about the same), and opening
/// after a crash takes milliseconds. Without, redb would read the whole file then, which took 2 seconds for
/// each GiB from memory.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Limits on what is appended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) stream_bytes: u64,
    pub(super) message_bytes: usize,
}

/// The tables of messages, open for change, and what the writer knows of them.
pub(super) struct Changes<'a> {
    records: Table<'a, (u8, u64), RecordRow<'static>>,
    subjects: Table<'a, (u8, &'static str), u64>,
    message_ids: Table<'a, (u8, u64), (i64, u128)>,
    heads: &'a mut [StreamInfo],
    duplicates: &'a mut Duplicates,
    limits: Limits,
    now: i64,
    changed: bool,
}

impl<'a> Changes<'a> {
    pub(super) fn open(
        transaction: &'a WriteTransaction,
        heads: &'a mut [StreamInfo],
        duplicates: &'a mut Duplicates,
        limits: Limits,
        now: i64,
    ) -> Result<Self, redb::Error> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            subjects: transaction.open_table(SUBJECTS)?,
            message_ids: transaction.open_table(MESSAGE_IDS)?,
            heads,
            duplicates,
            limits,
            now,
            changed: false,
        })
    }

    /// Whether anything has to be committed: refusals and duplicates do not.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// Forgets the message ids whose time is over.
    pub(super) fn expire_message_ids(&mut self) -> Result<(), redb::Error> {
        while let Some(expired) = self.duplicates.expire(self.now) {
            self.changed = true;
            self.message_ids
                .remove((tables::code(expired.stream), expired.sequence))?;
        }
        Ok(())
    }

    /// Decides one message and stores it if it is accepted. The outer error ends the transaction.
    pub(super) fn append(
        &mut self,
        stream: Stream,
        message: &Append,
    ) -> Result<Result<Appended, AppendError>, redb::Error> {
        let headers = || {
            message
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
        };
        let size = tables::message_bytes(&message.payload, headers());
        if size > self.limits.message_bytes {
            return Ok(Err(AppendError::TooLarge {
                size,
                limit: self.limits.message_bytes,
            }));
        }
        // Before the expectation: the repetition of a conditional append that went through would not meet it.
        let hash = duplicates::hash(&message.message_id);
        if let Some(sequence) = self.duplicates.find(stream, hash) {
            return Ok(Ok(Appended {
                sequence,
                duplicate: true,
            }));
        }
        let code = tables::code(stream);
        let subject = message.subject.as_str();
        let last = self.subjects.get((code, subject))?.map(|last| last.value());
        let expected = match message.expected_last {
            ExpectedLast::Any => true,
            ExpectedLast::None => last.is_none(),
            ExpectedLast::Sequence(sequence) => last == Some(sequence),
        };
        if !expected {
            return Ok(Err(AppendError::Conflict {
                last: Some(last.unwrap_or(0)),
            }));
        }
        let head = &mut self.heads[tables::index(stream)];
        if self.limits.stream_bytes > 0 && head.bytes + size as u64 > self.limits.stream_bytes {
            return Ok(Err(AppendError::StreamFull));
        }

        self.changed = true;
        let sequence = head.last_sequence + 1;
        self.records.insert(
            (code, sequence),
            (self.now, subject, headers().collect(), &*message.payload),
        )?;
        self.subjects.insert((code, subject), sequence)?;
        self.message_ids.insert((code, sequence), (self.now, hash))?;
        self.duplicates.remember(StoredId {
            stream,
            sequence,
            appended_at: self.now,
            hash,
        });
        head.last_sequence = sequence;
        head.messages += 1;
        head.bytes += size as u64;
        head.last_appended_at = Some(tables::timestamp(self.now));
        Ok(Ok(Appended {
            sequence,
            duplicate: false,
        }))
    }

    /// Removes some of the oldest messages; tells whether it is done.
    pub(super) fn compact(&mut self, stream: Stream, through: u64) -> Result<bool, redb::Error> {
        let code = tables::code(stream);
        let head = &mut self.heads[tables::index(stream)];
        let through = through.min(head.last_sequence);
        let first = head.first_sequence;
        if through < first {
            return Ok(true);
        }
        self.changed = true;
        let last = through.min(first + COMPACTED_AT_ONCE - 1);
        for row in self
            .records
            .extract_from_if((code, first)..=(code, last), |_, _| true)?
        {
            let (key, value) = row?;
            let row = value.value();
            head.messages -= 1;
            head.bytes -= tables::row_bytes(&row);
            let newest = self.subjects.get((code, row.1))?.map(|newest| newest.value());
            if newest == Some(key.value().1) {
                self.subjects.remove((code, row.1))?;
            }
        }
        head.first_sequence = last + 1;
        Ok(last == through)
    }
}

/// Stores the heads of the streams.
pub(super) fn store_heads(transaction: &WriteTransaction, heads: &[StreamInfo]) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(STREAMS)?;
    for (stream, head) in Stream::ALL.into_iter().zip(heads) {
        table.insert(tables::code(stream), tables::stream_row(head))?;
    }
    Ok(())
}

/// Stores the state of durable consumers.
pub(super) fn store_consumers(
    transaction: &WriteTransaction,
    consumers: Vec<StoredConsumer>,
) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(CONSUMERS)?;
    for consumer in consumers {
        let key = (tables::code(consumer.stream), consumer.name.as_str());
        table.insert(key, (consumer.next, consumer.unsettled))?;
    }
    Ok(())
}
