//! How likely a relation is right: a base for the evidence of its kind, lowered for each thing that had to be guessed.
//!
//! The factors are set by hand, by how many of some hundred relations in news of all fields were right. `evaluate-facts`
//! shows how many of each confidence are facts of the gold, which lists only the key ones.

use super::inflection::{Mood, Position, Reading};

/// Relations less likely than this are not reported.
pub(super) const LEAST: f32 = 0.3;

/// A verb with an actor and an object, each a name.
pub(super) const EVENT: f32 = 0.9;
/// Figures with what they measure.
pub(super) const FIGURE: f32 = 0.8;
/// Words in quotes with a speaker.
pub(super) const SPEECH: f32 = 0.95;
/// Words that are reported without quotes.
pub(super) const REPORT: f32 = 0.85;

/// The actor is named in another clause.
pub(super) const ACTOR_OF_SENTENCE: f32 = 0.9;
/// The actor is the one of a sentence before.
pub(super) const ACTOR_BEFORE: f32 = 0.75;
/// The actor is what the article is about.
pub(super) const ACTOR_OF_ARTICLE: f32 = 0.6;
/// The actor is no name.
pub(super) const ACTOR_UNNAMED: f32 = 0.75;
/// There is nobody to act.
pub(super) const NO_ACTOR: f32 = 0.5;
/// The object is no name and not in quotes.
pub(super) const OBJECT_UNNAMED: f32 = 0.9;
/// The noun is carried by another verb.
pub(super) const CARRIED: f32 = 0.85;
/// The trigger tells of it only sometimes.
pub(super) const WEAK: f32 = 0.8;

/// What the form of the predicate takes away.
pub(super) fn of_reading(reading: Reading) -> f32 {
    let mood = match reading.mood {
        Mood::Fact => 1.0,
        Mood::Plan => 0.9,
        Mood::Possible => 0.4,
        Mood::Negated => 0.0,
    };
    let position = match reading.position {
        Position::Final | Position::Quoted => 1.0,
        Position::Connective => 0.95,
        Position::Relative => 0.7,
    };
    mood * position
}
