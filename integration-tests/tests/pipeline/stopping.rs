//! How the real processes stop: health first, then everything else; and at once if they are told twice.

use gisa_integration_tests::{
    Clients, Stage, articles::naver_cloud, eventually::eventually, nats_pipeline::NatsPipeline,
};
use gisa_proto::ingest::v1::IngestOutcome;
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_says_so_before_anything_ends_and_a_second_signal_ends_at_once() {
    // Longer than the test: only the second signal can end it.
    let environment = [("GISA_SERVER__DRAIN_DELAY_MS", "3600000")];
    let Some(mut pipeline) = NatsPipeline::start_with_environment(&environment).await else {
        return;
    };
    let endpoints = pipeline.endpoints();
    let mut clients = Clients::connect(&endpoints);
    let addresses = [endpoints.ingest, endpoints.tagging, endpoints.query];
    for (stage, address) in Stage::ALL.into_iter().zip(addresses) {
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy();
        let status = || {
            let mut health = HealthClient::new(channel.clone());
            async move {
                health
                    .check(HealthCheckRequest::default())
                    .await
                    .map(|answer| answer.into_inner().status())
            }
        };
        assert_eq!(eventually(status).await, ServingStatus::Serving, "{stage:?}");
        pipeline.terminate(stage).await;
        eventually(|| async {
            match status().await {
                Ok(ServingStatus::NotServing) => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }

    // They all work on until the delay is over: load balancers need their time.
    let written = clients
        .ingest_as(naver_cloud("late"), IngestOutcome::Created)
        .await;
    clients.get_after(&written).await.unwrap();

    for stage in Stage::ALL {
        pipeline.terminate(stage).await;
        assert_eq!(pipeline.wait(stage).await.code(), Some(130), "{stage:?}");
    }
}
