//! The ingest service: accepts articles over gRPC, decides what each one is (new, unchanged, corrected, retracted), and
//! appends it to the stream ARTICLES of the event log. A positive answer leaves only after the log has acknowledged.
//!
//! One article goes through [`api`] (protobuf to domain), [`validate`] (limits and normalisation), [`publish`] (read the
//! current revision, [`decide`], append, and again if somebody else was faster).

pub mod api;
pub mod config;
pub mod decide;
pub mod error;
pub mod metrics;
pub mod patience;
pub mod publish;
pub mod validate;

mod admission;
mod novelty;
mod stream_identity;

use std::sync::Arc;

use anyhow::Context as _;
use gisa_event_log::EventLog;
use gisa_service_runtime::Assembly;

pub use config::{IngestConfig, Settings};

use crate::{admission::Admission, api::IngestApi, metrics::IngestMetrics, publish::Publisher};

/// Adds the ingest service to a process. Fails if the log does not answer.
pub async fn start(
    config: &IngestConfig,
    log: Arc<dyn EventLog>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    let metrics = IngestMetrics::new(assembly.metrics());
    let publisher = Publisher::new(log, metrics.clone())
        .await
        .context("ingest cannot use the event log")?;
    let admission = Admission::new(config.max_bytes_in_flight);
    let api = IngestApi::new(config, publisher, admission, metrics, assembly.shutdown());
    assembly.add_grpc(api.into_service());
    Ok(())
}
