//! Which pod may open a connection to which, by the rules of NetworkPolicy.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::overlay::Labels;

/// A pod, in the namespace of the policies or elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) pod: Labels,
    /// Labels of its namespace, if that is another one.
    pub(crate) other_namespace: Option<Labels>,
}

/// Whether the policies let `from` connect to `to` at the TCP port.
pub(crate) fn is_allowed(policies: &[NetworkPolicy], from: &Peer, to: &Peer, port: i32) -> bool {
    leaves(policies, from, to, port) && enters(policies, from, to, port)
}

fn leaves(policies: &[NetworkPolicy], from: &Peer, to: &Peer, port: i32) -> bool {
    if from.other_namespace.is_some() {
        return true;
    }
    let applying: Vec<_> = applying(policies, from, "Egress");
    applying.is_empty()
        || applying
            .iter()
            .flat_map(|spec| spec.egress.iter().flatten())
            .any(|rule| peers_match(rule.to.as_deref(), to) && ports_match(rule.ports.as_deref(), port))
}

fn enters(policies: &[NetworkPolicy], from: &Peer, to: &Peer, port: i32) -> bool {
    if to.other_namespace.is_some() {
        return true;
    }
    let applying: Vec<_> = applying(policies, to, "Ingress");
    applying.is_empty()
        || applying
            .iter()
            .flat_map(|spec| spec.ingress.iter().flatten())
            .any(|rule| peers_match(rule.from.as_deref(), from) && ports_match(rule.ports.as_deref(), port))
}

fn applying<'a>(
    policies: &'a [NetworkPolicy],
    pod: &Peer,
    direction: &str,
) -> Vec<&'a k8s_openapi::api::networking::v1::NetworkPolicySpec> {
    policies
        .iter()
        .filter_map(|policy| policy.spec.as_ref())
        .filter(|spec| spec.policy_types.iter().flatten().any(|found| found == direction))
        .filter(|spec| {
            spec.pod_selector
                .as_ref()
                .is_none_or(|selector| selects(selector, &pod.pod))
        })
        .collect()
}

fn peers_match(peers: Option<&[NetworkPolicyPeer]>, other: &Peer) -> bool {
    peers.is_none_or(|peers| {
        peers.iter().any(|peer| {
            let namespace = match (&peer.namespace_selector, &other.other_namespace) {
                (Some(selector), Some(labels)) => selects(selector, labels),
                (None, None) => true,
                _ => false,
            };
            namespace
                && peer
                    .pod_selector
                    .as_ref()
                    .is_none_or(|selector| selects(selector, &other.pod))
        })
    })
}

fn ports_match(ports: Option<&[NetworkPolicyPort]>, port: i32) -> bool {
    ports.is_none_or(|ports| {
        ports.iter().any(|found| {
            found.port == Some(IntOrString::Int(port)) && found.protocol.as_deref().unwrap_or("TCP") == "TCP"
        })
    })
}

fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let by_labels = selector
        .match_labels
        .iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value));
    let by_expressions = selector.match_expressions.iter().flatten().all(|expression| {
        assert_eq!(expression.operator, "In", "only In is understood here");
        labels
            .get(&expression.key)
            .is_some_and(|value| expression.values.iter().flatten().any(|found| found == value))
    });
    by_labels && by_expressions
}
