//! The chassis that every Gisa service starts from: configuration, logs, metrics, traces, gRPC server with health and reflection,
//! errors, and an orderly shutdown.

pub mod admin;
pub mod assembly;
pub mod configuration;
mod healthcheck;
pub mod liveness;
pub mod logging;
pub mod metrics;
pub mod rpc_error;
mod rpc_layer;
pub mod run;
pub mod server;
pub mod telemetry;
pub mod trace_context;

pub use assembly::{Assembly, Shutdown};
pub use configuration::{ConfigurationError, Settings, SettingsSources};
pub use gisa_proto::errors::v1::ErrorReason;
pub use liveness::Liveness;
pub use logging::{LogFormat, LogLevel, LoggingConfig};
pub use metrics::Metrics;
pub use rpc_error::RpcError;
pub use rpc_layer::code_name;
pub use run::{ServiceArguments, run_service};
pub use server::ServerConfig;
pub use telemetry::Telemetry;
pub use trace_context::TraceContext;
