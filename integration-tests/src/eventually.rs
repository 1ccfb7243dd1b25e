//! Waiting for something to become true.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::clients::PATIENCE;

/// Repeats `attempt` until it gives `Ok`; panics with the last error when the patience of the tests is at its end.
pub async fn eventually<T, E, F>(mut attempt: impl FnMut() -> F) -> T
where
    E: std::fmt::Debug,
    F: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) if Instant::now() > deadline => panic!("not within {PATIENCE:?}: {error:?}"),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}
