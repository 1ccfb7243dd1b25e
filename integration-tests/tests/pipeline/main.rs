//! The journeys of the pipeline, black box over gRPC: each one on the embedded log in this process, and on the real
//! binaries over a real nats-server.

#![allow(clippy::unwrap_used)]

mod contract;
mod journeys;

/// Defines for each journey one test on each log.
macro_rules! on_both_logs {
    ($($journey:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                crate::journeys::$journey(gisa_integration_tests::Pipeline::embedded().await).await;
            })*
        }

        mod nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                if let Some(pipeline) = gisa_integration_tests::Pipeline::nats().await {
                    crate::journeys::$journey(pipeline).await;
                }
            })*
        }
    };
}

on_both_logs!(
    ingest_to_search,
    correction,
    retraction,
    unchanged,
    watch_across_restart,
    read_your_write,
    bad_input_in_the_middle_of_a_stream,
    two_ingest_replicas_race,
    every_stage_killed_and_restarted,
    index_rebuilt_while_articles_flow,
);
