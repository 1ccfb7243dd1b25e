//! The domain types of Gisa: articles and their revisions, mentions with typed values, what
//! follows from them for an article as a whole, and text offsets.
//!
//! Plain Rust: this crate does no I/O and knows neither protobuf nor NATS.

pub mod analysis;
pub mod article;
pub mod article_id;
pub mod explanation;
pub mod mention;
pub mod offsets;
pub mod tagged_article;
pub mod value;

pub use analysis::{
    Analysis, Argument, ArgumentRole, ContentSignature, EntitySummary, PersonRole, Relation, RelationType,
    TextRange, Topic, TopicScore,
};
pub use article::{Article, Author, ContentHash, PublicationState, ZonedTime};
pub use article_id::{ArticleId, ArticleKey, InvalidArticleId};
pub use explanation::{Decision, Explanation, MentionExplanation, Proposal};
pub use mention::{EntityCandidate, EntityLink, EntityType, Mention, TaggerLayer, TextField};
pub use offsets::{OffsetMap, Span};
pub use tagged_article::{TaggedArticle, TaggerVersion};
pub use value::{
    Amount, CalendarGranularity, CalendarInterval, ClockTime, DurationUnit, IsoDuration, NormalizedValue,
};
