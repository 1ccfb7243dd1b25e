//! The entity-tagging service: reads ARTICLES, tags, appends to TAGGED; tags texts over gRPC.
//!
//! [`live_dictionary`] follows the changes of the dictionary and has the tagger that goes by the newest one;
//! [`retag`] tags articles again. The engine is [`tagger`]: layers ([`grammar`], [`dictionary`], [`document`]) merged by one [`resolver`];
//! [`explain`] shows what they proposed, and [`relations`] reads who did what from the mentions. Around it, [`consume`] and
//! [`publish`] are the edges to the event log and [`api`] the edge to gRPC.

pub mod api;
pub mod common_nouns;
pub mod config;
pub mod consume;
pub mod dictionary;
pub mod document;
pub mod entities;
pub mod error;
pub mod explain;
mod first_character;
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
pub mod tagger;
mod titles;
pub mod topics;

use std::sync::Arc;

use gisa_event_log::EventLog;
use gisa_proto::tagging::v1::entity_tagging_service_server::EntityTaggingServiceServer;
use gisa_service_runtime::Assembly;
use tonic::codec::CompressionEncoding;

pub use config::TaggingConfig;

use crate::{
    api::EntityTaggingApi,
    consume::Worker,
    live_dictionary::{Editor, Follower},
    retag::{BoardFollower, Desk, RetagWorker},
    tagger::Tagger,
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
    let (follower, dictionary) = Follower::start(Arc::clone(&log), Arc::clone(&built_in)).await?;
    assembly.spawn("dictionary", follower.run(assembly.shutdown()));

    let (follower, board) = BoardFollower::start(Arc::clone(&log)).await?;
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
    let metrics = assembly.metrics();
    let lag = lag::report(
        config.clone(),
        Arc::clone(&log),
        metrics.clone(),
        assembly.shutdown(),
    );
    assembly.spawn("lag", lag);
    let worker = Worker::new(config.clone(), log, dictionary, metrics).await?;
    assembly.spawn("tagging", worker.run(assembly.shutdown(), assembly.liveness()));
    Ok(())
}
