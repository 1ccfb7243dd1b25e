//! Domain types to protobuf and back. The gRPC edges of the services and the payloads on the event log use it; nothing
//! else sees protobuf types.

pub mod analysis;
pub mod article;
pub mod error;
pub mod events;
pub mod explanation;
pub mod mention;
pub mod time;
pub mod value;
pub mod write_token;

pub use error::DecodeError;
pub use events::{ArticleRevised, ArticleTagged, LogPosition};
pub use write_token::WriteToken;
