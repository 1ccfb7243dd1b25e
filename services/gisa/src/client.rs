//! Connections to a Gisa server.

use std::{future::Future, time::Duration};

use gisa_proto::{
    ingest::v1::ingest_service_client::IngestServiceClient,
    query::v1::{
        index_admin_service_client::IndexAdminServiceClient, query_service_client::QueryServiceClient,
    },
    tagging::v1::{
        dead_letter_service_client::DeadLetterServiceClient,
        entity_tagging_service_client::EntityTaggingServiceClient,
    },
};
use tonic::{
    Code, Request, Response, Status,
    transport::{Channel, Endpoint},
};

use crate::{
    cli::GlobalArguments,
    failure::{Failure, FailureKind, causes},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that is silent on an open call for this long, and then for [`KEEP_ALIVE_TIMEOUT`] more, counts as gone.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A page of 200 long articles is larger than the 4 MiB that tonic accepts by default.
const MAX_ANSWER_BYTES: usize = 512 * 1024 * 1024;
/// The server is given this much less than the client waits, so that its own words about a deadline arrive.
const DEADLINE_MARGIN: Duration = Duration::from_millis(500);

/// A client of entity tagging.
pub(crate) type TaggingClient = EntityTaggingServiceClient<Channel>;

/// A server to call.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    endpoint: Endpoint,
    address: String,
    timeout: Duration,
}

impl Server {
    pub(crate) fn new(global: &GlobalArguments) -> Result<Self, Failure> {
        Self::at(&global.server, global.timeout)
    }

    pub(crate) fn at(address: &str, timeout: Duration) -> Result<Self, Failure> {
        let usage =
            |problem: &str| Failure::new(FailureKind::Usage, format!("--server {address}: {problem}"));
        if address.starts_with("https://") {
            return Err(usage("this build has no TLS; use http:// to a local proxy"));
        }
        if !address.starts_with("http://") {
            return Err(usage("must begin with http://"));
        }
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|error| usage(&causes(&error)))?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .http2_adaptive_window(true);
        Ok(Self {
            endpoint,
            address: address.to_owned(),
            timeout,
        })
    }

    /// How long one call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) async fn connect(&self) -> Result<Channel, Failure> {
        self.endpoint.connect().await.map_err(|error| {
            let message = format!(
                "cannot reach {}: {}\n  is the server running? `gisa dev` starts one; --server or GISA_SERVER names another",
                self.address,
                causes(&error)
            );
            Failure::new(FailureKind::Unreachable, message)
        })
    }

    pub(crate) async fn ingest(&self) -> Result<IngestServiceClient<Channel>, Failure> {
        let channel = self.connect().await?;
        Ok(IngestServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    pub(crate) async fn query(&self) -> Result<QueryServiceClient<Channel>, Failure> {
        let channel = self.connect().await?;
        Ok(QueryServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    pub(crate) async fn tagging(&self) -> Result<TaggingClient, Failure> {
        let channel = self.connect().await?;
        Ok(EntityTaggingServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    pub(crate) async fn dead_letters(&self) -> Result<DeadLetterServiceClient<Channel>, Failure> {
        let channel = self.connect().await?;
        Ok(DeadLetterServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    pub(crate) async fn index_admin(&self) -> Result<IndexAdminServiceClient<Channel>, Failure> {
        Ok(IndexAdminServiceClient::new(self.connect().await?))
    }

    /// A request that the server knows the deadline of.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout.saturating_sub(DEADLINE_MARGIN).max(DEADLINE_MARGIN));
        request
    }

    /// Waits for an answer, not longer than the timeout.
    pub(crate) async fn answer<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Status> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(answer) => answer.map(Response::into_inner),
            Err(_) => Err(Status::new(
                Code::DeadlineExceeded,
                format!("no answer within {:?} (--timeout)", self.timeout),
            )),
        }
    }
}
