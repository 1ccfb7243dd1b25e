//! Structured logs on standard error.

use std::io::{self, IsTerminal as _};

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoggingConfig {
    /// Levels in the syntax of `tracing_subscriber::EnvFilter`: `info`, or `info,gisa_query=debug`.
    pub level: String,
    /// One line of text or one JSON object for each event.
    pub format: LogFormat,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Human,
        }
    }
}

impl LoggingConfig {
    /// Checks the level.
    pub fn validate(&self) -> Result<(), String> {
        EnvFilter::try_new(&self.level)
            .map(|_| ())
            .map_err(|error| format!("logging.level `{}`: {error}", self.level))
    }

    /// Starts logging for the whole process. A second call changes nothing.
    pub fn start(&self) {
        let filter = EnvFilter::try_new(&self.level).unwrap_or_else(|_| EnvFilter::new("info"));
        let registry = tracing_subscriber::registry().with(filter);
        let started = match self.format {
            LogFormat::Human => registry
                .with(
                    fmt::layer()
                        .with_ansi(io::stderr().is_terminal())
                        .with_writer(io::stderr),
                )
                .try_init(),
            LogFormat::Json => registry
                .with(fmt::layer().json().with_writer(io::stderr))
                .try_init(),
        };
        if started.is_err() {
            tracing::debug!("logging was started before");
        }
    }
}
