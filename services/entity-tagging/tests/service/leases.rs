//! How long an article belongs to the worker that has it: as long as there are signs of life. One that is frozen, as
//! SIGSTOP would, and wakes when another one has published a newer result, must not touch that.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use gisa_article_codec::ArticleTagged;
use gisa_article_model::TaggerVersion;
use gisa_entity_tagging::{
    TaggingConfig,
    engine::Engine,
    start_work,
    tagger::{TaggedText, TextToTag},
};
use gisa_event_log::{
    EventLog, Stream,
    jetstream::{JetStreamConfig, JetStreamLog},
    test_server::NatsTestServer,
};
use gisa_service_runtime::{Assembly, ServerConfig};
use tokio::net::TcpListener;

use crate::{
    outcomes::{append_article, first_records},
    work::titled,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that says when it has begun with a text, and goes on when it is let.
#[derive(Debug)]
struct Gated {
    version: u32,
    begun: mpsc::Sender<()>,
    gate: Mutex<mpsc::Receiver<()>>,
}

impl Engine for Gated {
    fn version(&self) -> TaggerVersion {
        TaggerVersion {
            engine: self.version,
            dictionary: 0,
        }
    }

    fn tag(&self, _text: &TextToTag<'_>) -> (TaggedText, TaggerVersion) {
        self.begun.send(()).unwrap();
        // An open gate is one without its keeper.
        let _opened = self.gate.lock().unwrap().recv();
        (TaggedText::default(), self.version())
    }
}

/// A worker with a thread and a connection of its own.
struct Worker {
    begun: mpsc::Receiver<()>,
    gate: mpsc::Sender<()>,
    freeze: tokio::sync::mpsc::Sender<mpsc::Receiver<()>>,
}

impl Worker {
    fn start(url: String, version: u32, lease: Duration) -> Self {
        let (begun_sender, begun) = mpsc::channel();
        let (gate, gate_receiver) = mpsc::channel();
        let (freeze, mut freezes) = tokio::sync::mpsc::channel::<mpsc::Receiver<()>>(1);
        let engine = Arc::new(Gated {
            version,
            begun: begun_sender,
            gate: Mutex::new(gate_receiver),
        });
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let mut assembly = Assembly::new();
                start_work(&config(lease), connect(url).await, engine, &mut assembly)
                    .await
                    .unwrap();
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tokio::spawn(async move {
                    while let Some(thaw) = freezes.recv().await {
                        // Blocks the only thread of the runtime: nothing of this worker moves, not even its connection.
                        let _thawed = thaw.recv();
                    }
                });
                // Ends with the process of the tests.
                let never = std::future::pending();
                assembly
                    .serve(listener, &ServerConfig::default(), never)
                    .await
                    .unwrap();
            });
        });
        Self { begun, gate, freeze }
    }

    fn until_begun(&self) {
        self.begun
            .recv_timeout(PATIENCE)
            .expect("the worker gets the article");
    }
}

fn config(lease: Duration) -> TaggingConfig {
    TaggingConfig {
        ack_wait_ms: u64::try_from(lease.as_millis()).unwrap(),
        ..TaggingConfig::default()
    }
}

async fn connect(url: String) -> Arc<dyn EventLog> {
    let config = JetStreamConfig {
        servers: vec![url],
        ..JetStreamConfig::default()
    };
    Arc::new(JetStreamLog::connect(config).await.unwrap())
}

/// Article and engine of the first outcomes.
async fn outcomes(log: &dyn EventLog, count: usize) -> Vec<(String, u32)> {
    let records = first_records(log, Stream::Tagged, count).await;
    let outcome = |payload| {
        let tagged = ArticleTagged::decode(payload).unwrap().tagged_article;
        (
            tagged.article.article_id.as_str().to_owned(),
            tagged.tagger_version.engine,
        )
    };
    records.iter().map(|record| outcome(&record.payload)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_wakes_after_its_lease_publishes_nothing_over_a_newer_result() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(server.url()).await;
    append_article(&*log, "a", "a", titled("a", "하나")).await;

    let lease = Duration::from_secs(1);
    let old = Worker::start(server.url(), 1, lease);
    old.until_begun();
    let (thaw, frozen) = mpsc::channel();
    old.freeze.send(frozen).await.unwrap();
    // Its result is ready now, and it cannot publish it.
    old.gate.send(()).unwrap();

    // After the lease the article goes to another worker, with a newer engine.
    let new = Worker::start(server.url(), 2, lease);
    new.until_begun();
    new.gate.send(()).unwrap();
    assert_eq!(outcomes(&*log, 1).await, [("a".to_owned(), 2)]);

    drop(thaw);
    // It wakes, and both go on with other articles.
    append_article(&*log, "b", "b", titled("b", "둘")).await;
    append_article(&*log, "c", "c", titled("c", "셋")).await;
    drop(old.gate);
    drop(new.gate);
    let mut all = outcomes(&*log, 3).await;
    all.sort_unstable();
    assert_eq!(all[0], ("a".to_owned(), 2));
    assert_eq!([all[1].0.as_str(), all[2].0.as_str()], ["b", "c"]);
    // What it might still want to say about the first one has been refused by then, or will be.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(log.info(Stream::Tagged).await.unwrap().last_sequence, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_article_stays_with_its_worker() {
    let Some(server) = NatsTestServer::start_unless_skipped().await else {
        return;
    };
    let log = connect(server.url()).await;
    append_article(&*log, "a", "a", titled("a", "하나")).await;
    let lease = Duration::from_secs(3);
    let slow = Worker::start(server.url(), 1, lease);
    slow.until_begun();
    let idle = Worker::start(server.url(), 1, lease);

    tokio::time::sleep(lease * 2).await;
    assert!(idle.begun.try_recv().is_err(), "another worker is given it");
    let lag = log.consumer_lag(Stream::Articles, "entity-tagging").await;
    let lag = lag.unwrap().unwrap();
    assert_eq!((lag.ack_pending, lag.redelivered), (1, 0));
    slow.gate.send(()).unwrap();
    assert_eq!(outcomes(&*log, 1).await, [("a".to_owned(), 1)]);
}
