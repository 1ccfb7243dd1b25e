//! gRPC in: what operators do with dead letters.

use std::fmt;

use gisa_article_codec::{events::DeadLetterResolutionKind as Kind, time::encode_timestamp};
use gisa_proto::tagging::v1::{
    self as proto, DeadLetterMessage, DeadLetterState, DiscardDeadLetterRequest, DiscardDeadLetterResponse,
    GetDeadLetterRequest, GetDeadLetterResponse, ListDeadLettersRequest, ListDeadLettersResponse,
    ReplayDeadLetterRequest, ReplayDeadLetterResponse, dead_letter_service_server::DeadLetterService,
};
use gisa_service_runtime::{ErrorReason, RpcError};
use tonic::{Code, Request, Response, Status};
use tracing::{Instrument as _, info};

use super::{
    errors::{append_error, internal},
    page_token::{decode_page_token, encode_page_token},
};
use crate::{
    dead_letters::{DeadLetterError, DeadLetters, Letter, LetterId},
    error::TaggingError,
    tagging::{Seen, Source, Tagging},
};

const DEFAULT_PAGE_SIZE: usize = 50;
const MAX_PAGE_SIZE: usize = 200;

/// Implementation of `gisa.tagging.v1.DeadLetterService`; cheap to clone.
#[derive(Clone)]
pub struct DeadLetterApi {
    letters: DeadLetters,
    tagging: Tagging,
}

impl fmt::Debug for DeadLetterApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DeadLetterApi").finish_non_exhaustive()
    }
}

impl DeadLetterApi {
    /// An implementation on `letters`; replayed ones are tagged by `tagging`.
    pub fn new(letters: DeadLetters, tagging: Tagging) -> Self {
        Self { letters, tagging }
    }

    async fn replay(&self, id: LetterId, validate_only: bool) -> Result<Letter, RpcError> {
        let letter = self.letters.get(id).await.map_err(refused)?;
        if letter
            .content
            .resolution
            .is_some_and(|resolution| resolution.kind == Kind::Replayed)
        {
            return Ok(letter);
        }
        let payload = self.letters.payload(&letter).await.map_err(refused)?;
        let source = Source {
            position: &letter.content.position,
            headers: &letter.content.headers,
            payload: &payload,
        };
        let span = Seen::ByAll.span(
            source.headers,
            source.position.sequence,
            letter.content.attempts + 1,
        );
        if validate_only {
            self.tagging
                .rehearse(source)
                .instrument(span)
                .await
                .map_err(|error| failed_again(id, &error))?;
            return Ok(letter);
        }
        // The outcome first: if the mark is not made, the next replay finds the outcome and makes it.
        self.tagging
            .carry_out(source)
            .instrument(span)
            .await
            .map_err(|error| failed_again(id, &error))?;
        let resolved = self
            .letters
            .resolve(letter, Kind::Replayed)
            .await
            .map_err(refused)?;
        info!("dead letter {id} was replayed");
        Ok(resolved)
    }
}

#[tonic::async_trait]
impl DeadLetterService for DeadLetterApi {
    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        let request = request.into_inner();
        let conditions = ListDeadLettersRequest {
            page_size: 0,
            page_token: String::new(),
            include_resolved: request.include_resolved,
        };
        let after = match request.page_token.as_str() {
            "" => 0,
            token => {
                let place = decode_page_token(&conditions, token)?;
                place.parse().map_err(|failure| internal(&failure))?
            }
        };
        let size = match request.page_size as usize {
            0 => DEFAULT_PAGE_SIZE,
            size => size.min(MAX_PAGE_SIZE),
        };
        let page = self.letters.page(after, size, request.include_resolved).await;
        let page = page.map_err(refused)?;
        Ok(Response::new(ListDeadLettersResponse {
            dead_letters: page.letters.into_iter().map(encode).collect(),
            next_page_token: page.next.map_or_else(String::new, |next| {
                encode_page_token(&conditions, &next.to_string())
            }),
        }))
    }

    async fn get_dead_letter(
        &self,
        request: Request<GetDeadLetterRequest>,
    ) -> Result<Response<GetDeadLetterResponse>, Status> {
        let letter = self
            .letters
            .get(id(&request.into_inner().id)?)
            .await
            .map_err(refused)?;
        let payload = self.letters.payload(&letter).await.map_err(refused)?;
        let message = DeadLetterMessage {
            headers: letter.content.headers.clone().into_iter().collect(),
            payload,
        };
        Ok(Response::new(GetDeadLetterResponse {
            dead_letter: Some(encode(letter)),
            message: Some(message),
        }))
    }

    async fn replay_dead_letter(
        &self,
        request: Request<ReplayDeadLetterRequest>,
    ) -> Result<Response<ReplayDeadLetterResponse>, Status> {
        let request = request.into_inner();
        let letter = self.replay(id(&request.id)?, request.validate_only).await?;
        Ok(Response::new(ReplayDeadLetterResponse {
            dead_letter: Some(encode(letter)),
        }))
    }

    async fn discard_dead_letter(
        &self,
        request: Request<DiscardDeadLetterRequest>,
    ) -> Result<Response<DiscardDeadLetterResponse>, Status> {
        let request = request.into_inner();
        let letter = self
            .letters
            .discard(id(&request.id)?, request.validate_only)
            .await;
        Ok(Response::new(DiscardDeadLetterResponse {
            dead_letter: Some(encode(letter.map_err(refused)?)),
        }))
    }
}

fn id(text: &str) -> Result<LetterId, RpcError> {
    text.parse()
        .map_err(|problem| RpcError::invalid_field("id", problem))
}

fn encode(letter: Letter) -> proto::DeadLetter {
    let content = letter.content;
    let state = match content.resolution.map(|resolution| resolution.kind) {
        None => DeadLetterState::Open,
        Some(Kind::Replayed) => DeadLetterState::Replayed,
        Some(Kind::Discarded) => DeadLetterState::Discarded,
    };
    proto::DeadLetter {
        id: letter.id.to_string(),
        state: state.into(),
        subject: content.subject,
        error: content.error,
        attempts: content.attempts,
        consumer: content.consumer,
        failed_at: Some(encode_timestamp(content.failed_at)),
        trace_id: content.trace_id,
        resolved_at: content
            .resolution
            .map(|resolution| encode_timestamp(resolution.resolved_at)),
    }
}

fn failed_again(id: LetterId, failure: &TaggingError) -> RpcError {
    match failure {
        TaggingError::Log(failure) => append_error(&failure.clone().into()),
        TaggingError::Undecodable(_) | TaggingError::Panicked(_) | TaggingError::Unstorable(_) => {
            RpcError::new(
                Code::FailedPrecondition,
                ErrorReason::ReplayFailed,
                format!("dead letter {id} stays open: {failure}"),
            )
            .with_metadata("id", id)
        }
    }
}

fn refused(error: DeadLetterError) -> RpcError {
    let new = |code, reason| RpcError::new(code, reason, error.to_string());
    match &error {
        DeadLetterError::NotFound(id) => {
            new(Code::NotFound, ErrorReason::DeadLetterNotFound).with_metadata("id", id)
        }
        DeadLetterError::Replayed(id) => {
            new(Code::FailedPrecondition, ErrorReason::DeadLetterReplayed).with_metadata("id", id)
        }
        DeadLetterError::Unreadable(failure) => internal(failure),
        DeadLetterError::Append(failure) => append_error(failure),
    }
}
