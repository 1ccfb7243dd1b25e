//! Both event logs against the contract suite, and what only one of them promises.

// Clippy lets tests unwrap, but not the functions that they share.
#![allow(clippy::unwrap_used)]

mod administration;
mod batches;
mod cluster;
mod embedded;
mod failover;
mod jetstream;
