//! The ingest service as a process of its own, over NATS JetStream: parse, run, drain.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use gisa_event_log::{EventLog, jetstream::JetStreamLog};
use gisa_ingest::Settings;
use gisa_service_runtime::{Assembly, run_service};

/// An article is many small allocations; see `docs/adr/0015-allocator.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run_service::<Settings, _>(
        "gisa-ingest",
        "Accepts articles over gRPC and appends them to the event log.",
        |settings, assembly| Box::pin(assemble(settings, assembly)),
    )
}

async fn assemble(settings: &Settings, assembly: &mut Assembly) -> anyhow::Result<()> {
    let log = JetStreamLog::connect(settings.nats.clone())
        .await
        .context("cannot connect to the event log")?;
    let log: Arc<dyn EventLog> = Arc::new(log);
    gisa_ingest::start(&settings.ingest, Arc::clone(&log), assembly).await?;
    assembly.on_close(async move { log.close().await.context("closing the event log") });
    Ok(())
}
