//! Runs the built `gisa` binary the way people and scripts do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod dead_letters;
mod demo;
mod dev;
mod harness;
mod index;
mod offline;
mod streams;
