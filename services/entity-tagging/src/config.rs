//! Settings of the entity-tagging service.

use std::time::Duration;

use gisa_event_log::{ConsumerConfig, jetstream::JetStreamConfig};
use gisa_service_runtime::{LoggingConfig, ServerConfig, Settings, run::ServiceSettings};
use serde::{Deserialize, Serialize};

use crate::model::ModelSource;

/// Advisories in work at a time, over all processes and in one; there are few.
const SWEEP_MAX_ACK_PENDING: usize = 64;
const SWEEP_BATCH: usize = 8;

/// Settings of the `gisa-entity-tagging` binary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EntityTaggingSettings {
    /// The gRPC server.
    pub server: ServerConfig,
    /// The logs.
    pub logging: LoggingConfig,
    /// The event log.
    pub nats: JetStreamConfig,
    /// The service itself.
    pub tagging: TaggingConfig,
}

/// Settings of the service itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaggingConfig {
    /// Durable consumer of ARTICLES that all replicas share.
    pub consumer_name: String,
    /// Articles that one process works on at a time.
    pub max_in_flight: usize,
    /// Articles that all processes together may have in work.
    pub max_ack_pending: usize,
    /// After this long without a sign of life an article is given to another worker. Milliseconds.
    pub ack_wait_ms: u64,
    /// How often an article is tried before it goes to DEAD_LETTERS.
    pub max_attempts: u32,
    /// Articles that one process tags again at a time, beside the live ones.
    pub retag_concurrency: usize,
    /// After this long without a sign of life a retag is taken over by another process. Milliseconds.
    pub retag_lease_ms: u64,
    /// Largest body that TagText and TagTexts accept, in bytes.
    pub max_body_bytes: usize,
    /// The model of names: `built-in` or `onnx:DIRECTORY`. Articles that are tagged already keep their tags.
    pub model: ModelSource,
}

impl Default for EntityTaggingSettings {
    fn default() -> Self {
        Self {
            server: ServerConfig::on_port(7702),
            logging: LoggingConfig::default(),
            nats: JetStreamConfig::default(),
            tagging: TaggingConfig::default(),
        }
    }
}

impl Default for TaggingConfig {
    fn default() -> Self {
        Self {
            consumer_name: "entity-tagging".to_owned(),
            max_in_flight: 512,
            max_ack_pending: 4096,
            ack_wait_ms: 30_000,
            max_attempts: 5,
            retag_concurrency: 1,
            retag_lease_ms: 10_000,
            max_body_bytes: 512 * 1024,
            model: ModelSource::BuiltIn,
        }
    }
}

impl TaggingConfig {
    /// The durable consumer of ARTICLES: what the worker joins and `gisa streams apply` creates.
    pub fn consumer(&self) -> ConsumerConfig {
        ConsumerConfig {
            durable_name: self.consumer_name.clone(),
            ack_wait: Duration::from_millis(self.ack_wait_ms),
            max_ack_pending: self.max_ack_pending,
            batch: self.max_in_flight,
        }
    }

    /// The durable consumer of ADVISORIES: what the sweeper joins and `gisa streams apply` creates.
    pub fn sweep_consumer(&self) -> ConsumerConfig {
        ConsumerConfig {
            durable_name: format!("{}-sweep", self.consumer_name),
            ack_wait: Duration::from_millis(self.ack_wait_ms),
            max_ack_pending: SWEEP_MAX_ACK_PENDING,
            batch: SWEEP_BATCH,
        }
    }

    /// Checks names and limits.
    pub fn validate(&self) -> Result<(), String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.consumer_name.is_empty() || !self.consumer_name.bytes().all(allowed) {
            return Err("tagging.consumer_name must be letters, digits, - and _".to_owned());
        }
        if self.max_in_flight == 0 || self.max_ack_pending < self.max_in_flight {
            return Err(
                "tagging.max_in_flight must be at least 1 and at most tagging.max_ack_pending".to_owned(),
            );
        }
        if self.ack_wait_ms < 1000 {
            return Err("tagging.ack_wait_ms must be at least 1000".to_owned());
        }
        if self.max_attempts == 0 {
            return Err("tagging.max_attempts must be at least 1".to_owned());
        }
        if self.retag_concurrency == 0 || self.retag_concurrency > self.max_in_flight {
            return Err(
                "tagging.retag_concurrency must be at least 1 and at most tagging.max_in_flight".to_owned(),
            );
        }
        if self.retag_lease_ms < 1000 {
            return Err("tagging.retag_lease_ms must be at least 1000".to_owned());
        }
        self.model.validate()
    }
}

impl Settings for EntityTaggingSettings {
    fn validate(&self) -> Result<(), String> {
        self.server.validate()?;
        self.logging.validate()?;
        self.nats.validate()?;
        self.tagging.validate()
    }
}

impl ServiceSettings for EntityTaggingSettings {
    fn server(&self) -> &ServerConfig {
        &self.server
    }

    fn logging(&self) -> &LoggingConfig {
        &self.logging
    }
}
