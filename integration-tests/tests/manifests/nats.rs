//! NATS: a configuration that a real nats-server accepts, durable, and with room for the streams.

use std::process::Command;

use k8s_openapi::api::core::v1::Container;

use crate::{Findings, overlay::Overlay, overlay::Workload, settings};

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    let (Some(nats), Some(config)) = (overlay.workload("nats"), configuration(overlay)) else {
        return vec!["no NATS with a nats.conf".to_owned()];
    };
    if value(&config, "sync_interval") != Some("always") {
        findings
            .push("an acknowledged append may not be on the disk: sync_interval is not always".to_owned());
    }
    findings.extend(acceptance_problem(&config, nats));
    findings.extend(room_problems(overlay, nats, &config));
    findings.extend(port_problems(&nats.pod.containers[0], &config));
    let servers = nats.replicas.unwrap_or(1);
    findings.extend(verification_problem(overlay, servers));
    if overlay.is_production() {
        let routes = config.matches("nats://nats-").count();
        if servers != 3 || routes != 3 {
            findings.push(format!(
                "{servers} servers with {routes} routes, must be 3 with 3"
            ));
        }
    }
    for workload in overlay.workloads.iter().filter(|workload| workload.is_gisa()) {
        let Ok(effective) = settings::effective(overlay, workload) else {
            continue;
        };
        let replicas = settings::lookup(&effective, "nats.replicas").and_then(toml::Value::as_integer);
        if replicas != Some(i64::from(servers)) {
            findings.push(format!(
                "{}: nats.replicas is {replicas:?} with {servers} servers",
                workload.name
            ));
        }
    }
    findings
}

/// The Job must ask every server whether it syncs each append.
fn verification_problem(overlay: &Overlay, servers: i32) -> Option<String> {
    let effective = settings::effective(overlay, overlay.workload("streams")?).ok()?;
    let text = |value: &toml::Value| value.as_str().map(str::to_owned);
    let durability = settings::lookup(&effective, "nats.durability").and_then(text);
    let asked = settings::lookup(&effective, "nats.monitoring_urls").and_then(toml::Value::as_array);
    let asked: Vec<String> = asked.into_iter().flatten().filter_map(text).collect();
    let wanted: Vec<String> = (0..servers)
        .map(|number| format!("http://nats-{number}.nats-headless:8222"))
        .collect();
    (durability.as_deref() != Some("always") || asked != wanted)
        .then(|| format!("streams: asks {asked:?} for durability {durability:?}, must ask {wanted:?}"))
}

/// The text of nats.conf as it is mounted.
pub(crate) fn configuration(overlay: &Overlay) -> Option<String> {
    let pod = &overlay.workload("nats")?.pod;
    let mut volumes = pod.volumes.iter().flatten();
    let name = volumes.find_map(|volume| Some(volume.config_map.as_ref()?.name.clone()))?;
    overlay
        .config_map(&name)?
        .data
        .as_ref()?
        .get("nats.conf")
        .cloned()
}

/// A duration such as `20s` of nats.conf.
pub(crate) fn seconds(config: &str, key: &str) -> Option<i64> {
    value(config, key)?.strip_suffix('s')?.parse().ok()
}

fn value<'a>(config: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = config.lines().filter_map(|line| line.trim().split_once(':'));
    pairs
        .find(|(found, _)| *found == key)
        .map(|(_, value)| value.trim().trim_matches('"'))
}

fn acceptance_problem(config: &str, nats: &Workload) -> Option<String> {
    if gisa_event_log::test_server::NatsTestServer::is_skipped() {
        return None;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("config/nats.conf");
    let auth = directory.path().join("nats-auth/auth.conf");
    for (path, text) in [(&file, config), (&auth, settings::SECRET.1[1].1)] {
        std::fs::create_dir_all(path.parent()?).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    let program = std::env::var_os("NATS_SERVER_BIN").unwrap_or_else(|| "nats-server".into());
    let mut command = Command::new(program);
    // The name of the pod; the other variables of the container would be missing in the same way as they are there.
    let variables = nats.pod.containers[0]
        .env
        .iter()
        .flatten()
        .map(|variable| (&variable.name, "nats-0"));
    command.arg("-t").arg("--config").arg(&file).envs(variables);
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("nats-server cannot be run ({error}): run .ci/install-tools"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| format!("nats-server refuses nats.conf: {said}"))
}

fn room_problems(overlay: &Overlay, nats: &Workload, config: &str) -> Findings {
    let mut findings = Findings::new();
    let Some(max_file) = value(config, "max_file_store").and_then(bytes) else {
        return vec!["jetstream has no max_file_store".to_owned()];
    };
    let claim = nats.claims.iter().find_map(|claim| {
        let resources = claim.spec.as_ref()?.resources.as_ref()?;
        bytes(&resources.requests.as_ref()?.get("storage")?.0)
    });
    if claim.is_none_or(|claim| claim <= max_file) {
        findings.push(format!(
            "the volume of {claim:?} bytes is not larger than max_file_store"
        ));
    }
    let mounted = nats.pod.containers[0]
        .volume_mounts
        .iter()
        .flatten()
        .any(|mount| {
            Some(mount.mount_path.as_str()) == value(config, "store_dir")
                && nats
                    .claims
                    .iter()
                    .any(|claim| claim.metadata.name.as_ref() == Some(&mount.name))
        });
    if !mounted {
        findings.push("store_dir is on no volume".to_owned());
    }
    for workload in overlay.workloads.iter().filter(|workload| workload.is_gisa()) {
        let Ok(effective) = settings::effective(overlay, workload) else {
            continue;
        };
        let limits = settings::lookup(&effective, "nats.max_bytes").and_then(toml::Value::as_table);
        let limits = limits
            .into_iter()
            .flatten()
            .filter_map(|(_, limit)| limit.as_integer());
        let sum: i64 = limits.sum();
        if sum >= max_file || sum == 0 {
            findings.push(format!(
                "{}: streams of {sum} bytes do not fit max_file_store",
                workload.name
            ));
        }
    }
    findings
}

fn port_problems(container: &Container, config: &str) -> Findings {
    let mut findings = Findings::new();
    for (key, name) in [("listen", "client"), ("http", "monitor")] {
        let configured = value(config, key).and_then(|address| address.rsplit_once(':')?.1.parse().ok());
        let declared = container
            .ports
            .iter()
            .flatten()
            .find(|port| port.name.as_deref() == Some(name));
        if configured != declared.map(|port| port.container_port) {
            findings.push(format!("`{key}` of nats.conf is not the port {name}"));
        }
    }
    findings
}

/// `16Gi` of Kubernetes, `14GiB` of NATS.
fn bytes(text: &str) -> Option<i64> {
    let number: i64 = text.trim_end_matches('B').strip_suffix("Gi")?.parse().ok()?;
    Some(number << 30)
}
