//! What articles are tagged with: the edge between the work on the log and the tagger.

use std::fmt;

use gisa_article_model::TaggerVersion;

use crate::{
    live_dictionary::LiveDictionary,
    tagger::{TaggedText, Tagger, TextToTag},
};

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

/// Each text is tagged with the edition that is the newest when it begins.
impl Engine for LiveDictionary {
    fn version(&self) -> TaggerVersion {
        self.now().tagger().version()
    }

    fn tag(&self, text: &TextToTag<'_>) -> (TaggedText, TaggerVersion) {
        Engine::tag(&**self.now().tagger(), text)
    }
}
