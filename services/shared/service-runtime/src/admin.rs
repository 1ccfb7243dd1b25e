//! The admin port: metrics in the text format of Prometheus, and the level of the logs. Plaintext HTTP without access
//! control, so on the loopback address unless set otherwise.

use std::{
    convert::Infallible,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::prometheus_text;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time::timeout};
use tracing::{debug, info};

use crate::{logging::LogLevel, metrics::Metrics};

/// How far the admin port is above the gRPC port, unless set.
const PORT_OFFSET: u16 = 1000;

/// Most bytes of a request: a level of the logs.
const MAX_REQUEST_BYTES: usize = 4096;

/// Most connections at a time; further ones wait.
const MAX_CONNECTIONS: usize = 64;

/// How long a connection may be quiet, or take for a request.
const QUIET: Duration = Duration::from_secs(60);

const TEXT: &str = "text/plain; charset=utf-8";

/// Where the admin port is: `auto`, `off` or an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AdminListen {
    /// On the loopback address, 1000 above the gRPC port; a free port if that one is free to choose as well.
    #[default]
    Auto,
    /// Nowhere.
    Off,
    /// Here.
    Address(SocketAddr),
}

impl AdminListen {
    /// The address to listen on, beside a gRPC server for which `grpc` is set.
    fn address(self, grpc: SocketAddr) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::Address(address) => Some(address),
            Self::Auto => {
                let port = match grpc.port() {
                    0 => 0,
                    // Above the last port there is none; then any.
                    port => port.checked_add(PORT_OFFSET).unwrap_or(0),
                };
                Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            }
        }
    }
}

impl FromStr for AdminListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            address => address.parse().map(Self::Address).map_err(|_| {
                format!("`{address}` is not `auto`, `off` or an address such as 127.0.0.1:8701")
            }),
        }
    }
}

impl fmt::Display for AdminListen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Off => formatter.write_str("off"),
            Self::Address(address) => address.fmt(formatter),
        }
    }
}

impl TryFrom<String> for AdminListen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AdminListen> for String {
    fn from(listen: AdminListen) -> Self {
        listen.to_string()
    }
}

/// The server of the admin port; it goes with this value.
#[derive(Debug)]
pub(crate) struct AdminServer {
    _serving: JoinSet<()>,
}

/// What the admin port shows and changes.
#[derive(Clone)]
struct Admin {
    metrics: Metrics,
    level: LogLevel,
}

impl AdminServer {
    /// Listens where `listen` says, beside a gRPC server for which `grpc` is set. `None` if it is off.
    pub(crate) async fn start(
        listen: AdminListen,
        grpc: SocketAddr,
        metrics: Metrics,
        level: LogLevel,
    ) -> anyhow::Result<Option<Self>> {
        let Some(wanted) = listen.address(grpc) else {
            return Ok(None);
        };
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("cannot listen on {wanted}, set as server.admin_listen={listen}"))?;
        let address = listener.local_addr()?;
        info!(server.admin_address = %address, "metrics on http://{address}/metrics");
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Admin { metrics, level }));
        Ok(Some(Self { _serving: serving }))
    }
}

async fn accept(listener: TcpListener, admin: Admin) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                debug!(%error, "a connection to the admin port failed: {error}");
                // Out of file descriptors, most likely: accepting again at once would fail again.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let admin = admin.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let admin = admin.clone();
                async move { Ok::<_, Infallible>(admin.answer(request).await) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(QUIET)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                debug!(%error, "a connection to the admin port broke: {error}");
            }
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Admin {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let method = request.method().clone();
        match (method, request.uri().path()) {
            (Method::GET, "/metrics") => respond(
                StatusCode::OK,
                prometheus_text::CONTENT_TYPE,
                self.metrics.to_text(),
            ),
            (Method::GET, "/log-level") => respond(StatusCode::OK, TEXT, self.level.get() + "\n"),
            (Method::PUT, "/log-level") => match self.set_level(request.into_body()).await {
                Ok(level) => respond(StatusCode::OK, TEXT, level + "\n"),
                Err((status, problem)) => respond(status, TEXT, problem + "\n"),
            },
            (_, "/metrics" | "/log-level") => respond(
                StatusCode::METHOD_NOT_ALLOWED,
                TEXT,
                "GET /metrics, GET or PUT /log-level\n".to_owned(),
            ),
            _ => respond(
                StatusCode::NOT_FOUND,
                TEXT,
                "/metrics and /log-level are here\n".to_owned(),
            ),
        }
    }

    async fn set_level(&self, body: Incoming) -> Result<String, (StatusCode, String)> {
        let body = timeout(QUIET, Limited::new(body, MAX_REQUEST_BYTES).collect()).await;
        let body = body.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the request did not come".to_owned()))?;
        let bytes = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => (StatusCode::PAYLOAD_TOO_LARGE, "the level is too long".to_owned()),
            false => (StatusCode::BAD_REQUEST, error.to_string()),
        })?;
        let level = String::from_utf8_lossy(&bytes.to_bytes()).trim().to_owned();
        match self.level.set(&level) {
            Ok(()) => Ok(self.level.get()),
            Err(problem) => Err((StatusCode::BAD_REQUEST, problem)),
        }
    }
}

fn respond(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_follows_the_grpc_port() {
        let address = |listen: &str, grpc: &str| {
            let listen: AdminListen = listen.parse().unwrap();
            listen
                .address(grpc.parse().unwrap())
                .map(|address| address.to_string())
        };
        assert_eq!(address("auto", "0.0.0.0:7701").unwrap(), "127.0.0.1:8701");
        assert_eq!(address("auto", "127.0.0.1:0").unwrap(), "127.0.0.1:0");
        assert_eq!(address("auto", "127.0.0.1:65000").unwrap(), "127.0.0.1:0");
        assert_eq!(address("0.0.0.0:9000", "127.0.0.1:7701").unwrap(), "0.0.0.0:9000");
        assert_eq!(address("off", "127.0.0.1:7701"), None);
        for text in ["auto", "off", "0.0.0.0:9000"] {
            assert_eq!(text.parse::<AdminListen>().unwrap().to_string(), text);
        }
        assert!("8701".parse::<AdminListen>().unwrap_err().contains("8701"));
    }
}
