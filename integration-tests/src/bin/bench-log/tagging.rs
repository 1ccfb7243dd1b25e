//! The tagging hop, the real service without the work of the tagger, beside a raw relay of messages of the same size.
//!
//! The articles are WITHHELD: they go through the hop with all their text, and the service tags none of it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use gisa_entity_tagging::TaggingConfig;
use gisa_event_log::{
    EventLog, Stream,
    jetstream::{JetStreamConfig, JetStreamLog},
};
use gisa_integration_tests::{Stage, nats_pipeline::StageProcess};

use crate::{
    Arguments,
    ingest::{BODY_BYTES, nats_settings},
    load::{self, Articles},
    raw::{self, Shape},
    server::{Server, Sync},
    statistics::{percentile, rate, rates},
};

/// How far the tagging service has come.
#[derive(Debug)]
pub(crate) struct Hop {
    log: JetStreamLog,
    consumer_name: String,
}

impl Hop {
    /// On this server.
    pub(crate) async fn new(server: &Server) -> anyhow::Result<Self> {
        let config = JetStreamConfig {
            servers: vec![server.url()],
            ..JetStreamConfig::default()
        };
        Ok(Self {
            log: JetStreamLog::connect(config).await?,
            consumer_name: TaggingConfig::default().consumer_name,
        })
    }

    /// Waits until everything on ARTICLES is on TAGGED; returns how long that took since the first message arrived there.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<Duration> {
        let before = self.outcomes().await?;
        while self.outcomes().await? == before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let start = Instant::now();
        loop {
            let lag = self
                .log
                .consumer_lag(Stream::Articles, &self.consumer_name)
                .await?;
            if lag.is_some_and(|lag| lag.pending == 0 && lag.ack_pending == 0) {
                return Ok(start.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many outcomes there are.
    pub(crate) async fn outcomes(&self) -> anyhow::Result<u64> {
        Ok(self.log.info(Stream::Tagged).await?.messages)
    }
}

/// Rounds on a fresh server each: a raw relay, then the hop.
pub(crate) async fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let articles = Articles::new("bench", BODY_BYTES).withheld();
    let payloads = articles.raw_payloads();
    let (mut relay, mut hop) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let server = Server::start(Sync::Default).await?;
        let context = raw::connect(&server.url()).await?;
        for stream in ["RAW", "RELAYED"] {
            raw::empty_stream(&context, stream).await?;
        }
        raw::publish_all(&context, "RAW", &payloads, arguments.messages, Shape::LikeIngest).await?;
        let relay_time = raw::relay(&context, "RAW", "RELAYED", arguments.messages).await?;
        for stream in ["RAW", "RELAYED"] {
            raw::delete(&context, stream).await?;
        }

        let stage = StageProcess::start_with(Stage::Ingest, &nats_settings(&server, Sync::Default)).await;
        load::ingest_all(
            stage.address(),
            &articles,
            0..arguments.messages,
            arguments.streams,
        )
        .await?;
        drop(stage);
        let watched = Hop::new(&server).await?;
        let settings = nats_settings(&server, Sync::Default);
        let (service, hop_time) = tokio::join!(
            StageProcess::start_with(Stage::EntityTagging, &settings),
            watched.catch_up()
        );
        let hop_time = hop_time.context("the hop")?;
        anyhow::ensure!(
            watched.outcomes().await? == arguments.messages as u64,
            "outcomes are missing"
        );
        drop(service);
        relay.push(rate(arguments.messages, relay_time));
        hop.push(rate(arguments.messages, hop_time));
    }
    println!(
        "\n### Tagging hop without tagging, one server, {} B payloads, {} rounds\n",
        payloads[0].len(),
        arguments.rounds
    );
    println!("| what | articles/s, median (range) | hop ÷ this |\n|---|---|---|");
    println!(
        "| raw relay: consume, publish with id, {} acks in flight, ack | {} | {:.2} |",
        raw::WINDOW,
        rates(&relay),
        percentile(&hop, 0.5) / percentile(&relay, 0.5)
    );
    println!("| hop | {} | |", rates(&hop));
    Ok(())
}
