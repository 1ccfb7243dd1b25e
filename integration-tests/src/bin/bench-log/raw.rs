//! The limits that NATS sets: publishing and relaying with nothing around it. The only place outside of the event log
//! that talks to NATS, for it is what the event log is compared with.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use async_nats::jetstream::{
    self, Context, ContextBuilder,
    consumer::{AckPolicy, pull},
    message::PublishMessage,
    stream::{Config, DiscardPolicy},
};
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;

/// Publishes that may wait for their acknowledgement.
pub(crate) const WINDOW: usize = 1024;
/// Messages that are asked for at a time.
const BATCH: usize = 256;

/// What raw messages carry beside their payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing, and all have one subject.
    Plain,
    /// What ingest needs: a subject of its own, a message id, and an expected last sequence.
    LikeIngest,
}

/// A raw connection.
pub(crate) async fn connect(url: &str) -> anyhow::Result<Context> {
    let client = async_nats::connect(url).await?;
    Ok(ContextBuilder::new()
        .timeout(Duration::from_secs(60))
        .max_ack_inflight(WINDOW)
        .build(client))
}

/// Makes a stream for raw messages, empty.
pub(crate) async fn empty_stream(context: &Context, name: &str) -> anyhow::Result<()> {
    // It may not be there.
    let _ = context.delete_stream(name).await;
    let config = Config {
        name: name.to_owned(),
        subjects: vec![format!("{name}.>")],
        discard: DiscardPolicy::New,
        ..Config::default()
    };
    context.create_stream(config).await?;
    Ok(())
}

/// Publishes with [`WINDOW`] acknowledgements outstanding; returns how long it took until the last one.
pub(crate) async fn publish_all(
    context: &Context,
    stream: &str,
    payloads: &[Bytes],
    count: usize,
    shape: Shape,
) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut acknowledgements = tokio_stream::wrappers::ReceiverStream::new({
        let (sender, receiver) = tokio::sync::mpsc::channel(WINDOW);
        let (context, stream, payloads) = (context.clone(), stream.to_owned(), payloads.to_vec());
        tokio::spawn(async move {
            for number in 0..count {
                let payload = payloads[number % payloads.len()].clone();
                let message = PublishMessage::build().payload(payload);
                let (subject, message) = match shape {
                    Shape::Plain => (format!("{stream}.one"), message),
                    Shape::LikeIngest => (
                        format!("{stream}.{number:016x}"),
                        message
                            .header("Gisa-Message-Id", uuid(number))
                            .expected_last_subject_sequence(0),
                    ),
                };
                let sent = context.send_publish(subject, message).await;
                if sender.send(sent).await.is_err() {
                    return;
                }
            }
        });
        receiver
    });
    let mut acknowledged = 0;
    while let Some(sent) = acknowledgements.next().await {
        sent?.await?;
        acknowledged += 1;
    }
    ensure!(
        acknowledged == count,
        "{acknowledged} of {count} were acknowledged"
    );
    Ok(start.elapsed())
}

/// A message id as long as those of ingest.
fn uuid(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// Relays `count` messages from one stream to another: consumed by [`BATCH`], published with [`WINDOW`]
/// acknowledgements outstanding and a message id, and acknowledged after their own acknowledgement.
pub(crate) async fn relay(context: &Context, from: &str, to: &str, count: usize) -> anyhow::Result<Duration> {
    let stream = context.get_stream(from).await?;
    let config = pull::Config {
        durable_name: Some("relay".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(60),
        max_ack_pending: 4 * WINDOW as i64,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let mut messages = consumer.stream().max_messages_per_batch(BATCH).messages().await?;
    let start = Instant::now();
    let mut under_way: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for number in 0..count {
        let message = messages.next().await.context("the deliveries ended")??;
        let publish = PublishMessage::build()
            .payload(message.payload.clone())
            .message_id(uuid(number));
        let sent = context
            .send_publish(format!("{to}.{number:016x}"), publish)
            .await?;
        under_way.spawn(async move {
            sent.await?;
            message.ack().await.map_err(|error| anyhow::anyhow!("{error}"))
        });
        while let Some(done) = under_way.try_join_next() {
            done??;
        }
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    context.client().flush().await?;
    let elapsed = start.elapsed();
    let relayed = context.get_stream(to).await?.cached_info().state.messages;
    ensure!(relayed == count as u64, "{relayed} of {count} were relayed");
    stream.delete_consumer("relay").await?;
    Ok(elapsed)
}

/// Deletes a stream, with what it holds on the disk.
pub(crate) async fn delete(context: &Context, stream: &str) -> anyhow::Result<()> {
    context
        .delete_stream(stream)
        .await
        .map(|_: jetstream::stream::DeleteStatus| ())?;
    Ok(())
}
