//! The pipeline as containers: the images of the three services over NATS, one server or a cluster of three, on a network of
//! their own. Containers and network are removed when it is dropped.

use std::{net::SocketAddr, time::Duration};

use testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, ImageExt as _,
    core::{Healthcheck, IntoContainerPort as _, WaitFor, logs::LogFrame},
    runners::AsyncRunner as _,
};

use crate::{
    Stage,
    clients::{Endpoints, PATIENCE},
    docker::{deploy_directory, free_port, image, is_skipped, nats_image, remove_by_name, unique_name},
    eventually::eventually,
    health,
};

/// Users of the NATS cluster, in the form that the Secret of the Kubernetes manifests has.
const AUTH: &str = "authorization { users: [ { user: gisa, password: \"secret\" } ] }\n";

/// The NATS servers of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One server, with the configuration of `deploy/compose.yaml`.
    Single,
    /// Three servers, with the configuration of the Kubernetes overlay `production`; streams are kept on all three.
    Cluster,
}

/// Three services and NATS, each a container.
#[derive(Debug)]
pub struct ContainerPipeline {
    name: String,
    topology: Topology,
    stages: [StageContainer; 3],
    replicas: Vec<StageContainer>,
    // Dropped after the services.
    nats: Vec<ContainerAsync<GenericImage>>,
    // Dropped last.
    _leftovers: Leftovers,
}

/// A service in a container, at a port that stays the same through restarts.
#[derive(Debug)]
struct StageContainer {
    address: SocketAddr,
    container: ContainerAsync<GenericImage>,
}

impl ContainerPipeline {
    /// Starts everything, or gives `None` if the container tests are skipped knowingly.
    pub async fn start_unless_skipped(topology: Topology) -> Option<Self> {
        if is_skipped() {
            return None;
        }
        let name = unique_name();
        let leftovers = Leftovers(name.clone());
        let nats = match topology {
            Topology::Single => vec![start_nats(&name, 0, single_configuration()).await],
            Topology::Cluster => {
                let configuration = cluster_configuration(&name);
                let [a, b, c] = [0, 1, 2].map(|number| start_nats(&name, number, configuration.clone()));
                let (a, b, c) = tokio::join!(a, b, c);
                vec![a, b, c]
            }
        };
        let (ingest, tagging, query) = tokio::join!(
            StageContainer::start(&name, topology, Stage::Ingest, ""),
            StageContainer::start(&name, topology, Stage::EntityTagging, ""),
            StageContainer::start(&name, topology, Stage::Query, ""),
        );
        Some(Self {
            name,
            topology,
            stages: [ingest, tagging, query],
            replicas: Vec::new(),
            nats,
            _leftovers: leftovers,
        })
    }

    /// Name of its network, with which the names of its containers begin.
    pub fn name(&self) -> &str {
        &self.name
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
        let suffix = format!("-replica-{}", self.replicas.len());
        let replica = StageContainer::start(&self.name, self.topology, stage, &suffix).await;
        let address = replica.address;
        self.replicas.push(replica);
        address
    }

    /// SIGKILLs a stage.
    pub async fn kill(&mut self, stage: Stage) {
        let stopped = self.stages[stage as usize]
            .container
            .stop_with_timeout(Some(0))
            .await;
        stopped.expect("the container is killed");
    }

    /// Starts a killed stage at its old address, with what its container holds, and waits until it serves.
    pub async fn start_stage(&mut self, stage: Stage) {
        let stage = &self.stages[stage as usize];
        stage
            .container
            .start()
            .await
            .expect("the container is started again");
        eventually(|| health::check(stage.address)).await;
    }

    /// SIGKILLs one of the NATS servers.
    pub async fn kill_nats(&mut self, number: usize) {
        self.nats[number]
            .stop_with_timeout(Some(0))
            .await
            .expect("the container is killed");
    }

    /// Starts a killed NATS server again, with what it stored.
    pub async fn start_nats(&mut self, number: usize) {
        self.nats[number]
            .start()
            .await
            .expect("the container is started again");
    }
}

/// Removes what is left of a pipeline: testcontainers forgets containers that were created and did not become ready.
#[derive(Debug)]
struct Leftovers(String);

impl Drop for Leftovers {
    fn drop(&mut self) {
        remove_by_name(&self.0);
    }
}

impl StageContainer {
    async fn start(name: &str, topology: Topology, stage: Stage, suffix: &str) -> Self {
        let (servers, replicas) = match topology {
            Topology::Single => (format!("nats://{}:4222", nats_name(name, 0)), "1"),
            Topology::Cluster => {
                let servers =
                    [0, 1, 2].map(|number| format!("nats://gisa:secret@{}:4222", nats_name(name, number)));
                (servers.join(","), "3")
            }
        };
        let program = stage.program();
        let port = free_port();
        let (image, tag) = image(program);
        let container = GenericImage::new(image, tag)
            .with_wait_for(WaitFor::healthcheck())
            .with_exposed_port(7700.tcp())
            .with_mapped_port(port, 7700.tcp())
            .with_env_var("GISA_SERVER__LISTEN", "0.0.0.0:7700")
            .with_env_var("GISA_NATS__SERVERS", servers)
            .with_env_var("GISA_NATS__REPLICAS", replicas)
            .with_env_var("GISA_NATS__CONNECT_DEADLINE_MS", "60000")
            .with_env_var("GISA_QUERY__INDEX_DIRECTORY", "/data/index")
            .with_health_check(often(Healthcheck::cmd(["/usr/bin/gisa-service", "healthcheck"])));
        let container = start(container, name, &format!("{program}{suffix}")).await;
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            container,
        }
    }
}

fn nats_name(name: &str, number: usize) -> String {
    format!("{name}-nats-{number}")
}

async fn start_nats(name: &str, number: usize, configuration: String) -> ContainerAsync<GenericImage> {
    let (image, tag) = nats_image();
    let health = Healthcheck::cmd(["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8222/healthz"]);
    let container = GenericImage::new(image, tag)
        .with_wait_for(WaitFor::healthcheck())
        .with_cmd(["nats-server", "--config", "/etc/nats/nats.conf"])
        .with_env_var("POD_NAME", nats_name(name, number))
        .with_copy_to("/etc/nats/nats.conf", configuration.into_bytes())
        .with_copy_to("/etc/nats-auth/auth.conf", AUTH.as_bytes().to_vec())
        .with_health_check(often(health));
    start(container, name, &format!("nats-{number}")).await
}

fn often(check: Healthcheck) -> Healthcheck {
    check
        .with_interval(Duration::from_millis(500))
        .with_timeout(Duration::from_secs(10))
        .with_retries(100)
}

async fn start(
    request: ContainerRequest<GenericImage>,
    network: &str,
    suffix: &str,
) -> ContainerAsync<GenericImage> {
    let name = format!("{network}-{suffix}");
    let prefix = name.clone();
    let request = request
        .with_network(network)
        .with_container_name(&name)
        .with_startup_timeout(2 * PATIENCE)
        // Shown when the test fails.
        .with_log_consumer(move |frame: &LogFrame| {
            println!("{prefix}: {}", String::from_utf8_lossy(frame.bytes()).trim_end());
        });
    request
        .start()
        .await
        .unwrap_or_else(|error| panic!("the container {name} does not start: {error}"))
}

fn single_configuration() -> String {
    read("nats/nats.conf")
}

/// The configuration of the overlay, with the names of the containers instead of those of the pods.
fn cluster_configuration(name: &str) -> String {
    let mut text = read("kubernetes/overlays/production/nats.conf");
    for number in 0..3 {
        text = text.replace(&format!("nats-{number}.nats-headless"), &nats_name(name, number));
    }
    text
}

fn read(path: &str) -> String {
    std::fs::read_to_string(deploy_directory().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
