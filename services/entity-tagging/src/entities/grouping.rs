//! Sets of mentions that name one entity.

use gisa_article_model::Mention;

/// Disjoint sets of mentions. The first mention of a set stands for it.
pub(super) struct Grouping<'a> {
    /// An earlier mention of the same set, or the mention itself if it is the first.
    earlier: Vec<usize>,
    /// The id of the set, kept at its first mention.
    ids: Vec<Option<&'a str>>,
}

impl<'a> Grouping<'a> {
    /// Every mention by itself.
    pub(super) fn new(mentions: &'a [Mention]) -> Self {
        let id = |mention: &'a Mention| mention.link.as_ref()?.entity_id.as_deref();
        Self {
            earlier: (0..mentions.len()).collect(),
            ids: mentions.iter().map(id).collect(),
        }
    }

    /// The first mention of the set of `mention`.
    pub(super) fn first(&mut self, mut mention: usize) -> usize {
        while self.earlier[mention] != mention {
            // Halves the way for the next time, so that many calls take linear time but for a logarithm.
            self.earlier[mention] = self.earlier[self.earlier[mention]];
            mention = self.earlier[mention];
        }
        mention
    }

    /// The id of the set of `mention`.
    pub(super) fn id(&mut self, mention: usize) -> Option<&'a str> {
        let first = self.first(mention);
        self.ids[first]
    }

    /// Makes one set of two, unless their ids differ.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        let (first, second) = (a.min(b), a.max(b));
        match (self.ids[first], self.ids[second]) {
            (Some(one), Some(other)) if one != other => {}
            (one, other) => {
                self.earlier[second] = first;
                self.ids[first] = one.or(other);
            }
        }
    }
}
