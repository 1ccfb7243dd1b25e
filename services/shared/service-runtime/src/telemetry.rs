//! Logs and traces of a process, started before everything else and flushed after it.
//!
//! Spans are made in any case: their ids are on the lines of the log and travel with the articles. They are exported over
//! OTLP (gRPC) when the standard variables say where to, `OTEL_EXPORTER_OTLP_ENDPOINT` or
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.

use std::{env, time::Duration};

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Level, info, warn};
use tracing_subscriber::{
    Layer as _,
    filter::{FilterExt as _, Targets, filter_fn},
    prelude::*,
};

use crate::logging::{LogLevel, LoggingConfig};

/// How long the last spans may take on their way out.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// Any of these says where traces go.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// The logs and traces of this process.
#[derive(Debug)]
pub struct Telemetry {
    level: LogLevel,
    traces: SdkTracerProvider,
}

impl Telemetry {
    /// Starts both for the whole process, named `program` in traces unless `OTEL_SERVICE_NAME` says otherwise. Must be
    /// called in a Tokio runtime. Fails if the variables ask for traces and cannot be followed. A second call changes
    /// nothing.
    pub fn start(program: &'static str, logging: &LoggingConfig) -> anyhow::Result<Self> {
        let traces = provider(program)?;
        let (lines, level) = logging.lines();
        // Libraries have spans of their own, which say nothing of articles. Spans of level DEBUG are there for traces only: where
        // those go nowhere, it costs to make them.
        let finest = if is_exported() { Level::DEBUG } else { Level::INFO };
        let ours = Targets::new()
            .with_target("gisa", finest)
            .and(filter_fn(|what| what.is_span() || *what.level() <= Level::INFO));
        let spans = tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("gisa"))
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(ours);
        let started = tracing_subscriber::registry().with(lines).with(spans).try_init();
        if started.is_err() {
            tracing::debug!("telemetry was started before");
        }
        if is_exported() {
            info!("traces are exported over OTLP");
        }
        Ok(Self { level, traces })
    }

    /// The level of the logs.
    pub fn level(&self) -> LogLevel {
        self.level.clone()
    }

    /// Sends what has not been sent yet, within a bound, and stops.
    pub async fn flush(self) {
        // Blocks until the exporter, which runs on this runtime, is done.
        let flushed = tokio::task::spawn_blocking(move || self.traces.shutdown_with_timeout(FLUSH_LIMIT));
        match flushed.await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => warn!(%error, "the last traces may be lost: {error}"),
            Err(error) => warn!(%error, "the last traces may be lost: {error}"),
        }
    }
}

fn provider(program: &'static str) -> anyhow::Result<SdkTracerProvider> {
    let mut resource = Resource::builder();
    // The detectors of the builder know the variable.
    if env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(program);
    }
    let builder = SdkTracerProvider::builder().with_resource(resource.build());
    if !is_exported() {
        // Ids for the logs and for those who come after, but nothing is recorded for nobody.
        return Ok(builder
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
            .build());
    }
    let exporter = SpanExporter::builder()
        .with_tonic()
        .build()
        .context("traces cannot be exported as the OTEL_* variables say")?;
    Ok(builder.with_batch_exporter(exporter).build())
}

/// Whether the standard variables ask for an export.
fn is_exported() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found.eq_ignore_ascii_case(value));
    let is_set = |name: &&str| env::var(name).is_ok_and(|found| !found.is_empty());
    ENDPOINTS.iter().any(is_set) && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none")
}
