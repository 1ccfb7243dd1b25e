//! A nats-server of one benchmark: a process with an empty store, removed when dropped.

use std::{
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// When the server syncs what it has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Every two minutes.
    Default,
    /// Before it acknowledges.
    Always,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
    monitoring_port: u16,
    _store: TempDir,
}

impl Server {
    /// Starts one and waits until it takes connections.
    pub(crate) async fn start(sync: Sync) -> anyhow::Result<Self> {
        let store = tempfile::tempdir()?;
        let (port, monitoring_port) = (free_port()?, free_port()?);
        let sync_interval = match sync {
            Sync::Default => "2m",
            Sync::Always => "always",
        };
        let config = format!(
            "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitoring_port}\"\n\
             jetstream {{ store_dir: {:?}, max_file: 64GB, max_mem: 64MB, sync_interval: {sync_interval} }}\n",
            store.path().join("store")
        );
        let path = store.path().join("nats.conf");
        fs::write(&path, config)?;
        let child = Command::new("nats-server")
            .arg("--config")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(store.path().join("server.log"))?)
            .spawn()
            .context("nats-server must be on PATH")?;
        let server = Self {
            child,
            port,
            monitoring_port,
            _store: store,
        };
        let start = Instant::now();
        while async_nats::connect(server.url()).await.is_err() {
            if start.elapsed() > Duration::from_secs(20) {
                bail!("nats-server does not answer on port {port}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// Its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where it tells its settings.
    pub(crate) fn monitoring_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitoring_port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
