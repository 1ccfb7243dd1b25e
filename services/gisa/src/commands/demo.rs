//! `gisa demo`: the whole pipeline in a temporary directory, shown with the sample articles.
//!
//! It is no trick: articles go in and answers come out over gRPC, as with any other client.

mod seeds;
mod tour;

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use gisa_entity_tagging::TaggingConfig;
use gisa_ingest::IngestConfig;
use gisa_query::QueryConfig;
use gisa_service_runtime::{Assembly, ServerConfig};
use tokio::{net::TcpListener, sync::oneshot};

use self::tour::Tour;
use crate::{
    client::Server,
    failure::{Failure, FailureKind},
    output::Output,
    pipeline,
};

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the services may take to stop; there is nothing to be kept.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) async fn run(output: &mut Output) -> Result<(), Failure> {
    let begun_at = Instant::now();
    if output.is_json() {
        return Err(Failure::new(
            FailureKind::Usage,
            "the demo is for people and has no --output json",
        ));
    }
    let directory = tempfile::Builder::new()
        .prefix("gisa-demo-")
        .tempdir()
        .context("cannot make a temporary directory")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("cannot listen on the loopback address")?;
    let address = listener.local_addr().context("the listener has no address")?;
    let mut assembly = Assembly::new();
    pipeline::start(
        directory.path(),
        &IngestConfig::default(),
        &TaggingConfig::default(),
        &QueryConfig::default(),
        &mut assembly,
    )
    .await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let until_dropped = async {
            // An error means that the sender is gone, which is the sign.
            let _ = stopped.await;
        };
        assembly
            .serve(listener, &ServerConfig::default(), until_dropped)
            .await
    });

    let server = Server::at(&format!("http://{address}"), CALL_TIMEOUT)?;
    let shown = Tour::new(&server, output, begun_at).run().await;
    drop(stop);
    // The results have been shown; how the services end does not change them.
    let _ = tokio::time::timeout(STOP_TIMEOUT, serving).await;
    shown
}
