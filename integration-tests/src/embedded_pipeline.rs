//! The pipeline in this process: every stage on a runtime of its own, all over one embedded log.

use std::{net::SocketAddr, sync::Arc, thread};

use gisa_event_log::{
    EventLog,
    embedded::{EmbeddedConfig, EmbeddedLog},
};
use gisa_service_runtime::{Assembly, ServerConfig};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{Stage, clients::Endpoints, eventually::eventually};

/// Three stages over one embedded log.
#[derive(Debug)]
pub struct EmbeddedPipeline {
    log: Arc<dyn EventLog>,
    // The index of query lies in it too; deleted last.
    directory: TempDir,
    stages: [RunningStage; 3],
    replicas: Vec<RunningStage>,
}

/// A stage on a thread with a runtime of its own. Dropping it tears the runtime down.
#[derive(Debug)]
struct RunningStage {
    address: SocketAddr,
    kill: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl EmbeddedPipeline {
    /// Starts all stages over a new log in a temporary directory.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let log = EmbeddedLog::open(EmbeddedConfig::new(directory.path().join("log")))
            .await
            .expect("a new log");
        let log: Arc<dyn EventLog> = Arc::new(log);
        let start = |stage| RunningStage::start(stage, None, Arc::clone(&log), index_directory(&directory));
        let stages = [
            start(Stage::Ingest).await,
            start(Stage::EntityTagging).await,
            start(Stage::Query).await,
        ];
        Self {
            log,
            directory,
            stages,
            replicas: Vec::new(),
        }
    }

    /// Addresses of the three stages.
    pub fn endpoints(&self) -> Endpoints {
        let [ingest, tagging, query] = &self.stages;
        Endpoints {
            ingest: ingest.address,
            tagging: tagging.address,
            query: query.address,
        }
    }

    /// Starts one more replica of a stage.
    pub async fn start_replica(&mut self, stage: Stage) -> SocketAddr {
        let index = index_directory(&self.directory);
        let replica = RunningStage::start(stage, None, Arc::clone(&self.log), index).await;
        let address = replica.address;
        self.replicas.push(replica);
        address
    }

    /// Tears a stage down without a drain.
    pub fn kill(&mut self, stage: Stage) {
        let stage = &mut self.stages[stage as usize];
        stage.tear_down();
    }

    /// Starts a killed stage at its old address.
    pub async fn start_stage(&mut self, stage: Stage) {
        let address = self.stages[stage as usize].address;
        let index = index_directory(&self.directory);
        self.stages[stage as usize] =
            RunningStage::start(stage, Some(address), Arc::clone(&self.log), index).await;
    }
}

fn index_directory(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("index")
}

impl RunningStage {
    async fn start(
        stage: Stage,
        address: Option<SocketAddr>,
        log: Arc<dyn EventLog>,
        index_directory: std::path::PathBuf,
    ) -> Self {
        let wanted = address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        // A torn-down stage may hold its port for a moment.
        let listener = eventually(|| async move { std::net::TcpListener::bind(wanted) }).await;
        let address = listener.local_addr().expect("an address");
        let (kill, killed) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let mut assembly = Assembly::new();
                assemble(stage, &mut assembly, log, index_directory).await;
                listener.set_nonblocking(true).expect("a non-blocking listener");
                let listener = TcpListener::from_std(listener).expect("a listener");
                // The receiver is gone only if the test has ended.
                let _ = ready.send(());
                let config = ServerConfig::default();
                tokio::select! {
                    ended = assembly.serve(listener, &config, std::future::pending()) => {
                        panic!("stage {stage:?} ended by itself: {ended:?}");
                    }
                    _ = killed => (),
                }
            });
            runtime.shutdown_background();
        });
        started
            .await
            .unwrap_or_else(|_| panic!("stage {stage:?} does not start"));
        Self {
            address,
            kill: Some(kill),
            thread: Some(thread),
        }
    }

    fn tear_down(&mut self) {
        if let Some(kill) = self.kill.take() {
            // It fails only if the stage has ended, which its thread has told.
            let _ = kill.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic has been printed already.
            let _ = thread.join();
        }
    }
}

impl Drop for RunningStage {
    fn drop(&mut self) {
        self.tear_down();
    }
}

async fn assemble(
    stage: Stage,
    assembly: &mut Assembly,
    log: Arc<dyn EventLog>,
    index_directory: std::path::PathBuf,
) {
    let started = match stage {
        Stage::Ingest => gisa_ingest::start(&gisa_ingest::IngestConfig::default(), log, assembly).await,
        Stage::EntityTagging => {
            gisa_entity_tagging::start(&gisa_entity_tagging::TaggingConfig::default(), log, assembly).await
        }
        Stage::Query => {
            let config = gisa_query::QueryConfig {
                index_directory,
                ..gisa_query::QueryConfig::default()
            };
            gisa_query::start(&config, log, assembly).await
        }
    };
    started.unwrap_or_else(|error| panic!("stage {stage:?} does not start: {error:#}"));
}
