//! The pipeline as it runs in production: the real binaries, each a process of its own, over a real nats-server.

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use gisa_event_log::test_server::NatsTestServer;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    Stage,
    clients::{Endpoints, PATIENCE},
    programs::program,
};

/// Three processes over one nats-server.
#[derive(Debug)]
pub struct NatsPipeline {
    stages: [StageProcess; 3],
    replicas: Vec<StageProcess>,
    directory: TempDir,
    nats: NatsTestServer,
}

/// A stage as a process; killed when dropped.
#[derive(Debug)]
pub struct StageProcess {
    address: SocketAddr,
    child: Child,
}

impl NatsPipeline {
    /// Starts a nats-server and the three stages, or gives `None` if the NATS tests are skipped knowingly.
    pub async fn start_unless_skipped() -> Option<Self> {
        let nats = NatsTestServer::start_unless_skipped().await?;
        let directory = tempfile::tempdir().expect("a temporary directory");
        let start = |stage| StageProcess::start(stage, None, nats.url(), directory.path().join("index"));
        let stages = [
            start(Stage::Ingest).await,
            start(Stage::EntityTagging).await,
            start(Stage::Query).await,
        ];
        Some(Self {
            stages,
            replicas: Vec::new(),
            directory,
            nats,
        })
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
        let replica = StageProcess::start(stage, None, self.nats.url(), self.index_directory()).await;
        let address = replica.address;
        self.replicas.push(replica);
        address
    }

    /// SIGKILLs a stage.
    pub async fn kill(&mut self, stage: Stage) {
        self.stages[stage as usize]
            .child
            .kill()
            .await
            .expect("the process can be killed");
    }

    /// Starts a killed stage at its old address.
    pub async fn start_stage(&mut self, stage: Stage) {
        let address = self.stages[stage as usize].address;
        self.stages[stage as usize] =
            StageProcess::start(stage, Some(address), self.nats.url(), self.index_directory()).await;
    }

    /// The nats-server, to kill and start again.
    pub fn nats(&mut self) -> &mut NatsTestServer {
        &mut self.nats
    }

    fn index_directory(&self) -> PathBuf {
        self.directory.path().join("index")
    }
}

impl StageProcess {
    async fn start(
        stage: Stage,
        address: Option<SocketAddr>,
        nats_url: String,
        index_directory: PathBuf,
    ) -> Self {
        let mut settings = vec![format!("nats.servers={nats_url}")];
        settings.extend(address.map(|address| format!("server.listen={address}")));
        if stage == Stage::Query {
            settings.push(format!("query.index_directory={}", index_directory.display()));
        }
        Self::start_with(stage, &settings).await
    }

    /// Starts a stage with these settings, on a free port unless they say which, and waits until it listens.
    pub async fn start_with(stage: Stage, settings: &[String]) -> Self {
        let mut command = Command::new(program(stage));
        command
            .args(["--set", "server.listen=127.0.0.1:0"])
            .args(["--set", "logging.format=json"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{stage:?} cannot be run: {error}"));
        let stderr = child.stderr.take().expect("standard error is piped");

        let mut lines = BufReader::new(stderr).lines();
        let waiting = async {
            let mut seen = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(address) = listening_address(&line) {
                    return address;
                }
                seen.push(line);
            }
            panic!(
                "{stage:?} ended before it listened; its log:\n{}",
                seen.join("\n")
            );
        };
        let address = timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("{stage:?} does not start"));
        // The log goes on: read it so that the pipe does not fill up, and show it when the test fails.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{stage:?}: {line}");
            }
        });
        Self { address, child }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The address in the log line that says that the server listens.
fn listening_address(line: &str) -> Option<SocketAddr> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    event["fields"]["server.address"].as_str()?.parse().ok()
}
