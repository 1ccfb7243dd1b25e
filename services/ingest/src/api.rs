//! gRPC in: `gisa.ingest.v1.IngestService`. Translates, makes room, and hands over; decides nothing.
//!
//! Deadlines: a log that does not answer is asked again until shortly before the caller's `grpc-timeout`, then the call is
//! answered with what is wrong. Should the deadline pass all the same, or the caller give up before, what is under way is
//! dropped, which is safe: nothing was acknowledged, and asking again gives the same result.

mod article_stream;
mod convert;
mod deadline;
mod rpc_errors;
mod spans;
mod turns;

use std::{sync::Arc, time::Instant};

use gisa_event_log::Headers;
use gisa_proto::ingest::v1::{
    ArticleSubmission, IngestArticleRequest, IngestArticleResponse, IngestArticlesRequest,
    IngestArticlesResponse, IngestResult, RetractArticleRequest, RetractArticleResponse, Retraction,
    ingest_service_server::{IngestService, IngestServiceServer},
};
use gisa_service_runtime::{RpcError, Shutdown};
use jiff::Timestamp;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, codec::CompressionEncoding, metadata::MetadataMap};
use tracing::{Instrument as _, Span, debug};

use crate::{
    IngestConfig,
    admission::Admission,
    decide::Operation,
    error::IngestError,
    metrics::IngestMetrics,
    patience::Patience,
    publish::{Accepted, Publisher},
    validate,
};

use self::{deadline::deadline, spans::ArticleTrace};

/// What a request may have beside the body: all other fields at their limits, in UTF-8, several times over.
const REQUEST_MARGIN_BYTES: usize = 256 * 1024;
/// How much larger than allowed a body can be and still be refused by name. Beyond it the request cannot be read, which
/// ends its stream. Also leaves room for decomposed Hangul, three times as long as what it is normalised to.
const OVERSIZE_FACTOR: usize = 4;

/// The service, shared by all calls.
#[derive(Clone, Debug)]
pub(crate) struct IngestApi {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    publisher: Publisher,
    admission: Admission,
    metrics: IngestMetrics,
    shutdown: Shutdown,
    max_body_bytes: usize,
    max_in_flight: usize,
}

impl IngestApi {
    /// The service over its parts.
    pub(crate) fn new(
        config: &IngestConfig,
        publisher: Publisher,
        admission: Admission,
        metrics: IngestMetrics,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                publisher,
                admission,
                metrics,
                shutdown,
                max_body_bytes: config.max_body_bytes,
                max_in_flight: config.max_in_flight,
            }),
        }
    }

    /// The service with its message limits and compression.
    pub(crate) fn into_service(self) -> IngestServiceServer<Self> {
        let max_request_bytes = self.shared.max_request_bytes();
        IngestServiceServer::new(self)
            .max_decoding_message_size(max_request_bytes)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
    }
}

impl Shared {
    fn max_request_bytes(&self) -> usize {
        self.max_body_bytes * OVERSIZE_FACTOR + REQUEST_MARGIN_BYTES
    }

    fn check_article(&self, message: ArticleSubmission) -> Result<Operation, IngestError> {
        let given = convert::article(message);
        match validate::article(given, self.max_body_bytes, Timestamp::now()) {
            Ok(submission) => Ok(Operation::Submit(Box::new(submission))),
            Err(invalid) => Err(IngestError::Invalid(invalid)),
        }
    }

    fn check_retraction(&self, message: Retraction) -> Result<Operation, IngestError> {
        match validate::retraction(convert::retraction(message)) {
            Ok(retraction) => Ok(Operation::Retract(retraction)),
            Err(invalid) => Err(IngestError::Invalid(invalid)),
        }
    }

    /// One unary call, within the same bounds as the operations of streams.
    async fn unary<Message: prost::Message>(
        &self,
        metadata: &MetadataMap,
        field: &str,
        message: Option<Message>,
        check: impl FnOnce(&Self, Message) -> Result<Operation, IngestError>,
    ) -> Result<IngestResult, Status> {
        let message = message.ok_or_else(|| RpcError::invalid_field(field, "must be set"))?;
        let patience = Patience::until(deadline(metadata));
        let room = patience.bound(self.admission.enter(message.encoded_len())).await;
        // Room is given back when the log answers.
        let _room = room.ok_or_else(|| self.refuse(IngestError::LogUnavailable))?;
        let operation = check(self, message).map_err(|error| self.refuse(error))?;
        let trace = ArticleTrace::of_call(&operation, trace_headers(metadata));
        let accepted = self.carry_out(&operation, &trace, patience).await;
        Ok(convert::result(accepted.map_err(RpcError::from)?))
    }

    /// Carries out one operation, and counts it.
    async fn carry_out(
        &self,
        operation: &Operation,
        trace: &ArticleTrace,
        patience: Patience,
    ) -> Result<Accepted, IngestError> {
        let started = Instant::now();
        let carried_out = self.publisher.carry_out(operation, trace.headers(), patience);
        let result = match carried_out.instrument(trace.span().clone()).await {
            Ok(accepted) => {
                let (outcome, revision) = (accepted.outcome, accepted.revision);
                trace
                    .span()
                    .in_scope(|| debug!(?outcome, revision, "accepted: {outcome:?}, revision {revision}"));
                Ok(accepted)
            }
            Err(failure) => {
                let span = match failure.is_trouble() {
                    true => trace.span_of_trouble(operation),
                    false => Span::none(),
                };
                Err(span.in_scope(|| failure.told(operation.article_id())))
            }
        };
        self.metrics.carried_out(started.elapsed());
        self.metrics.answered(result.as_ref());
        result
    }

    /// Counts an operation that is refused before it is carried out.
    fn refuse(&self, error: IngestError) -> RpcError {
        self.metrics.answered(Err(&error));
        error.into()
    }
}

#[tonic::async_trait]
impl IngestService for IngestApi {
    type IngestArticlesStream = ReceiverStream<Result<IngestArticlesResponse, Status>>;

    async fn ingest_article(
        &self,
        request: Request<IngestArticleRequest>,
    ) -> Result<Response<IngestArticleResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        let call = self
            .shared
            .unary(&metadata, "article", message.article, Shared::check_article);
        let result = Some(call.await?);
        Ok(Response::new(IngestArticleResponse { result }))
    }

    async fn ingest_articles(
        &self,
        request: Request<Streaming<IngestArticlesRequest>>,
    ) -> Result<Response<Self::IngestArticlesStream>, Status> {
        let (metadata, _, requests) = request.into_parts();
        let shared = Arc::clone(&self.shared);
        let answers = article_stream::start(shared, requests, trace_headers(&metadata), deadline(&metadata));
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn retract_article(
        &self,
        request: Request<RetractArticleRequest>,
    ) -> Result<Response<RetractArticleResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        let call = self.shared.unary(
            &metadata,
            "retraction",
            message.retraction,
            Shared::check_retraction,
        );
        let result = Some(call.await?);
        Ok(Response::new(RetractArticleResponse { result }))
    }
}

/// The caller's W3C trace context, to go on with in the log. A malformed one is left out.
fn trace_headers(metadata: &MetadataMap) -> Headers {
    let well_formed = |value: &&str| {
        value.len() == 55
            && value
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    metadata
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .filter(well_formed)
        .map(|value| ("traceparent".to_owned(), value.to_owned()))
        .into_iter()
        .collect()
}
