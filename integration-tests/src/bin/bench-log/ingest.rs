//! Ingest over gRPC, a process of its own, beside raw publishing of the same payloads.

use anyhow::Context as _;
use gisa_integration_tests::{Stage, nats_pipeline::StageProcess};

use crate::{
    Arguments,
    load::{self, Articles},
    processor::Shares,
    raw::{self, Shape},
    server::{Server, Sync},
    statistics::{percentile, rate, rates},
};

/// Bytes of a body: with the rest of the article about 2.5 KB.
pub(crate) const BODY_BYTES: usize = 2300;

/// Settings of a service that uses this server.
pub(crate) fn nats_settings(server: &Server, sync: Sync) -> Vec<String> {
    let mut settings = vec![format!("nats.servers={}", server.url())];
    if sync == Sync::Always {
        settings.push("nats.durability=always".to_owned());
        settings.push(format!("nats.monitoring_urls={}", server.monitoring_url()));
    }
    settings
}

/// Alternates rounds of raw publishing and of ingest on one server.
pub(crate) async fn compare(arguments: &Arguments, sync: Sync) -> anyhow::Result<()> {
    let server = Server::start(sync).await?;
    let mut settings = nats_settings(&server, sync);
    if sync == Sync::Always {
        // The more are on their way, the larger the batches.
        settings.push("ingest.max_in_flight=1024".to_owned());
    }
    let stage = StageProcess::start_with(Stage::Ingest, &settings).await;
    let context = raw::connect(&server.url()).await?;
    let articles = Articles::new("bench", BODY_BYTES);
    let payloads = articles.raw_payloads();
    let raw_messages = match sync {
        Sync::Default => arguments.messages,
        Sync::Always => arguments.messages / 10,
    };

    let (mut plain, mut like_ingest, mut ingest) = (Vec::new(), Vec::new(), Vec::new());
    let service = stage.process_id().context("the service has ended")?;
    let mut plain_shares = Shares::of(&[("server", server.process_id())]);
    let mut like_shares = Shares::of(&[("server", server.process_id())]);
    let mut shares = Shares::of(&[("service", service), ("server", server.process_id())]);
    for round in 0..=arguments.rounds {
        let first = round * arguments.messages;
        raw::empty_stream(&context, "RAW").await?;
        plain_shares.begin()?;
        let plain_time = raw::publish_all(&context, "RAW", &payloads, raw_messages, Shape::Plain).await?;
        plain_shares.end(raw_messages)?;
        raw::empty_stream(&context, "RAW").await?;
        like_shares.begin()?;
        let like_time = raw::publish_all(&context, "RAW", &payloads, raw_messages, Shape::LikeIngest).await?;
        like_shares.end(raw_messages)?;
        raw::delete(&context, "RAW").await?;
        let numbers = first..first + arguments.messages;
        shares.begin()?;
        let ingest_time = load::ingest_all(stage.address(), &articles, numbers, arguments.streams).await?;
        shares.end(arguments.messages)?;
        // The first round warms up.
        if round == 0 {
            for shares in [&mut plain_shares, &mut like_shares, &mut shares] {
                shares.clear();
            }
        } else {
            plain.push(rate(raw_messages, plain_time));
            like_ingest.push(rate(raw_messages, like_time));
            ingest.push(rate(arguments.messages, ingest_time));
        }
    }
    let ratio = |base: &[f64]| percentile(&ingest, 0.5) / percentile(base, 0.5);
    println!(
        "\n### Ingest, one server, sync {sync:?}, {} B payloads, {} rounds\n",
        payloads[0].len(),
        arguments.rounds
    );
    println!("| what | articles/s, median (range) | ingest ÷ this | processor time |\n|---|---|---|---|");
    println!(
        "| raw publish, {} acks in flight | {} | {:.2} | {} |",
        raw::WINDOW,
        rates(&plain),
        ratio(&plain),
        plain_shares.table_cells()
    );
    println!(
        "| the same with subject, id and condition of ingest | {} | {:.2} | {} |",
        rates(&like_ingest),
        ratio(&like_ingest),
        like_shares.table_cells()
    );
    println!(
        "| ingest over gRPC, {} streams | {} | | {} |",
        arguments.streams,
        rates(&ingest),
        shares.table_cells()
    );
    Ok(())
}
