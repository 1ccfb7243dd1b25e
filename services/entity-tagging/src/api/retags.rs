//! Calls that start, show and change retags.

use std::pin::Pin;

use futures::{Stream, StreamExt as _, stream};
use gisa_proto::tagging::v1::{Retag, StartRetagRequest, WatchRetagResponse};
use gisa_service_runtime::{ErrorReason, RpcError, Shutdown};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{
    EntityTaggingApi,
    errors::{append_error, internal},
    not_ready,
};
use crate::retag::{Board, Operation, RetagError, State, check_selection, encode_retag};

const DEFAULT_LIST: usize = 100;
const MAX_LIST: usize = 1000;
const LONGEST_ID: usize = 64;

/// Changes of an operation as they come.
pub(super) type Watch = Pin<Box<dyn Stream<Item = Result<WatchRetagResponse, Status>> + Send>>;

impl EntityTaggingApi {
    pub(super) async fn start(&self, request: StartRetagRequest) -> Result<Retag, RpcError> {
        let id = match request.id.as_str() {
            "" => Uuid::now_v7().to_string(),
            id if is_id(id) => id.to_owned(),
            _ => {
                return Err(RpcError::invalid_field(
                    "id",
                    "must be 1 to 64 letters, digits and hyphens",
                ));
            }
        };
        let selection = check_selection(request.selection.unwrap_or_default());
        let selection = selection.map_err(RpcError::invalid_fields)?;
        let edition = self.edition(request.min_dictionary_version).await?;
        let started = self.desk.start(&id, selection, edition.version()).await?;
        Ok(encode_retag(&started))
    }

    /// The newest operations, as far as this replica has followed the log.
    pub(super) fn newest_retags(&self, page_size: u32) -> Vec<Retag> {
        let operations = self.board.now();
        let mut newest: Vec<&Operation> = operations.values().map(|posted| &*posted.operation).collect();
        newest.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
        let size = match page_size as usize {
            0 => DEFAULT_LIST,
            size => size.min(MAX_LIST),
        };
        newest.into_iter().take(size).map(encode_retag).collect()
    }

    pub(super) async fn watch(&self, id: &str) -> Result<Watch, RpcError> {
        let (sequence, operation) = self.desk.newest(id).await?;
        let first = Watched {
            board: self.board.clone(),
            shutdown: self.shutdown.clone(),
            id: id.to_owned(),
            sequence,
            state: operation.state,
        };
        let retag = |operation: &Operation| WatchRetagResponse {
            retag: Some(encode_retag(operation)),
        };
        let now = stream::iter([Ok(retag(&operation))]);
        let later = stream::unfold(Some(first), move |watched| async move {
            let mut watched = watched.filter(|watched| watched.state == State::Running)?;
            let next = tokio::select! {
                () = watched.shutdown.requested() => None,
                next = watched.board.after(&watched.id, watched.sequence) => next,
            };
            let Some(next) = next else {
                return Some((Err(Status::from(not_ready())), None));
            };
            watched.sequence = next.sequence;
            watched.state = next.operation.state;
            Some((Ok(retag(&next.operation)), Some(watched)))
        });
        Ok(Box::pin(now.chain(later)))
    }
}

/// Where a watch is.
struct Watched {
    board: Board,
    shutdown: Shutdown,
    id: String,
    sequence: u64,
    state: State,
}

fn is_id(id: &str) -> bool {
    id.len() <= LONGEST_ID
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl From<RetagError> for RpcError {
    fn from(error: RetagError) -> Self {
        let message = error.to_string();
        match error {
            RetagError::NotFound(id) => {
                Self::new(Code::NotFound, ErrorReason::RetagNotFound, message).with_metadata("id", id)
            }
            RetagError::UnknownEntity(_) => Self::invalid_field("selection.entity_ids", message),
            RetagError::TooManyNames { .. } => Self::invalid_field("selection", message),
            RetagError::IdTaken(_) => Self::invalid_field("id", message),
            RetagError::Finished { id, .. } => {
                Self::new(Code::FailedPrecondition, ErrorReason::RetagFinished, message)
                    .with_metadata("id", id)
            }
            RetagError::ConcurrentChange(id) => {
                Self::new(Code::Aborted, ErrorReason::ConcurrentChange, message).with_metadata("id", id)
            }
            RetagError::Undecodable(cause) => internal(&cause),
            RetagError::Append(error) => append_error(&error),
        }
    }
}
