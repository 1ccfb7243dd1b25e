//! Reading one's own writes: waits until the index shows the revision that a write token names.

use std::sync::{Arc, Mutex, PoisonError};

use gisa_article_codec::WriteToken;
use gisa_event_log::{EventLog, LogError, Stream};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::{
    index::{IndexError, IndexSnapshot, effective},
    view::ViewReceiver,
};

/// Why an answer cannot include the write.
#[derive(Debug, Error)]
pub enum FreshnessError {
    /// The token is damaged.
    #[error("the write token is damaged")]
    Damaged,
    /// The token was given for another log.
    #[error("the write token names an event log that is not there any more")]
    LogReplaced,
    /// The write did not become visible in time.
    #[error("revision {revision} of article {article_id} did not become visible in time")]
    NotVisible {
        /// Which article.
        article_id: String,
        /// Which revision was waited for.
        revision: u32,
    },
    /// The index is being rebuilt or the service stops.
    #[error("the index is not ready")]
    NotReady,
    /// The log failed in a way that waiting does not mend.
    #[error(transparent)]
    Log(LogError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Waits for writes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Freshness {
    log: Arc<dyn EventLog>,
    view: ViewReceiver,
    /// When the log last answered: a write that is visible already can be read without it.
    identities: Arc<Mutex<Option<Identities>>>,
}

/// Which streams there are.
#[derive(Clone, Debug)]
struct Identities {
    articles: String,
    tagged: String,
}

impl Freshness {
    /// Waits on what `view` shows.
    pub fn new(log: Arc<dyn EventLog>, view: ViewReceiver) -> Self {
        Self {
            log,
            view,
            identities: Arc::default(),
        }
    }

    /// The newest state that includes the write that `token` names; at once if the token is empty. The answer has to be
    /// made of this state: a later one may be of another log.
    pub async fn wait(
        &self,
        token: &str,
        deadline: Instant,
    ) -> Result<Arc<dyn IndexSnapshot>, FreshnessError> {
        if token.is_empty() {
            let view = self.view.borrow();
            let snapshot = || Arc::clone(&view.snapshot);
            return view.ready.then(snapshot).ok_or(FreshnessError::NotReady);
        }
        let token = WriteToken::decode(token).map_err(|_| FreshnessError::Damaged)?;
        let identities = self.identities().await?;
        if token.position.stream_identity != identities.articles {
            return Err(FreshnessError::LogReplaced);
        }
        let mut view = self.view.clone();
        let visible = async {
            loop {
                let shown = view.borrow_and_update().clone();
                // An index of a log that has been replaced may hold an article and revision of the same name.
                if shown.is_of(&identities.tagged) && is_visible(Arc::clone(&shown.snapshot), &token).await? {
                    return Ok(shown.snapshot);
                }
                view.changed().await.map_err(|_| FreshnessError::NotReady)?;
            }
        };
        timeout_at(deadline, visible).await.unwrap_or_else(|_| {
            if !self.view.borrow().ready {
                return Err(FreshnessError::NotReady);
            }
            Err(FreshnessError::NotVisible {
                article_id: token.article_id.to_string(),
                revision: token.revision,
            })
        })
    }

    async fn identities(&self) -> Result<Identities, FreshnessError> {
        let known = || self.identities.lock().unwrap_or_else(PoisonError::into_inner);
        match tokio::try_join!(self.log.info(Stream::Articles), self.log.info(Stream::Tagged)) {
            Ok((articles, tagged)) => {
                let identities = Identities {
                    articles: articles.identity,
                    tagged: tagged.identity,
                };
                *known() = Some(identities.clone());
                Ok(identities)
            }
            Err(LogError::Unavailable(_) | LogError::Closed) => {
                known().clone().ok_or(FreshnessError::NotReady)
            }
            Err(error) => Err(FreshnessError::Log(error)),
        }
    }
}

async fn is_visible(snapshot: Arc<dyn IndexSnapshot>, token: &WriteToken) -> Result<bool, FreshnessError> {
    let (article_id, revision) = (token.article_id.clone(), token.revision);
    let looked_up = tokio::task::spawn_blocking(move || -> Result<bool, IndexError> {
        let versions = snapshot.versions(article_id.as_str())?;
        Ok(effective(&versions).is_some_and(|version| version.rank.revision >= revision))
    });
    let visible = looked_up
        .await
        .map_err(|error| IndexError(format!("a lookup panicked: {error}")))?;
    Ok(visible?)
}
