//! The stack of `deploy/compose.yaml`, driven with Compose: Compose v2 if it is there, else docker-compose. Containers,
//! network and volumes are removed when it is dropped.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    sync::OnceLock,
};

use tokio::task::spawn_blocking;

use crate::{
    Stage,
    clients::Endpoints,
    docker::{deploy_directory, docker, free_port, is_skipped, unique_name},
    eventually::eventually,
    health,
};

/// A running stack. Ports are its own, so that several stand side by side.
#[derive(Debug)]
pub struct ComposeStack {
    project: Project,
}

/// One project of Compose; taken down when dropped.
#[derive(Clone, Debug)]
struct Project {
    name: String,
    ports: Ports,
    is_owner: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    nats: u16,
    ingest: u16,
    tagging: u16,
    query: u16,
}

/// Ports for the replicas of entity tagging.
const TAGGING_PORTS: u16 = 6;

impl ComposeStack {
    /// Brings the stack up and waits until every service serves; `None` if the container tests are skipped knowingly.
    pub async fn up_unless_skipped() -> Option<Self> {
        if is_skipped() {
            return None;
        }
        let ports = Ports {
            nats: free_port(),
            ingest: free_port(),
            tagging: free_port_range(),
            query: free_port(),
        };
        let project = Project {
            name: unique_name(),
            ports,
            is_owner: true,
        };
        let stack = Self { project };
        stack.compose(&["up", "--detach", "--no-build"]).await;
        stack.until_healthy().await;
        Some(stack)
    }

    /// Addresses of the three services; of the first replica of entity tagging.
    pub fn endpoints(&self) -> Endpoints {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let tagging = self.published("entity-tagging", 7702);
        Endpoints {
            ingest: local(self.project.ports.ingest),
            tagging: *tagging.first().expect("a replica of entity tagging"),
            query: local(self.project.ports.query),
        }
    }

    /// Runs `up` so that entity tagging has this many replicas, without touching the others.
    pub async fn scale_tagging(&self, replicas: usize) {
        let scale = format!("entity-tagging={replicas}");
        self.compose(&["up", "--detach", "--no-build", "--no-recreate", "--scale", &scale])
            .await;
        eventually(|| async {
            let found = self.published("entity-tagging", 7702);
            for address in &found {
                health::check(*address)
                    .await
                    .map_err(|status| status.to_string())?;
            }
            if found.len() == replicas {
                Ok(())
            } else {
                Err(format!("{} replicas", found.len()))
            }
        })
        .await;
    }

    /// Replaces the containers of a service by new ones, as an upgrade of its image does, and waits until it serves.
    pub async fn replace(&self, service: &str, replicas: usize) {
        let scale = format!("{service}={replicas}");
        let arguments = [
            "up",
            "--detach",
            "--no-build",
            "--no-deps",
            "--force-recreate",
            "--scale",
            &scale,
            service,
        ];
        self.compose(&arguments).await;
        self.until_healthy().await;
    }

    /// How many containers of a service run.
    pub fn running(&self, service: &str) -> usize {
        self.containers(service).len()
    }

    /// Restarts the containers of a service in order.
    pub async fn restart_service(&self, service: &str) {
        self.compose(&["restart", service]).await;
        self.until_healthy().await;
    }

    /// SIGKILLs the first container of a service and leaves it dead.
    pub fn kill_container(&self, service: &str) {
        let containers = self.containers(service);
        docker(&["kill", containers.first().expect("a container")]);
    }

    /// Starts what does not run.
    pub async fn start_again(&self) {
        self.compose(&["start"]).await;
        self.until_healthy().await;
    }

    /// Starts one more replica of a stage.
    pub async fn start_replica(&self, stage: Stage) -> SocketAddr {
        let port = free_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let publish = format!("127.0.0.1:{port}:{}", 7701 + stage as u16);
        self.compose(&[
            "run",
            "--detach",
            "--no-deps",
            "--publish",
            &publish,
            service(stage),
        ])
        .await;
        eventually(|| health::check(address)).await;
        address
    }

    /// SIGKILLs a stage.
    pub fn kill(&self, stage: Stage) {
        self.kill_container(service(stage));
    }

    /// Starts a killed stage again.
    pub async fn start_stage(&self, stage: Stage) {
        self.compose(&["start", service(stage)]).await;
        self.until_healthy().await;
    }

    /// Name of the project, which all its containers, networks and volumes carry as a label.
    pub fn project(&self) -> &str {
        &self.project.name
    }

    async fn until_healthy(&self) {
        eventually(|| async {
            let endpoints = self.endpoints();
            for address in [endpoints.ingest, endpoints.tagging, endpoints.query] {
                health::check(address).await?;
            }
            Ok::<(), tonic::Status>(())
        })
        .await;
    }

    async fn compose(&self, arguments: &[&str]) {
        let mut project = self.project.clone();
        project.is_owner = false;
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let said = spawn_blocking(move || project.compose(&arguments)).await;
        if let Err(error) = said.expect("the thread does not panic") {
            panic!("{error}");
        }
    }

    fn containers(&self, service: &str) -> Vec<String> {
        let project = format!("label=com.docker.compose.project={}", self.project.name);
        let service = format!("label=com.docker.compose.service={service}");
        let found = docker(&["ps", "--quiet", "--filter", &project, "--filter", &service]);
        found.lines().map(str::to_owned).collect()
    }

    /// Where the containers of a service are reached.
    fn published(&self, service: &str, port: u16) -> Vec<SocketAddr> {
        let containers = self.containers(service);
        let found = containers
            .iter()
            .map(|container| docker(&["port", container, &port.to_string()]));
        found
            .filter_map(|address| address.lines().next()?.parse().ok())
            .collect()
    }
}

impl Project {
    fn compose(&self, arguments: &[String]) -> Result<(), String> {
        self.compose_output(arguments).map(|_| ())
    }

    fn compose_output(&self, arguments: &[String]) -> Result<String, String> {
        let ports = &self.ports;
        let range = format!("{}-{}", ports.tagging, ports.tagging + TAGGING_PORTS - 1);
        let output = program()
            .arg("--file")
            .arg(deploy_directory().join("compose.yaml"))
            .args(["--project-name", &self.name])
            .args(arguments)
            .env("NATS_PORT", ports.nats.to_string())
            .env("GISA_INGEST_PORT", ports.ingest.to_string())
            .env("GISA_TAGGING_PORTS", range)
            .env("GISA_QUERY_PORT", ports.query.to_string())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("Compose cannot be run ({error}): install docker-compose"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!(
            "compose {arguments:?}: {}",
            String::from_utf8_lossy(&said)
        ))
    }
}

impl Project {
    /// Shows with a failed test what the containers said last. Never panics, because the test does already.
    fn show_logs(&self) {
        let logs = self.compose_output(&["logs".to_owned(), "--tail".to_owned(), "50".to_owned()]);
        match logs {
            Ok(logs) => println!("{logs}"),
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        if std::thread::panicking() {
            self.show_logs();
        }
        let down = ["down", "--volumes", "--remove-orphans", "--timeout", "0"].map(str::to_owned);
        if let Err(error) = self.compose(&down) {
            eprintln!("{error}");
        }
    }
}

fn service(stage: Stage) -> &'static str {
    match stage {
        Stage::Ingest => "ingest",
        Stage::EntityTagging => "entity-tagging",
        Stage::Query => "query",
    }
}

fn program() -> Command {
    static IS_V2: OnceLock<bool> = OnceLock::new();
    let is_v2 = IS_V2.get_or_init(|| {
        let version = Command::new("docker").args(["compose", "version"]).output();
        version.is_ok_and(|output| output.status.success())
    });
    if *is_v2 {
        let mut command = Command::new("docker");
        command.arg("compose");
        command
    } else {
        Command::new("docker-compose")
    }
}

/// The first of some neighbouring ports that are free now.
fn free_port_range() -> u16 {
    let is_free = |first: u16| {
        (first..first + TAGGING_PORTS).all(|port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok())
    };
    let mut candidates = (0..100)
        .map(|_| free_port())
        .filter(|first| *first < u16::MAX - TAGGING_PORTS);
    candidates
        .find(|first| is_free(*first))
        .expect("neighbouring free ports")
}
