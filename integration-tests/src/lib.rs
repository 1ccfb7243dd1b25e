//! The harness of the black-box tests: a pipeline of the three services whose stages can be killed and started again one
//! by one, on the embedded log, on real NATS, in containers or as the Compose stack, with typed clients and seed data; and the
//! chaos program.

pub mod admin;
pub mod articles;
pub mod chaos;
pub mod clients;
pub mod compose_stack;
pub mod container_pipeline;
pub mod docker;
pub mod embedded_pipeline;
pub mod eventually;
pub mod health;
pub mod nats_pipeline;
pub mod otlp;
pub mod pipeline;
pub mod programs;

pub use clients::Clients;
pub use pipeline::{Pipeline, Stage};
