//! Collects one page of hits in a total order, starting right after a given hit.
//!
//! Ties are broken by article id. Inside a segment ids are compared by their ordinals, which is cheap; only what a segment
//! contributes to the page is looked up.

use std::{cmp::Ordering, collections::BinaryHeap};

use tantivy::{
    DocAddress, DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
};

use super::schema::column;
use crate::search::{Order, SortKey};

/// Collects the first `limit` hits after `after`.
#[derive(Debug)]
pub(super) struct PageCollector {
    pub(super) order: Order,
    pub(super) after: Option<SortKey>,
    pub(super) limit: usize,
}

#[derive(Debug, Default)]
pub(super) struct CollectedPage {
    pub(super) total: u64,
    pub(super) hits: Vec<(SortKey, DocAddress)>,
}

impl Collector for PageCollector {
    type Fruit = CollectedPage;
    type Child = SegmentPage;

    fn for_segment(&self, ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentPage> {
        let columns = segment.fast_fields();
        // A segment may hold no search document, and then does not have their columns.
        let columns = columns
            .column_opt::<i64>(column::PUBLISHED_AT)?
            .zip(columns.str(column::ARTICLE_ID)?);
        let after = match (&self.after, &columns) {
            (Some(after), Some((_, ids))) => {
                let dictionary = ids.dictionary();
                let exact = dictionary.term_ord(after.article_id.as_bytes())?;
                // Twice the ordinal, so that an id that is not in the segment lies between two that are.
                let id = match exact {
                    Some(exact) => 2 * exact + 1,
                    None => 2 * ids_before(ids, &after.article_id)?,
                };
                Some(LocalKey {
                    score: after.score,
                    published: after.published,
                    id,
                })
            }
            _ => None,
        };
        Ok(SegmentPage {
            order: self.order,
            after,
            limit: self.limit,
            segment: ordinal,
            columns,
            total: 0,
            best: BinaryHeap::with_capacity(self.limit + 1),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Relevance
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<CollectedPage>>) -> tantivy::Result<CollectedPage> {
        let mut page = CollectedPage::default();
        for fruit in fruits {
            let fruit = fruit?;
            page.total += fruit.total;
            page.hits.extend(fruit.hits);
        }
        page.hits
            .sort_by(|(left, _), (right, _)| left.compare(right, self.order));
        page.hits.truncate(self.limit);
        Ok(page)
    }
}

/// How many ids of the segment are smaller than `id`, which is not among them.
fn ids_before(ids: &StrColumn, id: &str) -> tantivy::Result<u64> {
    use std::ops::Bound;
    let bounds = ids
        .dictionary()
        .term_bounds_to_ord(Bound::Included(id.as_bytes()), Bound::Unbounded)?;
    let before = match bounds.0 {
        Bound::Included(first) => first,
        Bound::Excluded(last) => last.saturating_add(1),
        Bound::Unbounded => 0,
    };
    // An id behind all of the segment's is answered with the largest number there is.
    Ok(before.min(ids.num_terms() as u64))
}

/// A [`SortKey`] within one segment.
#[derive(Clone, Copy, Debug)]
struct LocalKey {
    score: Score,
    published: i64,
    /// Twice the ordinal of the article id, and one.
    id: u64,
}

impl LocalKey {
    fn compare(&self, other: &Self, order: Order) -> Ordering {
        order
            .compare((self.score, self.published), (other.score, other.published))
            .then(self.id.cmp(&other.id))
    }
}

/// A hit on the heap of which the last one in the order is on top.
#[derive(Debug)]
struct Candidate {
    key: LocalKey,
    document: DocId,
    order: Order,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.compare(&other.key, self.order)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// The page as far as one segment contributes to it.
pub(super) struct SegmentPage {
    order: Order,
    after: Option<LocalKey>,
    limit: usize,
    segment: SegmentOrdinal,
    columns: Option<(Column<i64>, StrColumn)>,
    total: u64,
    best: BinaryHeap<Candidate>,
}

impl SegmentCollector for SegmentPage {
    type Fruit = tantivy::Result<CollectedPage>;

    fn collect(&mut self, document: DocId, score: Score) {
        let Some((published, ids)) = &self.columns else {
            return;
        };
        self.total += 1;
        let key = LocalKey {
            score,
            published: published.first(document).unwrap_or_default(),
            id: 2 * ids.term_ords(document).next().unwrap_or_default() + 1,
        };
        if self
            .after
            .is_some_and(|after| key.compare(&after, self.order).is_le())
        {
            return;
        }
        let candidate = Candidate {
            key,
            document,
            order: self.order,
        };
        if self.best.len() < self.limit {
            self.best.push(candidate);
        } else if let Some(mut last) = self.best.peek_mut()
            && candidate < *last
        {
            *last = candidate;
        }
    }

    fn harvest(self) -> Self::Fruit {
        let mut page = CollectedPage {
            total: self.total,
            hits: Vec::with_capacity(self.best.len()),
        };
        let Some((_, ids)) = &self.columns else {
            return Ok(page);
        };
        for candidate in self.best {
            let mut article_id = String::new();
            ids.ord_to_str(candidate.key.id / 2, &mut article_id)?;
            page.hits.push((
                SortKey {
                    score: candidate.key.score,
                    published: candidate.key.published,
                    article_id,
                },
                DocAddress::new(self.segment, candidate.document),
            ));
        }
        Ok(page)
    }
}
