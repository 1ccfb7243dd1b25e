//! The harness of the black-box tests: a pipeline of the three services whose stages can be killed and started again one
//! by one, on the embedded log or on real NATS, with typed clients and seed data; and the chaos program.

pub mod articles;
pub mod chaos;
pub mod clients;
pub mod embedded_pipeline;
pub mod eventually;
pub mod nats_pipeline;
pub mod pipeline;
pub mod programs;

pub use clients::Clients;
pub use pipeline::{Pipeline, Stage};
