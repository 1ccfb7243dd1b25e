//! The embedded index on tantivy: where indexes are kept, opened and made.

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use tantivy::{
    Index, IndexSettings,
    directory::MmapDirectory,
    store::{Compressor, ZstdCompressor},
};
use tracing::{info, warn};

use super::{
    ArticleIndex, IndexError, IndexStore,
    generations::Generations,
    schema::Fields,
    tantivy_index::{CommitPayload, Files, TantivyIndex},
};
use crate::analyzer::Analyzer;

/// Where indexes are and what one of them may use.
#[derive(Clone, Debug)]
pub struct TantivyConfig {
    /// Directory of the indexes; made if it is missing.
    pub directory: PathBuf,
    /// Memory for documents that are not yet written, over all threads.
    pub writer_memory_bytes: usize,
    /// Threads that analyse documents.
    pub writer_threads: usize,
}

/// Embedded indexes in one directory.
pub struct TantivyStore {
    config: TantivyConfig,
    analyzer: Arc<Analyzer>,
    fields: Arc<Fields>,
    generations: Arc<Generations>,
}

impl std::fmt::Debug for TantivyStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TantivyStore")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl TantivyStore {
    /// Takes a directory and opens its current index. If there is none, or it cannot be read, or it was made with another
    /// schema or analyzer, an empty one takes its place. Fails if another process uses the directory.
    pub fn open(config: TantivyConfig, analyzer: Arc<Analyzer>) -> Result<(Self, TantivyIndex), IndexError> {
        let store = Self {
            generations: Arc::new(Generations::open(&config.directory)?),
            config,
            analyzer,
            fields: Arc::new(Fields::new()),
        };
        if let Some(index) = store.open_current() {
            return Ok((store, index));
        }
        let index = store.create_empty()?;
        store.generations.make_current(index.generation())?;
        store.generations.remove_others();
        Ok((store, index))
    }

    fn open_current(&self) -> Option<TantivyIndex> {
        let generation = self.generations.current()?;
        match self.read(&self.generations.path(generation)) {
            Ok((files, payload)) if payload.fingerprint == self.fields.fingerprint() => {
                Some(self.assemble(generation, files, Some(payload)))
            }
            Ok(_) => {
                info!("the index was made with another schema or analyzer and is rebuilt");
                None
            }
            Err(error) => {
                warn!(%error, "the index cannot be read and is rebuilt: {error}");
                None
            }
        }
    }

    fn read(&self, directory: &Path) -> Result<(Files, CommitPayload), IndexError> {
        let index = Index::open_in_dir(directory)?;
        let payload = index.load_metas()?.payload;
        let payload = payload
            .as_deref()
            .and_then(|payload| serde_json::from_str(payload).ok())
            .ok_or_else(|| IndexError("it has no commit of this program".to_owned()))?;
        Ok((self.start(index)?, payload))
    }

    fn create_empty(&self) -> Result<TantivyIndex, IndexError> {
        let generation = self.generations.next();
        let directory = self.generations.path(generation);
        fs::create_dir(&directory)?;
        let settings = IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor {
                compression_level: Some(3),
            }),
            ..IndexSettings::default()
        };
        let directory = MmapDirectory::open(&directory).map_err(|error| IndexError(error.to_string()))?;
        let index = Index::create(directory, self.fields.schema.clone(), settings)?;
        Ok(self.assemble(generation, self.start(index)?, None))
    }

    fn start(&self, index: Index) -> tantivy::Result<Files> {
        let memory = self.config.writer_memory_bytes;
        Files::start(index, &self.analyzer, self.config.writer_threads, memory)
    }

    fn assemble(&self, generation: u64, files: Files, payload: Option<CommitPayload>) -> TantivyIndex {
        let (fields, generations) = (Arc::clone(&self.fields), Arc::clone(&self.generations));
        TantivyIndex::new(generation, files, fields, payload, generations)
    }
}

impl IndexStore for TantivyStore {
    fn create(&self) -> Result<Box<dyn ArticleIndex>, IndexError> {
        self.generations.remove_others();
        Ok(Box::new(self.create_empty()?))
    }

    fn make_current(&self, generation: u64) -> Result<(), IndexError> {
        self.generations.make_current(generation)
    }

    fn remove_others(&self) {
        self.generations.remove_others();
    }
}
