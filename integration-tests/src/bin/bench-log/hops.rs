//! Two hops through the real services, at a fixed rate: from the reply of ingest until the article is searchable, and
//! until a watcher has it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use gisa_integration_tests::{
    Clients, Stage, clients::Endpoints, eventually::eventually, nats_pipeline::StageProcess,
};
use gisa_proto::query::v1::{SearchArticlesRequest, WatchArticlesRequest, watch_articles_response::Event};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tonic::Streaming;

use crate::{
    Arguments,
    ingest::nats_settings,
    load::{self, Articles, Reply},
    server::{Server, Sync},
    statistics::latencies,
};

/// One article in so many is searched for.
const SEARCHED: usize = 50;
/// How long anything may take before the run fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures at 1,000 articles a second with short articles, and at 200 with long ones.
pub(crate) async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    println!("\n### Two hops through the real services, one server, sync Default\n");
    println!("| load | from | until | p50 | p99 | samples |\n|---|---|---|---|---|---|");
    for (per_second, body_bytes) in [(1000, 200), (200, 2300)] {
        run(arguments.seconds, per_second, body_bytes).await?;
    }
    Ok(())
}

async fn run(seconds: u64, per_second: u32, body_bytes: usize) -> anyhow::Result<()> {
    let server = Server::start(Sync::Default).await?;
    let index = tempfile::tempdir()?;
    let settings = nats_settings(&server, Sync::Default);
    let mut query_settings = settings.clone();
    query_settings.push(format!(
        "query.index_directory={}",
        index.path().join("index").display()
    ));
    let ingest = StageProcess::start_with(Stage::Ingest, &settings).await;
    let tagging = StageProcess::start_with(Stage::EntityTagging, &settings).await;
    let query = StageProcess::start_with(Stage::Query, &query_settings).await;
    let clients = Clients::connect(&Endpoints {
        ingest: ingest.address(),
        tagging: tagging.address(),
        query: query.address(),
    });

    let articles = Articles::new("hops", body_bytes);
    let count = per_second as usize * seconds as usize;
    let watcher = clients.query.clone();
    // Query answers that it is not ready until its index is.
    let watch = eventually(|| {
        let mut watcher = watcher.clone();
        async move { watcher.watch_articles(WatchArticlesRequest::default()).await }
    })
    .await;
    let watching = tokio::spawn(watch_all(watch.into_inner(), count));
    let (replies, receiver) = mpsc::unbounded_channel();
    let searching = tokio::spawn(search_some(clients.clone(), receiver));
    load::ingest_paced(ingest.address(), articles, 0..count, per_second, replies).await?;
    let (replies, searchable) = timeout(PATIENCE, searching).await.context("searching")???;
    let seen = timeout(PATIENCE, watching).await.context("watching")???;

    let mut watched = Vec::with_capacity(count);
    for reply in &replies {
        let at = seen
            .get(&reply.number)
            .context("an article did not reach the watcher")?;
        watched.push(at.saturating_duration_since(reply.at));
    }
    let replied: Vec<Duration> = replies.iter().map(|reply| reply.latency).collect();
    let load = format!("{per_second}/s, {body_bytes} B bodies, {seconds} s");
    println!("| {load} | due | reply | {} |", latencies(&replied));
    println!("| | reply | watcher | {} |", latencies(&watched));
    println!("| | reply | searchable | {} |", latencies(&searchable));
    Ok(())
}

/// When each article reached the watcher.
async fn watch_all(
    mut events: Streaming<gisa_proto::query::v1::WatchArticlesResponse>,
    count: usize,
) -> anyhow::Result<HashMap<usize, Instant>> {
    let mut seen = HashMap::with_capacity(count);
    while seen.len() < count {
        let Some(response) = events.message().await? else {
            bail!("the watch ended");
        };
        let at = Instant::now();
        if let Some(Event::Change(change)) = response.event {
            let article = change.tagged_article.and_then(|tagged| tagged.article);
            let number = article.context("a change without article")?.external_id.parse()?;
            anyhow::ensure!(
                seen.insert(number, at).is_none(),
                "article {number} was told twice"
            );
        }
    }
    Ok(seen)
}

/// All replies, and of some of them how long after it a search finds the article.
async fn search_some(
    clients: Clients,
    mut receiver: mpsc::UnboundedReceiver<Reply>,
) -> anyhow::Result<(Vec<Reply>, Vec<Duration>)> {
    let mut replies = Vec::new();
    let mut searches: JoinSet<anyhow::Result<Duration>> = JoinSet::new();
    while let Some(reply) = receiver.recv().await {
        if reply.number % SEARCHED == 0 {
            let (mut query, token, at) = (clients.query.clone(), reply.write_token.clone(), reply.at);
            searches.spawn(async move {
                let mut request = tonic::Request::new(SearchArticlesRequest {
                    query: "화성".to_owned(),
                    write_token: token,
                    page_size: 1,
                    ..SearchArticlesRequest::default()
                });
                request.set_timeout(PATIENCE);
                query.search_articles(request).await?;
                Ok(at.elapsed())
            });
        }
        replies.push(reply);
    }
    let mut searchable = Vec::new();
    while let Some(search) = searches.join_next().await {
        searchable.push(search??);
    }
    Ok((replies, searchable))
}
