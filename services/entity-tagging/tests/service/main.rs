//! The edges of the service on a real log and over real gRPC: one outcome for each revision, dead letters, TagText.

#![allow(clippy::unwrap_used)]

mod dead_letters;
mod liveness;
mod outcomes;
mod tag_texts;
mod work;
mod zombie;

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

/// The service over an embedded log in a temporary directory.
struct Service {
    log: Arc<dyn EventLog>,
    client: EntityTaggingServiceClient<Channel>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    _directory: tempfile::TempDir,
}

impl Service {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn EventLog> = Arc::new(
            EmbeddedLog::open(EmbeddedConfig::new(directory.path()))
                .await
                .unwrap(),
        );
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
            _directory: directory,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}
