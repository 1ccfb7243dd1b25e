//! A running pipeline, whatever log it runs on.

use crate::{
    Clients,
    clients::Endpoints,
    compose_stack::ComposeStack,
    container_pipeline::{ContainerPipeline, Topology},
    embedded_pipeline::EmbeddedPipeline,
    nats_pipeline::NatsPipeline,
};

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

    /// Name of its binary.
    pub fn program(self) -> &'static str {
        match self {
            Self::Ingest => "gisa-ingest",
            Self::EntityTagging => "gisa-entity-tagging",
            Self::Query => "gisa-query",
        }
    }
}

/// A pipeline of the three services. Everything it started ends when it is dropped.
#[derive(Debug)]
pub enum Pipeline {
    /// The services in this process, each on a runtime of its own, over one embedded log.
    Embedded(Box<EmbeddedPipeline>),
    /// The real binaries as processes of their own, over a nats-server.
    Nats(Box<NatsPipeline>),
    /// The images as containers on a network of their own, over NATS in containers.
    Containers(Box<ContainerPipeline>),
    /// The stack of `deploy/compose.yaml`.
    Compose(Box<ComposeStack>),
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

    /// A fresh pipeline in containers; `None` if the container tests are skipped knowingly.
    pub async fn containers(topology: Topology) -> Option<Self> {
        ContainerPipeline::start_unless_skipped(topology)
            .await
            .map(|pipeline| Self::Containers(Box::new(pipeline)))
    }

    /// A fresh stack of Compose; `None` if the container tests are skipped knowingly.
    pub async fn compose() -> Option<Self> {
        ComposeStack::up_unless_skipped()
            .await
            .map(|stack| Self::Compose(Box::new(stack)))
    }

    /// Clients of the three services.
    pub fn clients(&self) -> Clients {
        Clients::connect(&self.endpoints())
    }

    /// Addresses of the three services.
    pub fn endpoints(&self) -> Endpoints {
        match self {
            Self::Embedded(pipeline) => pipeline.endpoints(),
            Self::Nats(pipeline) => pipeline.endpoints(),
            Self::Containers(pipeline) => pipeline.endpoints(),
            Self::Compose(stack) => stack.endpoints(),
        }
    }

    /// Starts one more replica of a stage and returns clients that use it.
    pub async fn clients_of_second(&mut self, stage: Stage) -> Clients {
        let address = match self {
            Self::Embedded(pipeline) => pipeline.start_replica(stage).await,
            Self::Nats(pipeline) => pipeline.start_replica(stage).await,
            Self::Containers(pipeline) => pipeline.start_replica(stage).await,
            Self::Compose(stack) => stack.start_replica(stage).await,
        };
        let mut endpoints = self.endpoints();
        *match stage {
            Stage::Ingest => &mut endpoints.ingest,
            Stage::EntityTagging => &mut endpoints.tagging,
            Stage::Query => &mut endpoints.query,
        } = address;
        Clients::connect(&endpoints)
    }

    /// Ends a stage without any warning to it: SIGKILL, or its runtime torn down on the embedded log.
    pub async fn kill(&mut self, stage: Stage) {
        match self {
            Self::Embedded(pipeline) => pipeline.kill(stage),
            Self::Nats(pipeline) => pipeline.kill(stage).await,
            Self::Containers(pipeline) => pipeline.kill(stage).await,
            Self::Compose(stack) => stack.kill(stage),
        }
    }

    /// Starts a killed stage again, at the same address, and waits until it serves.
    pub async fn restart(&mut self, stage: Stage) {
        match self {
            Self::Embedded(pipeline) => pipeline.start_stage(stage).await,
            Self::Nats(pipeline) => pipeline.start_stage(stage).await,
            Self::Containers(pipeline) => pipeline.start_stage(stage).await,
            Self::Compose(stack) => stack.start_stage(stage).await,
        }
    }
}
