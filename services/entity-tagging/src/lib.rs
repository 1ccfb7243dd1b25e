//! The entity-tagging service: reads ARTICLES, tags, appends to TAGGED; tags texts over gRPC.
//!
//! The engine is [`tagger`]: layers ([`grammar`], [`dictionary`], [`document`]) merged by one [`resolver`];
//! [`explain`] shows what they proposed, and [`relations`] reads who did what from the mentions. Around it, [`consume`] and
//! [`publish`] are the edges to the event log and [`api`] the edge to gRPC.

pub mod api;
pub mod common_nouns;
pub mod config;
pub mod consume;
pub mod dead_letters;
pub mod dictionary;
pub mod document;
pub mod engine;
pub mod entities;
pub mod error;
pub mod explain;
pub mod grammar;
mod letters;
#[cfg(test)]
mod marked;
pub mod model;
mod model_file;
pub mod publish;
pub mod relations;
pub mod resolver;
mod roles;
pub mod salience;
pub mod sentences;
pub mod signature;
pub mod sweep;
pub mod tagger;
pub mod tagging;
mod titles;
pub mod topics;

use std::sync::Arc;

use anyhow::Context as _;
use gisa_event_log::{EventLog, Stream};
use gisa_proto::tagging::v1::{
    dead_letter_service_server::DeadLetterServiceServer,
    entity_tagging_service_server::EntityTaggingServiceServer,
};
use gisa_service_runtime::Assembly;
use tonic::codec::CompressionEncoding;

pub use config::TaggingConfig;

use crate::{
    api::{DeadLetterApi, EntityTaggingApi},
    consume::Worker,
    engine::Engine,
    sweep::Sweeper,
    tagger::Tagger,
    tagging::Tagging,
};

/// Room in a request beside the body: title, subtitle and the encoding.
const REQUEST_OVERHEAD_BYTES: usize = 64 * 1024;

/// Adds the service to a process: its gRPC service and the worker on ARTICLES.
pub async fn start(
    config: &TaggingConfig,
    log: Arc<dyn EventLog>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    // Building the matcher and reading a large model take a moment of computation.
    let model = config.model.clone();
    let tagger = tokio::task::spawn_blocking(move || Tagger::with_model(model.load()?)).await??;
    let tagger = Arc::new(tagger);

    let api = EntityTaggingApi::new(Arc::clone(&tagger), config.max_body_bytes, assembly.shutdown());
    assembly.add_grpc(
        EntityTaggingServiceServer::new(api)
            .max_decoding_message_size(config.max_body_bytes + REQUEST_OVERHEAD_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Zstd),
    );
    start_work(config, log, tagger, assembly).await
}

/// Adds the work on the log to a process: the worker on ARTICLES, the sweeper behind it, and the calls about dead letters.
pub async fn start_work(
    config: &TaggingConfig,
    log: Arc<dyn EventLog>,
    engine: Arc<dyn Engine>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    let articles = log
        .info(Stream::Articles)
        .await
        .context("cannot read stream ARTICLES")?;
    let stream_identity: Arc<str> = articles.identity.into();
    let config = Arc::new(config.clone());
    let tagging = Tagging::new(Arc::clone(&log), engine);

    let letters = DeadLetterApi::new(Arc::clone(&log), tagging.clone());
    assembly.add_grpc(DeadLetterServiceServer::new(letters));
    let sweeper = Sweeper::new(
        Arc::clone(&config),
        Arc::clone(&log),
        tagging.clone(),
        Arc::clone(&stream_identity),
    );
    assembly.spawn("sweep", sweeper.run(assembly.shutdown()));
    let worker = Worker::new(config, log, tagging, stream_identity);
    assembly.spawn("tagging", worker.run(assembly.shutdown(), assembly.liveness()));
    Ok(())
}
