//! An article revision with what was found in it.

use jiff::Timestamp;

use crate::{Analysis, Article, Mention, TextField};

/// An article revision together with what one tagger version found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaggedArticle {
    /// The revision.
    pub article: Article,
    /// Mentions by field, then by start; they do not overlap.
    pub mentions: Vec<Mention>,
    /// What follows for the article as a whole; empty when it is retracted, or when an older tagger made none.
    pub analysis: Analysis,
    /// What tagged it.
    pub tagger_version: TaggerVersion,
    /// When it was tagged.
    pub tagged_at: Timestamp,
}

impl TaggedArticle {
    /// The text that spans of `field` count in.
    pub fn text(&self, field: TextField) -> &str {
        match field {
            TextField::Title => &self.article.title,
            TextField::Subtitle => &self.article.subtitle,
            TextField::Body => &self.article.body,
        }
    }
}

/// Version of the tagging engine and its dictionary; of two results for one revision the higher one wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaggerVersion {
    /// Raised with every change of rules, models or built-in dictionary.
    pub engine: u32,
    /// Raised with every change of the live dictionary; 0 is the built-in one.
    pub dictionary: u64,
}
