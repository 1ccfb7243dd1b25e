//! For operators: bringing streams and consumers to their definition, and seeing how they are.

use super::{
    JetStreamConfig,
    apply::{self, Applied, ApplyOptions},
    session::Session,
    status::{self, StreamStatus},
};
use crate::{ConsumerConfig, LogError, Stream};

/// A connection to the log that creates nothing by itself.
#[derive(Debug)]
pub struct Administration {
    session: Session,
}

/// A stream or a durable consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A stream, with its name in NATS.
    Stream(String),
    /// A durable consumer of a stream, with their names in NATS.
    Consumer {
        /// The stream.
        stream: String,
        /// The consumer.
        consumer: String,
    },
}

impl Administration {
    /// Connects. Fails with [`LogError::Unavailable`], which names the servers, if none answers in time.
    pub async fn connect(config: JetStreamConfig) -> Result<Self, LogError> {
        Ok(Self {
            session: Session::open(config).await?,
        })
    }

    /// Brings all streams and these consumers to their definition. One that is refused, with
    /// [`LogError::UnsafeStream`], keeps no other from it. Fails as a whole if the log does not answer. Repeatable.
    pub async fn apply(
        &self,
        consumers: &[(Stream, ConsumerConfig)],
        options: ApplyOptions,
    ) -> Result<Vec<(Part, Result<Applied, LogError>)>, LogError> {
        let mut results = Vec::new();
        for stream in Stream::ALL {
            let part = Part::Stream(self.session.names.stream(stream));
            let result = apply::apply_stream(&self.session, stream, options).await;
            results.push((part, only_refused(result)?));
        }
        for (stream, config) in consumers {
            let part = Part::Consumer {
                stream: self.session.names.stream(*stream),
                consumer: config.durable_name.clone(),
            };
            let result = apply::apply_consumer(&self.session, *stream, config).await;
            results.push((part, only_refused(result)?));
        }
        Ok(results)
    }

    /// How the streams are; `None` for one that is missing.
    pub async fn status(&self) -> Result<Vec<(Stream, Option<StreamStatus>)>, LogError> {
        let mut all = Vec::new();
        for stream in Stream::ALL {
            all.push((stream, status::of(&self.session, stream).await?));
        }
        Ok(all)
    }
}

fn only_refused(result: Result<Applied, LogError>) -> Result<Result<Applied, LogError>, LogError> {
    match result {
        Err(error) if !matches!(error, LogError::UnsafeStream { .. }) => Err(error),
        result => Ok(result),
    }
}
