//! The identity of the stream ARTICLES, which every write token names.

use std::time::{Duration, Instant};

use gisa_event_log::{EventLog, LogError, Stream};
use tokio::sync::RwLock;

/// After this long the log is asked again: a stream that was deleted and made anew gets a new identity.
const FRESH_FOR: Duration = Duration::from_secs(10);

/// The identity as last heard.
#[derive(Debug)]
pub(crate) struct StreamIdentity {
    heard: RwLock<Heard>,
}

#[derive(Debug)]
struct Heard {
    identity: String,
    at: Instant,
}

impl Heard {
    fn fresh(&self) -> bool {
        self.at.elapsed() < FRESH_FOR
    }

    async fn from(log: &dyn EventLog) -> Result<Self, LogError> {
        let identity = log.info(Stream::Articles).await?.identity;
        Ok(Self {
            identity,
            at: Instant::now(),
        })
    }
}

impl StreamIdentity {
    /// Asks the log for the first time.
    pub(crate) async fn ask(log: &dyn EventLog) -> Result<Self, LogError> {
        Ok(Self {
            heard: RwLock::new(Heard::from(log).await?),
        })
    }

    /// The identity, asked for again when it is old. To be called before anything is appended: an append that has been
    /// acknowledged must not turn into an error because no token can be made.
    pub(crate) async fn current(&self, log: &dyn EventLog) -> Result<String, LogError> {
        {
            let heard = self.heard.read().await;
            if heard.fresh() {
                return Ok(heard.identity.clone());
            }
        }
        let mut heard = self.heard.write().await;
        // All who found it old wait here; the first one asks for all.
        if !heard.fresh() {
            *heard = Heard::from(log).await?;
        }
        Ok(heard.identity.clone())
    }
}
