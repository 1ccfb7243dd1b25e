//! The chaos program: articles flow through real processes over real NATS while those are killed, frozen and cut off;
//! then everything that was acknowledged is compared with everything that can be read. `docs/CHAOS.md` says how.

pub mod checker;
pub mod history;
pub mod options;
pub mod report;
pub mod run;
pub mod schedule;

mod collect;
mod deployment;
mod faults;
mod nats;
mod proxy;
mod sender;
mod service;
mod texts;
mod watcher;
