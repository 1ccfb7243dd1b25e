//! The Kubernetes manifests: each overlay is rendered by `kubectl kustomize`, read into typed objects and checked for what the
//! documentation promises of it. Settings are checked by running the real binaries with the rendered environment.
//!
//! Each check is a function from an overlay to what is wrong with it, so that [`mutations`] can show that it finds mistakes.

#![allow(clippy::unwrap_used)]

mod alerts;
mod autoscaling;
mod hardening;
mod labels;
mod lifecycle;
mod monitoring;
mod mutations;
mod nats;
mod network;
mod overlay;
mod reachability;
mod schema;
mod settings;

use overlay::Overlay;

/// What is wrong with an overlay.
type Findings = Vec<String>;

/// What looks at one overlay.
type Check = fn(&Overlay) -> Findings;

/// All checks, by name.
const CHECKS: &[(&str, Check)] = &[
    ("hardening", hardening::check),
    ("lifecycle", lifecycle::check),
    ("labels", labels::check),
    ("settings", settings::check),
    ("network", network::check),
    ("nats", nats::check),
    ("monitoring", monitoring::check),
    ("alerts", alerts::check),
    ("autoscaling", autoscaling::check),
];

fn findings(overlay: &Overlay) -> Findings {
    CHECKS
        .iter()
        .flat_map(|(name, check)| {
            check(overlay)
                .into_iter()
                .map(move |finding| format!("{name}: {finding}"))
        })
        .collect()
}

#[test]
fn every_overlay_keeps_all_promises() {
    for name in overlay::NAMES {
        let Some(overlay) = Overlay::render_unless_skipped(name) else {
            return;
        };
        let findings = findings(&overlay);
        assert!(findings.is_empty(), "overlay {name}:\n{}", findings.join("\n"));
    }
}

#[test]
fn a_current_api_server_would_accept_every_object() {
    for name in overlay::NAMES {
        let Some(overlay) = Overlay::render_unless_skipped(name) else {
            return;
        };
        schema::assert_valid(&overlay);
    }
}
