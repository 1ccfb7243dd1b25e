//! What every service promises beside its own calls: health, reflection, and an orderly stop.

use gisa_integration_tests::Pipeline;
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_tells_its_health() {
    let Pipeline::Embedded(pipeline) = Pipeline::embedded().await else {
        unreachable!()
    };
    let endpoints = pipeline.endpoints();
    for (address, service) in [
        (endpoints.ingest, "gisa.ingest.v1.IngestService"),
        (endpoints.tagging, "gisa.tagging.v1.EntityTaggingService"),
        (endpoints.query, "gisa.query.v1.QueryService"),
    ] {
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        for name in ["", service] {
            let request = HealthCheckRequest {
                service: name.to_owned(),
            };
            let answer = HealthClient::new(channel.clone())
                .check(request)
                .await
                .unwrap()
                .into_inner();
            assert_eq!(answer.status(), ServingStatus::Serving, "{name}");
        }
    }
}
