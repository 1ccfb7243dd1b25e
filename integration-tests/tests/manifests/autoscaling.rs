//! Production scales entity tagging by the lag of its consumer, ingest and query by load; quickstart scales nothing.

use gisa_event_log::Stream;
use serde_json::{Value, json};

use crate::{Findings, overlay::Overlay, settings};

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let scaled: Vec<&Value> = overlay.custom_of_kind("ScaledObject").collect();
    if !overlay.is_production() {
        let is_scaled = !scaled.is_empty() || !overlay.autoscalers.is_empty();
        return is_scaled.then(|| "it scales".to_owned()).into_iter().collect();
    }

    let mut findings = Findings::new();
    for name in ["ingest", "query"] {
        let autoscaler = overlay.autoscalers.iter().map(|found| &found.spec).find(|spec| {
            let target = &spec.scale_target_ref;
            target.name == name
                && overlay
                    .workload(name)
                    .is_some_and(|workload| workload.kind == target.kind)
                && target.api_version.as_deref() == Some("apps/v1")
        });
        if autoscaler.is_none_or(|spec| spec.min_replicas.unwrap_or(1) < 2 || spec.max_replicas < 3) {
            findings.push(format!("{name} is not scaled between several replicas"));
        }
    }
    match scaled.as_slice() {
        [scaled] => findings.extend(lag_problems(overlay, scaled)),
        _ => findings.push(format!("{} ScaledObjects, must be one", scaled.len())),
    }
    for workload in overlay
        .workloads
        .iter()
        .filter(|workload| workload.is_gisa() && workload.is_service())
    {
        if workload.replicas.is_some() {
            findings.push(format!(
                "{} sets replicas, which its autoscaler owns",
                workload.name
            ));
        }
    }
    findings
}

fn lag_problems(overlay: &Overlay, scaled: &Value) -> Findings {
    let mut findings = Findings::new();
    let Some(tagging) = overlay.workload("entity-tagging") else {
        return findings;
    };
    let target = &scaled["spec"]["scaleTargetRef"];
    if target["name"] != tagging.name.as_str() || target["kind"] != tagging.kind {
        findings.push("KEDA does not scale entity-tagging".to_owned());
    }
    let trigger = &scaled["spec"]["triggers"][0];
    let metadata = &trigger["metadata"];
    let effective = settings::effective(overlay, tagging).ok();
    let setting = |path: &str| settings::lookup(effective.as_ref()?, path);
    let number = |path: &str| setting(path)?.as_integer();
    let most = scaled["spec"]["maxReplicaCount"].as_i64();
    let room = number("tagging.max_ack_pending").zip(number("tagging.max_in_flight"));
    if most
        .zip(room)
        .is_none_or(|(most, (pending, in_flight))| most * in_flight > pending)
    {
        findings.push(format!(
            "tagging.max_ack_pending does not keep {most:?} replicas busy"
        ));
    }
    let consumer = setting("tagging.consumer_name").and_then(toml::Value::as_str);
    let wanted = [
        (&trigger["type"], json!("nats-jetstream")),
        (&scaled["apiVersion"], json!("keda.sh/v1alpha1")),
        (&metadata["stream"], json!(Stream::Articles.name())),
        (&metadata["consumer"], json!(consumer)),
        (&metadata["account"], json!("$G")),
        (
            &metadata["natsServerMonitoringEndpoint"],
            json!("nats-headless.gisa.svc.cluster.local:8222"),
        ),
    ];
    for (found, wanted) in wanted {
        if *found != wanted {
            findings.push(format!("KEDA has {found} where {wanted} belongs"));
        }
    }
    let lag = metadata["lagThreshold"]
        .as_str()
        .and_then(|lag| lag.parse::<u32>().ok());
    if lag.is_none_or(|lag| lag == 0) {
        findings.push("KEDA has no lagThreshold".to_owned());
    }
    let minimum = scaled["spec"]["minReplicaCount"].as_u64().unwrap_or(0);
    if minimum < 2
        || scaled["spec"]["fallback"]["replicas"]
            .as_u64()
            .is_none_or(|replicas| replicas < minimum)
    {
        findings.push("entity-tagging could fall below two replicas".to_owned());
    }
    findings
}
