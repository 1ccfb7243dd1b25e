//! Bringing NATS to the definition: what is missing is created, what is safe is changed, and what would lose messages is
//! refused by name.

use async_nats::jetstream::{
    ErrorCode,
    context::{CreateStreamErrorKind, GetStreamErrorKind},
    stream::Info,
};

use super::{
    consume,
    definition::{self, SettingChange},
    failure,
    session::Session,
};
use crate::{ConsumerConfig, LogError, Stream};

/// What became of one stream or consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was as defined.
    Unchanged,
    /// It was missing and has been created.
    Created,
    /// These settings were different and have been changed.
    Changed(Vec<SettingChange>),
}

/// How far bringing a stream to its definition may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Also shorten the age limit of a stream that has older messages, which drops them.
    pub drop_aged: bool,
}

/// Brings a stream to its definition.
pub(super) async fn apply_stream(
    session: &Session,
    stream: Stream,
    options: ApplyOptions,
) -> Result<Applied, LogError> {
    let defined = definition::stream(session, stream);
    if let Some(found) = find(session, stream).await? {
        return adopt(session, stream, found, options).await;
    }
    let error = match session.api.create_stream(&defined).await {
        Ok(_) => return Ok(Applied::Created),
        Err(error) => error,
    };
    match error.kind() {
        // Another process was faster, with other settings.
        CreateStreamErrorKind::JetStream(answer) if answer.error_code() == ErrorCode::STREAM_NAME_EXIST => {
            let found = find(session, stream)
                .await?
                .ok_or_else(|| failure::missing(stream))?;
            adopt(session, stream, found, options).await
        }
        _ => Err(failure::of_stream_change(stream, "it cannot be created", &error)),
    }
}

/// Takes over a stream that is there: refuses it if it is unsafe, brings the rest to the definition.
async fn adopt(
    session: &Session,
    stream: Stream,
    found: Info,
    options: ApplyOptions,
) -> Result<Applied, LogError> {
    let defined = definition::stream(session, stream);
    let refusal = definition::unsafe_setting(&found.config, &defined).or_else(|| {
        (!options.drop_aged)
            .then(|| definition::drops_messages(&found.config, &defined, &found.state))
            .flatten()
    });
    if let Some(reason) = refusal {
        return Err(LogError::UnsafeStream { stream, reason });
    }
    let changed = definition::brought_to(&found.config, &defined);
    let changes = definition::changes(&found.config, &changed);
    if changes.is_empty() {
        return Ok(Applied::Unchanged);
    }
    let result = session.api.update_stream(&changed).await;
    result.map_err(|error| failure::of_stream_change(stream, "its settings cannot be changed", &error))?;
    for SettingChange { setting, from, to } in &changes {
        tracing::warn!(%stream, setting, from, to, "stream {stream}: {setting} was {from}, is now {to} as configured");
    }
    Ok(Applied::Changed(changes))
}

/// Brings a durable consumer to its definition.
pub(super) async fn apply_consumer(
    session: &Session,
    stream: Stream,
    config: &ConsumerConfig,
) -> Result<Applied, LogError> {
    let defined = definition::consumer(config);
    let found = consume::find(session, stream, &config.durable_name).await?;
    let outcome = match &found {
        None => Applied::Created,
        Some(found) => {
            if let Some(reason) = definition::unsafe_consumer_setting(&found.config) {
                return Err(consume::unsafe_consumer(stream, &config.durable_name, reason));
            }
            let changes = definition::consumer_changes(&found.config, &defined);
            if changes.is_empty() {
                return Ok(Applied::Unchanged);
            }
            Applied::Changed(changes)
        }
    };
    let stream_name = session.names.stream(stream);
    let created = session.api.create_consumer_on_stream(defined, stream_name).await;
    created.map_err(|error| failure::of_consumer(stream, "cannot create the consumer", &error))?;
    Ok(outcome)
}

/// The stream as it is in NATS, if it is there.
pub(super) async fn find(session: &Session, stream: Stream) -> Result<Option<Info>, LogError> {
    match session.api.get_stream(session.names.stream(stream)).await {
        Ok(found) => Ok(Some(found.cached_info().clone())),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(answer) if answer.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Ok(None)
            }
            _ => Err(failure::of_stream(stream, "cannot look at the stream", &error)),
        },
    }
}
