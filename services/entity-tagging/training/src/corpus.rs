//! Annotated sentences from their files.

mod konec;
mod projection;
mod tagged;

pub use konec::{read_klue, read_konec};
pub use projection::{FormTable, read_raw, read_raw_news};
pub use tagged::{parse_tagged, read_tagged};

/// A sentence with its mentions; types are names, since corpora differ in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The text.
    pub text: Vec<char>,
    /// Mentions in characters, sorted, not overlapping.
    pub mentions: Vec<Labelled>,
}

/// A mention: characters and the name of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// First character.
    pub start: usize,
    /// Character after the last.
    pub end: usize,
    /// Name of the type.
    pub label: String,
}

impl Sentence {
    /// The text as a string.
    pub fn string(&self) -> String {
        self.text.iter().collect()
    }

    /// The same sentence with other names of types; mentions without one are dropped.
    pub fn relabelled<'a>(&self, new_label: impl Fn(&str) -> Option<&'a str>) -> Self {
        let relabel = |mention: &Labelled| {
            new_label(&mention.label).map(|label| Labelled {
                label: label.to_owned(),
                ..mention.clone()
            })
        };
        Self {
            text: self.text.clone(),
            mentions: self.mentions.iter().filter_map(relabel).collect(),
        }
    }
}
