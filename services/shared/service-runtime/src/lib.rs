//! The chassis that every Gisa service starts from: configuration, logs, gRPC server with health and reflection, errors,
//! and an orderly shutdown.

pub mod assembly;
pub mod configuration;
mod healthcheck;
pub mod liveness;
pub mod logging;
pub mod rpc_error;
pub mod run;
pub mod server;

pub use assembly::{Assembly, Shutdown};
pub use configuration::{ConfigurationError, Settings, SettingsSources};
pub use gisa_proto::errors::v1::ErrorReason;
pub use liveness::Liveness;
pub use logging::{LogFormat, LoggingConfig};
pub use rpc_error::RpcError;
pub use run::{ServiceArguments, run_service};
pub use server::ServerConfig;
