//! A running pipeline, whatever log it runs on.

use crate::{Clients, embedded_pipeline::EmbeddedPipeline, nats_pipeline::NatsPipeline};

/// A service of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `gisa-ingest`.
    Ingest,
    /// `gisa-entity-tagging`.
    EntityTagging,
    /// `gisa-query`.
    Query,
}

impl Stage {
    /// All stages, in the order of the stream.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::EntityTagging, Self::Query];
}

/// A pipeline of the three services. Everything it started ends when it is dropped.
#[derive(Debug)]
pub enum Pipeline {
    /// The services in this process, each on a runtime of its own, over one embedded log.
    Embedded(Box<EmbeddedPipeline>),
    /// The real binaries as processes of their own, over a nats-server.
    Nats(Box<NatsPipeline>),
}

impl Pipeline {
    /// A fresh pipeline on the embedded log.
    pub async fn embedded() -> Self {
        Self::Embedded(Box::new(EmbeddedPipeline::start().await))
    }

    /// A fresh pipeline on real NATS; `None` if the NATS tests are skipped knowingly.
    pub async fn nats() -> Option<Self> {
        NatsPipeline::start_unless_skipped()
            .await
            .map(|pipeline| Self::Nats(Box::new(pipeline)))
    }

    /// Clients of the three services.
    pub fn clients(&self) -> Clients {
        Clients::connect(&match self {
            Self::Embedded(pipeline) => pipeline.endpoints(),
            Self::Nats(pipeline) => pipeline.endpoints(),
        })
    }

    /// Starts one more replica of a stage and returns clients that use it.
    pub async fn clients_of_second(&mut self, stage: Stage) -> Clients {
        let (address, mut endpoints) = match self {
            Self::Embedded(pipeline) => (pipeline.start_replica(stage).await, pipeline.endpoints()),
            Self::Nats(pipeline) => (pipeline.start_replica(stage).await, pipeline.endpoints()),
        };
        *match stage {
            Stage::Ingest => &mut endpoints.ingest,
            Stage::EntityTagging => &mut endpoints.tagging,
            Stage::Query => &mut endpoints.query,
        } = address;
        Clients::connect(&endpoints)
    }

    /// Ends a stage without any warning to it: SIGKILL on NATS, its runtime torn down on the embedded log.
    pub async fn kill(&mut self, stage: Stage) {
        match self {
            Self::Embedded(pipeline) => pipeline.kill(stage),
            Self::Nats(pipeline) => pipeline.kill(stage).await,
        }
    }

    /// Starts a killed stage again, at the same address, and waits until it serves.
    pub async fn restart(&mut self, stage: Stage) {
        match self {
            Self::Embedded(pipeline) => pipeline.start_stage(stage).await,
            Self::Nats(pipeline) => pipeline.start_stage(stage).await,
        }
    }
}
