//! Structured logs on standard error, whose level can be changed while the process runs.

use std::io::{self, IsTerminal as _};

use serde::{Deserialize, Serialize};
use tracing::span::Record;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    field::RecordFields,
    fmt::{
        self, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
    },
    reload,
};

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
                .fmt_fields(AppendedFields::default())
                .with_writer(io::stderr)
                .boxed(),
        };
        (lines.with_filter(filter), LogLevel(handle))
    }
}

/// Fields of a span as JSON. What is recorded later is appended; the formatter of the library would parse and write all of them
/// again, which for the spans of an article costs more than the rest of logging.
#[derive(Debug, Default)]
struct AppendedFields(JsonFields);

impl<'writer> FormatFields<'writer> for AppendedFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> std::fmt::Result {
        self.0.format_fields(writer, fields)
    }

    /// A field must not be recorded twice: it would be there twice.
    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> std::fmt::Result {
        let mut added = String::new();
        self.0.format_fields(Writer::new(&mut added), fields)?;
        let (Some(before), Some(after)) = (current.fields.strip_suffix('}'), added.strip_prefix('{')) else {
            current.fields.push_str(&added);
            return Ok(());
        };
        let separator = if before == "{" || after == "}" { "" } else { "," };
        current.fields = format!("{before}{separator}{after}");
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{error_span, field::Empty};
    use tracing_subscriber::prelude::*;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_recorded_later_is_on_the_line() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = fmt::layer()
            .json()
            .fmt_fields(AppendedFields::default())
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let empty = error_span!("empty", one = Empty, two = Empty);
            empty.record("one", "\"a\"");
            empty.record("two", 2);
            let begun = error_span!(parent: &empty, "begun", one = 1, two = Empty);
            begun.record("two", "b");
            begun.in_scope(|| tracing::error!("said"));
        });
        let line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        let expected = serde_json::json!([
            {"name": "empty", "one": "\"a\"", "two": 2},
            {"name": "begun", "one": 1, "two": "b"},
        ]);
        assert_eq!(line["spans"], expected);
    }
}
