//! How full the streams are and how far their durable consumers have come.

use async_nats::jetstream::consumer;
use futures::TryStreamExt as _;
use jiff::Timestamp;

use super::{apply, codec, failure, session::Session};
use crate::{LogError, Stream, Subject};

/// What a stream holds and who works on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// Its name in NATS.
    pub name: String,
    /// On how many servers it is kept.
    pub replicas: usize,
    /// How many of them are up and have everything.
    pub current_replicas: usize,
    /// Bytes kept.
    pub bytes: u64,
    /// Most bytes that it may keep; `None` for no limit of its own.
    pub max_bytes: Option<u64>,
    /// Number of messages kept.
    pub messages: u64,
    /// Sequence of the oldest message kept; 0 when there never was one.
    pub first_sequence: u64,
    /// Sequence of the newest message.
    pub last_sequence: u64,
    /// How many of its messages have a dead letter that is kept.
    pub dead_lettered: u64,
    /// Its durable consumers, by name.
    pub consumers: Vec<ConsumerStatus>,
}

/// Progress of a durable consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Its name.
    pub name: String,
    /// Messages not yet delivered to anyone.
    pub pending: u64,
    /// Messages delivered and not yet acknowledged.
    pub ack_pending: u64,
    /// Of those, messages delivered more than once. Counts what the server gave up on as well.
    pub redelivered: u64,
    /// When the oldest message that is not acknowledged was appended, if there is one.
    pub oldest_unacknowledged_at: Option<Timestamp>,
    /// Whether somebody has paused it.
    pub paused: bool,
}

/// The status of a stream, if it is there.
pub(super) async fn of(session: &Session, stream: Stream) -> Result<Option<StreamStatus>, LogError> {
    let Some(found) = apply::find(session, stream).await? else {
        return Ok(None);
    };
    let handle = session.api.get_stream_no_info(session.names.stream(stream)).await;
    let handle = handle.map_err(|error| failure::of_stream(stream, "cannot look at the stream", &error))?;
    let list = handle.consumers().try_collect::<Vec<_>>().await;
    let mut infos = list.map_err(|error| failure::unavailable("cannot list the consumers", error))?;
    infos.retain(|info| info.config.durable_name.is_some());
    infos.sort_by(|one, other| one.name.cmp(&other.name));
    let mut consumers = Vec::new();
    for info in infos {
        consumers.push(status_of_consumer(session, stream, info, found.state.last_sequence).await?);
    }
    let (config, state) = (&found.config, &found.state);
    let others = found
        .cluster
        .as_ref()
        .map_or(&[][..], |cluster| &cluster.replicas);
    Ok(Some(StreamStatus {
        name: config.name.clone(),
        replicas: config.num_replicas,
        // The leader answered.
        current_replicas: 1 + others.iter().filter(|peer| peer.current && !peer.offline).count(),
        bytes: state.bytes,
        max_bytes: u64::try_from(config.max_bytes).ok().filter(|limit| *limit > 0),
        messages: state.messages,
        first_sequence: state.first_sequence,
        last_sequence: state.last_sequence,
        dead_lettered: dead_lettered(session, stream).await?,
        consumers,
    }))
}

/// When the first message after this sequence was appended, if there is one.
pub(super) async fn appended_after(
    session: &Session,
    stream: Stream,
    sequence: u64,
) -> Result<Option<Timestamp>, LogError> {
    let handle = session.api.get_stream_no_info(session.names.stream(stream)).await;
    let handle = handle.map_err(|error| failure::of_stream(stream, "cannot look at a message", &error))?;
    let request = handle
        .raw_message_builder()
        .sequence(sequence + 1)
        .next_by_subject(">");
    match request.send().await {
        Ok(message) => codec::timestamp(message.time.unix_timestamp_nanos()).map(Some),
        Err(error) => failure::of_message(stream, &error).map_or(Ok(None), Err),
    }
}

async fn status_of_consumer(
    session: &Session,
    stream: Stream,
    info: consumer::Info,
    last_sequence: u64,
) -> Result<ConsumerStatus, LogError> {
    let acknowledged = info.ack_floor.stream_sequence;
    // Also what the server gave up on: it stays above the floor.
    let oldest = match acknowledged < last_sequence {
        true => appended_after(session, stream, acknowledged).await?,
        false => None,
    };
    Ok(ConsumerStatus {
        name: info.name,
        pending: info.num_pending,
        ack_pending: info.num_ack_pending as u64,
        redelivered: info.num_redelivered as u64,
        oldest_unacknowledged_at: oldest,
        paused: info.paused,
    })
}

/// How many messages of `stream` have a dead letter: there is one subject for each.
async fn dead_lettered(session: &Session, stream: Stream) -> Result<u64, LogError> {
    if apply::find(session, Stream::DeadLetters).await?.is_none() {
        return Ok(0);
    }
    let what = "cannot count the dead letters";
    let handle = session
        .api
        .get_stream_no_info(session.names.stream(Stream::DeadLetters))
        .await;
    let handle = handle.map_err(|error| failure::of_stream(Stream::DeadLetters, what, &error))?;
    let subjects = handle
        .info_with_subjects(session.names.subject(&Subject::dead_letters_of(stream)))
        .await;
    let subjects = subjects.map_err(|error| failure::unavailable(what, error))?;
    let count = subjects
        .try_fold(0, |count, _| async move { Ok(count + 1) })
        .await;
    count.map_err(|error| failure::unavailable(what, error))
}
