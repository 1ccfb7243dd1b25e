//! A process that dies at any moment of a rebuild leaves the old index or the new one, and both are whole.

use std::{sync::Arc, time::Duration};

use gisa_event_log::{EventLog, Stream};
use gisa_query::{
    analyzer::Analyzer,
    consume::Indexer,
    index::{ArticleIndex, IndexError, IndexStore, TantivyConfig, TantivyStore},
    rebuild::Rebuilds,
};
use gisa_service_runtime::{Metrics, Shutdown};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    article::{Change as _, article},
    gated_log::GatedLog,
    rebuild::{eventually_rebuilding, generations},
    sandbox::{PATIENCE, Sandbox, config, open_log, tell},
};

/// When the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    /// Before the new index has been made current.
    BeforeCurrent,
    /// After that, before readers see the new index.
    AfterCurrent,
    /// When readers see it, before the old one is removed.
    BeforeRemoval,
}

/// The real store of a process that dies.
#[derive(Debug)]
struct DyingStore {
    store: TantivyStore,
    death: Death,
}

impl DyingStore {
    fn die(&self, death: Death) -> Result<(), IndexError> {
        if self.death == death {
            return Err(IndexError("the process dies here".to_owned()));
        }
        Ok(())
    }
}

impl IndexStore for DyingStore {
    fn create(&self) -> Result<Box<dyn ArticleIndex>, IndexError> {
        self.store.create()
    }

    fn make_current(&self, generation: u64) -> Result<(), IndexError> {
        self.die(Death::BeforeCurrent)?;
        self.store.make_current(generation)?;
        self.die(Death::AfterCurrent)
    }

    fn remove_others(&self) {
        self.die(Death::BeforeRemoval).unwrap();
        self.store.remove_others();
    }
}

/// The part of the service that writes the index, which ends with an error when its store fails.
async fn start(
    directory: &TempDir,
    log: &Arc<dyn EventLog>,
    death: Death,
) -> (JoinHandle<anyhow::Result<()>>, Rebuilds) {
    let config = config(directory.path());
    let index_config = TantivyConfig {
        directory: config.index_directory.clone(),
        writer_memory_bytes: config.writer_memory_bytes,
        writer_threads: config.writer_threads,
    };
    let (store, index) = TantivyStore::open(index_config, Analyzer::shared().unwrap()).unwrap();
    let store = Arc::new(DyingStore { store, death });
    let (indexer, _, rebuilds) = Indexer::new(
        &config,
        Arc::clone(log),
        store,
        Box::new(index),
        Metrics::default(),
    );
    let running = tokio::spawn(indexer.run(Shutdown::default()));
    let ready = async {
        while !rebuilds.view().ready {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, ready).await.unwrap();
    (running, rebuilds)
}

/// What a restart finds: all articles at once, in one index, whose generation is given.
async fn check_restart(directory: TempDir, log: Arc<dyn EventLog>, generation: u64) {
    let mut sandbox = Sandbox::start_on(directory, log).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
    assert_eq!(sandbox.found("로봇").await, [""; 0], "an older state");
    assert_eq!(sandbox.status().await.generation, generation);
    let expected = format!("generation-{generation}");
    assert_eq!(generations(sandbox.directory.path()), [expected]);
    sandbox.tell_all(&[article("c", "제목", "반도체")]).await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b", "c"]);
}

async fn log_with_articles(directory: &TempDir) -> Arc<dyn EventLog> {
    let log = open_log(&directory.path().join("log")).await;
    tell(&*log, &article("a", "제목", "로봇")).await;
    tell(&*log, &article("b", "제목", "반도체")).await;
    tell(&*log, &article("a", "제목", "반도체").revision(2)).await;
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_around_the_switch_leaves_the_old_or_the_new_index() {
    for (death, survives) in [
        (Death::BeforeCurrent, 1),
        (Death::AfterCurrent, 2),
        (Death::BeforeRemoval, 2),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let log = log_with_articles(&directory).await;
        let (running, rebuilds) = start(&directory, &log, death).await;
        assert_eq!(rebuilds.start(false).await.unwrap(), 2);
        let ended = timeout(PATIENCE, running).await.unwrap().unwrap();
        assert!(ended.is_err(), "{death:?}");
        assert_eq!(
            generations(directory.path()),
            ["generation-1", "generation-2"],
            "{death:?}"
        );
        drop(rebuilds);
        check_restart(directory, log, survives).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_while_the_new_index_is_built_leaves_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_with_articles(&directory).await;
    let gated = GatedLog::new(log.clone());
    gated.set_open(true);
    let gated_log: Arc<dyn EventLog> = gated.clone();
    let (running, rebuilds) = start(&directory, &gated_log, Death::BeforeCurrent).await;
    gated.set_open(false);
    assert_eq!(rebuilds.start(false).await.unwrap(), 2);
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    drop(rebuilds);
    check_restart(directory, log, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_on_a_compacted_log_leaves_the_old_index_and_the_rebuild_begins_again() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_with_articles(&directory).await;
    let (directory, log) = Sandbox::start_on(directory, log).await.stop().await;
    tell(&*log, &article("a", "제목", "반도체").revision(3)).await;
    tell(&*log, &article("b", "제목", "반도체").revision(2)).await;
    tell(&*log, &article("a", "제목", "반도체").revision(4)).await;
    log.compact(Stream::Tagged, 4).await.unwrap();
    let (running, rebuilds) = start(&directory, &log, Death::BeforeCurrent).await;
    assert!(timeout(PATIENCE, running).await.unwrap().unwrap().is_err());
    drop(rebuilds);

    let mut sandbox = Sandbox::start_on(directory, log).await;
    sandbox.settle().await;
    assert_eq!(sandbox.found("반도체").await, ["a", "b"]);
    let after = eventually_rebuilding(&mut sandbox, false).await;
    assert!(after.generation > 1);
    let expected = format!("generation-{}", after.generation);
    assert_eq!(generations(sandbox.directory.path()), [expected]);
}
