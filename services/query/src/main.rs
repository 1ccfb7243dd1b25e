//! The query service as a process of its own, over NATS JetStream: parse, run, drain.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use gisa_event_log::{EventLog, jetstream::JetStreamLog};
use gisa_query::QuerySettings;
use gisa_service_runtime::{Assembly, run_service};

/// An article is many small allocations; see `docs/adr/0015-allocator.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run_service::<QuerySettings, _>(
        "gisa-query",
        "Keeps an index of tagged articles and answers get, search and watch.",
        |settings, assembly| Box::pin(assemble(settings, assembly)),
    )
}

async fn assemble(settings: &QuerySettings, assembly: &mut Assembly) -> anyhow::Result<()> {
    let log = JetStreamLog::connect(settings.nats.clone())
        .await
        .context("cannot connect to the event log")?;
    let log: Arc<dyn EventLog> = Arc::new(log);
    gisa_query::start(&settings.query, Arc::clone(&log), assembly).await?;
    assembly.on_close(async move { log.close().await.context("closing the event log") });
    Ok(())
}
