//! The fields of the tantivy index.
//!
//! There are two kinds of documents. A *version* holds the content of one version of an article and is never changed or
//! deleted. A *search document* holds the terms of an effective version, and is replaced with it. So history stays
//! readable without weighing on searches, and no content is stored twice.

use sha2::{Digest as _, Sha256};
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing,
    TextOptions,
};

use crate::analyzer::Analyzer;

/// Name under which the analyzer is registered.
pub(super) const ANALYZER: &str = "korean";

/// Raised when documents are written differently although the schema is the same: indexes are then rebuilt.
const LAYOUT_VERSION: u32 = 1;

#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// Of a version: id of the article.
    pub(super) version_of: Field,
    /// Of a version: sequence in TAGGED.
    pub(super) sequence: Field,
    pub(super) revision: Field,
    pub(super) engine: Field,
    pub(super) dictionary: Field,
    pub(super) state: Field,
    /// Of a version: the encoded `TaggedArticle`.
    pub(super) content: Field,
    /// Of a search document: id of the article.
    pub(super) article_id: Field,
    /// Of a search document: sequence of its version.
    pub(super) current_sequence: Field,
    /// The same term in every search document.
    pub(super) searchable: Field,
    pub(super) title: Field,
    pub(super) subtitle: Field,
    pub(super) body: Field,
    /// Folded surfaces of the names mentioned.
    pub(super) name: Field,
    pub(super) entity_id: Field,
    pub(super) surface: Field,
    pub(super) entity_type: Field,
    pub(super) source: Field,
    pub(super) section: Field,
    /// The best topic.
    pub(super) topic: Field,
    /// Microseconds since 1970.
    pub(super) published_at: Field,
}

/// Names of the columns that are read directly.
pub(super) mod column {
    pub(crate) const SEQUENCE: &str = "sequence";
    pub(crate) const REVISION: &str = "revision";
    pub(crate) const ENGINE: &str = "engine";
    pub(crate) const DICTIONARY: &str = "dictionary";
    pub(crate) const STATE: &str = "state";
    pub(crate) const ARTICLE_ID: &str = "article_id";
    pub(crate) const CURRENT_SEQUENCE: &str = "current_sequence";
    pub(crate) const PUBLISHED_AT: &str = "published_at";
}

impl Fields {
    pub(super) fn new() -> Self {
        let analyzed = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(ANALYZER)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let mut builder = Schema::builder();
        Self {
            version_of: builder.add_text_field("version_of", STRING),
            sequence: builder.add_u64_field(column::SEQUENCE, FAST | INDEXED),
            revision: builder.add_u64_field(column::REVISION, FAST),
            engine: builder.add_u64_field(column::ENGINE, FAST),
            dictionary: builder.add_u64_field(column::DICTIONARY, FAST),
            state: builder.add_u64_field(column::STATE, FAST),
            content: builder.add_bytes_field("content", BytesOptions::from(STORED)),
            article_id: builder.add_text_field(column::ARTICLE_ID, STRING | FAST),
            current_sequence: builder.add_u64_field(column::CURRENT_SEQUENCE, FAST),
            searchable: builder.add_text_field("searchable", STRING),
            title: builder.add_text_field("title", analyzed.clone()),
            subtitle: builder.add_text_field("subtitle", analyzed.clone()),
            body: builder.add_text_field("body", analyzed),
            name: builder.add_text_field("name", STRING),
            entity_id: builder.add_text_field("entity_id", STRING),
            surface: builder.add_text_field("surface", STRING),
            entity_type: builder.add_text_field("entity_type", STRING),
            source: builder.add_text_field("source", STRING),
            section: builder.add_text_field("section", STRING),
            topic: builder.add_text_field("topic", STRING),
            published_at: builder.add_i64_field(column::PUBLISHED_AT, FAST),
            schema: builder.build(),
        }
    }

    /// Names schema, layout and analyzer: an index with another fingerprint has to be rebuilt.
    pub(super) fn fingerprint(&self) -> String {
        // A schema that cannot be written has no fields of its own; none is built here.
        let schema = serde_json::to_string(&self.schema).unwrap_or_default();
        let digest = Sha256::digest(schema);
        let schema = hex::encode(&digest[..8]);
        format!("{LAYOUT_VERSION}-{schema}-{}", Analyzer::fingerprint())
    }
}
