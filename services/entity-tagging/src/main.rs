//! The entity-tagging service as a process of its own: parse, run, drain.

use std::{process::ExitCode, sync::Arc};

use gisa_entity_tagging::config::EntityTaggingSettings;
use gisa_event_log::{EventLog, jetstream::JetStreamLog};
use gisa_service_runtime::run_service;

/// An article is many small allocations; see `docs/adr/0015-allocator.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run_service::<EntityTaggingSettings, _>(
        "gisa-entity-tagging",
        "Reads ARTICLES, tags, appends to TAGGED; tags texts over gRPC",
        |settings, assembly| {
            Box::pin(async move {
                let log: Arc<dyn EventLog> = Arc::new(JetStreamLog::connect(settings.nats.clone()).await?);
                let closing = Arc::clone(&log);
                assembly.on_close(async move { Ok(closing.close().await?) });
                gisa_entity_tagging::start(&settings.tagging, log, assembly).await
            })
        },
    )
}
