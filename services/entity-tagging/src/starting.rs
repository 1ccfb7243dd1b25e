//! What is asked of the log before the service can start.

use std::time::Duration;

use gisa_event_log::{LogError, retry::Backoff};
use tokio::time::{Instant, sleep};
use tracing::warn;

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(5),
};

/// For longer a start that does not get on is better seen as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the log, and again while it does not answer: it may be restarting just then, or choosing a leader.
pub(crate) async fn ask<T, Answer>(mut asking: impl FnMut() -> Answer) -> anyhow::Result<T>
where
    Answer: Future<Output = anyhow::Result<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    let mut failures = 0;
    loop {
        let error = match asking().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        failures += 1;
        let delay = BACKOFF.delay(failures);
        let may_pass = matches!(error.downcast_ref(), Some(LogError::Unavailable(_)));
        if !may_pass || Instant::now() + delay >= deadline {
            return Err(error);
        }
        warn!("the start waits for the event log, {delay:?}: {error:#}");
        sleep(delay).await;
    }
}
