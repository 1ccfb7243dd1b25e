//! Cost as it grows: the same work with 10,000, 100,000 and a million short articles in the streams.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use gisa_integration_tests::{Clients, Stage, clients::Endpoints, nats_pipeline::StageProcess};
use gisa_proto::{ingest::v1::IngestResult, query::v1::SearchArticlesRequest};

use crate::{
    Arguments,
    ingest::nats_settings,
    load::{self, Articles},
    server::{Server, Sync},
    statistics::{percentile, rate},
    tagging::Hop,
};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const BODY_BYTES: usize = 200;
/// Articles that are sent one by one to time a single one.
const SINGLE: usize = 200;
/// How long the index may take to catch up.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Grows the streams, and measures at each size.
pub(crate) async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    println!("\n### Cost as it grows, bodies of {BODY_BYTES} B\n");
    println!(
        "| articles | ingest, articles/s | one article alone, p50 | tagging, articles/s \
         | index catches up, articles/s | query starts again and answers after |\n|---|---|---|---|---|---|"
    );
    let server = Server::start(Sync::Default).await?;
    let index = tempfile::tempdir()?;
    let settings = nats_settings(&server, Sync::Default);
    let ingest = StageProcess::start_with(Stage::Ingest, &settings).await;
    let hop = Hop::new(&server).await?;
    let articles = Articles::new("growth", BODY_BYTES);
    let mut from = 0;
    for size in SIZES {
        // The last ones are sent one by one.
        let numbers = from..size - SINGLE;
        let count = numbers.len();
        let ingested = load::ingest_all(ingest.address(), &articles, numbers, arguments.streams).await?;
        let (single, last) = one_by_one(&ingest, &articles, size - SINGLE..size).await?;
        let (service, tagged) = tokio::join!(
            StageProcess::start_with(Stage::EntityTagging, &settings),
            hop.catch_up()
        );
        let tagged = tagged?;
        drop(service);
        let query_settings = |index: &Path| {
            let mut settings = settings.clone();
            settings.push(format!("query.index_directory={}", index.join("index").display()));
            settings
        };
        let (query, indexed) = open_query(&query_settings(index.path()), &last).await?;
        drop(query);
        let (query, reopened) = open_query(&query_settings(index.path()), &last).await?;
        drop(query);
        println!(
            "| {size} | {:.0} | {:.2} ms | {:.0} | {:.0} | {:.1} s |",
            rate(count, ingested),
            percentile(&single, 0.5),
            rate(size - from, tagged),
            rate(size - from, indexed),
            reopened.as_secs_f64()
        );
        from = size;
    }
    Ok(())
}

/// Milliseconds for each of some articles, sent one after the other; and the last result.
async fn one_by_one(
    ingest: &StageProcess,
    articles: &Articles,
    numbers: std::ops::Range<usize>,
) -> anyhow::Result<(Vec<f64>, IngestResult)> {
    let mut client = load::connect(ingest.address()).await?;
    let mut milliseconds = Vec::new();
    let mut last = IngestResult::default();
    for number in numbers {
        let start = Instant::now();
        let request = gisa_proto::ingest::v1::IngestArticleRequest {
            article: Some(articles.submission(number)),
        };
        let response = client.ingest_article(request).await?.into_inner();
        milliseconds.push(start.elapsed().as_secs_f64() * 1000.0);
        last = response.result.unwrap_or_default();
    }
    Ok((milliseconds, last))
}

/// Starts query; how long it takes until a search answers that includes the last article.
async fn open_query(settings: &[String], last: &IngestResult) -> anyhow::Result<(StageProcess, Duration)> {
    let start = Instant::now();
    let query = StageProcess::start_with(Stage::Query, settings).await;
    let address = query.address();
    let mut clients = Clients::connect(&Endpoints {
        ingest: address,
        tagging: address,
        query: address,
    });
    loop {
        let mut request = tonic::Request::new(SearchArticlesRequest {
            query: "화성".to_owned(),
            write_token: last.write_token.clone(),
            page_size: 1,
            ..SearchArticlesRequest::default()
        });
        request.set_timeout(PATIENCE);
        match clients.query.search_articles(request).await {
            Ok(_) => return Ok((query, start.elapsed())),
            // While it catches up it may answer that it is not ready.
            Err(_) if start.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(status) => return Err(status.into()),
        }
    }
}
