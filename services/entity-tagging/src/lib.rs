//! The entity-tagging service: reads ARTICLES, tags, appends to TAGGED; tags texts over gRPC.
//!
//! [`live_dictionary`] follows the changes of the dictionary and has the tagger that goes by the newest one;
//! [`retag`] tags articles again. The tagger is [`tagger`]: layers ([`grammar`], [`dictionary`], [`document`]) merged by
//! one [`resolver`]; [`explain`] shows what they proposed, and [`relations`] reads who did what from the mentions. Around
//! it, [`consume`] and [`publish`] are the edges to the event log, [`tagging`] the work between them, and [`api`] the edge
//! to gRPC. What cannot be tagged goes to [`dead_letters`]; [`sweep`] finds what the log itself gave up on.

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
mod first_character;
mod follow;
pub mod grammar;
mod lag;
mod letters;
pub mod live_dictionary;
#[cfg(test)]
mod marked;
pub mod model;
mod model_file;
pub mod publish;
pub mod relations;
pub mod resolver;
pub mod retag;
mod roles;
pub mod salience;
pub mod sentences;
pub mod signature;
mod starting;
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
    dead_letters::DeadLetters,
    engine::Engine,
    live_dictionary::{Editor, Follower},
    retag::{BoardFollower, Desk, RetagWorker},
    sweep::Sweeper,
    tagger::Tagger,
    tagging::Tagging,
};

/// Room in a request beside the body: title, subtitle and the encoding.
const REQUEST_OVERHEAD_BYTES: usize = 64 * 1024;

/// Adds the service to a process: its gRPC service, the worker on ARTICLES and the follower of DICTIONARY, which has been
/// read to its end when this returns.
pub async fn start(
    config: &TaggingConfig,
    log: Arc<dyn EventLog>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    // Building the matcher and reading a large model take a moment of computation.
    let model = config.model.clone();
    let tagger = tokio::task::spawn_blocking(move || Tagger::with_model(model.load()?)).await??;
    let built_in = Arc::new(tagger);
    let (follower, dictionary) =
        starting::ask(|| Follower::start(Arc::clone(&log), Arc::clone(&built_in))).await?;
    assembly.spawn("dictionary", follower.run(assembly.shutdown()));

    let (follower, board) = starting::ask(|| BoardFollower::start(Arc::clone(&log))).await?;
    assembly.spawn("retag board", follower.run(assembly.shutdown()));
    let retags = RetagWorker::new(config, Arc::clone(&log), board.clone(), dictionary.clone());
    assembly.spawn("retags", retags.run(assembly.shutdown()));

    let editor = Editor::new(Arc::clone(&log), Arc::clone(&built_in));
    let desk = Desk::new(Arc::clone(&log), built_in);
    let api = EntityTaggingApi::new(
        dictionary.clone(),
        editor,
        desk,
        board,
        config.max_body_bytes,
        assembly.shutdown(),
    );
    assembly.add_grpc(
        EntityTaggingServiceServer::new(api)
            .max_decoding_message_size(config.max_body_bytes + REQUEST_OVERHEAD_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Zstd),
    );
    start_work(config, log, Arc::new(dictionary), assembly).await
}

/// Adds the work on the log to a process: the worker on ARTICLES, the sweeper behind it, and the calls about dead letters.
pub async fn start_work(
    config: &TaggingConfig,
    log: Arc<dyn EventLog>,
    engine: Arc<dyn Engine>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    let articles = starting::ask(|| async {
        let asked = log.info(Stream::Articles).await;
        asked.context("cannot read stream ARTICLES")
    })
    .await?;
    let stream_identity: Arc<str> = articles.identity.into();
    let config = Arc::new(config.clone());
    let metrics = assembly.metrics();
    let lag = lag::report(
        Arc::clone(&config),
        Arc::clone(&log),
        metrics.clone(),
        assembly.shutdown(),
    );
    assembly.spawn("lag", lag);

    let tagging = Tagging::new(Arc::clone(&log), engine, metrics.clone());
    let letters = DeadLetters::new(Arc::clone(&log), metrics.clone());
    let api = DeadLetterApi::new(letters.clone(), tagging.clone());
    assembly.add_grpc(DeadLetterServiceServer::new(api));
    let sweeper = Sweeper::new(
        Arc::clone(&config),
        Arc::clone(&log),
        tagging.clone(),
        letters.clone(),
        Arc::clone(&stream_identity),
    );
    assembly.spawn("sweep", sweeper.run(assembly.shutdown()));
    let worker = Worker::new(config, log, tagging, letters, stream_identity, metrics);
    assembly.spawn("tagging", worker.run(assembly.shutdown(), assembly.liveness()));
    Ok(())
}
