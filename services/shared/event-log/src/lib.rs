//! The event log that the services meet in: append, read, and durable consumers, behind one trait.
//!
//! Two implementations pass one contract suite ([`contract`]): [`embedded`], durable on the disk of one process, and
//! [`jetstream`], NATS JetStream. This is the only crate that knows NATS.

pub mod consumer;
#[cfg(feature = "contract-tests")]
pub mod contract;
pub mod dead_letter;
pub mod embedded;
pub mod error;
pub mod event_log;
pub mod given_up;
pub mod jetstream;
pub mod message;
pub mod retry;
pub mod stream;
#[cfg(feature = "test-server")]
pub mod test_server;

pub use consumer::{Consumer, ConsumerConfig, ConsumerLag, Delivery, DeliveryHandle};
pub use dead_letter::store_dead_letter;
pub use error::{AppendError, LogError};
pub use event_log::{EventLog, RecordStream, StartAt};
pub use given_up::GivenUp;
pub use message::{Append, Appended, ExpectedLast, Headers, Record};
pub use stream::{Position, Stream, StreamInfo, Subject};
