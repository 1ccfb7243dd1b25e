//! Tells the metrics how far the consumer of ARTICLES is behind and how full the streams are.

use std::{sync::Arc, time::Duration};

use gisa_event_log::{EventLog, LogError, Stream};
use gisa_service_runtime::{Metrics, Shutdown};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;

use crate::config::TaggingConfig;

/// How often the log is asked: three small requests and one for each stream.
const PERIOD: Duration = Duration::from_secs(5);

/// Asks until the shutdown. While the log does not answer there are no values, rather than old ones.
pub(crate) async fn report(
    config: Arc<TaggingConfig>,
    log: Arc<dyn EventLog>,
    metrics: Metrics,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            _ = ticks.tick() => (),
        }
        let asked = async {
            lag(&config, &*log, &metrics).await?;
            fill(&*log, &metrics).await
        };
        let answered = tokio::select! {
            () = shutdown.requested() => return Ok(()),
            answered = asked => answered,
        };
        if let Err(error) = answered {
            debug!(%error, "the lag is not known: {error}");
            forget(&metrics);
        }
    }
}

async fn lag(config: &TaggingConfig, log: &dyn EventLog, metrics: &Metrics) -> Result<(), LogError> {
    let Some(lag) = log.consumer_lag(Stream::Articles, &config.consumer_name).await? else {
        return Ok(());
    };
    let age = lag.oldest_unacknowledged_at.map_or(0.0, |oldest| {
        Timestamp::now().duration_since(oldest).as_secs_f64()
    });
    let labels = [Stream::Articles.name(), config.consumer_name.as_str()];
    metrics.consumer_pending.with(labels).set(lag.pending as f64);
    metrics
        .consumer_ack_pending
        .with(labels)
        .set(lag.ack_pending as f64);
    // The clock of the log may be ahead.
    metrics
        .consumer_oldest_unacknowledged
        .with(labels)
        .set(age.max(0.0));
    Ok(())
}

async fn fill(log: &dyn EventLog, metrics: &Metrics) -> Result<(), LogError> {
    for stream in Stream::ALL {
        let info = log.info(stream).await?;
        let labels = [stream.name()];
        metrics.stream_messages.with(labels).set(info.messages as f64);
        metrics.stream_bytes.with(labels).set(info.bytes as f64);
        if let Some(limit) = info.max_bytes {
            metrics.stream_max_bytes.with(labels).set(limit as f64);
        }
    }
    Ok(())
}

fn forget(metrics: &Metrics) {
    metrics.consumer_pending.clear();
    metrics.consumer_ack_pending.clear();
    metrics.consumer_oldest_unacknowledged.clear();
    metrics.stream_messages.clear();
    metrics.stream_bytes.clear();
    metrics.stream_max_bytes.clear();
}
