//! Mentions: what the tagger found, where, and what it stands for.

use crate::{NormalizedValue, Span};

/// One occurrence of an entity or expression in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// Field that `span` counts in.
    pub field: TextField,
    /// Where the surface stands.
    pub span: Span,
    /// The text of the span.
    pub surface: String,
    /// What kind of expression it is.
    pub entity_type: EntityType,
    /// Normalised value of an expression, if it could be resolved.
    pub value: Option<NormalizedValue>,
    /// Link of a name to the dictionary.
    pub link: Option<EntityLink>,
    /// How likely span and type are right, 0 to 1.
    pub confidence: f32,
    /// How central the entity is to the article, 0 to 1.
    pub salience: f32,
    /// Which layer found it.
    pub layer: TaggerLayer,
}

/// A text field of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextField {
    /// The headline.
    Title,
    /// The sub-headline.
    Subtitle,
    /// The text.
    Body,
}

impl TextField {
    /// The lower-case name used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Subtitle => "subtitle",
            Self::Body => "body",
        }
    }
}

/// Defines [`EntityType`] with its name table, so that the two cannot differ.
macro_rules! entity_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Kinds of mentions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EntityType { $($(#[$doc])* $variant,)* }

        impl EntityType {
            /// All types, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The upper-case name used in files and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reads a name as [`EntityType::as_str`] writes it.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

entity_types! {
    /// A personal name.
    Person = "PERSON",
    /// A company, agency, university, institute, medium or a named unit of one.
    Organization = "ORGANIZATION",
    /// A country, region, city, venue.
    Location = "LOCATION",
    /// A named product, service, model, chip, platform, vehicle or weapon.
    Product = "PRODUCT",
    /// A named event, war, conference, programme or strategy.
    Event = "EVENT",
    /// A calendar expression.
    Date = "DATE",
    /// A clock time.
    Time = "TIME",
    /// A length of time.
    Duration = "DURATION",
    /// An amount of money.
    Money = "MONEY",
    /// A percentage or a number of percentage points.
    Percent = "PERCENT",
    /// Another counted or measured amount.
    Quantity = "QUANTITY",
}

impl EntityType {
    /// Whether mentions of this type are names, which link to the dictionary, and not expressions, which have a value.
    pub fn is_name(self) -> bool {
        matches!(
            self,
            Self::Person | Self::Organization | Self::Location | Self::Product | Self::Event
        )
    }
}

/// The layer of the tagger that found a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaggerLayer {
    /// Rules for numeric and calendar expressions.
    Grammar,
    /// The entity dictionary.
    Dictionary,
    /// The statistical sequence model.
    Model,
    /// Known from elsewhere in the same document.
    Document,
}

impl TaggerLayer {
    /// The lower-case name used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grammar => "grammar",
            Self::Dictionary => "dictionary",
            Self::Model => "model",
            Self::Document => "document",
        }
    }
}

/// Link of a name to the dictionary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityLink {
    /// Id of the chosen entity; `None` is NIL.
    pub entity_id: Option<String>,
    /// All entities the surface may stand for, best first, the chosen one included.
    pub candidates: Vec<EntityCandidate>,
}

/// One entity that a surface may stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityCandidate {
    /// Id of the entity.
    pub entity_id: String,
    /// Share of the evidence, 0 to 1.
    pub score: f32,
}
