//! Tagged articles as tantivy documents, and back.

use std::collections::BTreeSet;

use gisa_article_codec::article::{decode_tagged_article, encode_tagged_article};
use gisa_article_model::{PublicationState, TaggedArticle, TaggerVersion};
use gisa_proto::entity::v1 as proto;
use prost::Message as _;
use tantivy::{
    DocAddress, DocId, Searcher, SegmentReader, TantivyDocument,
    schema::{Field, document::Value as _},
};

use super::{
    IndexError, Rank, Version,
    schema::{Fields, column},
};
use crate::{
    analyzer::fold_name,
    filter::{best_topic, micros},
};

/// The term of every search document in the field `searchable`.
pub(super) const SEARCHABLE: &str = "y";

/// The document that keeps a version.
pub(super) fn version_document(fields: &Fields, sequence: u64, tagged: &TaggedArticle) -> TantivyDocument {
    let rank = Rank::of(tagged);
    let mut document = TantivyDocument::default();
    document.add_text(fields.version_of, tagged.article.article_id.as_str());
    document.add_u64(fields.sequence, sequence);
    document.add_u64(fields.revision, rank.revision.into());
    document.add_u64(fields.engine, rank.tagger_version.engine.into());
    document.add_u64(fields.dictionary, rank.tagger_version.dictionary);
    document.add_u64(fields.state, state_number(tagged.article.state));
    document.add_bytes(fields.content, &encode_tagged_article(tagged).encode_to_vec());
    document
}

/// The document by which an effective, visible version is found.
pub(super) fn search_document(fields: &Fields, sequence: u64, tagged: &TaggedArticle) -> TantivyDocument {
    let article = &tagged.article;
    let mut document = TantivyDocument::default();
    document.add_text(fields.searchable, SEARCHABLE);
    document.add_text(fields.article_id, article.article_id.as_str());
    document.add_u64(fields.current_sequence, sequence);
    document.add_i64(fields.published_at, micros(article.published_at.instant));
    document.add_text(fields.source, &article.source);
    document.add_text(fields.section, &article.section);
    if let Some(topic) = best_topic(tagged) {
        document.add_text(fields.topic, topic.as_str());
    }
    document.add_text(fields.title, &article.title);
    document.add_text(fields.subtitle, &article.subtitle);
    document.add_text(fields.body, &article.body);

    let mut add_all = |field: Field, terms: BTreeSet<String>| {
        for term in terms {
            document.add_text(field, term);
        }
    };
    let mentions = || tagged.mentions.iter();
    let names = || mentions().filter(|mention| mention.entity_type.is_name());
    add_all(
        fields.name,
        names().map(|mention| fold_name(&mention.surface)).collect(),
    );
    add_all(
        fields.surface,
        mentions().map(|mention| mention.surface.clone()).collect(),
    );
    add_all(
        fields.entity_type,
        mentions()
            .map(|mention| mention.entity_type.as_str().to_owned())
            .collect(),
    );
    add_all(
        fields.entity_id,
        mentions()
            .filter_map(|mention| mention.link.as_ref()?.entity_id.clone())
            .collect(),
    );
    document
}

/// Reads versions of one segment.
pub(super) struct VersionColumns {
    columns: [tantivy::columnar::Column<u64>; 5],
}

impl VersionColumns {
    pub(super) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self {
            columns: [
                columns.u64(column::SEQUENCE)?,
                columns.u64(column::REVISION)?,
                columns.u64(column::ENGINE)?,
                columns.u64(column::DICTIONARY)?,
                columns.u64(column::STATE)?,
            ],
        })
    }

    pub(super) fn read(&self, document: DocId) -> Result<Version, IndexError> {
        let damaged = || IndexError(format!("version document {document} is damaged"));
        let mut values = [0; 5];
        for (value, column) in values.iter_mut().zip(&self.columns) {
            *value = column.first(document).ok_or_else(damaged)?;
        }
        let [sequence, revision, engine, dictionary, state] = values;
        Ok(Version {
            rank: Rank {
                revision: u32::try_from(revision).map_err(|_| damaged())?,
                tagger_version: TaggerVersion {
                    engine: u32::try_from(engine).map_err(|_| damaged())?,
                    dictionary,
                },
            },
            state: state_from_number(state).ok_or_else(damaged)?,
            sequence,
        })
    }
}

/// The content of a version document.
pub(super) fn read_content(
    searcher: &Searcher,
    fields: &Fields,
    address: DocAddress,
) -> Result<TaggedArticle, IndexError> {
    let document: TantivyDocument = searcher.doc(address)?;
    let damaged = |why: &str| IndexError(format!("document {address:?} is damaged: {why}"));
    let bytes = document
        .get_first(fields.content)
        .and_then(|value| value.as_bytes())
        .ok_or_else(|| damaged("no content"))?;
    let message = proto::TaggedArticle::decode(bytes).map_err(|error| damaged(&error.to_string()))?;
    decode_tagged_article(message).map_err(|error| damaged(&error.to_string()))
}

impl From<tantivy::TantivyError> for IndexError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for IndexError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

fn state_number(state: PublicationState) -> u64 {
    match state {
        PublicationState::Usable => 1,
        PublicationState::Corrected => 2,
        PublicationState::Withheld => 3,
        PublicationState::Retracted => 4,
    }
}

fn state_from_number(number: u64) -> Option<PublicationState> {
    match number {
        1 => Some(PublicationState::Usable),
        2 => Some(PublicationState::Corrected),
        3 => Some(PublicationState::Withheld),
        4 => Some(PublicationState::Retracted),
        _ => None,
    }
}
