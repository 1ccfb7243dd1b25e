//! Tagging articles again: operations that run beside the live articles, one replica at a time on each.
//!
//! ```text
//! StartRetag -> Desk -> RETAGS (one subject an operation, its whole state in each message) -> Board (every replica)
//! Worker: claims an operation on the board, scans ARTICLES, tags, publishes, writes down how far it has come
//! ```
//!
//! Every message of RETAGS is appended under the condition that the state before is still the newest one. So a caller who
//! cancels and a replica that takes over are seen by the replica at work, whose next message is refused; and whatever it
//! publishes until then is fenced as every outcome is.

mod board;
mod codec;
mod desk;
mod names;
mod operation;
mod process;
mod selection;
mod worker;

pub use board::{Board, BoardFollower, Posted};
pub use desk::{Desk, RetagError};
pub use operation::{Operation, Progress, State};
pub use selection::{Selection, check_selection};
pub use worker::RetagWorker;

pub(crate) use codec::encode_retag;
