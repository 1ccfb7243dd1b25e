//! When to try again, and when to give up.

use std::time::{Duration, Instant};

use crate::failure::{Failure, tell};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// How long to go on trying.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// While the server has never been reached.
    pub(crate) at_start: Duration,
    /// After it has been reached.
    pub(crate) later: Duration,
}

/// The state of trying.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    connected: bool,
    failing_since: Option<Instant>,
    delay: Duration,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            connected: false,
            failing_since: None,
            delay: FIRST_DELAY,
        }
    }

    /// The server has been reached.
    pub(crate) fn connected(&mut self) {
        self.connected = true;
    }

    /// Something worked: what fails from now on is another outage.
    pub(crate) fn succeeded(&mut self) {
        self.failing_since = None;
        self.delay = FIRST_DELAY;
    }

    /// How long to wait after a failure; the failure itself when it is time to give up.
    pub(crate) fn after(&mut self, failure: Failure) -> Result<Duration, Failure> {
        let patience = if self.connected {
            self.policy.later
        } else {
            self.policy.at_start
        };
        let first = self.failing_since.is_none();
        let failing_for = self.failing_since.get_or_insert_with(Instant::now).elapsed();
        let Some(left) = patience.checked_sub(failing_for).filter(|left| !left.is_zero()) else {
            return Err(failure);
        };
        if first {
            let text = failure.to_string();
            let line = text.lines().next().unwrap_or("the server failed");
            tell(format_args!("gisa: {line}; trying again for up to {patience:?}"));
        }
        let delay = self.delay.min(left);
        self.delay = (self.delay * 2).min(MAX_DELAY);
        Ok(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    #[test]
    fn the_first_connection_has_its_own_patience() {
        let failure = || Failure::new(FailureKind::Unreachable, "gone");
        let mut retries = Retries::new(RetryPolicy {
            at_start: Duration::ZERO,
            later: Duration::from_secs(60),
        });
        assert!(retries.after(failure()).is_err());
        retries.connected();
        retries.succeeded();
        assert_eq!(retries.after(failure()).unwrap(), FIRST_DELAY);
        assert_eq!(retries.after(failure()).unwrap(), 2 * FIRST_DELAY);
        retries.succeeded();
        assert_eq!(retries.after(failure()).unwrap(), FIRST_DELAY);
    }
}
