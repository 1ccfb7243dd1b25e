//! Why the tagger found what it found: what its layers proposed, and what became of it.

use crate::{EntityType, TaggerLayer, TextRange};

/// The proposals of all layers for one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// One entry a mention, in the order of the mentions.
    pub mentions: Vec<MentionExplanation>,
    /// Proposals that share no character with any mention, by field, then by start.
    pub rejected: Vec<Proposal>,
}

/// Where one mention comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct MentionExplanation {
    /// Position in the text's list of mentions.
    pub mention: u32,
    /// All proposals that share a character with the mention, those that lost included: by layer, then by start.
    pub proposals: Vec<Proposal>,
    /// Why the mention is what it is.
    pub decision: Decision,
}

/// A mention that one layer proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The layer.
    pub layer: TaggerLayer,
    /// The proposed range.
    pub range: TextRange,
    /// The proposed type.
    pub entity_type: EntityType,
    /// How likely the layer thinks range and type right, 0 to 1.
    pub confidence: f32,
    /// What the layer goes by, for people: `org:naver via alias 네이버`; empty if there is nothing to say.
    pub detail: String,
}

/// Why a mention has its range and type, against the proposals that it shares characters with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Only one layer proposed anything here.
    Unopposed,
    /// Several layers proposed the same range and type, and none another.
    Agreed,
    /// It is longer than every other proposal.
    Longer,
    /// Dictionary and model differ, and it is surer than every other proposal.
    Surer,
    /// Neither length nor confidence decided: the order of the layers and of the text did.
    Precedence,
    /// No layer proposed this range and type: the rest of the article changed what was proposed.
    Revised,
}

impl Decision {
    /// The lower-case word used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unopposed => "unopposed",
            Self::Agreed => "agreed",
            Self::Longer => "longer",
            Self::Surer => "surer",
            Self::Precedence => "precedence",
            Self::Revised => "revised",
        }
    }
}
