//! The way of one article through the real processes, as traces and lines of the log tell it.

use gisa_integration_tests::{
    Clients, Stage,
    articles::naver_cloud,
    nats_pipeline::NatsPipeline,
    otlp::{OtlpReceiver, ReceivedSpan},
};
use gisa_proto::{
    ingest::v1::{IngestArticleRequest, IngestArticlesRequest, ingest_articles_request::Operation},
    query::v1::WatchArticlesRequest,
};
use tonic::Request;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The one span of this name; with its parent's name and service it is a place in the tree.
fn only<'a>(spans: &'a [ReceivedSpan], service: &str, name: &str) -> &'a ReceivedSpan {
    let mut found = spans
        .iter()
        .filter(|span| span.service == service && span.span.name == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("{service} has no span `{name}` in {spans:#?}"));
    assert!(found.next().is_none(), "{service} has several spans `{name}`");
    span
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_follows_an_article() {
    let receiver = OtlpReceiver::start().await;
    let endpoint = receiver.endpoint();
    // Nothing is sent before the processes stop: what arrives shows that they flush.
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ];
    let Some(mut pipeline) = NatsPipeline::start_with_environment(&environment).await else {
        return;
    };
    let mut clients = Clients::connect(&pipeline.endpoints());
    clients.until_index_ready().await;
    let mut watcher = clients.watch(WatchArticlesRequest::default()).await.unwrap();
    watcher.until_live().await;

    let mut request = Request::new(IngestArticleRequest {
        article: Some(naver_cloud("traced")),
    });
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    request
        .metadata_mut()
        .insert("traceparent", traceparent.parse().unwrap());
    let written = clients.ingest.ingest_article(request).await.unwrap().into_inner();
    clients.get_after(&written.result.unwrap()).await.unwrap();
    watcher.next_change().await;
    drop(watcher);
    for stage in Stage::ALL {
        pipeline.stop(stage).await;
    }

    let all = receiver.spans();
    let of_trace = all.iter().filter(|span| hex(&span.span.trace_id) == TRACE);
    let spans: Vec<ReceivedSpan> = of_trace.cloned().collect();
    let (ingest, tagging, query) = ("gisa-ingest", "gisa-entity-tagging", "gisa-query");
    let rpc = "gisa.ingest.v1.IngestService/IngestArticle";
    assert_eq!(hex(&only(&spans, ingest, rpc).span.parent_span_id), CALLER);
    for ((parent_service, parent), (service, name)) in [
        ((ingest, rpc), (ingest, "accept article")),
        ((ingest, "accept article"), (ingest, "append ARTICLES")),
        ((ingest, "append ARTICLES"), (tagging, "tag article")),
        ((tagging, "tag article"), (tagging, "tag")),
        ((tagging, "tag article"), (tagging, "append TAGGED")),
        ((tagging, "append TAGGED"), (query, "index article")),
    ] {
        let (parent, span) = (only(&spans, parent_service, parent), only(&spans, service, name));
        assert_eq!(span.span.parent_span_id, parent.span.span_id, "{name}");
        assert!(
            span.span.end_time_unix_nano >= span.span.start_time_unix_nano,
            "{name}"
        );
    }
    assert_eq!(spans.len(), 7, "{spans:#?}");

    let indexed = only(&spans, query, "index article");
    let [link] = indexed.span.links.as_slice() else {
        panic!("the article names one commit: {indexed:?}");
    };
    let commit = all.iter().find(|span| span.span.span_id == link.span_id).unwrap();
    assert_eq!(
        (commit.service.as_str(), commit.span.name.as_str()),
        (query, "commit index")
    );
    assert!(indexed.span.end_time_unix_nano >= commit.span.end_time_unix_nano);

    let told = only(&all, query, "tell watcher");
    let published = only(&spans, tagging, "append TAGGED");
    let [link] = told.span.links.as_slice() else {
        panic!("the event names one article: {told:?}");
    };
    assert_eq!(
        (&link.trace_id, &link.span_id),
        (&published.span.trace_id, &published.span.span_id)
    );
    let watch = only(&all, query, "gisa.query.v1.QueryService/WatchArticles");
    assert_eq!(told.span.parent_span_id, watch.span.span_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_have_the_ids_and_never_the_text() {
    // Everything that the processes can say, of the libraries as well.
    let Some(mut pipeline) = NatsPipeline::start_with_environment(&[("GISA_LOGGING__LEVEL", "debug")]).await
    else {
        return;
    };
    let mut clients = Clients::connect(&pipeline.endpoints());
    clients.until_index_ready().await;
    let article = naver_cloud("logged");
    let article_id = {
        // By a stream and without a trace of the caller's: then ingest begins one.
        let requests = tokio_stream::once(IngestArticlesRequest {
            correlation_id: "1".to_owned(),
            operation: Some(Operation::Article(article.clone())),
        });
        let mut answers = clients
            .ingest
            .ingest_articles(requests)
            .await
            .unwrap()
            .into_inner();
        let answer = answers.message().await.unwrap().unwrap();
        let Some(gisa_proto::ingest::v1::ingest_articles_response::Outcome::Result(written)) = answer.outcome
        else {
            panic!("the article is accepted: {answer:?}");
        };
        clients.get_after(&written).await.unwrap();
        written.article_id
    };
    for stage in Stage::ALL {
        pipeline.stop(stage).await;
    }

    let mut traces = Vec::new();
    for (stage, message) in Stage::ALL.into_iter().zip(["accepted", "tagged", "searchable"]) {
        let log = pipeline.log(stage);
        for line in &log {
            assert!(!line.contains(&article.body), "{line}");
            for sentence in article.body.lines() {
                assert!(!line.contains(sentence), "{line}");
            }
        }
        let events = log
            .iter()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|event| {
                event["target"]
                    .as_str()
                    .is_some_and(|target| target.starts_with("gisa_"))
            })
            .filter(|event| event.to_string().contains(&article_id));
        let mut said = false;
        for event in events {
            let text = event["fields"]["message"].as_str().unwrap_or_default();
            said |= text.starts_with(message);
            let span = event["spans"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|span| span["article.id"] == article_id.as_str())
                .unwrap_or_else(|| panic!("the line has no article id: {event}"));
            let trace = span["trace_id"].as_str();
            traces.push(
                trace
                    .unwrap_or_else(|| panic!("the line has no trace id: {event}"))
                    .to_owned(),
            );
        }
        assert!(said, "{stage:?} says nothing of the article in {log:#?}");
    }
    traces.dedup();
    assert_eq!(traces.len(), 1, "all lines are of one trace: {traces:?}");
}
