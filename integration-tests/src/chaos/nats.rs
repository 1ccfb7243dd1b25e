//! NATS as the chaos program has it: one server, or three as a cluster.

use std::net::SocketAddr;

use gisa_event_log::{
    Stream,
    jetstream::Durability,
    test_server::{NatsTestCluster, NatsTestServer},
};

use super::schedule::Node;

/// One server or a cluster.
#[derive(Debug)]
pub(super) enum Nats {
    One(NatsTestServer),
    Three(NatsTestCluster),
}

impl Nats {
    /// Starts `nodes` servers, 1 or 3, that sync before they acknowledge if the durability says so.
    pub(super) async fn start(nodes: usize, durability: Durability) -> Self {
        match (nodes, durability) {
            (1, Durability::Default) => Self::One(NatsTestServer::start().await),
            (1, Durability::Always) => Self::One(NatsTestServer::start_monitored("always").await),
            (_, Durability::Default) => Self::Three(NatsTestCluster::start().await),
            (_, Durability::Always) => Self::Three(NatsTestCluster::start_synced("always").await),
        }
    }

    /// Where the servers can be asked whether they sync.
    pub(super) fn monitoring_urls(&self) -> Vec<String> {
        match self {
            Self::One(server) => server.monitoring_url().into_iter().collect(),
            Self::Three(cluster) => cluster.monitoring_urls(),
        }
    }

    /// Where the servers listen.
    pub(super) fn urls(&self) -> Vec<String> {
        match self {
            Self::One(server) => vec![server.url()],
            Self::Three(cluster) => cluster.urls(),
        }
    }

    /// The same as addresses.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.urls()
            .iter()
            .map(|url| url.trim_start_matches("nats://").parse().expect("an address"))
            .collect()
    }

    /// How many copies each stream has.
    pub(super) fn replicas(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Three(_) => 3,
        }
    }

    /// The server that is meant; asks the cluster if it is a leader.
    pub(super) async fn find(&self, node: Node) -> usize {
        match (self, node) {
            (Self::One(_), _) => 0,
            (Self::Three(_), Node::Number(number)) => number,
            (Self::Three(cluster), Node::LeaderOfArticles) => {
                cluster.leader_of(Stream::Articles.name()).await
            }
            (Self::Three(cluster), Node::LeaderOfTagged) => cluster.leader_of(Stream::Tagged.name()).await,
        }
    }

    pub(super) async fn kill(&mut self, number: usize) {
        match self {
            Self::One(server) => server.kill().await,
            Self::Three(cluster) => cluster.kill(number),
        }
    }

    pub(super) async fn restart(&mut self, number: usize) {
        match self {
            Self::One(server) => server.restart().await,
            Self::Three(cluster) => {
                cluster.restart(number).await;
                for stream in [Stream::Articles, Stream::Tagged] {
                    cluster.until_in_step(stream.name()).await;
                }
            }
        }
    }

    pub(super) async fn pause(&mut self, number: usize) {
        match self {
            Self::One(server) => server.pause().await,
            Self::Three(cluster) => cluster.pause(number),
        }
    }

    pub(super) async fn resume(&mut self, number: usize) {
        match self {
            Self::One(server) => server.resume().await,
            Self::Three(cluster) => cluster.resume(number),
        }
    }
}
