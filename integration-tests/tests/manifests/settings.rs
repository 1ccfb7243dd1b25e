//! What manifests set exists: the real binaries are run with the rendered environment and flags, and must print each value as
//! their effective setting.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use gisa_integration_tests::programs::binary;
use k8s_openapi::api::core::v1::Container;

use crate::{
    Findings,
    overlay::{Overlay, Workload},
};

/// The Secret that an operator makes before applying the overlay `production`: its keys, with values of the documented form.
pub(crate) const SECRET: (&str, [(&str, &str); 2]) = (
    "gisa-nats",
    [
        ("url", "nats://gisa:secret@nats:4222"),
        (
            "auth.conf",
            "authorization { users: [ { user: gisa, password: \"secret\" } ] }",
        ),
    ],
);

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for workload in overlay.workloads.iter().filter(|workload| workload.is_gisa()) {
        match effective(overlay, workload) {
            Ok(effective) => findings.extend(workload_problems(overlay, workload, &effective)),
            Err(problem) => findings.push(format!("{}: {problem}", workload.name)),
        }
    }
    findings
}

fn workload_problems(overlay: &Overlay, workload: &Workload, effective: &toml::Table) -> Findings {
    let at = &workload.name;
    let mut findings = Findings::new();
    let container = &workload.pod.containers[0];
    let environment = environment(overlay, container).unwrap_or_default();
    for (variable, value) in &environment {
        let Some(path) = variable.strip_prefix("GISA_") else {
            findings.push(format!("{at}: {variable} is no setting"));
            continue;
        };
        let path = path.to_lowercase().replace("__", ".");
        match lookup(effective, &path) {
            Some(found) if shown(found) == *value => (),
            Some(found) => findings.push(format!("{at}: {path} is {found}, {variable} says {value}")),
            None => findings.push(format!("{at}: {variable} is no setting")),
        }
    }
    if !workload.is_service() {
        findings.extend(job_problem(container).map(|problem| format!("{at}: {problem}")));
        return findings;
    }

    let port_of = |path: &str| {
        lookup(effective, path)?
            .as_str()?
            .rsplit_once(':')?
            .1
            .parse()
            .ok()
    };
    let declared = |name: &str| {
        let mut ports = container.ports.iter().flatten();
        ports
            .find(|port| port.name.as_deref() == Some(name))
            .map(|port| port.container_port)
    };
    if port_of("server.listen") != declared("grpc") {
        findings.push(format!("{at}: server.listen is not the port grpc"));
    }
    let admin = environment.get("GISA_SERVER__ADMIN_LISTEN");
    let admin = admin.and_then(|address| address.rsplit_once(':')?.1.parse().ok());
    if admin != declared("metrics") || admin != declared("grpc").map(|port| port + 1000) {
        findings.push(format!("{at}: server.admin_listen is not the port metrics"));
    }
    if let Some(directory) = lookup(effective, "query.index_directory").and_then(toml::Value::as_str) {
        let claimed = |name: &str| {
            workload
                .claims
                .iter()
                .any(|claim| claim.metadata.name.as_deref() == Some(name))
        };
        let mut mounts = container.volume_mounts.iter().flatten();
        if !mounts.any(|mount| directory.starts_with(&mount.mount_path) && claimed(&mount.name)) {
            findings.push(format!("{at}: {directory} is on no volume of the replica's own"));
        }
    }
    findings
}

/// What the command line says of the Job's arguments, if it does not know them.
fn job_problem(container: &Container) -> Option<String> {
    let arguments = container.args.clone().unwrap_or_default();
    let output = Command::new(binary("gisa"))
        .args(&arguments)
        .arg("--help")
        .output();
    let output = output.expect("gisa can be run");
    let is_meant = arguments.starts_with(&["streams".to_owned(), "apply".to_owned()]);
    let said = String::from_utf8_lossy(&output.stderr);
    (!is_meant || !output.status.success())
        .then(|| format!("{arguments:?} is no `gisa streams apply`: {said}"))
}

/// The settings with which the first container of the workload would run, read off `--print-config`.
pub(crate) fn effective(overlay: &Overlay, workload: &Workload) -> Result<toml::Table, String> {
    let container = &workload.pod.containers[0];
    // The command line has the settings of entity tagging, which also prints them.
    let (service, arguments) = match workload.name.as_str() {
        "streams" => ("entity-tagging", None),
        service => (service, container.args.as_ref()),
    };
    let output = Command::new(binary(&format!("gisa-{service}")))
        .args(arguments.into_iter().flatten())
        .arg("--print-config")
        .env_clear()
        .envs(environment(overlay, container)?)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8_lossy(&output.stdout)
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())
}

/// The environment of a container, with the ConfigMaps and the Secret filled in.
fn environment(overlay: &Overlay, container: &Container) -> Result<BTreeMap<String, String>, String> {
    let mut environment = BTreeMap::new();
    for source in container.env_from.iter().flatten() {
        let name = source
            .config_map_ref
            .as_ref()
            .map(|source| source.name.as_str())
            .unwrap_or_default();
        let config_map = overlay
            .config_map(name)
            .ok_or_else(|| format!("no ConfigMap {name}"))?;
        environment.extend(config_map.data.clone().unwrap_or_default());
    }
    for variable in container.env.iter().flatten() {
        let from = variable.value_from.as_ref();
        let value = match from.and_then(|from| from.secret_key_ref.as_ref()) {
            Some(key) if key.name == SECRET.0 => {
                let mut known = SECRET.1.iter();
                let (_, value) = known
                    .find(|(name, _)| *name == key.key)
                    .ok_or("an undocumented key of the Secret")?;
                (*value).to_owned()
            }
            Some(key) => return Err(format!("unknown Secret {}", key.name)),
            None if from.is_some() => continue,
            None => variable.value.clone().unwrap_or_default(),
        };
        environment.insert(variable.name.clone(), value);
    }
    Ok(environment)
}

/// The setting at a path such as `server.listen`.
pub(crate) fn lookup<'a>(settings: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let found = settings.get(first)?;
    match rest {
        Some(rest) => lookup(found.as_table()?, rest),
        None => Some(found),
    }
}

/// The value as an environment variable gives it.
fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[test]
fn the_secret_is_documented() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md")).unwrap();
    for (key, _) in SECRET.1 {
        let written = [format!("--from-literal={key}="), format!("--from-file={key}=")];
        assert!(
            page.contains(SECRET.0) && written.iter().any(|text| page.contains(text)),
            "docs/OPERATIONS.md does not say how to make {key} of the Secret {}",
            SECRET.0
        );
    }
}
