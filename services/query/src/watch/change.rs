//! What a record means for a watcher: one pure function.

use gisa_article_model::TaggedArticle;

use crate::{filter::ArticleFilter, index::Rank};

/// Kinds of changes; see `gisa.query.v1.ArticleChangeKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It matches, and did not before.
    Published,
    /// A new revision, which matches like the one before.
    Corrected,
    /// The same revision, tagged anew; it matches as before.
    Retagged,
    /// It matched, and was retracted or withheld.
    Withdrawn,
    /// It matched, and does not any more.
    Unmatched,
}

impl ChangeKind {
    /// Whether the watcher gets the content: what it may not see, or did not ask for, it does not get.
    pub fn shows_content(self) -> bool {
        matches!(self, Self::Published | Self::Corrected | Self::Retagged)
    }
}

/// The change from `previous`, the version that was effective before, to `current`; `None` if there is nothing to tell,
/// because `current` replaces nothing or a watcher with this filter sees neither.
pub fn change_kind(
    filter: &ArticleFilter,
    previous: Option<&TaggedArticle>,
    current: &TaggedArticle,
) -> Option<ChangeKind> {
    if previous.is_some_and(|previous| Rank::of(previous) >= Rank::of(current)) {
        return None;
    }
    let sees = |tagged: &TaggedArticle| tagged.article.state.visible() && filter.matches(tagged);
    let saw = previous.is_some_and(sees);
    let same_revision =
        previous.is_some_and(|previous| previous.article.revision == current.article.revision);
    match (saw, sees(current)) {
        (false, false) => None,
        (false, true) => Some(ChangeKind::Published),
        (true, true) if same_revision => Some(ChangeKind::Retagged),
        (true, true) => Some(ChangeKind::Corrected),
        (true, false) if current.article.state.visible() => Some(ChangeKind::Unmatched),
        (true, false) => Some(ChangeKind::Withdrawn),
    }
}
