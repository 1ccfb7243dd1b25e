//! The query service as callers see it: over gRPC on the loopback address, on a real event log.

// Helpers are not marked as tests, to which the lint's own exception is confined.
#![allow(clippy::unwrap_used)]

mod article;
mod gated_log;
mod get;
mod paging;
mod rebuild;
mod rebuild_crash;
mod restart;
mod sandbox;
mod search;
mod view_model;
mod watch;
mod watch_model;
mod watch_resume;
mod write_token;
