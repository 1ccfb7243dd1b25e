//! Whether the servers keep what they acknowledge through the death of their machines: asked at their monitoring ports,
//! because NATS tells no client.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{config::Durability, config::monitoring_address, session::Session};
use crate::{LogError, retry::Backoff};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(1),
};
/// Longest time for one question to one server.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// More than any answer of `/jsz` without its details.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The settings of JetStream on one server, as `/jsz` tells them.
#[derive(Debug, Deserialize)]
struct Server {
    server_id: String,
    config: ServerConfig,
    /// Only in a cluster.
    meta_cluster: Option<MetaCluster>,
}

#[derive(Debug, Deserialize)]
struct ServerConfig {
    /// Left out when it is false.
    #[serde(default)]
    sync_always: bool,
}

#[derive(Debug, Deserialize)]
struct MetaCluster {
    cluster_size: usize,
}

/// With durability `always`, makes sure that every server of NATS syncs each append before it acknowledges it.
///
/// Every server, because any of them may come to hold a replica, and one that forgets what it acknowledged can outvote
/// those that do not. So a server that does not answer stops the start, too.
pub(super) async fn verify(session: &Session) -> Result<(), LogError> {
    if session.config.durability == Durability::Default {
        return Ok(());
    }
    let start = Instant::now();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match verify_once(session).await {
            Ok(()) => return Ok(()),
            Err(error @ LogError::Unavailable(_)) => error,
            Err(error) => return Err(error),
        };
        let delay = BACKOFF.delay(attempt);
        if start.elapsed() + delay >= session.config.connect_deadline() {
            return Err(error);
        }
        sleep(delay).await;
    }
}

async fn verify_once(session: &Session) -> Result<(), LogError> {
    let urls = &session.config.monitoring_urls;
    let mut ids = BTreeSet::new();
    let mut wanted = 1;
    for url in urls {
        let server = ask(url).await?;
        if !server.config.sync_always {
            return Err(LogError::InvalidSettings(format!(
                "nats.durability is always, but the server at {url} says sync_always is false; \
                 set sync_interval: always in its jetstream block"
            )));
        }
        wanted = wanted.max(server.meta_cluster.map_or(1, |cluster| cluster.cluster_size));
        ids.insert(server.server_id);
    }
    if ids.len() < wanted {
        return Err(LogError::InvalidSettings(format!(
            "nats.durability is always, but nats.monitoring_urls lead to {} of the {wanted} servers of the cluster",
            ids.len()
        )));
    }
    // Right after a restart of the server the connection may still know the old one.
    let connected = session.client.server_info().server_id;
    if !ids.contains(&connected) {
        return Err(LogError::Unavailable(format!(
            "nats.monitoring_urls ({}) do not lead to the server that nats.servers leads to",
            urls.join(", ")
        )));
    }
    Ok(())
}

async fn ask(url: &str) -> Result<Server, LogError> {
    let answer = timeout(ANSWER_TIMEOUT, get(url, "/jsz")).await;
    let answer = answer
        .map_err(|_| "no answer in time".to_owned())
        .and_then(|answer| answer.map_err(|error| error.to_string()));
    let unavailable = |error: String| {
        LogError::Unavailable(format!(
            "nats.durability is always, and the monitoring port at {url} cannot be asked: {error}"
        ))
    };
    let body = answer.map_err(unavailable)?;
    serde_json::from_slice(&body).map_err(|error| unavailable(error.to_string()))
}

/// One HTTP request on a connection of its own.
async fn get(url: &str, path: &str) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let address = monitoring_address(url)?;
    let connection = TcpStream::connect(&address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connection)).await?;
    let request = Request::get(path)
        .header(header::HOST, &address)
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("HTTP status {}", response.status()).into());
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        Ok(body.collect().await?.to_bytes())
    };
    tokio::pin!(exchange, connection);
    tokio::select! {
        body = &mut exchange => body,
        // The connection has nothing more to do, or broke: the exchange knows which.
        _ = &mut connection => exchange.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsz_says_is_understood() {
        let alone: Server = serde_json::from_str(
            r#"{"server_id":"A","config":{"sync_interval":1,"sync_always":true},"streams":0}"#,
        )
        .unwrap();
        assert!(alone.config.sync_always && alone.meta_cluster.is_none());
        let clustered: Server = serde_json::from_str(
            r#"{"server_id":"A","config":{},"meta_cluster":{"name":"C","leader":"n1","cluster_size":3}}"#,
        )
        .unwrap();
        assert!(!clustered.config.sync_always);
        assert_eq!(clustered.meta_cluster.unwrap().cluster_size, 3);
    }
}
