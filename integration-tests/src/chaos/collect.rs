//! Reads what is there at the end: the logs from NATS, and every answer of every query replica.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use futures::{StreamExt as _, stream};
use gisa_article_codec::{ArticleRevised, ArticleTagged};
use gisa_article_model::Article;
use gisa_event_log::{EventLog, Record, StartAt, Stream, jetstream::JetStreamLog};
use gisa_proto::{
    article::v1 as proto,
    events::v1::DeadLetter,
    query::v1::{GetArticleRequest, SearchArticlesRequest, query_service_client::QueryServiceClient},
};
use prost::Message as _;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    history::{Content, Found, History, Index, Indexed, Revision, Tagged},
    texts::word,
};

/// Nothing changes any more when nothing has changed for so long and every revision has an outcome.
const QUIET: Duration = Duration::from_secs(3);
/// When nothing has changed for so long it will not any more, though outcomes are missing.
const STUCK: Duration = Duration::from_secs(90);
/// Questions at a time.
const CONCURRENCY: usize = 16;
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Waits until every revision on ARTICLES has its outcome, or nothing happens any more.
pub(super) async fn until_quiet(log: &JetStreamLog) -> anyhow::Result<()> {
    let mut last = (0, 0, 0);
    let mut since = Instant::now();
    loop {
        let mut counts = [0; 3];
        for (count, stream) in counts
            .iter_mut()
            .zip([Stream::Articles, Stream::Tagged, Stream::DeadLetters])
        {
            *count = log.info(stream).await.context("NATS does not answer")?.messages;
        }
        let [articles, tagged, dead] = counts;
        if last != (articles, tagged, dead) {
            last = (articles, tagged, dead);
            since = Instant::now();
        }
        let done = tagged + dead >= articles;
        if since.elapsed() > if done { QUIET } else { STUCK } {
            return Ok(());
        }
        sleep(Duration::from_millis(300)).await;
    }
}

/// Puts the logs into a history.
pub(super) async fn read_logs(log: &JetStreamLog, history: &mut History) -> anyhow::Result<()> {
    for record in read_all(log, Stream::Articles).await? {
        let article = ArticleRevised::decode(&record.payload)?.article;
        history.articles.push(Revision {
            article: article.article_id.to_string(),
            revision: article.revision,
            content: content_of(&article),
        });
    }
    for record in read_all(log, Stream::Tagged).await? {
        let tagged = ArticleTagged::decode(&record.payload)?.tagged_article;
        history.tagged.push(Tagged {
            article: tagged.article.article_id.to_string(),
            revision: tagged.article.revision,
            tagger: (tagged.tagger_version.engine, tagged.tagger_version.dictionary),
            content: content_of(&tagged.article),
            appended_at: record.appended_at.as_nanosecond(),
        });
    }
    for letter in read_all(log, Stream::DeadLetters).await? {
        let letter = DeadLetter::decode(letter.payload)?;
        let article = ArticleRevised::decode(&letter.payload)?.article;
        history
            .dead_letters
            .push((article.article_id.to_string(), article.revision));
    }
    Ok(())
}

async fn read_all(log: &JetStreamLog, stream: Stream) -> anyhow::Result<Vec<Record>> {
    let last = log.info(stream).await?.last_sequence;
    let mut records = Vec::new();
    if last == 0 {
        return Ok(records);
    }
    let mut reading = log.read(stream, StartAt::Oldest).await?;
    while records
        .last()
        .is_none_or(|record: &Record| record.sequence < last)
    {
        let next = timeout(CALL_TIMEOUT, reading.next()).await;
        records.push(
            next.context("reading a stream takes too long")?
                .context("reading ended")??,
        );
    }
    Ok(records)
}

fn content_of(article: &Article) -> Option<Content> {
    article.state.visible().then(|| Content {
        source: article.source.clone(),
        section: article.section.clone(),
        title: article.title.clone(),
        body: article.body.clone(),
    })
}

/// Asks a query replica for everything that is on ARTICLES.
pub(super) async fn read_index(
    name: String,
    client: &QueryServiceClient<Channel>,
    articles: &[Revision],
) -> anyhow::Result<Index> {
    let mut revisions: BTreeMap<&str, Vec<&Revision>> = BTreeMap::new();
    for revision in articles {
        revisions.entry(&revision.article).or_default().push(revision);
    }
    let indexed = stream::iter(revisions)
        .map(|(article, revisions)| async move {
            let indexed = read_article(client, article, &revisions).await;
            (article.to_owned(), indexed)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    Ok(Index {
        name,
        articles: indexed,
        listed: list(client).await?,
    })
}

async fn read_article(
    client: &QueryServiceClient<Channel>,
    article: &str,
    revisions: &[&Revision],
) -> Indexed {
    let mut found = BTreeMap::new();
    for revision in revisions {
        found.insert(revision.revision, get(client, article, revision.revision).await);
    }
    let last = revisions.iter().max_by_key(|revision| revision.revision);
    let hits = match last.and_then(|last| last.content.as_ref()) {
        Some(content) => search(client, word(content), "").await.ok(),
        None => None,
    };
    Indexed {
        current: get(client, article, 0).await,
        revisions: found,
        hits: hits.map(|page| page.total_hits),
    }
}

async fn get(client: &QueryServiceClient<Channel>, article: &str, revision: u32) -> Found {
    let request = GetArticleRequest {
        article_id: article.to_owned(),
        revision,
        write_token: String::new(),
    };
    let answer = timeout(CALL_TIMEOUT, client.clone().get_article(request)).await;
    let answer = answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
    match answer.map(|answer| {
        answer
            .into_inner()
            .tagged_article
            .and_then(|tagged| tagged.article)
    }) {
        Ok(Some(article)) => Found::Content(article.revision, content_of_message(article)),
        Ok(None) => Found::Refused("an answer without article".to_owned()),
        Err(status) => match reason_of(&status).as_str() {
            "ARTICLE_RETRACTED" => Found::Retracted,
            "ARTICLE_NOT_FOUND" => Found::Missing,
            reason => Found::Refused(reason.to_owned()),
        },
    }
}

async fn search(
    client: &QueryServiceClient<Channel>,
    query: &str,
    page_token: &str,
) -> anyhow::Result<gisa_proto::query::v1::SearchArticlesResponse> {
    let request = SearchArticlesRequest {
        query: query.to_owned(),
        page_size: 200,
        page_token: page_token.to_owned(),
        ..SearchArticlesRequest::default()
    };
    let answer = timeout(CALL_TIMEOUT, client.clone().search_articles(request)).await??;
    Ok(answer.into_inner())
}

/// All pages of a search for everything.
async fn list(client: &QueryServiceClient<Channel>) -> anyhow::Result<Vec<(String, u32)>> {
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = search(client, "", &page_token)
            .await
            .context("the list of all articles")?;
        let articles = page
            .hits
            .into_iter()
            .filter_map(|hit| hit.tagged_article.and_then(|tagged| tagged.article))
            .map(|article| (article.article_id, article.revision));
        listed.extend(articles);
        if page.next_page_token.is_empty() {
            return Ok(listed);
        }
        page_token = page.next_page_token;
    }
}

fn content_of_message(article: proto::Article) -> Content {
    Content {
        source: article.source,
        section: article.section,
        title: article.title,
        body: article.body,
    }
}

fn reason_of(status: &Status) -> String {
    let details = status.get_error_details();
    match details.error_info() {
        Some(info) => info.reason.clone(),
        None => format!("{:?}", status.code()),
    }
}
