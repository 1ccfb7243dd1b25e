//! Names, labels and ports that must match across objects.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{
    Findings,
    overlay::{Overlay, Workload},
};

/// What the images of this release are tagged with.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for document in &overlay.documents {
        let (kind, metadata) = (&document["kind"], &document["metadata"]);
        if kind != "Namespace" && metadata["namespace"] != "gisa" {
            findings.push(format!(
                "{kind} {} is not in the namespace gisa",
                metadata["name"]
            ));
        }
        if metadata["labels"]["app.kubernetes.io/part-of"] != "gisa" {
            findings.push(format!(
                "{kind} {} is not labelled as part of gisa",
                metadata["name"]
            ));
        }
    }
    for name in ["nats", "streams", "ingest", "entity-tagging", "query"] {
        if overlay.workload(name).is_none() {
            findings.push(format!("no workload {name}"));
        }
    }
    for workload in &overlay.workloads {
        let name = Some(&workload.name);
        if workload.pod_labels.get("app.kubernetes.io/name") != name {
            findings.push(format!(
                "the pods of {} are not labelled with its name",
                workload.name
            ));
        }
        if workload.is_service() && !is_within(&workload.selector, &workload.pod_labels) {
            findings.push(format!("{} does not select its own pods", workload.name));
        }
        findings.extend(image_problems(workload));
        findings.extend(stateful_problem(overlay, workload));
    }
    findings.extend(service_problems(overlay));
    findings
}

pub(crate) fn is_within(selector: &crate::overlay::Labels, labels: &crate::overlay::Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn image_problems(workload: &Workload) -> Findings {
    let wanted = |container: &str| match container {
        "nats" => format!("nats:{}-alpine", pinned_nats_version()),
        "streams" => format!("ghcr.io/gisa-news/gisa:{VERSION}"),
        service => format!("ghcr.io/gisa-news/gisa-{service}:{VERSION}"),
    };
    workload
        .containers()
        .filter(|container| container.image.as_deref() != Some(&wanted(&container.name)))
        .map(|container| {
            let (name, image) = (&container.name, &container.image);
            format!("{}/{name} runs {image:?} and not {}", workload.name, wanted(name))
        })
        .collect()
}

/// The version that the other tests run against.
fn pinned_nats_version() -> String {
    let script =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/install-tools")).unwrap();
    let pin = script
        .lines()
        .find_map(|line| line.strip_prefix("NATS_SERVER_VERSION="));
    pin.expect("a pinned version of nats-server").to_owned()
}

fn stateful_problem(overlay: &Overlay, workload: &Workload) -> Option<String> {
    let wanted = workload.service_name.as_ref()?;
    let headless = overlay.services.iter().any(|service| {
        let spec = service.spec.clone().unwrap_or_default();
        service.metadata.name.as_ref() == Some(wanted)
            && spec.cluster_ip.as_deref() == Some("None")
            && spec.selector.as_ref() == Some(&workload.selector)
    });
    (!headless).then(|| format!("{} has no headless service {wanted}", workload.name))
}

/// Every service selects the pods of one workload, and each of its ports is a port of theirs with the same name and number.
fn service_problems(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for service in &overlay.services {
        let name = service.metadata.name.as_deref().unwrap_or_default();
        let spec = service.spec.clone().unwrap_or_default();
        let selector = spec.selector.unwrap_or_default();
        let selected: Vec<&Workload> = overlay
            .workloads
            .iter()
            .filter(|workload| workload.is_service() && is_within(&selector, &workload.pod_labels))
            .collect();
        let [workload] = selected.as_slice() else {
            findings.push(format!("service {name} selects {} workloads", selected.len()));
            continue;
        };
        for port in spec.ports.unwrap_or_default() {
            let target = match port.target_port {
                Some(IntOrString::String(target)) => target,
                other => format!("{other:?}"),
            };
            let found = workload
                .pod
                .containers
                .iter()
                .flat_map(|container| container.ports.iter().flatten());
            let matches = found.into_iter().any(|found| {
                found.name.as_deref() == Some(&target)
                    && port.name.as_ref() == Some(&target)
                    && found.container_port == port.port
            });
            if !matches {
                findings.push(format!(
                    "port {target} of service {name} is no port of {}",
                    workload.name
                ));
            }
        }
    }
    findings
}
