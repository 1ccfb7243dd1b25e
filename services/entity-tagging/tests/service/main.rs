//! The edges of the service on a real log and over real gRPC: one outcome for each revision, dead letters, TagText, the
//! live dictionary, retags.

#![allow(clippy::unwrap_used)]

mod dead_letters;
mod dictionary;
mod leases;
mod liveness;
mod outcomes;
mod retag;
mod starting;
mod stopping;
mod tag_texts;
mod work;

use std::sync::Arc;

use gisa_entity_tagging::TaggingConfig;
use gisa_event_log::{
    EventLog,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use gisa_proto::tagging::v1::entity_tagging_service_client::EntityTaggingServiceClient;
use gisa_service_runtime::{Assembly, ServerConfig};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::Channel;

type Client = EntityTaggingServiceClient<Channel>;

/// The service over an embedded log in a temporary directory.
struct Service {
    log: Arc<dyn EventLog>,
    client: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    /// Of the log, if it is this replica's.
    directory: Option<tempfile::TempDir>,
}

impl Service {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn EventLog> = Arc::new(
            EmbeddedLog::open(EmbeddedConfig::new(directory.path()))
                .await
                .unwrap(),
        );
        Self {
            directory: Some(directory),
            ..Self::on(log).await
        }
    }

    /// A replica on a log that is there.
    async fn on(log: Arc<dyn EventLog>) -> Self {
        let mut assembly = Assembly::new();
        gisa_entity_tagging::start(&TaggingConfig::default(), Arc::clone(&log), &mut assembly)
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            assembly.serve(listener, &ServerConfig::default(), stop).await
        });
        let client = EntityTaggingServiceClient::connect(url).await.unwrap();
        Self {
            log,
            client,
            stop,
            running,
            directory: None,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    /// Stops it in order, and starts another process on the same files.
    async fn restart(mut self) -> Self {
        let directory = self.directory.take().unwrap();
        let log = Arc::clone(&self.log);
        self.stop().await;
        log.close().await.unwrap();
        drop(log);
        let config = EmbeddedConfig::new(directory.path());
        let log = EmbeddedLog::open(config).await.unwrap();
        Self {
            directory: Some(directory),
            ..Self::on(Arc::new(log)).await
        }
    }
}
