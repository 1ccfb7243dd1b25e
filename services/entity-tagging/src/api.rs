//! gRPC in: tags texts that callers send. Nothing is stored.

mod dead_letters;

use std::{fmt, pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _, stream};
use gisa_article_codec::{
    analysis::encode_analysis, article::encode_tagger_version, explanation::encode_explanation,
    mention::encode_mention, time::decode_zoned,
};
use gisa_article_model::ZonedTime;
use gisa_proto::tagging::v1::{
    self as proto, Explanation, TagTextRequest, TagTextResponse, TagTextsRequest, TagTextsResponse, TextTags,
    entity_tagging_service_server::EntityTaggingService, tag_texts_response::Outcome,
};
use gisa_service_runtime::{ErrorReason, RpcError, Shutdown};
use jiff::Timestamp;
use tonic::{Code, Request, Response, Status, Streaming};
use tracing::error;
use unicode_normalization::is_nfc;

pub use dead_letters::DeadLetterApi;

use crate::tagger::{TaggedText, Tagger, TextToTag};

/// Texts of one stream that are tagged at the same time; answers keep their order.
const CONCURRENT_TEXTS: usize = 8;

const MAX_TITLE_CHARACTERS: usize = 1000;
const MAX_SUBTITLE_CHARACTERS: usize = 2000;
const MAX_CORRELATION_ID_BYTES: usize = 128;

/// Implementation of `gisa.tagging.v1.EntityTaggingService`; cheap to clone.
#[derive(Clone)]
pub struct EntityTaggingApi {
    tagger: Arc<Tagger>,
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
    /// An implementation on `tagger`.
    pub fn new(tagger: Arc<Tagger>, max_body_bytes: usize, shutdown: Shutdown) -> Self {
        Self {
            tagger,
            max_body_bytes,
            shutdown,
        }
    }

    async fn tag(&self, text: Option<proto::TextToTag>) -> Result<TextTags, RpcError> {
        let tagged = self.run(text, |tagger, text| encode_tags(tagger, &tagger.tag(text)));
        tagged.await
    }

    async fn explain(&self, text: Option<proto::TextToTag>) -> Result<(TextTags, Explanation), RpcError> {
        let explained = self.run(text, |tagger, text| {
            let (tagged, explanation) = tagger.explain(text);
            (encode_tags(tagger, &tagged), encode_explanation(&explanation))
        });
        explained.await
    }

    /// Checks a text and does `work` on it, off the threads that serve the network.
    async fn run<T: Send + 'static>(
        &self,
        text: Option<proto::TextToTag>,
        work: impl FnOnce(&Tagger, &TextToTag<'_>) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        let text = text.ok_or_else(|| RpcError::invalid_field("text", "is required"))?;
        let published_at = check(&text, self.max_body_bytes)?;
        let tagger = Arc::clone(&self.tagger);
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
            self.tag(request.text).await
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
        let (tags, explanation) = if request.explain {
            let (tags, explanation) = self.explain(request.text).await?;
            (tags, Some(explanation))
        } else {
            (self.tag(request.text).await?, None)
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

/// Checks the documented limits; gives the time that relative dates refer to.
fn check(text: &proto::TextToTag, max_body_bytes: usize) -> Result<ZonedTime, RpcError> {
    if text.body.len() > max_body_bytes {
        return Err(RpcError::new(
            Code::InvalidArgument,
            ErrorReason::BodyTooLarge,
            format!(
                "the body has {} bytes, more than the limit of {max_body_bytes}",
                text.body.len()
            ),
        )
        .with_metadata("size", text.body.len())
        .with_metadata("limit", max_body_bytes)
        .with_field_violation("text.body", "is too large"));
    }

    let mut violations = Vec::new();
    let mut violation = |field: &str, problem: &str| violations.push((field.to_owned(), problem.to_owned()));
    let fields = [
        ("text.title", &text.title),
        ("text.subtitle", &text.subtitle),
        ("text.body", &text.body),
    ];
    if fields.iter().all(|(_, value)| value.trim().is_empty()) {
        violation("text", "must have a title, a subtitle or a body");
    }
    for (field, value) in fields {
        if !is_nfc(value) {
            violation(
                field,
                "must be in Unicode normalisation form C, because offsets count in it",
            );
        }
    }
    if text.title.chars().count() > MAX_TITLE_CHARACTERS {
        violation("text.title", "must be at most 1,000 characters");
    }
    if text.subtitle.chars().count() > MAX_SUBTITLE_CHARACTERS {
        violation("text.subtitle", "must be at most 2,000 characters");
    }
    let published_at = match &text.published_at {
        None => ZonedTime::in_korea(Timestamp::now()),
        Some(given) => decode_zoned(given, "text.published_at").unwrap_or_else(|error| {
            violation("text.published_at", &error.to_string());
            ZonedTime::in_korea(Timestamp::UNIX_EPOCH)
        }),
    };
    if violations.is_empty() {
        Ok(published_at)
    } else {
        Err(RpcError::invalid_fields(violations))
    }
}
