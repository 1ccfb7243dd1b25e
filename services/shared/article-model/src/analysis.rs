//! What the tagger says of an article as a whole: entities, relations, topics and a signature of its content.

use crate::{CalendarInterval, EntityType, Span, TextField};

/// What follows from the mentions and the text of one article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The names of the article, one entry an entity, most salient first.
    pub entities: Vec<EntitySummary>,
    /// Who did what, by field, then by the start of the evidence.
    pub relations: Vec<Relation>,
    /// Sections that the article may belong to, best first; all seven, or none for a text without letters.
    pub topics: Vec<TopicScore>,
    /// Signature of the content; `None` for a text that is too short to be compared.
    pub signature: Option<ContentSignature>,
}

/// One entity with all of its mentions.
#[derive(Clone, Debug, PartialEq)]
pub struct EntitySummary {
    /// What kind of name it has.
    pub entity_type: EntityType,
    /// Its longest surface in the article; of equally long ones the first.
    pub name: String,
    /// Dictionary id; `None` is NIL.
    pub entity_id: Option<String>,
    /// Positions of its mentions in the article's list of mentions.
    pub mentions: Vec<u32>,
    /// How central it is to the article, 0 to 1.
    pub salience: f32,
    /// Roles that the article gives to a person, in the order of the text.
    pub roles: Vec<PersonRole>,
}

/// A role of a person, and where: 네이버클라우드 대표.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRole {
    /// The role as written: 대표, 고성능 컴퓨팅 담당 이사.
    pub title: String,
    /// Position of the organization's or place's mention in the article's list of mentions, if one is named.
    pub affiliation: Option<u32>,
    /// Where the role is written.
    pub evidence: TextRange,
}

/// A relation or event with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// What happened.
    pub relation_type: RelationType,
    /// Who and what takes part, by their order in the text.
    pub arguments: Vec<Argument>,
    /// The sentence or clause that says so.
    pub evidence: TextRange,
    /// When it happened or is to happen, resolved, if the evidence says so.
    pub date: Option<CalendarInterval>,
    /// How likely type and main arguments are right, 0 to 1.
    pub confidence: f32,
}

/// A participant of a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// What part it plays.
    pub role: ArgumentRole,
    /// Its text.
    pub surface: String,
    /// Where it stands; it may lie outside of the evidence when the evidence only says 이 회사.
    pub place: TextRange,
    /// Position in the article's list of mentions, if it is one.
    pub mention: Option<u32>,
}

/// A range of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRange {
    /// Field that `span` counts in.
    pub field: TextField,
    /// The range.
    pub span: Span,
}

/// A section with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopicScore {
    /// The section.
    pub topic: Topic,
    /// Probability, 0 to 1; all topics of an article add up to 1.
    pub score: f32,
}

/// Signature of a text's content: similar texts have similar signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSignature {
    /// Minima of 64 hash functions over the text's shingles: the share of equal positions estimates the Jaccard
    /// similarity of two texts.
    pub minima: [u32; 64],
}

impl ContentSignature {
    /// Estimated Jaccard similarity of the shingles of two texts, 0 to 1; standard error at most 0.063.
    pub fn similarity(&self, other: &Self) -> f32 {
        let equal = self
            .minima
            .iter()
            .zip(&other.minima)
            .filter(|(a, b)| a == b)
            .count();
        equal as f32 / self.minima.len() as f32
    }
}

/// Defines an enum with its name table, so that the two cannot differ.
macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in files and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads a name as `as_str` writes it.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named_enum! {
    /// Kinds of relations.
    RelationType {
        /// Somebody takes people on.
        Hire = "HIRE",
        /// Somebody is appointed to a post.
        Appointment = "APPOINTMENT",
        /// Something new is released, opened or held.
        Launch = "LAUNCH",
        /// A contract is made or won.
        Contract = "CONTRACT",
        /// Parties work together.
        Partnership = "PARTNERSHIP",
        /// Money is invested or raised.
        Investment = "INVESTMENT",
        /// Somebody sets a goal.
        Target = "TARGET",
        /// A result was reached: figures, ranks, prizes.
        Result = "RESULT",
        /// Somebody said something.
        Statement = "STATEMENT",
    }
}

named_enum! {
    /// Parts that participants of a relation play.
    ArgumentRole {
        /// Who acts or speaks.
        Agent = "agent",
        /// What is launched, reached, aimed at or spoken of; who is hired or appointed.
        Object = "object",
        /// With whom.
        Partner = "partner",
        /// The post or the speaker's role.
        Position = "position",
        /// How much.
        Amount = "amount",
        /// When.
        Date = "date",
        /// Where.
        Place = "place",
        /// What was said: the words of a quotation.
        Quotation = "quotation",
    }
}

named_enum! {
    /// Sections of a newspaper.
    Topic {
        /// Information technology and science.
        ItScience = "IT과학",
        /// Economy.
        Economy = "경제",
        /// Society.
        Society = "사회",
        /// Life and culture.
        LifeCulture = "생활문화",
        /// World.
        World = "세계",
        /// Sports.
        Sports = "스포츠",
        /// Politics.
        Politics = "정치",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for &topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
        }
        for &relation in RelationType::ALL {
            assert_eq!(RelationType::parse(relation.as_str()), Some(relation));
        }
        for &role in ArgumentRole::ALL {
            assert_eq!(ArgumentRole::parse(role.as_str()), Some(role));
        }
        assert_eq!(Topic::parse("날씨"), None);
    }

    #[test]
    fn similarity_is_the_share_of_equal_minima() {
        let a = ContentSignature { minima: [7; 64] };
        let mut b = a.clone();
        b.minima[..16].fill(8);
        assert_eq!(a.similarity(&a), 1.0);
        assert_eq!(a.similarity(&b), 0.75);
    }
}
