//! One commit of the tantivy index, for readers.

use std::{fmt, sync::Arc};

use gisa_article_model::TaggedArticle;
use gisa_event_log::Position;
use tantivy::{
    DocAddress, DocSet as _, Searcher, TERMINATED, Term, collector::Count, query::TermQuery,
    schema::IndexRecordOption,
};

use super::{
    IndexError, IndexHit, IndexHits, IndexSearch, IndexSnapshot, IndexStatistics, Version,
    collector::PageCollector,
    document::{SEARCHABLE, VersionColumns, read_content},
    query::{SearchStatistics, build},
    schema::{Fields, column},
};

pub(super) struct TantivySnapshot {
    pub(super) generation: u64,
    pub(super) searcher: Searcher,
    pub(super) fields: Arc<Fields>,
    pub(super) position: Option<Position>,
}

impl fmt::Debug for TantivySnapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TantivySnapshot")
            .field("generation", &self.generation)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl IndexSnapshot for TantivySnapshot {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    fn versions(&self, article_id: &str) -> Result<Vec<Version>, IndexError> {
        let term = Term::from_field_text(self.fields.version_of, article_id);
        let mut versions = Vec::new();
        for (ordinal, segment) in self.searcher.segment_readers().iter().enumerate() {
            let documents = self.documents(ordinal, &term)?;
            if documents.is_empty() {
                continue;
            }
            let columns = VersionColumns::open(segment)?;
            for address in documents {
                versions.push(columns.read(address.doc_id)?);
            }
        }
        Ok(versions)
    }

    fn load(&self, version: &Version) -> Result<TaggedArticle, IndexError> {
        self.content(version.sequence)
    }

    fn search(&self, search: &IndexSearch) -> Result<IndexHits, IndexError> {
        let query = build(&self.fields, search);
        let collector = PageCollector {
            order: search.order,
            after: search.after.clone(),
            limit: search.limit,
        };
        let statistics = SearchStatistics {
            searcher: &self.searcher,
            fields: &self.fields,
        };
        let page = self
            .searcher
            .search_with_statistics_provider(&query, &collector, &statistics)?;
        let mut hits = Vec::with_capacity(page.hits.len());
        for (key, address) in page.hits {
            let columns = self.searcher.segment_reader(address.segment_ord).fast_fields();
            let sequence = columns
                .u64(column::CURRENT_SEQUENCE)?
                .first(address.doc_id)
                .ok_or_else(|| IndexError(format!("search document {address:?} is damaged")))?;
            hits.push(IndexHit {
                key,
                tagged: self.content(sequence)?,
            });
        }
        Ok(IndexHits {
            total: page.total,
            hits,
        })
    }

    fn visible_articles(&self) -> Result<u64, IndexError> {
        let searchable = Term::from_field_text(self.fields.searchable, SEARCHABLE);
        let searchable = TermQuery::new(searchable, IndexRecordOption::Basic);
        Ok(self.searcher.search(&searchable, &Count)? as u64)
    }

    fn statistics(&self) -> Result<IndexStatistics, IndexError> {
        let visible_articles = self.visible_articles()?;
        let mut oldest_sequence = None;
        for segment in self.searcher.segment_readers() {
            // The column of a segment with search documents only is there and empty, and its least value is 0.
            let versions = segment.inverted_index(self.fields.sequence)?;
            if versions.terms().num_terms() > 0 {
                let sequences = segment.fast_fields().u64(column::SEQUENCE)?;
                oldest_sequence = oldest_sequence.into_iter().chain([sequences.min_value()]).min();
            }
        }
        Ok(IndexStatistics {
            visible_articles,
            versions: self.searcher.num_docs() - visible_articles,
            size_bytes: self.searcher.space_usage()?.total().get_bytes(),
            oldest_sequence,
        })
    }
}

impl TantivySnapshot {
    /// The content of the version that the record with this sequence told.
    fn content(&self, sequence: u64) -> Result<TaggedArticle, IndexError> {
        let term = Term::from_field_u64(self.fields.sequence, sequence);
        for ordinal in 0..self.searcher.segment_readers().len() {
            if let Some(address) = self.documents(ordinal, &term)?.first() {
                return read_content(&self.searcher, &self.fields, *address);
            }
        }
        Err(IndexError(format!("no version with sequence {sequence}")))
    }

    /// The documents of one segment with a term. Versions are never deleted, so deletions need no look.
    fn documents(&self, ordinal: usize, term: &Term) -> Result<Vec<DocAddress>, IndexError> {
        let segment = &self.searcher.segment_readers()[ordinal];
        let inverted = segment.inverted_index(term.field())?;
        let mut documents = Vec::new();
        if let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? {
            while postings.doc() != TERMINATED {
                documents.push(DocAddress::new(ordinal as u32, postings.doc()));
                postings.advance();
            }
        }
        Ok(documents)
    }
}
