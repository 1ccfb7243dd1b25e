//! How long an operation may go on trying: until shortly before its caller gives up, so that the answer still arrives.

use std::{future::Future, time::Duration};

use gisa_event_log::{AppendError, LogError, retry::Backoff};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

/// Between attempts at a log that does not answer or is full.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

/// Without a deadline of the caller. A cluster needs 4 to 8 seconds for a new leader.
const DEFAULT: Duration = Duration::from_secs(10);
/// However long the caller would wait.
const LONGEST: Duration = Duration::from_secs(60);
/// A full log gets room when messages age out or an operator makes some; a moment is worth waiting, more only piles up.
const FULL: Duration = Duration::from_secs(2);

/// What the caller needs for the way of the answer: a tenth of its deadline, within these bounds.
const LEAST_MARGIN: Duration = Duration::from_millis(20);
const MOST_MARGIN: Duration = Duration::from_millis(500);

/// How long one operation may go on trying.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    end: Instant,
    end_if_full: Instant,
}

/// Trouble that another attempt may find gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The log does not answer.
    Unavailable,
    /// The log is full.
    Full,
}

/// Failures of the log, some of which pass.
pub(crate) trait Failure {
    /// The failure when the patience is at its end.
    fn out_of_patience() -> Self;
    /// What may pass by itself, if this is such a failure.
    fn trouble(&self) -> Option<Trouble>;
}

impl Failure for LogError {
    fn out_of_patience() -> Self {
        Self::Unavailable("it did not answer before the caller's deadline".to_owned())
    }

    fn trouble(&self) -> Option<Trouble> {
        matches!(self, Self::Unavailable(_)).then_some(Trouble::Unavailable)
    }
}

impl Failure for AppendError {
    fn out_of_patience() -> Self {
        LogError::out_of_patience().into()
    }

    fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::StreamFull => Some(Trouble::Full),
            Self::Log(error) => error.trouble(),
            Self::Conflict { .. } | Self::TooLarge { .. } => None,
        }
    }
}

impl Patience {
    /// For a call that its caller gives up at this time, or never.
    pub fn until(deadline: Option<Instant>) -> Self {
        let start = Instant::now();
        let end = match deadline {
            None => start + DEFAULT,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(start);
                let margin = (left / 10).clamp(LEAST_MARGIN, MOST_MARGIN);
                start + left.saturating_sub(margin).min(LONGEST)
            }
        };
        Self {
            end,
            end_if_full: end.min(start + FULL),
        }
    }

    /// The same, but a full log is told of at once.
    pub(crate) fn unless_full(self) -> Self {
        Self {
            end_if_full: Instant::now(),
            ..self
        }
    }

    /// Waits for `work` at the longest until the end.
    pub(crate) async fn bound<T>(self, work: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.end, work).await.ok()
    }

    /// Asks the log, and again with growing pauses while it fails of what passes. What was asked last may still happen
    /// after the end, so it must be repeatable.
    pub(crate) async fn ask<T, E: Failure, Attempt>(
        self,
        mut attempt: impl FnMut() -> Attempt,
    ) -> Result<T, E>
    where
        Attempt: Future<Output = Result<T, E>>,
    {
        let mut failures = 0;
        loop {
            let error = match self.bound(attempt()).await {
                None => return Err(E::out_of_patience()),
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
            };
            let end = match error.trouble() {
                None => return Err(error),
                Some(Trouble::Unavailable) => self.end,
                Some(Trouble::Full) => self.end_if_full,
            };
            failures += 1;
            let delay = BACKOFF.delay(failures);
            if Instant::now() + delay >= end {
                return Err(error);
            }
            debug!(failures, "the log is asked again in {delay:?}");
            sleep(delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasts(deadline: Option<Duration>) -> Duration {
        let start = Instant::now();
        Patience::until(deadline.map(|after| start + after)).end - start
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_before_the_caller_gives_up() {
        assert_eq!(lasts(None), DEFAULT);
        assert_eq!(lasts(Some(Duration::from_millis(10))), Duration::ZERO);
        assert_eq!(lasts(Some(Duration::from_secs(1))), Duration::from_millis(900));
        assert_eq!(
            lasts(Some(Duration::from_secs(30))),
            Duration::from_millis(29_500)
        );
        assert_eq!(lasts(Some(Duration::from_secs(3600))), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_asked_again_and_the_rest_is_not() {
        let patience = Patience::until(None);
        let unavailable = || LogError::Unavailable("no leader".to_owned());
        let mut attempts = 0;
        let result = patience
            .ask(|| {
                attempts += 1;
                std::future::ready(if attempts < 5 { Err(unavailable()) } else { Ok(()) })
            })
            .await;
        assert!(result.is_ok());
        assert_eq!(attempts, 5);

        let start = Instant::now();
        let full: Result<(), AppendError> = patience
            .ask(|| std::future::ready(Err(AppendError::StreamFull)))
            .await;
        assert!(matches!(full, Err(AppendError::StreamFull)));
        assert!(start.elapsed() <= FULL, "{:?}", start.elapsed());

        let start = Instant::now();
        let guess: Result<(), AppendError> = patience
            .unless_full()
            .ask(|| std::future::ready(Err(AppendError::StreamFull)))
            .await;
        assert!(matches!(guess, Err(AppendError::StreamFull)));
        assert_eq!(start.elapsed(), Duration::ZERO);

        let gone: Result<(), LogError> = patience.ask(|| std::future::ready(Err(unavailable()))).await;
        assert!(gone.is_err());
        assert!(patience.end.saturating_duration_since(Instant::now()) <= BACKOFF.longest);
        let mut attempts = 0;
        let closed: Result<(), LogError> = patience
            .ask(|| {
                attempts += 1;
                std::future::ready(Err(LogError::Closed))
            })
            .await;
        assert!(closed.is_err());
        assert_eq!(attempts, 1);
        let hangs: Result<(), LogError> = patience.ask(std::future::pending).await;
        assert!(matches!(hangs, Err(LogError::Unavailable(_))));
        assert!(Instant::now() >= patience.end);
    }
}
