//! Restricted pods: no root, no privileges, nothing writable but volumes, no token of the API server, pinned images.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::{Findings, overlay::Overlay};

const LEVEL_LABELS: [&str; 3] = [
    "pod-security.kubernetes.io/enforce",
    "pod-security.kubernetes.io/audit",
    "pod-security.kubernetes.io/warn",
];

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for namespace in &overlay.namespaces {
        let labels = namespace.metadata.labels.clone().unwrap_or_default();
        for label in LEVEL_LABELS {
            if labels.get(label).map(String::as_str) != Some("restricted") {
                findings.push(format!("the namespace lacks {label}: restricted"));
            }
        }
    }
    if overlay.namespaces.len() != 1 {
        findings.push("there must be one namespace".to_owned());
    }
    for account in &overlay.service_accounts {
        if account.automount_service_account_token != Some(false) {
            findings.push(format!(
                "service account {:?} mounts a token",
                account.metadata.name
            ));
        }
    }
    for workload in &overlay.workloads {
        let at = &workload.name;
        findings.extend(
            pod_problems(&workload.pod)
                .into_iter()
                .map(|problem| format!("{at}: {problem}")),
        );
        let account = workload.pod.service_account_name.as_deref();
        let is_own = overlay
            .service_accounts
            .iter()
            .any(|found| found.metadata.name.as_deref() == account && account == Some(at));
        if !is_own {
            findings.push(format!("{at} has no service account of its own"));
        }
        for container in workload.containers() {
            let problems = container_problems(container);
            findings.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{at}/{}: {problem}", container.name)),
            );
        }
    }
    findings
}

fn pod_problems(pod: &PodSpec) -> Vec<&'static str> {
    let context = pod.security_context.clone().unwrap_or_default();
    let seccomp = context.seccomp_profile.map(|profile| profile.type_);
    let shares_host = [pod.host_network, pod.host_pid, pod.host_ipc].contains(&Some(true));
    let mounts_host = pod
        .volumes
        .iter()
        .flatten()
        .any(|volume| volume.host_path.is_some());
    let problems = [
        (context.run_as_non_root != Some(true), "runAsNonRoot is not true"),
        (
            context.run_as_user.is_none_or(|user| user == 0),
            "runAsUser is root or unset",
        ),
        (seccomp.as_deref() != Some("RuntimeDefault"), "no seccomp profile"),
        (
            pod.automount_service_account_token != Some(false),
            "a service account token is mounted",
        ),
        (shares_host, "shares a namespace of the host"),
        (mounts_host, "mounts a directory of the host"),
    ];
    wrong(problems)
}

fn container_problems(container: &Container) -> Vec<&'static str> {
    let context = container.security_context.clone().unwrap_or_default();
    let dropped = context
        .capabilities
        .clone()
        .and_then(|found| found.drop)
        .unwrap_or_default();
    let added = context
        .capabilities
        .and_then(|found| found.add)
        .unwrap_or_default();
    let resources = container.resources.clone().unwrap_or_default();
    let requested = resources.requests.unwrap_or_default();
    let limited = resources.limits.unwrap_or_default();
    let tag = container
        .image
        .as_deref()
        .and_then(|image| image.rsplit_once(':'))
        .map(|(_, tag)| tag);
    let problems = [
        (
            context.allow_privilege_escalation != Some(false),
            "privilege escalation is allowed",
        ),
        (context.privileged == Some(true), "it is privileged"),
        (
            context.read_only_root_filesystem != Some(true),
            "the root file system is writable",
        ),
        (dropped != ["ALL"] || !added.is_empty(), "it keeps capabilities"),
        (
            !requested.contains_key("cpu") || !requested.contains_key("memory"),
            "no requests of cpu and memory",
        ),
        (!limited.contains_key("memory"), "no limit of memory"),
        (
            tag.is_none_or(|tag| tag == "latest"),
            "the image has no fixed tag",
        ),
    ];
    wrong(problems)
}

fn wrong<const N: usize>(problems: [(bool, &'static str); N]) -> Vec<&'static str> {
    problems
        .into_iter()
        .filter(|(is_wrong, _)| *is_wrong)
        .map(|(_, problem)| problem)
        .collect()
}
