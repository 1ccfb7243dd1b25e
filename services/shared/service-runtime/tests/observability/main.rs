//! Dashboards and alerts in `deploy/observability` ask for metrics that exist, and Prometheus understands them.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gisa_service_runtime::metrics::{CATALOGUE, MetricType};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../deploy/observability")
}

/// The queries of all dashboards, each with where it stands.
fn queries() -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for entry in fs::read_dir(folder().join("dashboards")).unwrap() {
        let path = entry.unwrap().path();
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            let place = format!("{}: {}", path.display(), panel["title"]);
            for target in panel["targets"].as_array().into_iter().flatten() {
                queries.push((place.clone(), target["expr"].as_str().unwrap().to_owned()));
            }
        }
    }
    assert!(!queries.is_empty());
    queries
}

/// The names of metrics in a text that are none of ours.
fn unknown_metrics(text: &str) -> Vec<&str> {
    let mut known = BTreeSet::new();
    for metric in CATALOGUE {
        let suffixes: &[&str] = match metric.metric_type {
            MetricType::Histogram => &["_bucket", "_sum", "_count"],
            MetricType::Counter | MetricType::Gauge => &[""],
        };
        known.extend(suffixes.iter().map(|suffix| format!("{}{suffix}", metric.name)));
    }
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words
        .filter(|word| word.starts_with("gisa_") && !known.contains(*word))
        .collect()
}

#[test]
fn dashboards_and_alerts_name_metrics_that_exist() {
    for (place, query) in queries() {
        assert!(query.contains("gisa_"), "{place}: {query}");
        assert_eq!(unknown_metrics(&query), [""; 0], "{place}");
    }
    for file in ["alerts.yaml", "alerts.test.yaml"] {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        assert_eq!(unknown_metrics(&text), [""; 0], "{file}");
    }
    assert_eq!(
        unknown_metrics("rate(gisa_rpc_requests[5m])"),
        ["gisa_rpc_requests"]
    );
}

#[test]
fn every_metric_but_the_plain_ones_is_on_a_dashboard() {
    let all: String = queries().into_iter().map(|(_, query)| query + "\n").collect();
    let missing: Vec<&str> = CATALOGUE
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !all.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "metrics that nobody sees");
}

#[test]
fn prometheus_understands_alerts_and_dashboards() {
    let promtool = |arguments: &[&Path]| {
        let output = Command::new("promtool").args(arguments).output();
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                eprintln!(
                    "skipped: promtool cannot be run ({error}); Debian has it in the package prometheus"
                );
                return;
            }
        };
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    let path = Path::new;
    promtool(&[path("check"), path("rules"), &folder().join("alerts.yaml")]);
    promtool(&[path("test"), path("rules"), &folder().join("alerts.test.yaml")]);

    // A recording rule takes what a panel takes, but for the variables of Grafana.
    let rules: Vec<Value> = queries()
        .into_iter()
        .enumerate()
        .map(|(number, (_, query))| {
            let query = query.replace("$__rate_interval", "5m");
            serde_json::json!({ "record": format!("panel_{number}"), "expr": query })
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("panels.yaml");
    // JSON is YAML.
    let groups = serde_json::json!({ "groups": [{ "name": "panels", "rules": rules }] });
    fs::write(&file, groups.to_string()).unwrap();
    promtool(&[path("check"), path("rules"), &file]);
}
