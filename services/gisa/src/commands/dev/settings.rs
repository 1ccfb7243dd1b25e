//! Settings of `gisa dev`.

use std::path::PathBuf;

use gisa_entity_tagging::TaggingConfig;
use gisa_ingest::IngestConfig;
use gisa_query::QueryConfig;
use gisa_service_runtime::{LoggingConfig, ServerConfig, Settings};
use serde::{Deserialize, Serialize};

/// Settings of the three services in one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DevSettings {
    /// Directory of the event log and the index.
    pub(super) data_dir: PathBuf,
    /// The gRPC server.
    pub(super) server: ServerConfig,
    /// The logs.
    pub(super) logging: LoggingConfig,
    /// The ingest service.
    pub(super) ingest: IngestConfig,
    /// The entity-tagging service.
    pub(super) tagging: TaggingConfig,
    /// The query service.
    pub(super) query: QueryConfig,
}

impl Default for DevSettings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("gisa-data"),
            server: ServerConfig::default(),
            logging: LoggingConfig::default(),
            ingest: IngestConfig::default(),
            tagging: TaggingConfig::default(),
            query: QueryConfig::default(),
        }
    }
}

impl Settings for DevSettings {
    fn validate(&self) -> Result<(), String> {
        if self.data_dir.as_os_str().is_empty() {
            return Err("data_dir must not be empty".to_owned());
        }
        self.server.validate()?;
        self.logging.validate()?;
        self.ingest.validate()?;
        self.tagging.validate()?;
        self.query.validate()
    }
}
