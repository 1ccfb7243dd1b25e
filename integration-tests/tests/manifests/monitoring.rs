//! ServiceMonitors find the metrics ports of all services.

use serde_json::Value;

use crate::{Findings, overlay::Overlay};

pub(crate) fn check(overlay: &Overlay) -> Findings {
    let mut findings = Findings::new();
    for workload in overlay
        .workloads
        .iter()
        .filter(|workload| workload.is_gisa() && workload.is_service())
    {
        let labels = overlay
            .services
            .iter()
            .find(|service| service.metadata.name.as_ref() == Some(&workload.name))
            .and_then(|service| service.metadata.labels.clone())
            .unwrap_or_default();
        let monitored = overlay.custom_of_kind("ServiceMonitor").any(|monitor| {
            let expressions = monitor["spec"]["selector"]["matchExpressions"].as_array();
            let selects = expressions.into_iter().flatten().all(|expression| {
                let value = expression["key"].as_str().and_then(|key| labels.get(key));
                expression["operator"] == "In"
                    && expression["values"].as_array().is_some_and(|values| {
                        values
                            .iter()
                            .any(|found| found.as_str() == value.map(String::as_str))
                    })
            });
            expressions.is_some() && selects && scrapes(monitor)
        });
        if !monitored {
            findings.push(format!("no ServiceMonitor finds /metrics of {}", workload.name));
        }
    }
    findings
}

fn scrapes(monitor: &Value) -> bool {
    let endpoints = monitor["spec"]["endpoints"].as_array();
    monitor["apiVersion"] == "monitoring.coreos.com/v1"
        && endpoints
            .into_iter()
            .flatten()
            .any(|endpoint| endpoint["port"] == "metrics" && endpoint["path"] == "/metrics")
}
