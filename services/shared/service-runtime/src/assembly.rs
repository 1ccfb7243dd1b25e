//! A running process put together from services: their gRPC routes, their background work, and one orderly shutdown.
//!
//! Order of the shutdown: health turns NOT_SERVING; after the drain delay the services stop taking work; background work
//! finishes, or hands back what it cannot finish in time; the gRPC server finishes its calls; then what was registered with
//! [`Assembly::on_close`] runs. Each step has a bound.

use std::{convert::Infallible, fmt, future::Future, time::Duration};

use anyhow::Context as _;
use futures::future::BoxFuture;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    codegen::{Service, http},
    server::NamedService,
    service::RoutesBuilder,
    transport::Server,
};
use tonic_health::server::HealthReporter;
use tracing::{error, info, warn};

use crate::{Liveness, LogLevel, Metrics, ServerConfig, admin::AdminServer, rpc_layer::RpcLayer};

/// Background work by name.
type Background = JoinSet<(&'static str, anyhow::Result<()>)>;

/// Collects the services of one process and runs them.
pub struct Assembly {
    routes: RoutesBuilder,
    health: HealthReporter,
    liveness: Liveness,
    service_names: Vec<&'static str>,
    background: Background,
    on_close: Vec<BoxFuture<'static, anyhow::Result<()>>>,
    shutdown: Shutdown,
    metrics: Metrics,
    admin: Option<AdminServer>,
}

impl fmt::Debug for Assembly {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Assembly")
            .field("services", &self.service_names)
            .finish_non_exhaustive()
    }
}

/// How long background work may take to hand back what it could not finish.
const HAND_BACK_LIMIT: Duration = Duration::from_secs(2);

/// Tells services to stop taking work. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: CancellationToken,
    out_of_time: CancellationToken,
}

impl Shutdown {
    /// Returns when services have to stop taking work: background loops finish what they have begun and return, endless
    /// streams end with NOT_READY.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Returns when there is no time left to finish what was begun: it has to be handed back now.
    pub async fn out_of_time(&self) {
        self.out_of_time.cancelled().await;
    }

    /// Whether services have to stop taking work.
    pub fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }
}

impl Default for Assembly {
    fn default() -> Self {
        Self::new()
    }
}

impl Assembly {
    /// An assembly with health v1 and reflection (v1 and v1alpha).
    pub fn new() -> Self {
        let (health, health_service) = tonic_health::server::health_reporter();
        let mut routes = RoutesBuilder::default();
        routes.add_service(health_service);
        Self {
            routes,
            liveness: Liveness::new(health.clone()),
            health,
            service_names: Vec::new(),
            background: JoinSet::new(),
            on_close: Vec::new(),
            shutdown: Shutdown::default(),
            metrics: Metrics::default(),
            admin: None,
        }
    }

    /// Opens the admin port, which then shows what the services count, until the end of the shutdown.
    pub async fn open_admin(
        &mut self,
        program: &str,
        config: &ServerConfig,
        level: LogLevel,
    ) -> anyhow::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        self.metrics.build_info.with([program, version]).set(1.0);
        let (listen, metrics) = (config.admin_listen, self.metrics.clone());
        self.admin = AdminServer::start(listen, config.listen, metrics, level).await?;
        Ok(())
    }

    /// Adds a gRPC service.
    pub fn add_grpc<S>(&mut self, service: S)
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.service_names.push(S::NAME);
        self.routes.add_service(service);
    }

    /// Adds background work, which starts at once. It must return soon after [`Shutdown::requested`]; if it returns or
    /// panics before, the whole process shuts down and fails.
    pub fn spawn(
        &mut self,
        name: &'static str,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.background.spawn(async move { (name, work.await) });
    }

    /// Adds what is done at the very end of the shutdown, for example closing the event log.
    pub fn on_close(&mut self, work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.on_close.push(Box::pin(work));
    }

    /// Where services tell that they are stuck for good; not touched by the shutdown.
    pub fn liveness(&self) -> Liveness {
        self.liveness.clone()
    }

    /// Where services count.
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// The shutdown signal, for services.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Serves on `listener` until `stop` returns, background work fails or the server fails; then shuts down. Fails with
    /// the first failure.
    pub async fn serve(
        mut self,
        listener: TcpListener,
        config: &ServerConfig,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let address = listener.local_addr().context("the listener has no address")?;
        self.add_reflection()?;
        self.liveness.publish().await;
        for name in &self.service_names {
            self.health
                .set_service_status(*name, tonic_health::ServingStatus::Serving)
                .await;
        }

        let stop_server = CancellationToken::new();
        let mut server = tokio::spawn(
            Server::builder()
                .max_concurrent_streams(config.max_streams_per_connection)
                .http2_adaptive_window(Some(true))
                .layer(RpcLayer::new(self.metrics.clone()))
                .add_routes(std::mem::take(&mut self.routes).routes())
                .serve_with_incoming_shutdown(
                    TcpListenerStream::new(listener),
                    stop_server.clone().cancelled_owned(),
                ),
        );
        info!(server.address = %address, services = ?self.service_names, "listening on {address}");

        let failure = tokio::select! {
            () = stop => None,
            ended = self.background.join_next(), if !self.background.is_empty() => ended.map(failure_of_background),
            ended = &mut server => Some(match ended {
                Ok(Ok(())) => anyhow::anyhow!("the gRPC server ended by itself"),
                Ok(Err(error)) => anyhow::Error::from(error).context("the gRPC server failed"),
                Err(error) => anyhow::Error::from(error).context("the gRPC server panicked"),
            }),
        };
        if let Some(failure) = &failure {
            error!(
                error = format!("{failure:#}"),
                "shutting down after a failure: {failure:#}"
            );
        }

        let drained = self.drain(config, stop_server, server).await;
        match failure {
            Some(failure) => Err(failure),
            None => drained,
        }
    }

    fn add_reflection(&mut self) -> anyhow::Result<()> {
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(gisa_proto::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let named = self
            .service_names
            .iter()
            .fold(builder(), |builder, name| builder.with_service_name(*name));
        let named_alpha = self
            .service_names
            .iter()
            .fold(builder(), |builder, name| builder.with_service_name(*name));
        self.routes
            .add_service(named.build_v1().context("the descriptor set is damaged")?);
        self.routes.add_service(
            named_alpha
                .build_v1alpha()
                .context("the descriptor set is damaged")?,
        );
        Ok(())
    }

    async fn drain(
        mut self,
        config: &ServerConfig,
        stop_server: CancellationToken,
        mut server: tokio::task::JoinHandle<Result<(), tonic::transport::Error>>,
    ) -> anyhow::Result<()> {
        info!("draining");
        for name in self.service_names.iter().copied().chain([""]) {
            self.health
                .set_service_status(name, tonic_health::ServingStatus::NotServing)
                .await;
        }
        tokio::time::sleep(config.drain_delay()).await;

        self.shutdown.requested.cancel();
        let mut result = Ok(());
        if timeout(config.grace(), finish(&mut self.background, &mut result))
            .await
            .is_err()
        {
            warn!("background work did not finish within the grace period and hands back what is left");
            self.shutdown.out_of_time.cancel();
            let handing_back = finish(&mut self.background, &mut result);
            if timeout(HAND_BACK_LIMIT, handing_back).await.is_err() {
                warn!("background work is cut off");
                self.background.abort_all();
            }
        }

        stop_server.cancel();
        if !server.is_finished() && timeout(config.grace(), &mut server).await.is_err() {
            warn!("calls did not finish within the grace period and are cut off");
            server.abort();
        }

        for close in std::mem::take(&mut self.on_close) {
            match timeout(config.grace(), close).await {
                Ok(Ok(())) => (),
                Ok(Err(error)) => warn!(error = format!("{error:#}"), "closing: {error:#}"),
                Err(_) => warn!("closing did not end within the grace period"),
            }
        }
        info!("stopped");
        result
    }
}

/// Waits until all background work has ended; `result` is the last failure.
async fn finish(background: &mut Background, result: &mut anyhow::Result<()>) {
    while let Some(ended) = background.join_next().await {
        if !matches!(ended, Ok((_, Ok(())))) {
            *result = Err(failure_of_background(ended));
        }
    }
}

fn failure_of_background(
    ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>,
) -> anyhow::Error {
    match ended {
        Ok((name, Ok(()))) => anyhow::anyhow!("background work `{name}` ended by itself"),
        Ok((name, Err(error))) => error.context(format!("background work `{name}` failed")),
        Err(error) => anyhow::Error::from(error).context("background work panicked"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::oneshot;
    use tonic::transport::Endpoint;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    use super::*;

    /// What happened, in order.
    #[derive(Clone, Default)]
    struct Happened(Arc<Mutex<Vec<&'static str>>>);

    impl Happened {
        fn add(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }

        fn all(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().clone()
        }
    }

    fn config(grace_ms: u64) -> ServerConfig {
        ServerConfig {
            drain_delay_ms: 200,
            grace_ms,
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn a_shutdown_goes_in_order_and_answers_calls_until_background_work_is_done() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut assembly = Assembly::new();
        let (shutdown, happened) = (assembly.shutdown(), Happened::default());
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let (log, seen) = (happened.clone(), endpoint.clone());
        assembly.spawn("work", async move {
            shutdown.requested().await;
            log.add("stop taking work");
            // The server still answers, and has said before that nobody should come any more.
            let mut health = HealthClient::new(seen.connect().await?);
            let answer = health.check(HealthCheckRequest::default()).await?.into_inner();
            log.add(match answer.status() {
                tonic_health::pb::health_check_response::ServingStatus::NotServing => "not serving",
                _ => "serving",
            });
            log.add("work finished");
            Ok(())
        });
        let log = happened.clone();
        assembly.on_close(async move {
            let refused = endpoint.connect().await.is_err();
            log.add(if refused { "server closed" } else { "server open" });
            log.add("log closed");
            Ok(())
        });
        let log = happened.clone();
        let stop = async move { log.add("signal") };
        assembly.serve(listener, &config(60_000), stop).await.unwrap();
        assert_eq!(
            happened.all(),
            [
                "signal",
                "stop taking work",
                "not serving",
                "work finished",
                "server closed",
                "log closed"
            ]
        );
    }

    #[tokio::test]
    async fn what_does_not_finish_in_time_is_handed_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut assembly = Assembly::new();
        let shutdown = assembly.shutdown();
        let (handed_back, is_handed_back) = oneshot::channel();
        assembly.spawn("endless", async move {
            shutdown.out_of_time().await;
            handed_back.send(()).unwrap();
            Ok(())
        });
        assembly.on_close(std::future::pending());
        assembly.serve(listener, &config(100), async {}).await.unwrap();
        is_handed_back.await.unwrap();
    }
}
