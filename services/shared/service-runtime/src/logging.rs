//! Structured logs on standard error, whose level can be changed while the process runs.

use std::io::{self, IsTerminal as _};

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

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

    /// The lines of the log on standard error, and their level.
    pub(crate) fn lines(&self) -> (impl Layer<Registry> + use<>, LogLevel) {
        let filter = EnvFilter::try_new(&self.level).unwrap_or_else(|_| EnvFilter::new("info"));
        let (filter, handle) = reload::Layer::new(filter);
        let lines = match self.format {
            LogFormat::Human => fmt::layer()
                .with_ansi(io::stderr().is_terminal())
                .with_writer(io::stderr)
                .boxed(),
            // The list of all spans has the current one.
            LogFormat::Json => fmt::layer()
                .json()
                .with_current_span(false)
                .with_writer(io::stderr)
                .boxed(),
        };
        (lines.with_filter(filter), LogLevel(handle))
    }
}

/// The level of the logs of this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<EnvFilter, Registry>);

impl LogLevel {
    /// The level, in the syntax of [`LoggingConfig::level`].
    pub fn get(&self) -> String {
        self.0
            .with_current(EnvFilter::to_string)
            .unwrap_or_else(|_| "logging is not started".to_owned())
    }

    /// Changes the level. Fails, with the reason, if `level` is none or logging was not started by this one.
    pub fn set(&self, level: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(level).map_err(|error| format!("`{level}` is no level: {error}"))?;
        self.0.reload(filter).map_err(|error| error.to_string())?;
        // As an error, so that it shows at any level.
        tracing::error!(level, "the level of the logs is now {level}");
        Ok(())
    }
}
