//! The dictionary while the service runs: changes are stored in the stream DICTIONARY, and every replica follows it.
//!
//! ```text
//! UpsertEntity -> rules -> Editor -> DICTIONARY -> Follower (every replica) -> Edition: states of entities and a tagger
//! ```
//!
//! The version of a dictionary is the sequence of the last change in it: it rises with every change and is the same at
//! all replicas.

mod codec;
mod edition;
mod editor;
mod follower;
mod rules;

pub use codec::{decode_change, encode_change};
pub use edition::{Edition, EntityState, LiveDictionary};
pub use editor::{EditError, Editor, Upserted};
pub use follower::Follower;
pub use rules::check_entity;

pub(crate) use codec::encode_entity;
pub(crate) use editor::etag;
