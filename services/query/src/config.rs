//! Settings of the query service.

use std::{path::PathBuf, time::Duration};

use gisa_event_log::jetstream::JetStreamConfig;
use gisa_service_runtime::{LoggingConfig, ServerConfig, Settings, run::ServiceSettings};
use serde::{Deserialize, Serialize};

/// Settings of the `gisa-query` binary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuerySettings {
    /// The gRPC server.
    pub server: ServerConfig,
    /// The logs.
    pub logging: LoggingConfig,
    /// The event log.
    pub nats: JetStreamConfig,
    /// The service itself.
    pub query: QueryConfig,
}

/// Settings of the service itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryConfig {
    /// Directory of the index, of this process alone; made if it is missing. It holds nothing that the event log does
    /// not: deleted, it is built again.
    pub index_directory: PathBuf,
    /// New articles become visible this often, in milliseconds; the first after a pause at once.
    pub commit_interval_ms: u64,
    /// Memory for articles that are not yet written, in bytes.
    pub writer_memory_bytes: usize,
    /// Threads that analyse articles.
    pub writer_threads: usize,
    /// How long a call with a write token waits at most, in milliseconds.
    pub max_wait_ms: u64,
    /// A watch says at least this often how far it has read, in milliseconds.
    pub checkpoint_interval_ms: u64,
    /// Events of one watch that wait for a slow caller; then its reading waits.
    pub watch_buffer: usize,
}

impl Default for QuerySettings {
    fn default() -> Self {
        Self {
            server: ServerConfig::on_port(7703),
            logging: LoggingConfig::default(),
            nats: JetStreamConfig::default(),
            query: QueryConfig::default(),
        }
    }
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self {
            index_directory: PathBuf::from("gisa-data/index"),
            commit_interval_ms: 200,
            writer_memory_bytes: 128 << 20,
            writer_threads: 2,
            max_wait_ms: 30_000,
            checkpoint_interval_ms: 5_000,
            watch_buffer: 64,
        }
    }
}

impl QueryConfig {
    /// Least memory of one writer thread, a limit of tantivy.
    const MIN_THREAD_MEMORY: usize = 15_000_000;
    /// Most memory of one writer thread, a limit of tantivy.
    const MAX_THREAD_MEMORY: usize = 4_000_000_000;

    /// Checks the limits.
    pub fn validate(&self) -> Result<(), String> {
        if self.index_directory.as_os_str().is_empty() {
            return Err("query.index_directory must not be empty".to_owned());
        }
        if !(1..=60_000).contains(&self.commit_interval_ms) {
            return Err("query.commit_interval_ms must be between 1 and 60000".to_owned());
        }
        if !(1..=8).contains(&self.writer_threads) {
            return Err("query.writer_threads must be between 1 and 8".to_owned());
        }
        let thread_memory = self.writer_memory_bytes / self.writer_threads;
        if !(Self::MIN_THREAD_MEMORY..=Self::MAX_THREAD_MEMORY).contains(&thread_memory) {
            return Err(
                "query.writer_memory_bytes must be between 15 MB and 4 GB for each of query.writer_threads"
                    .to_owned(),
            );
        }
        if self.max_wait_ms > 30_000 {
            return Err("query.max_wait_ms must be at most 30000".to_owned());
        }
        if self.checkpoint_interval_ms == 0 {
            return Err("query.checkpoint_interval_ms must be at least 1".to_owned());
        }
        if self.watch_buffer == 0 {
            return Err("query.watch_buffer must be at least 1".to_owned());
        }
        Ok(())
    }

    pub(crate) fn commit_interval(&self) -> Duration {
        Duration::from_millis(self.commit_interval_ms)
    }

    pub(crate) fn max_wait(&self) -> Duration {
        Duration::from_millis(self.max_wait_ms)
    }

    pub(crate) fn checkpoint_interval(&self) -> Duration {
        Duration::from_millis(self.checkpoint_interval_ms)
    }
}

impl Settings for QuerySettings {
    fn validate(&self) -> Result<(), String> {
        self.server.validate()?;
        self.logging.validate()?;
        self.nats.validate()?;
        self.query.validate()
    }
}

impl ServiceSettings for QuerySettings {
    fn server(&self) -> &ServerConfig {
        &self.server
    }

    fn logging(&self) -> &LoggingConfig {
        &self.logging
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        QuerySettings::default().validate().unwrap();
    }

    #[test]
    fn limits_are_checked() {
        let wrong = [
            QueryConfig {
                index_directory: PathBuf::new(),
                ..Default::default()
            },
            QueryConfig {
                commit_interval_ms: 0,
                ..Default::default()
            },
            QueryConfig {
                writer_threads: 0,
                ..Default::default()
            },
            QueryConfig {
                writer_memory_bytes: 1,
                ..Default::default()
            },
            QueryConfig {
                max_wait_ms: 31_000,
                ..Default::default()
            },
            QueryConfig {
                checkpoint_interval_ms: 0,
                ..Default::default()
            },
            QueryConfig {
                watch_buffer: 0,
                ..Default::default()
            },
        ];
        for config in wrong {
            assert!(config.validate().is_err(), "{config:?}");
        }
    }
}
