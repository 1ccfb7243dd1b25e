//! The contract suite on a cluster of three servers, every stream on all of them.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use gisa_event_log::{
    EventLog,
    contract::Harness,
    jetstream::{JetStreamConfig, JetStreamLog, MaxBytes},
    test_server::{NatsTestCluster, NatsTestServer},
};
use tokio::sync::Mutex;

/// Streams reserve their limit on every server; all tests together must fit.
const MAX_BYTES: u64 = 64 << 20;

/// The cluster of the tests that run at the moment: a cluster for each would keep a machine busy with elections. It goes
/// with the last test that holds it.
static SHARED: Mutex<Weak<NatsTestCluster>> = Mutex::const_new(Weak::new());
static PLACES: AtomicU32 = AtomicU32::new(0);

/// A place of its own on the shared cluster.
#[derive(Debug)]
struct Place {
    cluster: Arc<NatsTestCluster>,
    stream_prefix: String,
}

#[async_trait]
impl Harness for Place {
    fn is_skipped() -> bool {
        NatsTestServer::is_skipped()
    }

    async fn new() -> Self {
        let mut shared = SHARED.lock().await;
        let cluster = match shared.upgrade() {
            Some(cluster) => cluster,
            None => {
                let cluster = Arc::new(NatsTestCluster::start().await);
                *shared = Arc::downgrade(&cluster);
                cluster
            }
        };
        Self {
            cluster,
            stream_prefix: format!("P{}", PLACES.fetch_add(1, Ordering::Relaxed)),
        }
    }

    async fn open(&self) -> Arc<dyn EventLog> {
        let max_bytes = MaxBytes {
            articles: MAX_BYTES,
            tagged: MAX_BYTES,
            dead_letters: MAX_BYTES,
            advisories: MAX_BYTES,
            dictionary: MAX_BYTES,
            retags: MAX_BYTES,
        };
        let config = JetStreamConfig {
            servers: self.cluster.urls(),
            stream_prefix: self.stream_prefix.clone(),
            replicas: 3,
            max_bytes,
            // Making six streams takes six elections.
            connect_deadline_ms: 60_000,
            ..JetStreamConfig::default()
        };
        Arc::new(JetStreamLog::connect(config).await.unwrap())
    }

    async fn open_also(&self, _log: &Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        self.open().await
    }
}

mod contract {
    gisa_event_log::event_log_contract!(super::Place);
}
