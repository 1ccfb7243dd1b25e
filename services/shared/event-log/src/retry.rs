//! Waiting times between attempts.

use std::time::Duration;

/// Exponential back-off with jitter, bounded.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// Never longer than this.
    pub longest: Duration,
}

impl Backoff {
    /// How long to wait after failed attempt number `attempt` (from 1): doubled each time, between half of it and all of
    /// it by chance, so that many clients do not return at the same moment.
    pub fn delay(&self, attempt: u32) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1_u32 << attempt.saturating_sub(1).min(20));
        let bounded = doubled.min(self.longest);
        bounded.mul_f64(0.5 + 0.5 * chance())
    }
}

/// A number in `0.0..1.0`; need not be of good quality, so no generator is carried around for it.
fn chance() -> f64 {
    let bits = uuid::Uuid::new_v4().as_u128() as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_stay_within_bounds() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(5),
        };
        for attempt in 1..200 {
            let full = Duration::from_millis(100 * 2_u64.pow(attempt.min(30) - 1)).min(backoff.longest);
            let delay = backoff.delay(attempt);
            assert!(delay >= full / 2 && delay <= full, "attempt {attempt}: {delay:?}");
        }
    }
}
