//! The three services in one process, over the embedded event log.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use gisa_entity_tagging::TaggingConfig;
use gisa_event_log::{
    EventLog,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use gisa_ingest::IngestConfig;
use gisa_query::QueryConfig;
use gisa_service_runtime::Assembly;

/// Directory of the event log in the data directory.
const LOG_DIRECTORY: &str = "log";
/// Directory of the index in the data directory.
const INDEX_DIRECTORY: &str = "index";

/// Adds the three services to a process, with their data in `directory`.
pub(crate) async fn start(
    directory: &Path,
    ingest: &IngestConfig,
    tagging: &TaggingConfig,
    query: &QueryConfig,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    let log_directory = directory.join(LOG_DIRECTORY);
    let log = EmbeddedLog::open(EmbeddedConfig::new(&log_directory))
        .await
        .with_context(|| format!("cannot open the event log in {}", log_directory.display()))?;
    let log: Arc<dyn EventLog> = Arc::new(log);
    let mut query = query.clone();
    // A relative directory that nobody chose belongs to the other data.
    if query.index_directory == QueryConfig::default().index_directory {
        query.index_directory = directory.join(INDEX_DIRECTORY);
    }
    gisa_ingest::start(ingest, Arc::clone(&log), assembly).await?;
    gisa_entity_tagging::start(tagging, Arc::clone(&log), assembly).await?;
    gisa_query::start(&query, Arc::clone(&log), assembly).await?;
    assembly.on_close(async move { Ok(log.close().await?) });
    Ok(())
}
