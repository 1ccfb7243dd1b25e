//! Settings of the ingest service.

use gisa_event_log::jetstream::JetStreamConfig;
use gisa_service_runtime::{LoggingConfig, ServerConfig, run::ServiceSettings};
use serde::{Deserialize, Serialize};

/// Default port of the service.
const PORT: u16 = 7701;

/// Most that `ingest.max_body_bytes` may be: far beyond any article, and what one request may make the process hold.
const LARGEST_BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Settings of the `gisa-ingest` process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The gRPC server; port 7701 unless set.
    pub server: ServerConfig,
    /// The logs.
    pub logging: LoggingConfig,
    /// The event log.
    pub nats: JetStreamConfig,
    /// What ingest accepts, and how much at a time.
    pub ingest: IngestConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerConfig::on_port(PORT),
            logging: LoggingConfig::default(),
            nats: JetStreamConfig::default(),
            ingest: IngestConfig::default(),
        }
    }
}

impl gisa_service_runtime::Settings for Settings {
    fn validate(&self) -> Result<(), String> {
        self.server.validate()?;
        self.logging.validate()?;
        self.nats.validate()?;
        self.ingest.validate()
    }
}

impl ServiceSettings for Settings {
    fn server(&self) -> &ServerConfig {
        &self.server
    }

    fn logging(&self) -> &LoggingConfig {
        &self.logging
    }
}

/// What ingest accepts, and how much at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// Largest body of an article, in bytes of normalised UTF-8. The event log has a limit of its own, 1 MiB per message
    /// unless NATS is configured otherwise.
    pub max_body_bytes: usize,
    /// Most operations of one stream that may be unanswered; then the stream is not read on.
    pub max_in_flight: usize,
    /// Most bytes of requests, over all calls and streams, that may be on their way into the log; further ones wait.
    pub max_bytes_in_flight: usize,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_body_bytes: 512 * 1024,
            max_in_flight: 256,
            max_bytes_in_flight: 64 * 1024 * 1024,
        }
    }
}

impl IngestConfig {
    /// Checks the limits.
    pub fn validate(&self) -> Result<(), String> {
        let check = |name: &str, value: usize, lowest: usize, highest: usize| {
            if (lowest..=highest).contains(&value) {
                return Ok(());
            }
            Err(format!("ingest.{name} is {value}, must be {lowest} to {highest}"))
        };
        check("max_body_bytes", self.max_body_bytes, 1, LARGEST_BODY_LIMIT)?;
        check("max_in_flight", self.max_in_flight, 1, 65_536)?;
        // Less than one body would make the larger articles wait for the whole budget, one by one.
        check(
            "max_bytes_in_flight",
            self.max_bytes_in_flight,
            self.max_body_bytes,
            u32::MAX as usize,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gisa_service_runtime::SettingsSources;

    fn load(overrides: &[&str]) -> Result<Settings, String> {
        let overrides = overrides.iter().map(|text| (*text).to_owned()).collect();
        let sources = SettingsSources {
            overrides,
            ..Default::default()
        };
        sources.load().map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_load_and_settings_can_be_changed() {
        assert_eq!(load(&[]).unwrap(), Settings::default());
        let settings = load(&["ingest.max_in_flight=8", "nats.stream_prefix=T1"]).unwrap();
        assert_eq!(
            (
                settings.ingest.max_in_flight,
                settings.nats.stream_prefix.as_str()
            ),
            (8, "T1")
        );
        assert_eq!(settings.server.listen.port(), PORT);
    }

    #[test]
    fn wrong_limits_are_named() {
        for (wrong, name) in [
            ("ingest.max_body_bytes=0", "ingest.max_body_bytes is 0"),
            ("ingest.max_in_flight=0", "ingest.max_in_flight is 0"),
            (
                "ingest.max_bytes_in_flight=1000",
                "ingest.max_bytes_in_flight is 1000",
            ),
            ("ingest.max_bodies=1", "unknown setting `ingest.max_bodies`"),
        ] {
            assert!(load(&[wrong]).unwrap_err().contains(name), "{wrong}");
        }
    }
}
