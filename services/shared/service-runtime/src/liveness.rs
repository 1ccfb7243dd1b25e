//! Whether the process should be started anew: health of the service name `liveness`.
//!
//! Readiness is the health of the other names: it turns NOT_SERVING while the process drains. Liveness turns NOT_SERVING
//! only when a part of the process is stuck in a way that a restart may cure, and goes back when the part goes on.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::Mutex;
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::{error, info};

/// Name under which gRPC health v1 tells the liveness.
pub const LIVENESS: &str = "liveness";

/// Tells that parts of the process are stuck. Cheap to clone.
#[derive(Clone)]
pub struct Liveness {
    health: HealthReporter,
    // Held while the health is set, so that it follows the order of the calls.
    stuck: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl std::fmt::Debug for Liveness {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Liveness").finish_non_exhaustive()
    }
}

impl Liveness {
    pub(crate) fn new(health: HealthReporter) -> Self {
        Self {
            health,
            stuck: Arc::default(),
        }
    }

    /// A part of the process is stuck.
    pub async fn stuck(&self, part: &'static str, reason: &str) {
        let mut stuck = self.stuck.lock().await;
        if stuck.insert(part) {
            error!(reason, "{part} is stuck, liveness is NOT_SERVING: {reason}");
            self.set(&stuck).await;
        }
    }

    /// A part of the process goes on, if it was stuck.
    pub async fn going_on(&self, part: &'static str) {
        let mut stuck = self.stuck.lock().await;
        if stuck.remove(part) {
            info!("{part} goes on");
            self.set(&stuck).await;
        }
    }

    /// Makes the name known to callers.
    pub(crate) async fn publish(&self) {
        let stuck = self.stuck.lock().await;
        self.set(&stuck).await;
    }

    async fn set(&self, stuck: &BTreeSet<&'static str>) {
        let status = match stuck.is_empty() {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        self.health.set_service_status(LIVENESS, status).await;
    }
}

#[cfg(test)]
mod tests {
    use tonic_health::pb::{HealthCheckRequest, health_server::Health as _};

    use super::*;

    #[tokio::test]
    async fn it_serves_while_no_part_is_stuck() {
        let (health, _) = tonic_health::server::health_reporter();
        let service = tonic_health::server::HealthService::from_health_reporter(health.clone());
        let serving = || async {
            let request = tonic::Request::new(HealthCheckRequest {
                service: LIVENESS.to_owned(),
            });
            service.check(request).await.unwrap().into_inner().status == 1
        };
        let liveness = Liveness::new(health);
        liveness.publish().await;
        assert!(serving().await);
        liveness.stuck("a", "no deliveries").await;
        liveness.stuck("b", "no deliveries").await;
        liveness.going_on("a").await;
        assert!(!serving().await);
        liveness.going_on("b").await;
        assert!(serving().await);
    }
}
