//! The Compose stack is operated under load: scaled, damaged, upgraded, taken down.

use gisa_integration_tests::{Clients, compose_stack::ComposeStack, docker::docker};

use crate::load::{Load, assert_visible_once};

/// Answers that the load must see after each change: enough to show that it goes on.
const ANSWERS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tagging_is_scaled_and_survives_a_killed_replica() {
    let Some(stack) = ComposeStack::up_unless_skipped().await else {
        return;
    };
    let load = Load::start(&stack.endpoints(), "scale");
    load.until_more_answers(ANSWERS).await;
    stack.scale_tagging(3).await;
    assert_eq!(stack.running("entity-tagging"), 3);
    load.until_more_answers(ANSWERS).await;

    stack.kill_container("entity-tagging");
    assert_eq!(stack.running("entity-tagging"), 2);
    load.until_more_answers(ANSWERS).await;
    let written = load.stop().await;
    assert_visible_once(&Clients::connect(&stack.endpoints()), &written).await;

    stack.start_again().await;
    assert_eq!(stack.running("entity-tagging"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_restarts_and_nothing_is_lost() {
    let Some(stack) = ComposeStack::up_unless_skipped().await else {
        return;
    };
    let load = Load::start(&stack.endpoints(), "nats");
    load.until_more_answers(ANSWERS).await;
    stack.restart_service("nats").await;
    load.until_more_answers(ANSWERS).await;
    let written = load.stop().await;
    assert_visible_once(&Clients::connect(&stack.endpoints()), &written).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_is_replaced_under_load() {
    let Some(stack) = ComposeStack::up_unless_skipped().await else {
        return;
    };
    let load = Load::start(&stack.endpoints(), "upgrade");
    load.until_more_answers(ANSWERS).await;
    for (service, replicas) in [("ingest", 1), ("entity-tagging", 2), ("query", 1)] {
        stack.replace(service, replicas).await;
        load.until_more_answers(ANSWERS).await;
        assert_eq!(stack.running(service), replicas);
    }
    let written = load.stop().await;
    assert_visible_once(&Clients::connect(&stack.endpoints()), &written).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_leaves_nothing() {
    let Some(stack) = ComposeStack::up_unless_skipped().await else {
        return;
    };
    let label = format!("label=com.docker.compose.project={}", stack.project());
    let containers = || docker(&["ps", "--all", "--quiet", "--filter", &label]);
    let volumes = || docker(&["volume", "ls", "--quiet", "--filter", &label]);
    let networks = || docker(&["network", "ls", "--quiet", "--filter", &label]);
    assert!(!containers().is_empty() && !volumes().is_empty() && !networks().is_empty());
    drop(stack);
    assert_eq!((containers(), volumes(), networks()), Default::default());
}
