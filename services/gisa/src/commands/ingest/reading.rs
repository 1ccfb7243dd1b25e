//! Reads the files, on a thread of its own.

use std::{
    collections::BTreeSet,
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::mpsc;

use crate::{
    article_file::{ArticleFile, Format, Location, ReadArticle, Unreadable, open},
    ingestion::Input,
    submission::{Defaults, Submission},
};

/// Unknown keys that are remembered; a file with more of them is not one of articles.
const MAX_UNKNOWN_KEYS: usize = 100;

/// What is found in a file besides articles.
#[derive(Debug)]
pub(super) enum Note {
    /// Something that cannot be sent.
    Unreadable(Unreadable),
    /// A key that means nothing; told once.
    UnknownKey { location: Location, key: String },
}

/// What to read, and how.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) files: Vec<String>,
    pub(super) format: Format,
    pub(super) defaults: Defaults,
    pub(super) bytes_read: Arc<AtomicU64>,
}

/// Nobody wants the articles any more.
struct Gone;

impl Reading {
    /// Reads everything into `sender`, as fast as it is taken out there.
    pub(super) fn run(self, sender: &mpsc::Sender<Input<Note>>) {
        let mut known_as_unknown = BTreeSet::new();
        for name in &self.files {
            if self.read_file(name, sender, &mut known_as_unknown).is_err() {
                return;
            }
        }
    }

    fn read_file(
        &self,
        name: &str,
        sender: &mpsc::Sender<Input<Note>>,
        known_as_unknown: &mut BTreeSet<String>,
    ) -> Result<(), Gone> {
        let send = |input| sender.blocking_send(input).map_err(|_| Gone);
        let counted = open(name).map(|reader| Counted {
            reader,
            count: Arc::clone(&self.bytes_read),
        });
        let file = counted.and_then(|reader| ArticleFile::new(name, BufReader::new(reader), self.format));
        let file = match file {
            Ok(file) => file,
            Err(error) => return send(Err(Note::Unreadable(Unreadable::whole_file(name, &error)))),
        };
        for article in file {
            match article {
                Ok(article) => {
                    for key in &article.unknown_keys {
                        if known_as_unknown.len() < MAX_UNKNOWN_KEYS && known_as_unknown.insert(key.clone()) {
                            send(Err(Note::UnknownKey {
                                location: article.location.clone(),
                                key: key.clone(),
                            }))?;
                        }
                    }
                    send(self.submission(article))?;
                }
                Err(unreadable) => send(Err(Note::Unreadable(unreadable)))?,
            }
        }
        Ok(())
    }

    fn submission(&self, article: ReadArticle) -> Input<Note> {
        let location = article.location.clone();
        Submission::new(article, &self.defaults)
            .map_err(|problem| Note::Unreadable(Unreadable { location, problem }))
    }
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
