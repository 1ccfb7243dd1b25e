//! The connection that all operations of one log share: opening it, counting what is under way, closing it.

use std::{
    fmt,
    future::Future,
    time::{Duration, Instant},
};

use async_nats::{
    Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr,
    jetstream::{Context, ContextBuilder},
};
use tokio::{
    sync::{RwLock, RwLockReadGuard, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{JetStreamConfig, failure::unavailable, names::Names};
use crate::{LogError, retry::Backoff};

const CONNECT_BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(1),
};

/// How often a quiet server is asked for a sign of life. After three of these without any the connection is given up and
/// another server is tried; with the client's own minute, a frozen server would hold its clients for three.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// One connection to NATS and what belongs to it.
pub(super) struct Session {
    pub(super) client: Client,
    /// For questions about streams and consumers.
    pub(super) api: Context,
    /// For appends: it waits for acknowledgements, and its window bounds how many are out.
    pub(super) publisher: Context,
    pub(super) config: JetStreamConfig,
    pub(super) names: Names,
    closing: CancellationToken,
    /// Held for reading by every operation, for writing by closing.
    operations: RwLock<()>,
    connection_closed: watch::Receiver<bool>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects to one of the servers; tries until the deadline.
    pub(super) async fn open(config: JetStreamConfig) -> Result<Self, LogError> {
        config.validate().map_err(LogError::InvalidSettings)?;
        let (closed_sender, connection_closed) = watch::channel(false);
        let client = connect(&config, closed_sender).await?;
        let api = ContextBuilder::new()
            .timeout(config.request_timeout())
            .build(client.clone());
        let publisher = ContextBuilder::new()
            .timeout(config.ack_timeout())
            .max_ack_inflight(config.publish_window)
            .build(client.clone());
        Ok(Self {
            client,
            api,
            publisher,
            names: Names::new(&config.stream_prefix),
            config,
            closing: CancellationToken::new(),
            operations: RwLock::new(()),
            connection_closed,
        })
    }

    /// Begins an operation: closing waits until the guard is dropped.
    pub(super) async fn enter(&self) -> Result<RwLockReadGuard<'_, ()>, LogError> {
        self.check_open()?;
        let guard = self.operations.read().await;
        self.check_open()?;
        Ok(guard)
    }

    pub(super) fn check_open(&self) -> Result<(), LogError> {
        if self.closing.is_cancelled() {
            Err(LogError::Closed)
        } else {
            Ok(())
        }
    }

    /// Waits for `work`, at the longest until the log is closed.
    pub(super) async fn until_closed<T>(&self, work: impl Future<Output = T>) -> Result<T, LogError> {
        self.closing
            .run_until_cancelled(work)
            .await
            .ok_or(LogError::Closed)
    }

    /// Lets what is under way finish, within the deadline, and closes the connection.
    pub(super) async fn close(&self) -> Result<(), LogError> {
        self.closing.cancel();
        let deadline = self.config.close_deadline();
        let settled = timeout(deadline, self.operations.write()).await.is_ok();
        // Draining is only ordered here, so what was sent is flushed before and the end of the connection
        // awaited after.
        let flushed = matches!(timeout(deadline, self.client.flush()).await, Ok(Ok(())));
        if flushed && self.client.drain().await.is_ok() {
            let mut closed = self.connection_closed.clone();
            // Not reaching the end of the connection loses nothing: all that was promised has been
            // acknowledged.
            if timeout(deadline, closed.wait_for(|closed| *closed))
                .await
                .is_err()
            {
                tracing::warn!("NATS did not close the connection in time");
            }
        }
        if settled {
            Ok(())
        } else {
            Err(LogError::Unavailable(
                "closed before everything under way was settled".to_owned(),
            ))
        }
    }
}

async fn connect(config: &JetStreamConfig, closed: watch::Sender<bool>) -> Result<Client, LogError> {
    let servers = servers(config)?;
    let names: Vec<String> = servers
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()))
        .collect();
    let names = names.join(", ");
    let options = with_user(options(config, closed).await?, &servers);
    let start = Instant::now();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match options.clone().connect(servers.as_slice()).await {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        let delay = CONNECT_BACKOFF.delay(attempt);
        if is_for_good(error.kind()) || start.elapsed() + delay >= config.connect_deadline() {
            let tried = start.elapsed().as_secs_f32();
            return Err(LogError::Unavailable(format!(
                "no NATS server at {names} (tried for {tried:.1} s): {error}"
            )));
        }
        sleep(delay).await;
    }
}

/// Whether the next attempt would fail in the same way.
fn is_for_good(kind: ConnectErrorKind) -> bool {
    matches!(
        kind,
        ConnectErrorKind::ServerParse
            | ConnectErrorKind::Authentication
            | ConnectErrorKind::AuthorizationViolation
    )
}

fn servers(config: &JetStreamConfig) -> Result<Vec<ServerAddr>, LogError> {
    let parsed: Result<Vec<ServerAddr>, _> = config.servers.iter().map(|server| server.parse()).collect();
    let servers = parsed.map_err(|error| unavailable("setting servers", error))?;
    if servers.is_empty() {
        return Err(LogError::Unavailable(
            "setting servers is empty, must name at least one NATS server".to_owned(),
        ));
    }
    Ok(servers)
}

/// The user that the address of a server names. The client reads addresses for hosts only, and has one user for all servers.
fn with_user(options: ConnectOptions, servers: &[ServerAddr]) -> ConnectOptions {
    let named = servers
        .iter()
        .find_map(|server| Some((server.username()?, server.password()?)));
    match named {
        Some((user, password)) => options.user_and_password(user.to_owned(), password.to_owned()),
        None => options,
    }
}

async fn options(config: &JetStreamConfig, closed: watch::Sender<bool>) -> Result<ConnectOptions, LogError> {
    let options = ConnectOptions::new()
        .name("gisa")
        .connection_timeout(config.connect_deadline().min(Duration::from_secs(5)))
        .request_timeout(Some(config.request_timeout()))
        .ping_interval(PING_INTERVAL)
        .event_callback(move |event| {
            let closed = closed.clone();
            async move {
                if event == Event::Closed {
                    closed.send_replace(true);
                }
            }
        });
    let path = &config.credentials_file;
    if path.as_os_str().is_empty() {
        return Ok(options);
    }
    let with_credentials = options.credentials_file(path).await;
    with_credentials.map_err(|error| unavailable(&format!("credentials file {}", path.display()), error))
}
