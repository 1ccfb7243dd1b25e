//! The query service: keeps an index of the stream TAGGED; answers get and search from it and lets callers watch.
//!
//! One record goes through [`consume`] into the [`index`], whose state readers see through a [`view`]; [`rebuild`] makes
//! another index beside it. One search goes through [`api`] (protobuf to domain), [`freshness`] (wait for the caller's own
//! write), [`search`] (what is asked for) and the index; a watch goes through [`mod@watch`], which reads TAGGED itself and
//! keeps in step with the index.

pub mod analyzer;
pub mod api;
mod batch;
pub mod config;
pub mod consume;
mod feed;
pub mod filter;
pub mod freshness;
pub mod index;
mod lag;
mod metrics;
pub mod pages;
pub mod rebuild;
pub mod search;
pub mod token;
pub mod view;
pub mod watch;

use std::sync::Arc;

use anyhow::Context as _;
use gisa_event_log::EventLog;
use gisa_service_runtime::Assembly;

pub use config::{QueryConfig, QuerySettings};

use crate::{
    analyzer::Analyzer,
    api::{IndexAdminApi, QueryApi},
    consume::Indexer,
    freshness::Freshness,
    index::{TantivyConfig, TantivyStore},
    watch::Watches,
};

/// Adds the query service to a process and starts its indexing loop.
pub async fn start(
    config: &QueryConfig,
    log: Arc<dyn EventLog>,
    assembly: &mut Assembly,
) -> anyhow::Result<()> {
    let index_config = TantivyConfig {
        directory: config.index_directory.clone(),
        writer_memory_bytes: config.writer_memory_bytes,
        writer_threads: config.writer_threads,
    };
    let opening = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let analyzer = Analyzer::shared()?;
        let (store, index) = TantivyStore::open(index_config, Arc::clone(&analyzer))?;
        Ok((analyzer, store, index))
    });
    let opened = opening.await.context("opening the index panicked")?;
    let (analyzer, store, index) =
        opened.with_context(|| format!("cannot open the index in {}", config.index_directory.display()))?;

    let (store, metrics) = (Arc::new(store), assembly.metrics());
    let (indexer, view, rebuilds) = Indexer::new(config, Arc::clone(&log), store, Box::new(index), metrics);
    let watches = Watches {
        log: Arc::clone(&log),
        view: view.clone(),
        shutdown: assembly.shutdown(),
        metrics: assembly.metrics(),
        checkpoint_interval: config.checkpoint_interval(),
        buffer: config.watch_buffer,
    };
    let lag = lag::Reporter {
        log: Arc::clone(&log),
        rebuilds: rebuilds.clone(),
        index_directory: config.index_directory.clone(),
        metrics: assembly.metrics(),
    };
    assembly.spawn("lag", lag.run(assembly.shutdown()));
    let freshness = Freshness::new(log, view);
    let api = QueryApi::new(analyzer, freshness, watches, config.max_wait());
    assembly.add_grpc(api.into_service());
    let admin = IndexAdminApi::new(rebuilds, assembly.shutdown(), config.max_wait());
    assembly.add_grpc(admin.into_service());
    assembly.spawn("index", indexer.run(assembly.shutdown()));
    Ok(())
}
