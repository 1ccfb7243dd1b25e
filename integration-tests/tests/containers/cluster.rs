//! A cluster of three NATS servers loses one, and the pipeline goes on.

use gisa_integration_tests::{
    Clients,
    container_pipeline::{ContainerPipeline, Topology},
};

use crate::load::{Load, assert_visible_once};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_nats_servers_is_killed_after_the_other() {
    let Some(mut pipeline) = ContainerPipeline::start_unless_skipped(Topology::Cluster).await else {
        return;
    };
    let load = Load::start(&pipeline.endpoints(), "cluster");
    load.until_more_answers(50).await;
    // Two of three: one of them leads some stream, and both are where clients were connected.
    for number in [0, 1] {
        pipeline.kill_nats(number).await;
        load.until_more_answers(50).await;
        pipeline.start_nats(number).await;
        load.until_more_answers(50).await;
    }
    let written = load.stop().await;
    assert_visible_once(&Clients::connect(&pipeline.endpoints()), &written).await;
}
