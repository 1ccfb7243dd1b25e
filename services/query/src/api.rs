//! gRPC in: checks requests, asks the domain, and answers in protobuf.

mod admin;
mod errors;
mod requests;

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _};
use gisa_article_codec::{
    article::{encode_state, encode_tagged_article},
    mention::{encode_field, encode_span},
    time::encode_timestamp,
};
use gisa_article_model::{PublicationState, TaggedArticle};
use gisa_proto::query::v1::{
    self as proto, GetArticleRequest, GetArticleResponse, SearchArticlesRequest, SearchArticlesResponse,
    WatchArticlesRequest, WatchArticlesResponse,
    query_service_server::{QueryService, QueryServiceServer},
};
use gisa_proto::{article::v1 as article_proto, entity::v1 as entity_proto};
use gisa_service_runtime::{ErrorReason, RpcError};
use prost::Message as _;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, codec::CompressionEncoding};

pub use self::admin::IndexAdminApi;
use self::{
    errors::{article_error, internal},
    requests::{SearchRequest, read_article_id, read_filter, read_search, read_watch_start, remaining_time},
};
use crate::{
    analyzer::Analyzer,
    freshness::Freshness,
    index::{IndexHits, IndexSearch, IndexSnapshot, effective},
    pages::{PinnedSnapshots, StateName},
    search::{
        QueryTerms, SortKey,
        highlight::{Highlight, highlights},
        page_token::{PageStart, encode_page_token},
    },
    watch::{ChangeKind, Happening, WatchEvent, Watches},
};

/// A page ends early rather than become larger than this: gRPC clients refuse messages of more than 4 MiB unless told
/// otherwise.
const MAX_PAGE_BYTES: usize = 3 << 20;

/// Implementation of `gisa.query.v1.QueryService`; cheap to clone.
#[derive(Clone, Debug)]
pub struct QueryApi {
    analyzer: Arc<Analyzer>,
    freshness: Freshness,
    watches: Watches,
    pinned: Arc<PinnedSnapshots>,
    max_wait: Duration,
}

impl QueryApi {
    /// An implementation on the index that `freshness` and `watches` look at.
    pub fn new(analyzer: Arc<Analyzer>, freshness: Freshness, watches: Watches, max_wait: Duration) -> Self {
        Self {
            analyzer,
            freshness,
            watches,
            pinned: Arc::default(),
            max_wait,
        }
    }

    /// The gRPC service.
    pub fn into_service(self) -> QueryServiceServer<Self> {
        QueryServiceServer::new(self)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }

    /// The newest snapshot, once it includes the write that a token names.
    async fn snapshot(
        &self,
        write_token: &str,
        deadline: Instant,
    ) -> Result<Arc<dyn IndexSnapshot>, RpcError> {
        self.pinned.expire();
        Ok(self.freshness.wait(write_token, deadline).await?)
    }

    fn deadline<T>(&self, request: &Request<T>) -> Instant {
        Instant::now()
            + remaining_time(request.metadata()).map_or(self.max_wait, |left| left.min(self.max_wait))
    }

    async fn get(
        &self,
        request: GetArticleRequest,
        deadline: Instant,
    ) -> Result<GetArticleResponse, RpcError> {
        let article_id = read_article_id(&request.article_id)?;
        let snapshot = self.snapshot(&request.write_token, deadline).await?;
        blocking(move || get_article(&*snapshot, article_id.as_str(), request.revision)).await
    }

    async fn search(
        &self,
        request: SearchArticlesRequest,
        deadline: Instant,
    ) -> Result<SearchArticlesResponse, RpcError> {
        let search = read_search(&request, &self.analyzer)?;
        let newest = self.snapshot(&request.write_token, deadline).await?;
        // A later page is made of the same state as the first one, as long as that is kept.
        let snapshot = search
            .page
            .as_ref()
            .and_then(|page| self.pinned.get(page.state))
            .unwrap_or(newest);
        let (analyzer, pinned) = (Arc::clone(&self.analyzer), Arc::clone(&self.pinned));
        blocking(move || {
            let response = search_articles(&*snapshot, &analyzer, &request, search)?;
            if !response.next_page_token.is_empty() {
                pinned.keep(snapshot);
            }
            Ok(response)
        })
        .await
    }
}

/// Runs what reads the disk on a thread made for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
) -> Result<T, RpcError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(internal(&error)))
}

fn get_article(
    snapshot: &dyn IndexSnapshot,
    article_id: &str,
    revision: u32,
) -> Result<GetArticleResponse, RpcError> {
    let versions = snapshot.versions(article_id)?;
    let not_found = |what: String| article_error(ErrorReason::ArticleNotFound, article_id, revision, what);
    let Some(current) = effective(&versions) else {
        return Err(not_found(format!("no article {article_id}")));
    };
    // The state of the article decides about all its revisions.
    check_visible(article_id, revision, current.state)?;
    let wanted = if revision == 0 {
        current
    } else {
        effective(
            versions
                .iter()
                .filter(|version| version.rank.revision == revision),
        )
        .ok_or_else(|| not_found(format!("article {article_id} has no revision {revision}")))?
    };
    check_visible(article_id, revision, wanted.state)?;
    Ok(GetArticleResponse {
        tagged_article: Some(encode_tagged_article(&snapshot.load(wanted)?)),
    })
}

fn check_visible(article_id: &str, revision: u32, state: PublicationState) -> Result<(), RpcError> {
    let (reason, what) = match state {
        PublicationState::Usable | PublicationState::Corrected => return Ok(()),
        PublicationState::Withheld => (ErrorReason::ArticleWithheld, "withheld"),
        PublicationState::Retracted => (ErrorReason::ArticleRetracted, "retracted"),
    };
    Err(article_error(
        reason,
        article_id,
        revision,
        format!("article {article_id} is {what}"),
    ))
}

fn search_articles(
    snapshot: &dyn IndexSnapshot,
    analyzer: &Analyzer,
    request: &SearchArticlesRequest,
    search: SearchRequest,
) -> Result<SearchArticlesResponse, RpcError> {
    let page_size = search.page_size;
    // One more than the page tells whether there is another page.
    let search = IndexSearch {
        terms: search.terms,
        filter: search.filter,
        order: search.order,
        after: search.page.map(|page| page.after),
        limit: page_size + 1,
    };
    let found = snapshot.search(&search)?;
    let total_hits = found.total;
    let (hits, last) = page(analyzer, &search.terms, found, page_size);
    let next_page_token = last.map_or_else(String::new, |after| {
        let state = StateName::of(snapshot);
        encode_page_token(request, &PageStart { after, state })
    });
    Ok(SearchArticlesResponse {
        hits,
        next_page_token,
        total_hits,
    })
}

/// The hits of one page, and the last of them if there are more behind it.
fn page(
    analyzer: &Analyzer,
    terms: &QueryTerms,
    found: IndexHits,
    page_size: usize,
) -> (Vec<proto::SearchHit>, Option<SortKey>) {
    let mut hits: Vec<proto::SearchHit> = Vec::with_capacity(found.hits.len());
    let mut last = None;
    let mut bytes = 0;
    for hit in found.hits {
        if hits.len() == page_size {
            return (hits, last);
        }
        let highlights = highlights(analyzer, &hit.tagged, terms);
        let encoded = proto::SearchHit {
            tagged_article: Some(encode_tagged_article(&hit.tagged)),
            score: if matches!(terms, QueryTerms::All(_)) {
                hit.key.score
            } else {
                0.0
            },
            highlights: highlights.iter().map(encode_highlight).collect(),
        };
        bytes += encoded.encoded_len();
        if bytes > MAX_PAGE_BYTES && !hits.is_empty() {
            return (hits, last);
        }
        hits.push(encoded);
        last = Some(hit.key);
    }
    (hits, None)
}

fn encode_highlight(highlight: &Highlight) -> proto::Highlight {
    proto::Highlight {
        field: encode_field(highlight.field).into(),
        span: Some(encode_span(highlight.span)),
    }
}

fn encode_watch_event(event: WatchEvent) -> WatchArticlesResponse {
    use proto::watch_articles_response::Event;
    let resume_token = event.resume_point.encode();
    let event = match event.happening {
        Happening::Change { kind, tagged } => Event::Change(proto::ArticleChange {
            kind: encode_change_kind(kind).into(),
            tagged_article: Some(encode_told_article(kind, &tagged)),
        }),
        Happening::Checkpoint { read_until, live } => Event::Checkpoint(proto::WatchCheckpoint {
            read_until: Some(encode_timestamp(read_until)),
            live,
        }),
    };
    WatchArticlesResponse {
        event: Some(event),
        resume_token,
    }
}

/// What the watcher may not see, or did not ask for, it does not get.
fn encode_told_article(kind: ChangeKind, tagged: &TaggedArticle) -> entity_proto::TaggedArticle {
    if kind.shows_content() {
        return encode_tagged_article(tagged);
    }
    let article = &tagged.article;
    let told = article_proto::Article {
        article_id: article.article_id.to_string(),
        source: article.source.clone(),
        revision: article.revision,
        state: encode_state(article.state).into(),
        state_reason: article.state_reason.clone(),
        ..Default::default()
    };
    entity_proto::TaggedArticle {
        article: Some(told),
        ..Default::default()
    }
}

fn encode_change_kind(kind: ChangeKind) -> proto::ArticleChangeKind {
    match kind {
        ChangeKind::Published => proto::ArticleChangeKind::Published,
        ChangeKind::Corrected => proto::ArticleChangeKind::Corrected,
        ChangeKind::Retagged => proto::ArticleChangeKind::Retagged,
        ChangeKind::Withdrawn => proto::ArticleChangeKind::Withdrawn,
        ChangeKind::Unmatched => proto::ArticleChangeKind::Unmatched,
    }
}

#[tonic::async_trait]
impl QueryService for QueryApi {
    async fn get_article(
        &self,
        request: Request<GetArticleRequest>,
    ) -> Result<Response<GetArticleResponse>, Status> {
        let deadline = self.deadline(&request);
        Ok(Response::new(self.get(request.into_inner(), deadline).await?))
    }

    async fn search_articles(
        &self,
        request: Request<SearchArticlesRequest>,
    ) -> Result<Response<SearchArticlesResponse>, Status> {
        let deadline = self.deadline(&request);
        Ok(Response::new(self.search(request.into_inner(), deadline).await?))
    }

    type WatchArticlesStream = Pin<Box<dyn Stream<Item = Result<WatchArticlesResponse, Status>> + Send>>;

    async fn watch_articles(
        &self,
        request: Request<WatchArticlesRequest>,
    ) -> Result<Response<Self::WatchArticlesStream>, Status> {
        let request = request.into_inner();
        let filter = read_filter(request.filter.as_ref())?;
        let start = read_watch_start(request.start.as_ref())?;
        let events = self.watches.start(filter, start).await.map_err(RpcError::from)?;
        let responses = ReceiverStream::new(events).map(|event| {
            event
                .map(encode_watch_event)
                .map_err(|error| RpcError::from(error).into())
        });
        Ok(Response::new(Box::pin(responses)))
    }
}

/// NOT_READY, with a hint when to try again.
fn not_ready(what: &str) -> RpcError {
    RpcError::new(Code::Unavailable, ErrorReason::NotReady, what.to_owned())
        .with_retry_after(Duration::from_secs(1))
}
