//! The embedded index on tantivy: the writing side.

use std::{collections::HashMap, sync::Arc};

use gisa_article_codec::ArticleTagged;
use gisa_event_log::Position;
use serde::{Deserialize, Serialize};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Term};

use super::{
    ArticleIndex, IndexError, IndexSnapshot, Rank, Version,
    document::{search_document, version_document},
    effective,
    generations::Generations,
    schema::{ANALYZER, Fields},
    snapshot::TantivySnapshot,
};
use crate::analyzer::{Analyzer, KoreanTokenizer};

/// What is stored with each commit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CommitPayload {
    pub(super) fingerprint: String,
    stream_identity: String,
    sequence: u64,
    complete: bool,
}

/// The embedded index.
pub struct TantivyIndex {
    generation: u64,
    fields: Arc<Fields>,
    files: Files,
    snapshot: Arc<TantivySnapshot>,
    complete: bool,
    /// Versions of the articles that records of the batch under way are about: those of the last commit and those added
    /// since.
    touched: HashMap<String, Vec<Version>>,
    /// No other process may take the directory before the files are closed.
    _generations: Arc<Generations>,
}

/// The files of an index, open for writing.
pub(super) struct Files {
    writer: IndexWriter,
    reader: IndexReader,
}

impl Files {
    pub(super) fn start(
        index: Index,
        analyzer: &Arc<Analyzer>,
        writer_threads: usize,
        writer_memory_bytes: usize,
    ) -> tantivy::Result<Self> {
        index
            .tokenizers()
            .register(ANALYZER, KoreanTokenizer::new(Arc::clone(analyzer)));
        let writer = index.writer_with_num_threads(writer_threads, writer_memory_bytes)?;
        // Readers change over with a commit, at the same moment as the position.
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self { writer, reader })
    }
}

impl std::fmt::Debug for TantivyIndex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TantivyIndex")
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl TantivyIndex {
    pub(super) fn new(
        generation: u64,
        files: Files,
        fields: Arc<Fields>,
        payload: Option<CommitPayload>,
        generations: Arc<Generations>,
    ) -> Self {
        let complete = payload.as_ref().is_some_and(|payload| payload.complete);
        let position = payload.map(|payload| Position {
            stream_identity: payload.stream_identity,
            sequence: payload.sequence,
        });
        let snapshot = TantivySnapshot {
            generation,
            searcher: files.reader.searcher(),
            fields: Arc::clone(&fields),
            position,
        };
        Self {
            generation,
            fields,
            files,
            snapshot: Arc::new(snapshot),
            complete,
            touched: HashMap::new(),
            _generations: generations,
        }
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

        let writer = &self.files.writer;
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
    fn generation(&self) -> u64 {
        self.generation
    }

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
        let mut prepared = self.files.writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        self.files.reader.reload()?;
        let searcher = self.files.reader.searcher();
        self.snapshot = Arc::new(TantivySnapshot {
            generation: self.generation,
            searcher,
            fields: Arc::clone(&self.fields),
            position: Some(position.clone()),
        });
        self.complete = complete;
        self.touched.clear();
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn IndexSnapshot> {
        Arc::clone(&self.snapshot) as Arc<dyn IndexSnapshot>
    }
}
