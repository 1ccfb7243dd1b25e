//! A service as a process that is started again whenever it ends, as an orchestrator does.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    sync::Mutex,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::proxy::Proxy;
use crate::{Stage, programs::program};

/// How often the process is looked at, and the least time between two starts.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A service that works serves within this time, on a machine however busy.
const PATIENCE: Duration = Duration::from_secs(240);

/// A process of a service, with its own line to NATS. Killed when dropped.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) stage: Stage,
    pub(super) address: SocketAddr,
    pub(super) proxy: Proxy,
    process: Arc<Mutex<Process>>,
    supervisor: JoinHandle<()>,
}

#[derive(Debug)]
struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
    /// Whether it is to run.
    wanted: bool,
    /// How often it ended by itself.
    exits: usize,
}

impl Service {
    /// Starts a service that listens on a free port; `settings` are `path=value`.
    pub(super) async fn start(
        stage: Stage,
        replica: usize,
        servers: &[SocketAddr],
        settings: &[String],
        directory: &Path,
    ) -> std::io::Result<Self> {
        let name = match stage {
            Stage::Ingest => format!("ingest-{replica}"),
            Stage::EntityTagging => format!("entity-tagging-{replica}"),
            Stage::Query => format!("query-{replica}"),
        };
        let proxy = Proxy::start(servers).await?;
        // Free now, and again whenever the process is started anew: nobody else asks for this port by its number.
        let address = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let lines: Vec<String> = proxy
            .addresses()
            .iter()
            .map(|address| format!("nats://{address}"))
            .collect();
        let mut all = vec![
            format!("server.listen={address}"),
            "server.admin_listen=off".to_owned(),
            format!("nats.servers={}", lines.join(",")),
        ];
        if stage == Stage::Query {
            all.push(format!(
                "query.index_directory={}",
                directory.join(format!("{name}.index")).display()
            ));
        }
        all.extend_from_slice(settings);
        let process = Arc::new(Mutex::new(Process {
            program: program(stage),
            arguments: all
                .into_iter()
                .flat_map(|setting| ["--set".to_owned(), setting])
                .collect(),
            log: directory.join(format!("{name}.log")),
            child: None,
            wanted: true,
            exits: 0,
        }));
        let supervisor = tokio::spawn(supervise(Arc::clone(&process)));
        Ok(Self {
            name,
            stage,
            address,
            proxy,
            process,
            supervisor,
        })
    }

    /// SIGKILL; it stays down until [`Service::revive`].
    pub(super) async fn kill(&self) {
        let mut process = self.process.lock().await;
        process.wanted = false;
        if let Some(mut child) = process.child.take() {
            // Fails only if it has ended by itself.
            let _ = child.kill().await;
        }
    }

    /// Lets a killed process be started again.
    pub(super) async fn revive(&self) {
        self.process.lock().await.wanted = true;
    }

    /// SIGSTOP.
    pub(super) async fn pause(&self) {
        self.signal("-STOP").await;
    }

    /// SIGCONT.
    pub(super) async fn resume(&self) {
        self.signal("-CONT").await;
    }

    /// How often it ended by itself.
    pub(super) async fn exits(&self) -> usize {
        self.process.lock().await.exits
    }

    /// Waits until it says that it serves; an error if it does not within a few minutes.
    pub(super) async fn until_serving(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.serves().await {
            anyhow::ensure!(Instant::now() < deadline, "{} does not serve", self.name);
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn serves(&self) -> bool {
        let Ok(endpoint) = Endpoint::from_shared(format!("http://{}", self.address)) else {
            return false;
        };
        let asking = async {
            let channel = endpoint.connect().await.ok()?;
            let request = HealthCheckRequest::default();
            let answer = HealthClient::new(channel).check(request).await.ok()?;
            Some(answer.into_inner().status())
        };
        timeout(Duration::from_secs(2), asking).await.ok().flatten() == Some(ServingStatus::Serving)
    }

    async fn signal(&self, signal: &str) {
        let process = self.process.lock().await;
        let Some(id) = process.child.as_ref().and_then(Child::id) else {
            return;
        };
        // Fails only if it has ended by itself.
        let _ = Command::new("kill")
            .arg(signal)
            .arg(id.to_string())
            .status()
            .await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

async fn supervise(process: Arc<Mutex<Process>>) {
    loop {
        process.lock().await.look();
        sleep(LOOK_EVERY).await;
    }
}

impl Process {
    fn look(&mut self) {
        if let Some(child) = &mut self.child
            && !matches!(child.try_wait(), Ok(None))
        {
            self.child = None;
            self.exits += 1;
        }
        if self.wanted && self.child.is_none() {
            self.child = Some(self.spawn());
        }
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(&self.log);
        Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("the log file of a service"))
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}", self.program.display()))
    }
}
