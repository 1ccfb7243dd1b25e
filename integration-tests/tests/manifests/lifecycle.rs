//! Pods start, stop and move without losing work: probes, graceful termination, disruption budgets, spread.

use k8s_openapi::api::core::v1::Probe;

use crate::{Findings, overlay::Overlay, overlay::Workload, settings};

/// The health service that says whether the process is alive; whether it takes work is the one without a name.
const LIVENESS: &str = "liveness";

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for workload in overlay.workloads.iter().filter(|workload| workload.is_service()) {
        let at = &workload.name;
        findings.extend(
            probe_problems(workload)
                .into_iter()
                .map(|problem| format!("{at}: {problem}")),
        );
        findings.extend(grace_problem(overlay, workload).map(|problem| format!("{at}: {problem}")));
        findings.extend(spread_problem(workload).map(|problem| format!("{at}: {problem}")));
        findings.extend(budget_problem(overlay, workload).map(|problem| format!("{at}: {problem}")));
    }
    findings
}

fn probe_problems(workload: &Workload) -> Findings {
    let mut findings = Findings::new();
    for container in &workload.pod.containers {
        let port = |name: &str| {
            let mut ports = container.ports.iter().flatten();
            ports
                .find(|port| port.name.as_deref() == Some(name))
                .map(|port| port.container_port)
        };
        for (name, probe, service) in [
            ("startup", &container.startup_probe, LIVENESS),
            ("readiness", &container.readiness_probe, ""),
            ("liveness", &container.liveness_probe, LIVENESS),
        ] {
            let Some(probe) = probe else {
                findings.push(format!("no {name} probe"));
                continue;
            };
            if !workload.is_gisa() {
                // NATS answers health over HTTP.
                let asked = probe.http_get.as_ref().is_some_and(|get| {
                    get.path
                        .as_deref()
                        .is_some_and(|path| path.starts_with("/healthz"))
                        && get.port
                            == k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String(
                                "monitor".into(),
                            )
                });
                if !asked {
                    findings.push(format!(
                        "the {name} probe does not ask /healthz of the monitor port"
                    ));
                }
            } else if !asks_grpc(probe, port("grpc"), service) {
                findings.push(format!(
                    "the {name} probe does not ask gRPC health `{service}` at the port grpc"
                ));
            }
        }
    }
    findings
}

fn asks_grpc(probe: &Probe, port: Option<i32>, service: &str) -> bool {
    probe
        .grpc
        .as_ref()
        .is_some_and(|grpc| Some(grpc.port) == port && grpc.service.as_deref().unwrap_or_default() == service)
}

/// The kubelet must not kill what still drains.
fn grace_problem(overlay: &Overlay, workload: &Workload) -> Option<String> {
    let grace = workload.pod.termination_grace_period_seconds.unwrap_or(30);
    let needed = if workload.is_gisa() {
        let effective = settings::effective(overlay, workload).ok()?;
        let milliseconds = |path: &str| settings::lookup(&effective, path)?.as_integer();
        // Background work and calls have the grace period one after the other, then the log is closed.
        let drain = milliseconds("server.drain_delay_ms")? + 2 * milliseconds("server.grace_ms")?;
        (drain + milliseconds("nats.close_deadline_ms")?) / 1000
    } else {
        let config = super::nats::configuration(overlay)?;
        super::nats::seconds(&config, "lame_duck_duration")?
            + super::nats::seconds(&config, "lame_duck_grace_period")?
    };
    (grace <= needed)
        .then(|| format!("terminationGracePeriodSeconds is {grace}, the drain may take {needed} s"))
}

fn spread_problem(workload: &Workload) -> Option<String> {
    let constraints = workload
        .pod
        .topology_spread_constraints
        .clone()
        .unwrap_or_default();
    let spreads = |key: &str| {
        constraints.iter().any(|constraint| {
            let selected = constraint
                .label_selector
                .clone()
                .and_then(|selector| selector.match_labels);
            constraint.topology_key == key && selected.as_ref() == Some(&workload.selector)
        })
    };
    (!spreads("kubernetes.io/hostname")).then(|| "its pods are not spread over the nodes".to_owned())
}

fn budget_problem(overlay: &Overlay, workload: &Workload) -> Option<String> {
    let covered = overlay.disruption_budgets.iter().any(|budget| {
        let spec = budget.spec.clone().unwrap_or_default();
        let selected = spec.selector.and_then(|selector| selector.match_labels);
        // minAvailable would block the drain of a node where there is one replica.
        selected.as_ref() == Some(&workload.selector)
            && spec.max_unavailable.is_some()
            && spec.min_available.is_none()
    });
    (!covered).then(|| "no PodDisruptionBudget with maxUnavailable".to_owned())
}
