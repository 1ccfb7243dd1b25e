//! All that runs: NATS and two processes of each service.

use std::path::Path;

use anyhow::Context as _;
use gisa_event_log::jetstream::{Durability, JetStreamConfig};
use tokio::sync::Mutex;

use super::{
    nats::Nats,
    schedule::{REPLICAS, SERVICES},
    service::Service,
};
use crate::Stage;

/// How long ingest and tagging repeat an append, in milliseconds; a cluster needs some seconds for a new leader.
const APPEND_DEADLINE: u64 = 4_000;
/// As short as it may be, so that a frozen worker wakes up after it: what keeps it from doing harm then is the fence of
/// the outcome, not the message id.
const DUPLICATE_WINDOW: u64 = 9;

/// NATS and the services, in the order of [`Stage::ALL`], [`REPLICAS`] of each. Everything ends when it is dropped.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) services: Vec<Service>,
    pub(super) nats: Mutex<Nats>,
    nats_config: JetStreamConfig,
}

impl Deployment {
    /// Starts everything and waits until it serves. Logs and indexes go to `directory`.
    pub(super) async fn start(
        nodes: usize,
        durability: Durability,
        directory: &Path,
    ) -> anyhow::Result<Self> {
        let nats = Nats::start(nodes, durability).await;
        let mut settings = vec![
            format!("nats.replicas={}", nats.replicas()),
            format!("nats.append_deadline_ms={APPEND_DEADLINE}"),
            format!("nats.duplicate_window_seconds={DUPLICATE_WINDOW}"),
            "nats.ack_timeout_ms=1000".to_owned(),
            "nats.request_timeout_ms=2000".to_owned(),
            "logging.format=human".to_owned(),
        ];
        if durability == Durability::Always {
            settings.push("nats.durability=always".to_owned());
            settings.push(format!(
                "nats.monitoring_urls={}",
                nats.monitoring_urls().join(",")
            ));
        }
        let mut services = Vec::with_capacity(SERVICES);
        for stage in Stage::ALL {
            let mut settings = settings.clone();
            match stage {
                Stage::Ingest => (),
                Stage::EntityTagging => {
                    settings.push("tagging.ack_wait_ms=2000".to_owned());
                    settings.push("tagging.max_in_flight=32".to_owned());
                }
                Stage::Query => settings.push("query.checkpoint_interval_ms=500".to_owned()),
            }
            for replica in 0..REPLICAS {
                let started = Service::start(stage, replica, &nats.addresses(), &settings, directory).await;
                services.push(started.context("a service cannot be started")?);
            }
        }
        for service in &services {
            service.until_serving().await?;
        }
        let nats_config = JetStreamConfig {
            servers: nats.urls(),
            replicas: nats.replicas(),
            append_deadline_ms: APPEND_DEADLINE,
            duplicate_window_seconds: DUPLICATE_WINDOW,
            ..JetStreamConfig::default()
        };
        Ok(Self {
            services,
            nats: Mutex::new(nats),
            nats_config,
        })
    }

    /// The processes of a service.
    pub(super) fn replicas(&self, stage: Stage) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |service| service.stage == stage)
    }

    /// Settings to read the log directly.
    pub(super) fn nats_config(&self) -> JetStreamConfig {
        self.nats_config.clone()
    }
}
