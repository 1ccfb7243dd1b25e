//! The journeys of the pipeline, black box over gRPC: each one on the embedded log in this process, and on the real
//! binaries over a real nats-server.

#![allow(clippy::unwrap_used)]

mod contract;
mod dictionary;
mod journeys;
mod rebuild;
mod restore;
mod stopping;
mod telemetry;
mod traces;

/// Defines for each journey one test on each log.
macro_rules! on_both_logs {
    ($($module:ident::$journey:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                crate::$module::$journey(gisa_integration_tests::Pipeline::embedded().await).await;
            })*
        }

        mod nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $journey() {
                if let Some(pipeline) = gisa_integration_tests::Pipeline::nats().await {
                    crate::$module::$journey(pipeline).await;
                }
            })*
        }
    };
}

on_both_logs!(
    journeys::ingest_to_search,
    journeys::correction,
    journeys::retraction,
    journeys::unchanged,
    journeys::watch_across_restart,
    journeys::read_your_write,
    journeys::bad_input_in_the_middle_of_a_stream,
    journeys::two_ingest_replicas_race,
    journeys::every_stage_killed_and_restarted,
    dictionary::a_change_reaches_the_other_replica_and_new_articles,
    dictionary::a_retag_reaches_the_affected_articles_and_their_watchers,
    dictionary::a_killed_retag_goes_on_elsewhere,
    dictionary::a_retag_is_cancelled_and_resumed,
    rebuild::index_rebuilt_while_articles_flow,
);
