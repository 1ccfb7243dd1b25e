//! The images as they are deployed: the journeys black box over gRPC on containers over one NATS server and over a cluster of
//! three, and on the stack of `deploy/compose.yaml`, which is also scaled, damaged and upgraded under load. Nothing that a test
//! starts outlives it.

#![allow(clippy::unwrap_used)]

mod cleanup;
mod cluster;
mod images;
#[path = "../pipeline/journeys.rs"]
mod journeys;
mod load;
mod operations;

use gisa_integration_tests::{Pipeline, container_pipeline::Topology};

/// Defines for each journey one test on containers over each kind of NATS, and one on the Compose stack.
macro_rules! in_containers {
    ($($journey:ident),* $(,)?) => {
        mod single {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                if let Some(pipeline) = Pipeline::containers(Topology::Single).await {
                    crate::journeys::$journey(pipeline).await;
                }
            })*
        }

        mod three_nats {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                if let Some(pipeline) = Pipeline::containers(Topology::Cluster).await {
                    crate::journeys::$journey(pipeline).await;
                }
            })*
        }

        mod compose {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                if let Some(pipeline) = Pipeline::compose().await {
                    crate::journeys::$journey(pipeline).await;
                }
            })*
        }
    };
}

in_containers!(
    ingest_to_search,
    correction,
    retraction,
    unchanged,
    watch_across_restart,
    read_your_write,
    bad_input_in_the_middle_of_a_stream,
    two_ingest_replicas_race,
    every_stage_killed_and_restarted,
);
