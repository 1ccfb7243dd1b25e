//! What the demo shows, step by step.

mod counts;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use gisa_article_model::{ArticleId, ArticleKey, Mention, TextField};
use gisa_proto::{
    ingest::v1::{IngestOutcome, IngestResult},
    query::v1::{
        ArticleChange, ArticleChangeKind, ArticleFilter, GetArticleRequest, SearchArticlesRequest,
        SearchOrder, WatchArticlesRequest, watch_articles_request::Start, watch_articles_response::Event,
    },
};
use tokio::sync::mpsc;
use tonic::{Code, Request, Status};

use self::counts::Counts;
use super::{CALL_TIMEOUT, seeds};
use crate::{
    article_file::Location,
    client::Server,
    commands::{filter::decode, ingest::Write, ingest::wait_until_visible, watch::kind_name},
    failure::{Failure, FailureKind, StatusParts},
    ingestion::{self, Results, RetryPolicy},
    invocation,
    output::{
        Output,
        layout::{columns, pad},
        views::{FAINT, HEADLINE, byline, change_style, legend, styled, write_hit, write_texts},
    },
};

/// Articles that are shown with their entities: source, external id, lines of the body.
const SHOWN: [(&str, &str, usize); 2] = [
    ("hangang-ilbo", "2026-0902-001", 8),
    ("saebyeok-tongsin", "SB20261008-0063", 8),
];
/// The article that its publisher retracts.
const RETRACTED: (&str, &str) = ("dureum-gyeongje", "D26091101");
/// Lines of what the mentions of an article stand for.
const MEANING_LINES: usize = 3;
/// Columns of the suggested commands.
const STEP_COLUMNS: usize = 44;
const SEPARATOR: &str = "  ·  ";
/// Hits of each search that are shown.
const HITS: i32 = 2;
/// How long to wait for the watcher to be told of the retraction.
const WATCH_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

pub(super) struct Tour<'a> {
    server: &'a Server,
    output: &'a mut Output,
    begun_at: Instant,
}

impl<'a> Tour<'a> {
    pub(super) fn new(server: &'a Server, output: &'a mut Output, begun_at: Instant) -> Self {
        Self {
            server,
            output,
            begun_at,
        }
    }

    pub(super) async fn run(mut self) -> Result<(), Failure> {
        self.output.line(&format!(
            "{HEADLINE}Gisa{HEADLINE:#}: Korean news as queryable, watchable, tagged articles"
        ))?;
        self.output.line(&styled(
            FAINT,
            "Three services in this process, over an event log in a temporary directory; invented publishers.",
        ))?;
        self.wait_until_ready().await?;
        let changes = self.watch();
        self.ingest().await?;
        self.show_articles().await?;
        self.show_searches().await?;
        self.show_retraction(changes).await?;
        self.show_what_next()
    }

    /// The index of a fresh log is ready at once, but not before the services have started.
    async fn wait_until_ready(&self) -> Result<(), Failure> {
        let mut client = self.server.query().await?;
        let until = Instant::now() + CALL_TIMEOUT;
        loop {
            let request = self.server.request(SearchArticlesRequest::default());
            match self.server.answer(client.search_articles(request)).await {
                Ok(_) => return Ok(()),
                Err(status) if status.code() == Code::Unavailable && Instant::now() < until => {
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
                Err(status) => return Err(Failure::from_status(&status)),
            }
        }
    }

    fn heading(&mut self, number: u8, text: &str) -> Result<(), Failure> {
        let rule = "─".repeat(self.output.width().saturating_sub(columns(text) + 7));
        self.output.line(&format!(
            "\n{FAINT}──{FAINT:#} {HEADLINE}{number}. {text}{HEADLINE:#} {FAINT}{rule}{FAINT:#}\n"
        ))
    }

    fn command(&mut self, command: &str) -> Result<(), Failure> {
        self.output
            .line(&format!("{FAINT}${FAINT:#} {HEADLINE}{command}{HEADLINE:#}"))
    }

    async fn ingest(&mut self) -> Result<(), Failure> {
        self.heading(1, "Articles come in")?;
        let submissions =
            seeds::submissions().map_err(|problem| Failure::new(FailureKind::Failed, problem))?;
        let (sender, input) = mpsc::channel(submissions.len().max(1));
        for submission in submissions {
            // There is room for all.
            let _ = sender.try_send(Ok(submission));
        }
        drop(sender);
        let mut arrivals = Arrivals::default();
        let policy = RetryPolicy {
            at_start: CALL_TIMEOUT,
            later: CALL_TIMEOUT,
        };
        let begun_at = Instant::now();
        ingestion::ingest(self.server, policy, input, &mut arrivals).await?;
        let stored_after = begun_at.elapsed();
        for write in arrivals.writes {
            wait_until_visible(self.server, write).await?;
        }
        let visible_after = begun_at.elapsed();

        self.command("gisa ingest --wait seeds/articles/*.ndjson")?;
        for line in arrivals.counts.table() {
            self.output.line(&line)?;
        }
        self.output.line(&format!(
            "\nDurable after {} ms; tagged and searchable after {} ms.",
            stored_after.as_millis(),
            visible_after.as_millis()
        ))
    }

    async fn show_articles(&mut self) -> Result<(), Failure> {
        self.heading(2, "Entities are cut out of the text, linked and normalised")?;
        let legend = legend(self.output);
        self.output.line(&legend)?;
        let mut client = self.server.query().await?;
        for (source, external_id, lines) in SHOWN {
            let request = self.server.request(GetArticleRequest {
                article_id: article_id((source, external_id)).to_string(),
                ..GetArticleRequest::default()
            });
            let answer = self.server.answer(client.get_article(request)).await;
            let tagged = decode(
                answer
                    .map_err(|status| Failure::from_status(&status))?
                    .tagged_article,
            )?;
            self.output
                .line(&format!("\n{}", styled(FAINT, &byline(&tagged.article))))?;
            let texts = [TextField::Title, TextField::Subtitle, TextField::Body]
                .map(|field| (field, tagged.text(field)));
            write_texts(self.output, texts, &tagged.mentions, Some(lines))?;
            self.output.line("")?;
            for line in meanings(&tagged.mentions, self.output.width())
                .iter()
                .take(MEANING_LINES)
            {
                self.output.line(&styled(FAINT, line))?;
            }
        }
        Ok(())
    }

    async fn show_searches(&mut self) -> Result<(), Failure> {
        self.heading(3, "Search: by words, by entity, by date")?;
        self.search(
            "gisa search 하이퍼클로바X",
            SearchArticlesRequest {
                query: "하이퍼클로바X".to_owned(),
                ..SearchArticlesRequest::default()
            },
        )
        .await?;
        self.output.line("")?;
        self.search(
            "gisa search 공개 --entity org:naver-cloud",
            SearchArticlesRequest {
                query: "공개".to_owned(),
                filter: Some(ArticleFilter {
                    entity_ids: vec!["org:naver-cloud".to_owned()],
                    ..ArticleFilter::default()
                }),
                ..SearchArticlesRequest::default()
            },
        )
        .await?;
        self.output.line("")?;
        self.search(
            "gisa search 반도체 --section 경제 --order newest",
            SearchArticlesRequest {
                query: "반도체".to_owned(),
                filter: Some(ArticleFilter {
                    sections: vec!["경제".to_owned()],
                    ..ArticleFilter::default()
                }),
                order: SearchOrder::Newest.into(),
                ..SearchArticlesRequest::default()
            },
        )
        .await
    }

    async fn search(&mut self, command: &str, request: SearchArticlesRequest) -> Result<(), Failure> {
        self.command(command)?;
        let mut client = self.server.query().await?;
        let request = self.server.request(SearchArticlesRequest {
            page_size: HITS,
            ..request
        });
        let begun_at = Instant::now();
        let answer = self.server.answer(client.search_articles(request)).await;
        let answer = answer.map_err(|status| Failure::from_status(&status))?;
        let took = begun_at.elapsed();
        let shown = answer.hits.len();
        for (index, hit) in answer.hits.into_iter().enumerate() {
            let tagged = decode(hit.tagged_article)?;
            write_hit(self.output, index + 1, &tagged, hit.score, &hit.highlights)?;
        }
        let words = format!(
            "{shown} of {} hits, {:.1} ms",
            answer.total_hits,
            took.as_secs_f64() * 1000.0
        );
        self.output.line(&styled(FAINT, &words))
    }

    /// Watches the publisher of the retracted article, from before it comes in.
    fn watch(&self) -> mpsc::Receiver<Result<ArticleChange, Failure>> {
        let (sender, changes) = mpsc::channel(64);
        let server = self.server.clone();
        tokio::spawn(async move {
            if let Err(failure) = follow(&server, &sender).await {
                // The receiver may have seen enough.
                let _ = sender.send(Err(failure)).await;
            }
        });
        changes
    }

    async fn show_retraction(
        &mut self,
        mut changes: mpsc::Receiver<Result<ArticleChange, Failure>>,
    ) -> Result<(), Failure> {
        self.heading(4, "A retraction reaches everyone")?;
        self.command(&format!("gisa watch --source {}", RETRACTED.0))?;
        let retracted = article_id(RETRACTED).to_string();
        let until = tokio::time::Instant::now() + WATCH_TIMEOUT;
        loop {
            let change = match tokio::time::timeout_at(until, changes.recv()).await {
                Ok(Some(change)) => change?,
                Ok(None) | Err(_) => {
                    return Err(Failure::new(
                        FailureKind::Failed,
                        "the watch was not told of the retraction",
                    ));
                }
            };
            let Some(article) = change
                .tagged_article
                .as_ref()
                .and_then(|tagged| tagged.article.as_ref())
            else {
                continue;
            };
            if article.article_id != retracted {
                continue;
            }
            let subject = if article.title.is_empty() {
                &article.state_reason
            } else {
                &article.title
            };
            let style = change_style(change.kind());
            let kind = pad(kind_name(change.kind()), 9);
            self.output
                .line(&format!("{style}{kind}{style:#}  {}  {subject}", article.source))?;
            if change.kind() == ArticleChangeKind::Withdrawn {
                break;
            }
        }
        self.command(&format!("gisa get {retracted}"))?;
        let mut client = self.server.query().await?;
        let request = self.server.request(GetArticleRequest {
            article_id: retracted,
            ..GetArticleRequest::default()
        });
        match self.server.answer(client.get_article(request)).await {
            Err(status) => self
                .output
                .line(&format!("gisa: {}", StatusParts::new(&status).in_one_line())),
            Ok(_) => Err(Failure::new(
                FailureKind::Failed,
                "the retracted article is still visible",
            )),
        }
    }

    fn show_what_next(&mut self) -> Result<(), Failure> {
        self.heading(5, "Next")?;
        let path = invocation::path_command().map(|command| (command, ""));
        let steps = [
            ("gisa dev", "the same services, with their data in ./gisa-data"),
            (
                "gisa ingest --wait seeds/articles/*.ndjson",
                "in another terminal; or your own files",
            ),
            ("gisa watch --since 1970-01-01", "follow what comes in"),
            (
                "gisa tag --output json FILE",
                "entities of a file, without a server",
            ),
            ("gisa --help", "everything else"),
        ];
        let steps = steps.map(|(command, meaning)| (command.to_owned(), meaning));
        for (command, meaning) in path.into_iter().chain(steps) {
            self.output
                .line(format!("{}  {meaning}", pad(&command, STEP_COLUMNS)).trim_end())?;
        }
        let seconds = self.begun_at.elapsed().as_secs_f64();
        self.output.line(&styled(
            FAINT,
            &format!("\nThis took {seconds:.1} s. Nothing is left behind."),
        ))
    }
}

async fn follow(
    server: &Server,
    sender: &mpsc::Sender<Result<ArticleChange, Failure>>,
) -> Result<(), Failure> {
    let mut client = server.query().await?;
    let request = Request::new(WatchArticlesRequest {
        filter: Some(ArticleFilter {
            sources: vec![RETRACTED.0.to_owned()],
            ..ArticleFilter::default()
        }),
        start: Some(Start::Since(prost_types::Timestamp::default())),
    });
    let told = |status: Status| Failure::from_status(&status);
    let mut events = server
        .answer(client.watch_articles(request))
        .await
        .map_err(told)?;
    while let Some(response) = events.message().await.map_err(told)? {
        if let Some(Event::Change(change)) = response.event
            && sender.send(Ok(change)).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

fn article_id((source, external_id): (&str, &str)) -> ArticleId {
    ArticleId::derive(ArticleKey {
        source,
        external_id,
        url: "",
        text: [""; 3],
    })
}

/// What mentions stand for, each thing once, in lines.
fn meanings(mentions: &[Mention], width: usize) -> Vec<String> {
    let mut told = HashSet::new();
    let mut lines = vec![String::new()];
    for mention in mentions {
        let entity_id = mention.link.as_ref().and_then(|link| link.entity_id.clone());
        let Some(meaning) = mention.value.as_ref().map(ToString::to_string).or(entity_id) else {
            continue;
        };
        let entry = format!("{} → {meaning}", mention.surface);
        if !told.insert(meaning) {
            continue;
        }
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = entry,
            Some(line) if columns(line) + columns(SEPARATOR) + columns(&entry) <= width => {
                line.push_str(SEPARATOR);
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

/// What became of the articles.
#[derive(Default)]
struct Arrivals {
    counts: Counts,
    writes: Vec<Write>,
}

impl Results for Arrivals {
    type Note = ();

    fn accepted(&mut self, location: &Location, result: &IngestResult) -> Result<(), Failure> {
        self.counts.add(&location.file, result.outcome());
        if result.outcome() != IngestOutcome::Unchanged {
            self.writes.push(Write {
                article_id: result.article_id.clone(),
                write_token: result.write_token.clone(),
            });
        }
        Ok(())
    }

    fn refused(&mut self, location: &Location, status: &Status) -> Result<(), Failure> {
        let problem = StatusParts::new(status).in_one_line();
        Err(Failure::new(
            FailureKind::Failed,
            format!("{location}: refused: {problem}"),
        ))
    }

    fn note(&mut self, (): ()) -> Result<(), Failure> {
        Ok(())
    }
}
