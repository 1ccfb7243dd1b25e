//! Carries out the schedule.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    deployment::Deployment,
    proxy::Line,
    schedule::{Action, Fault, Target},
};
use crate::Stage;

/// How many faults befell what: by action and target.
pub(super) type Count = BTreeMap<(Action, &'static str), usize>;

/// Carries out all faults; returns when the last is over.
pub(super) async fn carry_out(deployment: &Arc<Deployment>, faults: &[Fault], start: Instant) -> Count {
    let mut under_way = JoinSet::new();
    for fault in faults.iter().copied() {
        let deployment = Arc::clone(deployment);
        under_way.spawn(async move {
            sleep_until(start + fault.at).await;
            befall(&deployment, fault).await
        });
    }
    let mut count = Count::new();
    while let Some(done) = under_way.join_next().await {
        let key = done.expect("a fault can be carried out");
        *count.entry(key).or_default() += 1;
    }
    count
}

async fn befall(deployment: &Deployment, fault: Fault) -> (Action, &'static str) {
    match fault.target {
        Target::Service(number) => {
            let service = &deployment.services[number];
            match fault.action {
                Action::Kill => {
                    service.kill().await;
                    sleep(fault.hold).await;
                    service.revive().await;
                }
                Action::Pause => {
                    service.pause().await;
                    sleep(fault.hold).await;
                    service.resume().await;
                }
                Action::Blackhole | Action::Cut => {
                    let silent = fault.action == Action::Blackhole;
                    service
                        .proxy
                        .set(if silent { Line::Silent } else { Line::Closed });
                    sleep(fault.hold).await;
                    service.proxy.set(Line::Open);
                }
            }
            let name = match service.stage {
                Stage::Ingest => "ingest",
                Stage::EntityTagging => "entity-tagging",
                Stage::Query => "query",
            };
            (fault.action, name)
        }
        Target::Nats(node) => {
            // Held through the fault: should the server come back late, the next fault waits.
            let mut nats = deployment.nats.lock().await;
            let number = nats.find(node).await;
            let kills = fault.action == Action::Kill;
            if kills {
                nats.kill(number).await;
            } else {
                nats.pause(number).await;
            }
            sleep(fault.hold).await;
            if kills {
                nats.restart(number).await;
            } else {
                nats.resume(number).await;
            }
            (fault.action, "nats-server")
        }
    }
}
