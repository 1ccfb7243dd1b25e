//! The ingest service from outside: real gRPC over a loopback socket, a real event log, and faults put in between.
#![allow(
    clippy::unwrap_used,
    reason = "tests end where something is not as it must be, helpers too"
)]

mod faulty_log;
mod flow_control;
mod log_failures;
mod nats_failures;
mod outcomes;
mod race;
mod refusals;
mod service;
mod shutdown;
mod streaming;
