//! The edges between pods: those that the pipeline needs are open, all others are closed.

use crate::{
    Findings,
    overlay::{Labels, Overlay},
    reachability::{Peer, is_allowed},
};

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let outside = |namespace: (&str, &str)| Peer {
        pod: Labels::new(),
        other_namespace: Some(Labels::from([(namespace.0.to_owned(), namespace.1.to_owned())])),
    };
    let client = outside(("gisa.dev/client", "true"));
    let monitoring = outside(("kubernetes.io/metadata.name", "monitoring"));
    let keda = outside(("kubernetes.io/metadata.name", "keda"));
    let dns = outside(("kubernetes.io/metadata.name", "kube-system"));
    let stranger = outside(("kubernetes.io/metadata.name", "default"));
    let pod = |name: &str| Peer {
        pod: overlay
            .workload(name)
            .map(|workload| workload.pod_labels.clone())
            .unwrap_or_default(),
        other_namespace: None,
    };

    let mut edges: Vec<(String, Peer, Peer, i32, bool)> = Vec::new();
    let mut edge = |from: (&str, &Peer), to: (&str, &Peer), port: i32, is_open: bool| {
        let name = format!("{} to {} at {port}", from.0, to.0);
        edges.push((name, from.1.clone(), to.1.clone(), port, is_open));
    };
    let nats = pod("nats");
    for workload in overlay.workloads.iter().filter(|workload| workload.is_gisa()) {
        let this = (workload.name.as_str(), &pod(&workload.name));
        edge(this, ("nats", &nats), 4222, true);
        edge(this, ("nats", &nats), 6222, false);
        // Only the Job asks the servers for their settings.
        edge(this, ("nats", &nats), 8222, !workload.is_service());
        edge(("nats", &nats), this, 7701, false);
        edge(this, ("a stranger", &stranger), 443, false);
        if !workload.is_service() {
            continue;
        }
        edge(this, ("the OTLP collector", &monitoring), 4317, true);
        for other in ["ingest", "entity-tagging", "query"] {
            for port in [7701, 7702, 7703, 8701, 8702, 8703] {
                edge(this, (other, &pod(other)), port, false);
            }
        }
        for port in workload
            .pod
            .containers
            .iter()
            .flat_map(|container| container.ports.iter().flatten())
        {
            let is_grpc = port.name.as_deref() == Some("grpc");
            edge(("a client", &client), this, port.container_port, is_grpc);
            edge(("monitoring", &monitoring), this, port.container_port, !is_grpc);
            edge(("a stranger", &stranger), this, port.container_port, false);
        }
    }
    edge(("a client", &client), ("nats", &nats), 4222, false);
    edge(("a stranger", &stranger), ("nats", &nats), 4222, false);
    edge(("a stranger", &stranger), ("nats", &nats), 8222, false);
    edge(("KEDA", &keda), ("nats", &nats), 8222, overlay.is_production());
    edge(("nats", &nats), ("nats", &nats), 6222, overlay.is_production());
    // A pod that no edge names, made by hand for example.
    let unnamed = Peer {
        pod: Labels::new(),
        other_namespace: None,
    };
    edge(("a client", &client), ("an unnamed pod", &unnamed), 8080, false);
    edge(("an unnamed pod", &unnamed), ("nats", &nats), 4222, false);
    for name in ["ingest", "entity-tagging", "query", "nats"] {
        edge((name, &pod(name)), ("DNS", &dns), 53, true);
    }

    edges
        .into_iter()
        .filter(|(_, from, to, port, is_open)| {
            is_allowed(&overlay.network_policies, from, to, *port) != *is_open
        })
        .map(|(name, .., is_open)| format!("{name} must be {}", if is_open { "open" } else { "closed" }))
        .collect()
}
