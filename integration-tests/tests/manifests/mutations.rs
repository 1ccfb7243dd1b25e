//! Shows that the checks find mistakes: each rendered overlay is damaged in one place at a time.

use serde_json::{Value, json};

use crate::{findings, overlay::Overlay, schema};

/// A damage: kind and name of the object (name as a prefix, because ConfigMaps have a hash), a JSON pointer, the new value
/// (null removes it), and what must be found.
type Mutation = (&'static str, &'static str, &'static str, Value, &'static str);

fn mutations() -> Vec<Mutation> {
    let container = "/spec/template/spec/containers/0";
    let at = |path: &str| -> &'static str { Box::leak(format!("{container}{path}").into_boxed_str()) };
    vec![
        (
            "Namespace",
            "gisa",
            "/metadata/labels/pod-security.kubernetes.io~1enforce",
            json!("baseline"),
            "lacks",
        ),
        (
            "ServiceAccount",
            "query",
            "/automountServiceAccountToken",
            Value::Null,
            "mounts a token",
        ),
        (
            "Deployment",
            "ingest",
            "/spec/template/spec/securityContext/runAsNonRoot",
            Value::Null,
            "runAsNonRoot",
        ),
        (
            "Deployment",
            "ingest",
            "/spec/template/spec/securityContext/runAsUser",
            json!(0),
            "runAsUser",
        ),
        (
            "StatefulSet",
            "nats",
            "/spec/template/spec/securityContext/seccompProfile",
            Value::Null,
            "seccomp",
        ),
        (
            "Deployment",
            "ingest",
            at("/securityContext/readOnlyRootFilesystem"),
            json!(false),
            "writable",
        ),
        (
            "Deployment",
            "ingest",
            at("/securityContext/capabilities/drop"),
            json!([]),
            "capabilities",
        ),
        (
            "Deployment",
            "ingest",
            at("/resources/limits"),
            Value::Null,
            "limit of memory",
        ),
        (
            "Deployment",
            "ingest",
            at("/image"),
            json!("ghcr.io/gisa-news/gisa-ingest"),
            "no fixed tag",
        ),
        (
            "Deployment",
            "ingest",
            at("/image"),
            json!("ghcr.io/gisa-news/gisa-query:0.1.0"),
            "and not",
        ),
        (
            "StatefulSet",
            "query",
            at("/startupProbe"),
            Value::Null,
            "no startup probe",
        ),
        (
            "StatefulSet",
            "query",
            at("/livenessProbe/grpc/service"),
            Value::Null,
            "liveness probe",
        ),
        (
            "Deployment",
            "entity-tagging",
            at("/readinessProbe/grpc/port"),
            json!(7703),
            "readiness probe",
        ),
        (
            "Deployment",
            "ingest",
            "/spec/template/spec/terminationGracePeriodSeconds",
            json!(30),
            "may take",
        ),
        (
            "StatefulSet",
            "nats",
            "/spec/template/spec/terminationGracePeriodSeconds",
            json!(20),
            "may take",
        ),
        (
            "Deployment",
            "ingest",
            "/spec/template/spec/topologySpreadConstraints",
            Value::Null,
            "not spread",
        ),
        (
            "PodDisruptionBudget",
            "query",
            "/spec/selector/matchLabels/app.kubernetes.io~1name",
            json!("q"),
            "no PodDisr",
        ),
        (
            "Service",
            "ingest",
            "/spec/ports/0/port",
            json!(7700),
            "port grpc of service ingest",
        ),
        (
            "Service",
            "ingest",
            "/spec/selector/app.kubernetes.io~1name",
            json!("inget"),
            "selects 0 workloads",
        ),
        (
            "Service",
            "nats-headless",
            "/spec/clusterIP",
            Value::Null,
            "no headless service",
        ),
        (
            "ConfigMap",
            "ingest",
            "/data/GISA_SERVER__LISTEN",
            json!("0.0.0.0:7711"),
            "not the port grpc",
        ),
        (
            "ConfigMap",
            "ingest",
            "/data/GISA_SERVER__LISTN",
            json!("0.0.0.0:7701"),
            "GISA_SERVER__LISTN is no setting",
        ),
        (
            "ConfigMap",
            "query",
            "/data/GISA_QUERY__INDEX_DIRECTORY",
            json!("/index"),
            "on no volume",
        ),
        (
            "ConfigMap",
            "common",
            "/data/GISA_SERVER__GRACE_MS",
            json!("soon"),
            "settings: ",
        ),
        (
            "ConfigMap",
            "common",
            "/data/GISA_NATS__MAX_BYTES__TAGGED",
            json!("99999999999"),
            "do not fit",
        ),
        (
            "ConfigMap",
            "common",
            "/data/GISA_NATS__REPLICAS",
            json!("5"),
            "nats.replicas is",
        ),
        (
            "NetworkPolicy",
            "default-deny",
            "/spec/policyTypes",
            json!(["Egress"]),
            "must be closed",
        ),
        (
            "NetworkPolicy",
            "services-to-nats",
            "/spec/egress",
            json!([]),
            "ingest to nats at 4222 must be open",
        ),
        (
            "NetworkPolicy",
            "services-from-clients",
            "/spec/ingress/0/from",
            Value::Null,
            "a stranger to ingest",
        ),
        (
            "ServiceMonitor",
            "gisa",
            "/spec/endpoints/0/port",
            json!("http"),
            "no ServiceMonitor",
        ),
        (
            "PrometheusRule",
            "gisa",
            "/spec/groups/0/rules/0/annotations/runbook_url",
            json!("x"),
            "no section",
        ),
    ]
}

fn job_mutations() -> Vec<Mutation> {
    let arguments = "/spec/template/spec/containers/0/args";
    let environment = "/spec/template/spec/containers/0/env";
    vec![
        (
            "Job",
            "streams",
            arguments,
            json!(["streams", "aply"]),
            "is no `gisa streams apply`",
        ),
        (
            "Job",
            "streams",
            arguments,
            json!(["streams", "apply", "--drop-agd"]),
            "is no `gisa streams apply`",
        ),
        ("Job", "streams", environment, json!([]), "must ask"),
        (
            "Job",
            "streams",
            "/spec/template/spec/automountServiceAccountToken",
            Value::Null,
            "token is mounted",
        ),
    ]
}

fn production_mutations() -> Vec<Mutation> {
    let trigger = "/spec/triggers/0/metadata/consumer";
    vec![
        (
            "ScaledObject",
            "entity-tagging",
            trigger,
            json!("tagging"),
            "KEDA has",
        ),
        (
            "ScaledObject",
            "entity-tagging",
            "/spec/maxReplicaCount",
            json!(64),
            "replicas busy",
        ),
        (
            "HorizontalPodAutoscaler",
            "query",
            "/spec/scaleTargetRef/kind",
            json!("Deployment"),
            "query is not scaled",
        ),
        (
            "StatefulSet",
            "query",
            "/spec/replicas",
            json!(2),
            "which its autoscaler owns",
        ),
        (
            "StatefulSet",
            "nats",
            "/spec/replicas",
            json!(2),
            "must be 3 with 3",
        ),
        (
            "NetworkPolicy",
            "nats-to-nats",
            "/spec/egress",
            json!([]),
            "nats to nats at 6222",
        ),
        (
            "ConfigMap",
            "nats",
            "/data/nats.conf",
            json!("sync_interval: 2m\n"),
            "sync_interval",
        ),
        (
            "ConfigMap",
            "nats",
            "/data/nats.conf",
            json!("sync_interval: always\nlisen: 1\n"),
            "refuses nats.conf",
        ),
    ]
}

#[test]
fn every_damage_is_found() {
    for (name, damages) in [
        ("quickstart", [mutations(), job_mutations()].concat()),
        ("production", [mutations(), production_mutations()].concat()),
    ] {
        let Some(overlay) = Overlay::render_unless_skipped(name) else {
            return;
        };
        for (kind, object, pointer, value, expected) in damages {
            let damaged = damage(&overlay, kind, object, pointer, &value);
            let found = findings(&damaged);
            let case = format!("{name}: {kind} {object} {pointer} {value}");
            assert!(
                found.iter().any(|finding| finding.contains(expected)),
                "{case}: {found:?}"
            );
        }
    }
}

#[test]
fn the_schemas_refuse_unknown_fields() {
    let Some(overlay) = Overlay::render_unless_skipped("quickstart") else {
        return;
    };
    let damaged = damage(&overlay, "Deployment", "ingest", "/spec/replica", &json!(1));
    assert!(schema::problems(&damaged).contains("replica"));
}

fn damage(overlay: &Overlay, kind: &str, name: &str, pointer: &str, value: &Value) -> Overlay {
    let mut documents = overlay.documents.clone();
    let is_meant = |document: &Value| {
        let found = document["metadata"]["name"].as_str().unwrap_or_default();
        document["kind"] == kind
            && (found == name || (kind == "ConfigMap" && found.starts_with(&format!("{name}-"))))
    };
    let document = documents.iter_mut().find(|document| is_meant(document));
    let document = document.unwrap_or_else(|| panic!("no {kind} {name}"));
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let key = key.replace("~1", "/");
    let parent = document
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent} in {kind} {name}"));
    match parent {
        Value::Object(fields) if value.is_null() => {
            fields
                .remove(&key)
                .unwrap_or_else(|| panic!("no {key} in {kind} {name}"));
        }
        Value::Object(fields) => {
            fields.insert(key, value.clone());
        }
        other => panic!("{other} is no object"),
    }
    Overlay::from_documents(&overlay.name, documents)
}
