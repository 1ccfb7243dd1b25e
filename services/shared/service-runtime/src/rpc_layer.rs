//! What the chassis does around every gRPC call: counts it, takes its time, and gives it a span.
//!
//! A call ends with the status in its trailers, so the body of the answer is watched until then. An answer that is dropped
//! before has been given up by the caller.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tokio::time::Instant;
use tonic::{
    Code, Status,
    body::Body,
    codegen::{Bytes, Service, http},
};
use tower_layer::Layer;
use tracing::{Instrument as _, Span, field::Empty};

use crate::{metrics::Metrics, trace_context::TraceContext};

/// Service and method of a call to a method that this process does not have: callers may ask for anything, and the number
/// of label values must not grow with that.
const UNKNOWN: (&str, &str) = ("unknown", "unknown");

/// The methods of the contract, of health and of reflection, as service and method by path.
type Methods = BTreeMap<String, (String, String)>;

/// Wraps the gRPC services of a process.
#[derive(Clone, Debug)]
pub(crate) struct RpcLayer {
    metrics: Metrics,
    methods: Arc<Methods>,
}

impl RpcLayer {
    pub(crate) fn new(metrics: Metrics) -> Self {
        let sets = [
            gisa_proto::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        let methods = sets.into_iter().flat_map(methods_of).collect();
        Self {
            metrics,
            methods: Arc::new(methods),
        }
    }
}

fn methods_of(descriptor_set: &[u8]) -> Vec<(String, (String, String))> {
    // The sets are part of the program and readable; without one its calls would count as unknown.
    let files = FileDescriptorSet::decode(descriptor_set).unwrap_or_default().file;
    let services = files.into_iter().flat_map(|file| {
        let package = file.package().to_owned();
        file.service
            .into_iter()
            .map(move |service| (format!("{package}.{}", service.name()), service.method))
    });
    services
        .flat_map(|(service, methods)| {
            methods.into_iter().map(move |method| {
                let path = format!("/{service}/{}", method.name());
                (path, (service.clone(), method.name().to_owned()))
            })
        })
        .collect()
}

impl<S> Layer<S> for RpcLayer {
    type Service = RpcService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RpcService {
            inner,
            layer: self.clone(),
        }
    }
}

/// Services wrapped by [`RpcLayer`].
#[derive(Clone, Debug)]
pub(crate) struct RpcService<S> {
    inner: S,
    layer: RpcLayer,
}

impl<S, B> Service<http::Request<B>> for RpcService<S>
where
    S: Service<http::Request<B>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let known = self.layer.methods.get(request.uri().path());
        let (service, method) =
            known.map_or(UNKNOWN, |(service, method)| (service.as_str(), method.as_str()));
        let mut call = Call::begin(self.layer.metrics.clone(), service, method);
        let span = span(service, method, request.headers());
        // Also what the service does before its first await belongs to the call.
        let answer = span.in_scope(|| self.inner.call(request));
        let work = async move {
            let response = answer.await?;
            // Without a body the status is among the headers.
            call.code = code(response.headers());
            call.span = Span::current();
            Ok(response.map(|body| Body::new(Watched { body, call })))
        };
        Box::pin(work.instrument(span))
    }
}

/// Calls of the contract have a span; probes and reflection would only hide them.
fn span(service: &str, method: &str, headers: &http::HeaderMap) -> Span {
    if !service.starts_with("gisa.") {
        return Span::none();
    }
    // At this level, so that a quieter log does not lose the ids that its lines need.
    let span = tracing::error_span!(
        "rpc",
        otel.name = format!("{service}/{method}"),
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
        trace_id = Empty,
    );
    TraceContext::from_metadata(headers).continue_in(&span);
    span
}

fn code(headers: &http::HeaderMap) -> Option<Code> {
    Status::from_header_map(headers).map(|status| status.code())
}

/// One call. Counted when it is dropped.
#[derive(Debug)]
struct Call {
    metrics: Metrics,
    service: String,
    method: String,
    started: Instant,
    code: Option<Code>,
    span: Span,
}

impl Call {
    fn begin(metrics: Metrics, service: &str, method: &str) -> Self {
        metrics.rpc_in_flight.with([service, method]).inc();
        Self {
            metrics,
            service: service.to_owned(),
            method: method.to_owned(),
            started: Instant::now(),
            code: None,
            span: Span::none(),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let (service, method) = (self.service.as_str(), self.method.as_str());
        let code = self.code.unwrap_or(Code::Cancelled);
        self.span.record("rpc.grpc.status_code", i32::from(code));
        let code = code_name(code);
        self.metrics.rpc_in_flight.with([service, method]).dec();
        let labels = [service, method, code];
        self.metrics.rpc_requests.with(labels).inc();
        let seconds = self.started.elapsed().as_secs_f64();
        self.metrics.rpc_duration.with(labels).observe(seconds);
    }
}

/// The body of an answer, watched for the status at its end.
struct Watched {
    body: Body,
    call: Call,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let _entered = this.call.span.clone().entered();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.call.code = code(trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => this.call.code = Some(status.code()),
            Poll::Ready(None) | Poll::Pending => (),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The name of a code, as in the gRPC specification.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpListener;
    use tonic::{client::Grpc, codegen::http::uri::PathAndQuery, transport::Endpoint};
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    use crate::{Assembly, Metrics, ServerConfig};

    fn calls(metrics: &Metrics, service: &str, method: &str, code: &str) -> u64 {
        metrics.rpc_requests.with([service, method, code]).get()
    }

    #[tokio::test]
    async fn calls_are_counted_by_their_status_and_unknown_ones_as_such() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let assembly = Assembly::new();
        let metrics = assembly.metrics();
        let serving = tokio::spawn(async move {
            let config = ServerConfig::default();
            assembly.serve(listener, &config, std::future::pending()).await
        });
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        let mut health = HealthClient::new(channel.clone());
        let ask = |service: &str| HealthCheckRequest {
            service: service.to_owned(),
        };
        health.check(ask("")).await.unwrap();
        health.check(ask("no such")).await.unwrap_err();
        let watch = health.watch(ask("")).await.unwrap();

        let mut other = Grpc::new(channel);
        other.ready().await.unwrap();
        let path = PathAndQuery::from_static("/no.such.Service/Method");
        let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
        let unknown = other.unary(tonic::Request::new(ask("")), path, codec).await;
        assert_eq!(unknown.unwrap_err().code(), tonic::Code::Unimplemented);

        let service = "grpc.health.v1.Health";
        assert_eq!(calls(&metrics, service, "Check", "OK"), 1);
        assert_eq!(calls(&metrics, service, "Check", "NOT_FOUND"), 1);
        assert_eq!(calls(&metrics, "unknown", "unknown", "UNIMPLEMENTED"), 1);
        assert_eq!(metrics.rpc_in_flight.with([service, "Watch"]).get(), 1.0);
        drop(watch);
        // The server hears of it a moment later.
        let cancelled = async {
            while calls(&metrics, service, "Watch", "CANCELLED") == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), cancelled)
            .await
            .unwrap();
        assert_eq!(metrics.rpc_in_flight.with([service, "Watch"]).get(), 0.0);
        serving.abort();
    }
}
