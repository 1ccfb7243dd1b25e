//! Searching: what is asked for, in which order, and the page that answers it.

pub mod highlight;
pub mod page_token;
pub mod query_text;

use std::cmp::Ordering;

pub use self::query_text::{QueryError, QueryTerms, QueryUnit, parse_query};

/// Order of hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Best match first; ties by newest, then by article id.
    Relevance,
    /// Newest publication first; ties by article id.
    Newest,
    /// Oldest publication first; ties by article id.
    Oldest,
}

impl Order {
    /// Compares two hits by score and publication time; what is `Less` comes first.
    pub fn compare(self, left: (f32, i64), right: (f32, i64)) -> Ordering {
        let newest = right.1.cmp(&left.1);
        match self {
            Self::Relevance => right.0.total_cmp(&left.0).then(newest),
            Self::Newest => newest,
            Self::Oldest => newest.reverse(),
        }
    }
}

/// Where a hit stands among all hits of a search: no two have the same key.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// BM25 score; 0 where the order does not look at it.
    pub score: f32,
    /// Publication in microseconds since 1970.
    pub published: i64,
    /// Article id, which breaks ties.
    pub article_id: String,
}

impl SortKey {
    /// Compares two hits; what is `Less` comes first.
    pub fn compare(&self, other: &Self, order: Order) -> Ordering {
        order
            .compare((self.score, self.published), (other.score, other.published))
            .then_with(|| self.article_id.cmp(&other.article_id))
    }
}
