//! What articles are tagged with: the edge between the work on the log and the tagger.

use std::fmt;

use gisa_article_model::TaggerVersion;

use crate::tagger::{TaggedText, Tagger, TextToTag};

/// Tags texts. May panic on one: that is the text's failure, not the service's.
pub trait Engine: fmt::Debug + Send + Sync {
    /// What would tag a text now.
    fn version(&self) -> TaggerVersion;

    /// Tags a text, and says what tagged it.
    fn tag(&self, text: &TextToTag<'_>) -> (TaggedText, TaggerVersion);
}

impl Engine for Tagger {
    fn version(&self) -> TaggerVersion {
        Self::version(self)
    }

    fn tag(&self, text: &TextToTag<'_>) -> (TaggedText, TaggerVersion) {
        (Self::tag(self, text), Self::version(self))
    }
}
