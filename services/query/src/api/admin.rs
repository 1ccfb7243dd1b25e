//! gRPC in for operators: the state of the index, and rebuilds.

use std::{pin::Pin, time::Duration};

use futures::Stream;
use gisa_article_codec::time::encode_timestamp;
use gisa_proto::query::v1::{
    self as proto, GetIndexStatusRequest, GetIndexStatusResponse, RebuildIndexRequest, RebuildIndexResponse,
    index_admin_service_server::{IndexAdminService, IndexAdminServiceServer},
    rebuild_index_response::Event,
};
use gisa_service_runtime::{RpcError, Shutdown};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{blocking, errors::internal, not_ready};
use crate::{
    rebuild::{Rebuild, RebuildCause, Rebuilds},
    view::View,
};

/// A caller is told this often at most how a rebuild goes on.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Implementation of `gisa.query.v1.IndexAdminService`; cheap to clone.
#[derive(Clone, Debug)]
pub struct IndexAdminApi {
    rebuilds: Rebuilds,
    shutdown: Shutdown,
    max_wait: Duration,
}

impl IndexAdminApi {
    /// An implementation that tells of these rebuilds and asks for new ones; its streams end with the shutdown.
    pub fn new(rebuilds: Rebuilds, shutdown: Shutdown, max_wait: Duration) -> Self {
        Self {
            rebuilds,
            shutdown,
            max_wait,
        }
    }

    /// The gRPC service.
    pub fn into_service(self) -> IndexAdminServiceServer<Self> {
        IndexAdminServiceServer::new(self)
    }

    async fn status(&self) -> Result<proto::IndexStatus, RpcError> {
        let rebuild = self.rebuilds.status().borrow().rebuild.clone();
        let View { snapshot, ready } = self.rebuilds.view();
        let last_sequence = self.rebuilds.last_sequence().await;
        blocking(move || {
            let statistics = snapshot.statistics()?;
            let position = snapshot.position();
            Ok(proto::IndexStatus {
                generation: snapshot.generation(),
                ready,
                stream_identity: position
                    .map_or_else(String::new, |position| position.stream_identity.clone()),
                sequence: position.map_or(0, |position| position.sequence),
                last_sequence,
                visible_articles: statistics.visible_articles,
                versions: statistics.versions,
                size_bytes: statistics.size_bytes,
                rebuild: rebuild.as_ref().map(encode_rebuild),
            })
        })
        .await
    }

    /// Tells how the rebuild goes on until it has ended or the caller has gone.
    async fn tell(&self, generation: u64, events: &mpsc::Sender<Result<RebuildIndexResponse, Status>>) {
        let mut status = self.rebuilds.status();
        loop {
            let now = status.borrow_and_update().clone();
            let Some(rebuild) = now.rebuild else {
                let end = self.end(generation, now.failure).await;
                // Nobody else needs to know.
                let _ = events
                    .send(end.map(Event::Finished).map(response).map_err(Status::from))
                    .await;
                return;
            };
            let progress = response(Event::Progress(encode_rebuild(&rebuild)));
            if events.send(Ok(progress)).await.is_err() {
                return;
            }
            sleep(PROGRESS_INTERVAL).await;
            let stopped = tokio::select! {
                changed = status.changed() => changed.is_err(),
                () = self.shutdown.requested() => true,
                () = events.closed() => return,
            };
            if stopped {
                let error = not_ready("the service is stopping and gives up the rebuild");
                let _ = events.send(Err(error.into())).await;
                return;
            }
        }
    }

    async fn end(&self, generation: u64, failure: Option<String>) -> Result<proto::IndexStatus, RpcError> {
        if self.rebuilds.view().snapshot.generation() < generation {
            let failure = failure.unwrap_or_else(|| "it was given up".to_owned());
            return Err(internal(&format!("the rebuild of the index failed: {failure}")));
        }
        self.status().await
    }
}

fn response(event: Event) -> RebuildIndexResponse {
    RebuildIndexResponse { event: Some(event) }
}

fn encode_rebuild(rebuild: &Rebuild) -> proto::IndexRebuild {
    let cause = match rebuild.cause {
        RebuildCause::NoIndex => proto::IndexRebuildCause::NoIndex,
        RebuildCause::LogCompacted => proto::IndexRebuildCause::LogCompacted,
        RebuildCause::Requested => proto::IndexRebuildCause::Requested,
    };
    proto::IndexRebuild {
        generation: rebuild.generation,
        cause: cause.into(),
        sequence: rebuild.sequence,
        goal_sequence: rebuild.goal,
        started_at: Some(encode_timestamp(rebuild.started_at)),
    }
}

#[tonic::async_trait]
impl IndexAdminService for IndexAdminApi {
    async fn get_index_status(
        &self,
        _request: Request<GetIndexStatusRequest>,
    ) -> Result<Response<GetIndexStatusResponse>, Status> {
        let status = Some(self.status().await?);
        Ok(Response::new(GetIndexStatusResponse { status }))
    }

    type RebuildIndexStream = Pin<Box<dyn Stream<Item = Result<RebuildIndexResponse, Status>> + Send>>;

    async fn rebuild_index(
        &self,
        request: Request<RebuildIndexRequest>,
    ) -> Result<Response<Self::RebuildIndexStream>, Status> {
        let starting = self.rebuilds.start(request.into_inner().forget_compacted);
        let started = timeout(self.max_wait, starting).await;
        let started = started.map_err(|_| not_ready("the index does not answer; nothing was started"))?;
        let generation = started.map_err(RpcError::from)?;
        let (events, receiver) = mpsc::channel(1);
        let api = self.clone();
        tokio::spawn(async move { api.tell(generation, &events).await });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}
