//! gRPC in: tags texts that callers send, changes the dictionary, and has articles tagged again.

mod dead_letters;
mod dictionary;
mod errors;
mod page_token;
mod retags;
mod text_rules;

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, stream};
use gisa_article_codec::{
    analysis::encode_analysis, article::encode_tagger_version, explanation::encode_explanation,
    mention::encode_mention,
};
use gisa_proto::tagging::v1::{
    self as proto, DeleteEntityRequest, DeleteEntityResponse, Explanation, GetEntityRequest,
    GetEntityResponse, ListEntitiesRequest, ListEntitiesResponse, TagTextRequest, TagTextResponse,
    TagTextsRequest, TagTextsResponse, TextTags, UpsertEntityRequest, UpsertEntityResponse,
    entity_tagging_service_server::EntityTaggingService, tag_texts_response::Outcome,
};
use gisa_service_runtime::{ErrorReason, RpcError, Shutdown};
use tonic::{Code, Request, Response, Status, Streaming};
use tracing::error;

pub use self::dead_letters::DeadLetterApi;

use self::text_rules::check_text;
use crate::{
    live_dictionary::{Edition, Editor, LiveDictionary},
    retag::{Board, Desk, encode_retag},
    tagger::{TaggedText, Tagger, TextToTag},
};

/// Texts of one stream that are tagged at the same time; answers keep their order.
const CONCURRENT_TEXTS: usize = 8;

/// Longest wait for a version of the dictionary that a caller asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

const MAX_CORRELATION_ID_BYTES: usize = 128;

/// Implementation of `gisa.tagging.v1.EntityTaggingService`; cheap to clone.
#[derive(Clone)]
pub struct EntityTaggingApi {
    dictionary: LiveDictionary,
    editor: Editor,
    desk: Desk,
    board: Board,
    max_body_bytes: usize,
    shutdown: Shutdown,
}

impl fmt::Debug for EntityTaggingApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EntityTaggingApi")
            .field("max_body_bytes", &self.max_body_bytes)
            .finish()
    }
}

impl EntityTaggingApi {
    /// An implementation that tags with the newest edition of `dictionary`, changes it with `editor`, changes retags at
    /// `desk` and reads them from `board`.
    pub fn new(
        dictionary: LiveDictionary,
        editor: Editor,
        desk: Desk,
        board: Board,
        max_body_bytes: usize,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            dictionary,
            editor,
            desk,
            board,
            max_body_bytes,
            shutdown,
        }
    }

    /// The newest edition of the dictionary, once it has this version.
    async fn edition(&self, min_version: u64) -> Result<Arc<Edition>, RpcError> {
        let reached = self.dictionary.at_least(min_version);
        let edition = tokio::time::timeout(LONGEST_WAIT, reached).await;
        edition
            .map_err(|_| errors::version_not_visible(min_version))?
            .ok_or_else(not_ready)
    }

    async fn tag(&self, text: Option<proto::TextToTag>, edition: &Edition) -> Result<TextTags, RpcError> {
        let tagged = self.run(text, edition, |tagger, text| {
            encode_tags(tagger, &tagger.tag(text))
        });
        tagged.await
    }

    async fn explain(
        &self,
        text: Option<proto::TextToTag>,
        edition: &Edition,
    ) -> Result<(TextTags, Explanation), RpcError> {
        let explained = self.run(text, edition, |tagger, text| {
            let (tagged, explanation) = tagger.explain(text);
            (encode_tags(tagger, &tagged), encode_explanation(&explanation))
        });
        explained.await
    }

    /// Checks a text and does `work` on it, off the threads that serve the network.
    async fn run<T: Send + 'static>(
        &self,
        text: Option<proto::TextToTag>,
        edition: &Edition,
        work: impl FnOnce(&Tagger, &TextToTag<'_>) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        let text = text.ok_or_else(|| RpcError::invalid_field("text", "is required"))?;
        let published_at = check_text(&text, self.max_body_bytes)?;
        let tagger = Arc::clone(edition.tagger());
        let tagging = tokio::task::spawn_blocking(move || {
            let text = TextToTag {
                title: &text.title,
                subtitle: &text.subtitle,
                body: &text.body,
                published_at,
            };
            work(&tagger, &text)
        });
        tagging.await.map_err(|failure| {
            error!(error = %failure, "the tagger panicked on a text of a call: {failure}");
            RpcError::new(
                Code::Internal,
                ErrorReason::Internal,
                "the tagger failed on this text; see the service's log",
            )
        })
    }

    async fn tag_item(self, request: TagTextsRequest) -> TagTextsResponse {
        let outcome = if request.correlation_id.len() > MAX_CORRELATION_ID_BYTES {
            Err(RpcError::invalid_field(
                "correlation_id",
                "must be at most 128 bytes",
            ))
        } else {
            self.tag(request.text, &self.dictionary.now()).await
        };
        TagTextsResponse {
            correlation_id: request.correlation_id,
            outcome: Some(match outcome {
                Ok(tags) => Outcome::Tags(tags),
                Err(error) => Outcome::Error(error.into_item()),
            }),
        }
    }
}

#[tonic::async_trait]
impl EntityTaggingService for EntityTaggingApi {
    async fn tag_text(&self, request: Request<TagTextRequest>) -> Result<Response<TagTextResponse>, Status> {
        let request = request.into_inner();
        let edition = self.edition(request.min_dictionary_version).await?;
        let (tags, explanation) = if request.explain {
            let (tags, explanation) = self.explain(request.text, &edition).await?;
            (tags, Some(explanation))
        } else {
            (self.tag(request.text, &edition).await?, None)
        };
        Ok(Response::new(TagTextResponse {
            tags: Some(tags),
            explanation,
        }))
    }

    type TagTextsStream = Pin<Box<dyn Stream<Item = Result<TagTextsResponse, Status>> + Send>>;

    async fn tag_texts(
        &self,
        request: Request<Streaming<TagTextsRequest>>,
    ) -> Result<Response<Self::TagTextsStream>, Status> {
        let api = self.clone();
        let shutdown = self.shutdown.clone();
        let stopping = self.shutdown.clone();
        // The next text is read only when there is room among those in work, and those leave only when the caller reads
        // its answers: flow control from end to end.
        let answers = request
            .into_inner()
            .take_until(async move { shutdown.requested().await })
            .map(move |request| {
                let api = api.clone();
                async move { Ok(api.tag_item(request?).await) }
            })
            .buffered(CONCURRENT_TEXTS)
            .chain(
                stream::once(async move { stopping.is_requested() })
                    .filter_map(|stopping| async move { stopping.then(|| Err(not_ready().into())) }),
            );
        Ok(Response::new(Box::pin(answers)))
    }

    async fn upsert_entity(
        &self,
        request: Request<UpsertEntityRequest>,
    ) -> Result<Response<UpsertEntityResponse>, Status> {
        Ok(Response::new(self.upsert(request.into_inner()).await?))
    }

    async fn delete_entity(
        &self,
        request: Request<DeleteEntityRequest>,
    ) -> Result<Response<DeleteEntityResponse>, Status> {
        Ok(Response::new(self.delete(&request.into_inner()).await?))
    }

    async fn get_entity(
        &self,
        request: Request<GetEntityRequest>,
    ) -> Result<Response<GetEntityResponse>, Status> {
        Ok(Response::new(self.get(&request.into_inner()).await?))
    }

    async fn list_entities(
        &self,
        request: Request<ListEntitiesRequest>,
    ) -> Result<Response<ListEntitiesResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn start_retag(
        &self,
        request: Request<proto::StartRetagRequest>,
    ) -> Result<Response<proto::StartRetagResponse>, Status> {
        let retag = Some(self.start(request.into_inner()).await?);
        Ok(Response::new(proto::StartRetagResponse { retag }))
    }

    async fn get_retag(
        &self,
        request: Request<proto::GetRetagRequest>,
    ) -> Result<Response<proto::GetRetagResponse>, Status> {
        let newest = self.desk.newest(&request.into_inner().id).await;
        let (_, operation) = newest.map_err(RpcError::from)?;
        let retag = Some(encode_retag(&operation));
        Ok(Response::new(proto::GetRetagResponse { retag }))
    }

    async fn list_retags(
        &self,
        request: Request<proto::ListRetagsRequest>,
    ) -> Result<Response<proto::ListRetagsResponse>, Status> {
        let retags = self.newest_retags(request.into_inner().page_size);
        Ok(Response::new(proto::ListRetagsResponse { retags }))
    }

    async fn cancel_retag(
        &self,
        request: Request<proto::CancelRetagRequest>,
    ) -> Result<Response<proto::CancelRetagResponse>, Status> {
        let cancelled = self.desk.cancel(&request.into_inner().id).await;
        let retag = Some(encode_retag(&cancelled.map_err(RpcError::from)?));
        Ok(Response::new(proto::CancelRetagResponse { retag }))
    }

    async fn resume_retag(
        &self,
        request: Request<proto::ResumeRetagRequest>,
    ) -> Result<Response<proto::ResumeRetagResponse>, Status> {
        let resumed = self.desk.resume(&request.into_inner().id).await;
        let retag = Some(encode_retag(&resumed.map_err(RpcError::from)?));
        Ok(Response::new(proto::ResumeRetagResponse { retag }))
    }

    type WatchRetagStream = retags::Watch;

    async fn watch_retag(
        &self,
        request: Request<proto::WatchRetagRequest>,
    ) -> Result<Response<Self::WatchRetagStream>, Status> {
        Ok(Response::new(self.watch(&request.into_inner().id).await?))
    }
}

fn encode_tags(tagger: &Tagger, tagged: &TaggedText) -> TextTags {
    TextTags {
        mentions: tagged.mentions.iter().map(encode_mention).collect(),
        tagger_version: Some(encode_tagger_version(tagger.version())),
        analysis: Some(encode_analysis(&tagged.analysis)),
    }
}

/// What ends a stream that the caller has not ended when the service stops.
fn not_ready() -> RpcError {
    RpcError::new(
        Code::Unavailable,
        ErrorReason::NotReady,
        "the service is stopping",
    )
}
