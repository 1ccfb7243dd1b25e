//! The pipeline as it runs in production: the real binaries, each a process of its own, over a real nats-server.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use gisa_event_log::test_server::NatsTestServer;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
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
    admin: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
    child: Child,
}

impl NatsPipeline {
    /// Starts a nats-server and the three stages, or gives `None` if the NATS tests are skipped knowingly.
    pub async fn start_unless_skipped() -> Option<Self> {
        Self::start_with_environment(&[]).await
    }

    /// The same with variables in the environment of the three stages.
    pub async fn start_with_environment(environment: &[(&str, &str)]) -> Option<Self> {
        let nats = NatsTestServer::start_unless_skipped().await?;
        let directory = tempfile::tempdir().expect("a temporary directory");
        let start = |stage| {
            StageProcess::start(
                stage,
                None,
                nats.url(),
                directory.path().join("index"),
                environment,
            )
        };
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
        let replica = StageProcess::start(stage, None, self.nats.url(), self.index_directory(), &[]).await;
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

    /// SIGTERMs a stage and waits until it has stopped in order.
    pub async fn stop(&mut self, stage: Stage) {
        self.terminate(stage).await;
        let ended = self.wait(stage).await;
        assert!(ended.success(), "{stage:?} ended with {ended}");
    }

    /// SIGTERMs a stage.
    pub async fn terminate(&self, stage: Stage) {
        let child = &self.stages[stage as usize].child;
        let id = child.id().expect("the process runs").to_string();
        let signalled = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(signalled.expect("kill can be run").success());
    }

    /// Waits until a stage has ended; its log is complete then.
    pub async fn wait(&mut self, stage: Stage) -> ExitStatus {
        let StageProcess { child, reader, .. } = &mut self.stages[stage as usize];
        let ended = timeout(PATIENCE, child.wait()).await.expect("the process stops");
        let ended = ended.expect("the process can be waited for");
        reader.await.expect("the log is read");
        ended
    }

    /// Starts a killed stage at its old address.
    pub async fn start_stage(&mut self, stage: Stage) {
        let address = self.stages[stage as usize].address;
        self.stages[stage as usize] =
            StageProcess::start(stage, Some(address), self.nats.url(), self.index_directory(), &[]).await;
    }

    /// Address of a stage's admin port.
    pub fn admin(&self, stage: Stage) -> SocketAddr {
        self.stages[stage as usize].admin
    }

    /// The lines that a stage has logged so far.
    pub fn log(&self, stage: Stage) -> Vec<String> {
        self.stages[stage as usize].log.lock().expect("no panic").clone()
    }

    /// The nats-server, to kill and start again.
    pub fn nats(&mut self) -> &mut NatsTestServer {
        &mut self.nats
    }

    /// Directory of the index of query.
    pub fn index_directory(&self) -> PathBuf {
        self.directory.path().join("index")
    }
}

impl StageProcess {
    async fn start(
        stage: Stage,
        address: Option<SocketAddr>,
        nats_url: String,
        index_directory: PathBuf,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut settings = vec![format!("nats.servers={nats_url}")];
        settings.extend(address.map(|address| format!("server.listen={address}")));
        if stage == Stage::Query {
            settings.push(format!("query.index_directory={}", index_directory.display()));
        }
        Self::start_in(stage, &settings, environment).await
    }

    /// Starts a stage with these settings, on a free port unless they say which, and waits until it listens.
    pub async fn start_with(stage: Stage, settings: &[String]) -> Self {
        Self::start_in(stage, settings, &[]).await
    }

    async fn start_in(stage: Stage, settings: &[String], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program(stage));
        command
            .args(["--set", "server.listen=127.0.0.1:0"])
            .args(["--set", "server.admin_listen=127.0.0.1:0"])
            .args(["--set", "logging.format=json"])
            .envs(environment.iter().copied())
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
            let mut admin = None;
            while let Ok(Some(line)) = lines.next_line().await {
                admin = admin.or_else(|| address_in(&line, "server.admin_address"));
                let address = address_in(&line, "server.address");
                seen.push(line);
                if let Some(address) = address {
                    return (address, admin.expect("the admin port is open"), seen);
                }
            }
            panic!(
                "{stage:?} ended before it listened; its log:\n{}",
                seen.join("\n")
            );
        };
        let (address, admin, seen) = timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("{stage:?} does not start"));
        // The log goes on: read it so that the pipe does not fill up, and show it when the test fails.
        let log = Arc::new(Mutex::new(seen));
        let written = Arc::clone(&log);
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{stage:?}: {line}");
                written.lock().expect("no panic").push(line);
            }
        });
        Self {
            address,
            admin,
            log,
            reader,
            child,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process, while it has not been waited for.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }
}

/// The address in the log line that says that a server listens.
fn address_in(line: &str, field: &str) -> Option<SocketAddr> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    event["fields"][field].as_str()?.parse().ok()
}
