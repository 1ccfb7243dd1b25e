//! Asking a service for its health.

use std::net::SocketAddr;

use tonic::{Status, transport::Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

/// Whether the whole process at this address serves.
pub async fn check(address: SocketAddr) -> Result<(), Status> {
    check_service(address, "").await
}

/// Whether the health service of this name serves at this address.
pub async fn check_service(address: SocketAddr, service: &str) -> Result<(), Status> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a valid address");
    let channel = endpoint
        .connect()
        .await
        .map_err(|error| Status::from_error(Box::new(error)))?;
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel).check(request).await?.into_inner();
    match answer.status() {
        ServingStatus::Serving => Ok(()),
        other => Err(Status::unavailable(other.as_str_name())),
    }
}
