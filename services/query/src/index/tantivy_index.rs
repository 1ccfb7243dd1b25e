//! The embedded index on tantivy: the writing side.

use std::{collections::HashMap, fs, io, path::PathBuf, sync::Arc};

use gisa_article_codec::ArticleTagged;
use gisa_event_log::Position;
use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Term,
    directory::MmapDirectory,
    store::{Compressor, ZstdCompressor},
};
use tracing::{info, warn};

use super::{
    ArticleIndex, IndexError, IndexSnapshot, Rank, Version,
    document::{search_document, version_document},
    effective,
    schema::{ANALYZER, Fields},
    snapshot::TantivySnapshot,
};
use crate::analyzer::{Analyzer, KoreanTokenizer};

/// The part of the index directory that is deleted when the index is rebuilt.
const SUBDIRECTORY: &str = "tantivy";

/// Where the index is and what it may use.
#[derive(Clone, Debug)]
pub struct TantivyIndexConfig {
    /// Directory of the index; made if it is missing.
    pub directory: PathBuf,
    /// Memory for documents that are not yet written, over all threads.
    pub writer_memory_bytes: usize,
    /// Threads that analyse documents.
    pub writer_threads: usize,
}

/// What is stored with each commit.
#[derive(Debug, Serialize, Deserialize)]
struct CommitPayload {
    fingerprint: String,
    stream_identity: String,
    sequence: u64,
    complete: bool,
}

/// The embedded index.
pub struct TantivyIndex {
    config: TantivyIndexConfig,
    analyzer: Arc<Analyzer>,
    fields: Arc<Fields>,
    open: Option<Open>,
    snapshot: Arc<TantivySnapshot>,
    complete: bool,
    /// Versions of the articles that records of the batch under way are about: those of the last commit and those added
    /// since.
    touched: HashMap<String, Vec<Version>>,
}

/// The parts that are closed while the files are deleted.
struct Open {
    writer: IndexWriter,
    reader: IndexReader,
}

impl std::fmt::Debug for TantivyIndex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TantivyIndex")
            .field("config", &self.config)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl TantivyIndex {
    /// Opens the index in a directory. One that cannot be read, or was made with another schema or analyzer, is deleted
    /// and started again, which is logged.
    pub fn open(config: TantivyIndexConfig, analyzer: Arc<Analyzer>) -> Result<Self, IndexError> {
        let fields = Arc::new(Fields::new());
        let directory = config.directory.join(SUBDIRECTORY);
        if directory.join("meta.json").exists() {
            match Self::open_files(&config, &analyzer) {
                Ok((open, payload)) if payload.fingerprint == fields.fingerprint() => {
                    return Ok(Self::assemble(config, analyzer, fields, open, Some(payload)));
                }
                Ok(_) => info!("the index was made with another schema or analyzer and is rebuilt"),
                // Someone else uses the index: that is no reason to delete it.
                Err(OpenFailure::Locked(error)) => return Err(error),
                Err(OpenFailure::Unreadable(error)) => {
                    warn!(%error, "the index cannot be read and is rebuilt: {error}")
                }
            }
        }
        let open = Self::create_files(&config, &analyzer, &fields)?;
        Ok(Self::assemble(config, analyzer, fields, open, None))
    }

    fn assemble(
        config: TantivyIndexConfig,
        analyzer: Arc<Analyzer>,
        fields: Arc<Fields>,
        open: Open,
        payload: Option<CommitPayload>,
    ) -> Self {
        let complete = payload.as_ref().is_some_and(|payload| payload.complete);
        let position = payload.map(|payload| Position {
            stream_identity: payload.stream_identity,
            sequence: payload.sequence,
        });
        let snapshot = TantivySnapshot {
            searcher: open.reader.searcher(),
            fields: Arc::clone(&fields),
            position,
        };
        Self {
            config,
            analyzer,
            fields,
            open: Some(open),
            snapshot: Arc::new(snapshot),
            complete,
            touched: HashMap::new(),
        }
    }

    fn open_files(
        config: &TantivyIndexConfig,
        analyzer: &Arc<Analyzer>,
    ) -> Result<(Open, CommitPayload), OpenFailure> {
        let unreadable = |error: tantivy::TantivyError| OpenFailure::Unreadable(error.into());
        let index = Index::open_in_dir(config.directory.join(SUBDIRECTORY)).map_err(unreadable)?;
        let payload = index.load_metas().map_err(unreadable)?.payload;
        let payload: CommitPayload = payload
            .as_deref()
            .and_then(|payload| serde_json::from_str(payload).ok())
            .ok_or_else(|| {
                OpenFailure::Unreadable(IndexError("it has no commit of this program".to_owned()))
            })?;
        // Also one that will be deleted is opened for writing first, which makes sure that nobody else uses it.
        Ok((Self::start(config, analyzer, index)?, payload))
    }

    fn create_files(
        config: &TantivyIndexConfig,
        analyzer: &Arc<Analyzer>,
        fields: &Fields,
    ) -> Result<Open, IndexError> {
        let directory = config.directory.join(SUBDIRECTORY);
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&directory)?,
        }
        let settings = IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor {
                compression_level: Some(3),
            }),
            ..IndexSettings::default()
        };
        let directory = MmapDirectory::open(&directory).map_err(|error| IndexError(error.to_string()))?;
        let index = Index::create(directory, fields.schema.clone(), settings)?;
        Ok(Self::start(config, analyzer, index)?)
    }

    fn start(config: &TantivyIndexConfig, analyzer: &Arc<Analyzer>, index: Index) -> tantivy::Result<Open> {
        index
            .tokenizers()
            .register(ANALYZER, KoreanTokenizer::new(Arc::clone(analyzer)));
        let writer = index.writer_with_num_threads(config.writer_threads, config.writer_memory_bytes)?;
        // Readers change over with a commit, at the same moment as the position.
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Open { writer, reader })
    }

    fn opened(&mut self) -> Result<&mut Open, IndexError> {
        self.open
            .as_mut()
            .ok_or_else(|| IndexError("it is closed after a failure".to_owned()))
    }

    fn apply_one(&mut self, sequence: u64, tagged: &ArticleTagged) -> Result<(), IndexError> {
        let tagged = &tagged.tagged_article;
        let article_id = tagged.article.article_id.as_str();
        if !self.touched.contains_key(article_id) {
            let versions = self.snapshot.versions(article_id)?;
            self.touched.insert(article_id.to_owned(), versions);
        }
        let fields = Arc::clone(&self.fields);
        let rank = Rank::of(tagged);
        let versions = self.touched.entry(article_id.to_owned()).or_default();
        if versions.iter().any(|version| version.rank == rank) {
            // Told twice, as happens when the tagger repeats work after a crash: the first one stays.
            return Ok(());
        }
        let replaces = effective(versions.iter()).is_none_or(|current| current.rank < rank);
        versions.push(Version {
            rank,
            state: tagged.article.state,
            sequence,
        });

        let writer = &self.opened()?.writer;
        writer.add_document(version_document(&fields, sequence, tagged))?;
        if replaces {
            writer.delete_term(Term::from_field_text(fields.article_id, article_id));
            if tagged.article.state.visible() {
                writer.add_document(search_document(&fields, sequence, tagged))?;
            }
        }
        Ok(())
    }
}

impl ArticleIndex for TantivyIndex {
    fn position(&self) -> Option<Position> {
        self.snapshot.position.clone()
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn apply(&mut self, records: Vec<(u64, ArticleTagged)>) -> Result<(), IndexError> {
        records
            .iter()
            .try_for_each(|(sequence, tagged)| self.apply_one(*sequence, tagged))
    }

    fn commit(&mut self, position: &Position, complete: bool) -> Result<(), IndexError> {
        let payload = CommitPayload {
            fingerprint: self.fields.fingerprint(),
            stream_identity: position.stream_identity.clone(),
            sequence: position.sequence,
            complete,
        };
        let payload = serde_json::to_string(&payload).map_err(|error| IndexError(error.to_string()))?;
        let open = self.opened()?;
        let mut prepared = open.writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        open.reader.reload()?;
        let searcher = open.reader.searcher();
        self.snapshot = Arc::new(TantivySnapshot {
            searcher,
            fields: Arc::clone(&self.fields),
            position: Some(position.clone()),
        });
        self.complete = complete;
        self.touched.clear();
        Ok(())
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        self.touched.clear();
        self.complete = false;
        // Closed first: the lock on the files must be free. Snapshots that are still read keep their files open.
        self.open = None;
        let open = Self::create_files(&self.config, &self.analyzer, &self.fields)?;
        self.snapshot = Arc::new(TantivySnapshot {
            searcher: open.reader.searcher(),
            fields: Arc::clone(&self.fields),
            position: None,
        });
        self.open = Some(open);
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn IndexSnapshot> {
        Arc::clone(&self.snapshot) as Arc<dyn IndexSnapshot>
    }
}

/// Why an index that is there was not opened.
enum OpenFailure {
    Locked(IndexError),
    Unreadable(IndexError),
}

impl From<tantivy::TantivyError> for OpenFailure {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::LockFailure(..) => Self::Locked(error.into()),
            error => Self::Unreadable(error.into()),
        }
    }
}
