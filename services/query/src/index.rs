//! An index of tagged articles: what the service needs of one, in its own words, so that another engine can take the
//! place of the embedded one.
//!
//! An index keeps every version of an article that the log has told (a version is one revision as tagged by one tagger
//! version). The *effective* one has the highest revision, and of these the highest tagger version; it alone is searchable,
//! and only while its publication state is visible. Content and log position are one commit.

mod collector;
mod document;
mod generations;
mod query;
mod schema;
mod snapshot;
mod tantivy_index;
mod tantivy_store;

use std::{fmt, sync::Arc};

use gisa_article_codec::ArticleTagged;
use gisa_article_model::{PublicationState, TaggedArticle, TaggerVersion};
use gisa_event_log::Position;
use thiserror::Error;

pub use self::{
    tantivy_index::TantivyIndex,
    tantivy_store::{TantivyConfig, TantivyStore},
};
use crate::{
    filter::ArticleFilter,
    search::{Order, QueryTerms, SortKey},
};

/// Failure of the index: its disk, or a fault of its own.
#[derive(Clone, Debug, Error)]
#[error("the index failed: {0}")]
pub struct IndexError(pub String);

/// One version of an article, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which version.
    pub rank: Rank,
    /// Publication state.
    pub state: PublicationState,
    /// Sequence in TAGGED of the record that told it.
    pub sequence: u64,
}

/// The order in which versions of one article replace each other: revision first, then tagger version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// Revision of the article.
    pub revision: u32,
    /// What tagged it.
    pub tagger_version: TaggerVersion,
}

impl Rank {
    /// The rank of a tagged article.
    pub fn of(tagged: &TaggedArticle) -> Self {
        Self {
            revision: tagged.article.revision,
            tagger_version: tagged.tagger_version,
        }
    }
}

/// The version among these that readers see.
pub fn effective<'a>(versions: impl IntoIterator<Item = &'a Version>) -> Option<&'a Version> {
    versions.into_iter().max_by_key(|version| version.rank)
}

/// Where indexes are kept. One of them is current: the one that a restart opens. Another one may be built beside it. The
/// calls block.
pub trait IndexStore: Send + Sync + fmt::Debug {
    /// Makes an empty index beside the current one. What an earlier attempt left there is removed.
    fn create(&self) -> Result<Box<dyn ArticleIndex>, IndexError>;

    /// Makes an index the current one, durably: after a crash either the one before or this one is current.
    fn make_current(&self, generation: u64) -> Result<(), IndexError>;

    /// Removes every index but the current one. What cannot be removed is logged, and removed at the next start.
    fn remove_others(&self);
}

/// The writing side of an index. There is one writer.
pub trait ArticleIndex: Send + fmt::Debug {
    /// Number of the index; an index that is made later has a higher one.
    fn generation(&self) -> u64;

    /// The log position of the last commit; `None` in a new index.
    fn position(&self) -> Option<Position>;

    /// Whether the last commit was marked as complete; see [`ArticleIndex::commit`].
    fn is_complete(&self) -> bool;

    /// Takes in records, ascending by sequence. Readers do not see them before the commit.
    fn apply(&mut self, records: Vec<(u64, ArticleTagged)>) -> Result<(), IndexError>;

    /// Makes what was applied durable and visible, together with the position up to which the log has been read, and
    /// whether the index is complete up to there: while it is built from nothing it is not yet to be answered from.
    fn commit(&mut self, position: &Position, complete: bool) -> Result<(), IndexError>;

    /// The state after the last commit.
    fn snapshot(&self) -> Arc<dyn IndexSnapshot>;
}

/// One commit of an index, unchanging.
pub trait IndexSnapshot: Send + Sync + fmt::Debug {
    /// Number of the index.
    fn generation(&self) -> u64;

    /// The log position that the snapshot includes; `None` when nothing was ever committed.
    fn position(&self) -> Option<&Position>;

    /// All versions of an article, in no order.
    fn versions(&self, article_id: &str) -> Result<Vec<Version>, IndexError>;

    /// The content of a version that [`IndexSnapshot::versions`] gave.
    fn load(&self, version: &Version) -> Result<TaggedArticle, IndexError>;

    /// Searches the effective versions of the visible articles.
    fn search(&self, search: &IndexSearch) -> Result<IndexHits, IndexError>;

    /// Number of articles that a search can find.
    fn visible_articles(&self) -> Result<u64, IndexError>;

    /// How much it holds.
    fn statistics(&self) -> Result<IndexStatistics, IndexError>;
}

/// How much an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexStatistics {
    /// Articles that a search can find.
    pub visible_articles: u64,
    /// Versions of articles, the ones that were replaced included.
    pub versions: u64,
    /// Size of its files in bytes.
    pub size_bytes: u64,
    /// Sequence in TAGGED of the oldest record that it keeps a version of.
    pub oldest_sequence: Option<u64>,
}

/// What to search for.
#[derive(Clone, Debug)]
pub struct IndexSearch {
    /// Words and phrases that must all occur.
    pub terms: QueryTerms,
    /// Conditions.
    pub filter: ArticleFilter,
    /// Order of the hits.
    pub order: Order,
    /// Only hits that come after this one in that order.
    pub after: Option<SortKey>,
    /// Most hits to return.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct IndexHits {
    /// Number of all articles that match, on whatever page.
    pub total: u64,
    /// The hits, in order.
    pub hits: Vec<IndexHit>,
}

/// One hit.
#[derive(Clone, Debug)]
pub struct IndexHit {
    /// Where it stands in the order.
    pub key: SortKey,
    /// The article.
    pub tagged: TaggedArticle,
}
