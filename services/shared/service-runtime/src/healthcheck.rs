//! The subcommand `healthcheck` of every service: asks the gRPC health of the process that runs with the same settings. For
//! images without a shell, where Docker and Compose need a command that tells health by its exit code.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

/// How long a healthy service may take to answer. Shorter than the timeouts that Docker and Compose are given.
const PATIENCE: Duration = Duration::from_secs(3);

/// Fails unless the service at `listen` says that `service` is serving; empty for the whole process.
pub(crate) async fn check(listen: SocketAddr, service: &str) -> anyhow::Result<()> {
    let address = reachable(listen);
    let channel = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .connect()
        .await
        .with_context(|| format!("no service listens on {address}"))?;
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel).check(request).await;
    let answer = answer.with_context(|| format!("{address} does not tell its health"))?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        other => bail!("{address} is {}", other.as_str_name()),
    }
}

/// Where a process on the same host reaches a server that listens on `listen`.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assembly, ServerConfig};
    use tokio::{net::TcpListener, sync::oneshot};

    #[tokio::test]
    async fn a_serving_process_is_healthy_and_another_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = ServerConfig {
            drain_delay_ms: 0,
            ..ServerConfig::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                stopped.await.unwrap();
            };
            Assembly::new().serve(listener, &config, stopped).await
        });
        check(address, "").await.unwrap();
        let unknown = check(address, "gisa.no.Service").await.unwrap_err();
        assert!(
            unknown.to_string().contains("does not tell its health"),
            "{unknown:#}"
        );

        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
        let gone = check(address, "").await.unwrap_err();
        assert!(gone.to_string().contains("no service listens"), "{gone:#}");
    }

    #[test]
    fn an_unspecified_address_is_reached_over_loopback() {
        for (listen, reached) in [
            ("0.0.0.0:7701", "127.0.0.1:7701"),
            ("[::]:7701", "[::1]:7701"),
            ("10.0.0.1:7701", "10.0.0.1:7701"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
