//! `gisa watch`: follows changes, over broken connections too.

use std::time::Duration;

use gisa_article_codec::time::{decode_timestamp, encode_timestamp};
use gisa_proto::{
    article::v1::Article,
    query::v1::{
        ArticleChange, ArticleChangeKind, ArticleFilter, WatchArticlesRequest, WatchArticlesResponse,
        WatchCheckpoint, watch_articles_request::Start, watch_articles_response::Event,
    },
};
use jiff::Timestamp;
use serde::Serialize;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::filter::article_filter;
use crate::{
    cli::WatchArguments,
    client::Server,
    failure::{Failure, FailureKind, tell},
    output::{
        Output,
        layout::{cut, pad},
        views::{FAINT, change_style, styled},
    },
};

const FIRST_DELAY: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(10);
/// The server gives a sign of life about every 5 seconds.
const MAX_SILENCE: Duration = Duration::from_secs(30);

#[derive(Serialize)]
struct ChangeRecord<'a> {
    kind: &'static str,
    article_id: &'a str,
    revision: u32,
    state: &'static str,
    source: &'a str,
    section: Option<&'a str>,
    title: Option<&'a str>,
    published_at: Option<String>,
    reason: &'a str,
    resume_token: &'a str,
}

#[derive(Serialize)]
struct CheckpointRecord<'a> {
    kind: &'static str,
    read_until: Option<String>,
    live: bool,
    resume_token: &'a str,
}

struct Watch<'a> {
    server: &'a Server,
    output: &'a mut Output,
    filter: ArticleFilter,
    start: Option<Start>,
    checkpoints: bool,
    left: Option<u64>,
    delay: Duration,
    began: bool,
}

pub(crate) async fn run(
    server: &Server,
    arguments: WatchArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let since = arguments
        .since
        .map(|time| Start::Since(encode_timestamp(time.instant)));
    let mut watch = Watch {
        server,
        output,
        filter: article_filter(arguments.filter),
        start: arguments.resume.map(Start::ResumeToken).or(since),
        checkpoints: arguments.checkpoints,
        left: arguments.limit,
        delay: FIRST_DELAY,
        began: false,
    };
    loop {
        match watch.follow().await {
            Ok(()) => return Ok(()),
            // A server that was never there is a mistake more likely than an outage.
            Err(failure) if watch.began && failure.kind() == FailureKind::Unreachable => {
                let text = failure.to_string();
                let line = text.lines().next().unwrap_or("the connection was lost");
                tell(format_args!("gisa: {line}; going on in {:?}", watch.delay));
                tokio::time::sleep(watch.delay).await;
                watch.delay = (watch.delay * 2).min(MAX_DELAY);
            }
            Err(failure) => return Err(failure),
        }
    }
}

impl Watch<'_> {
    /// Follows over one connection. `Ok` means that enough has been shown.
    async fn follow(&mut self) -> Result<(), Failure> {
        let mut client = self.server.query().await?;
        self.began = true;
        let request = WatchArticlesRequest {
            filter: Some(self.filter.clone()),
            start: self.start.clone(),
        };
        let begun_at = Timestamp::now();
        let call = client.watch_articles(Request::new(request));
        let mut events = self
            .server
            .answer(call)
            .await
            .map_err(|status| failure_of(&status))?;
        // Before the first token there is only the time to go on from, and nothing shown that could be repeated.
        self.start.get_or_insert(Start::Since(encode_timestamp(begun_at)));
        loop {
            let event = match tokio::time::timeout(MAX_SILENCE, events.message()).await {
                Ok(event) => event.map_err(|status| failure_of(&status))?,
                Err(_) => return Err(Failure::new(FailureKind::Unreachable, "the server is silent")),
            };
            let Some(event) = event else {
                return Err(Failure::new(
                    FailureKind::Unreachable,
                    "the server ended the watch",
                ));
            };
            self.delay = FIRST_DELAY;
            if self.take(event)? {
                return Ok(());
            }
        }
    }

    /// Shows an event. True when it was the last one wanted.
    fn take(&mut self, response: WatchArticlesResponse) -> Result<bool, Failure> {
        let token = response.resume_token;
        match response.event {
            Some(Event::Change(change)) => {
                self.show_change(&change, &token)?;
                self.left = self.left.map(|left| left - 1);
            }
            Some(Event::Checkpoint(checkpoint)) if self.checkpoints => {
                self.show_checkpoint(&checkpoint, &token)?
            }
            Some(Event::Checkpoint(_)) | None => {}
        }
        if !token.is_empty() {
            self.start = Some(Start::ResumeToken(token));
        }
        Ok(self.left == Some(0))
    }

    fn show_change(&mut self, change: &ArticleChange, token: &str) -> Result<(), Failure> {
        let kind = kind_name(change.kind());
        let Some(article) = change
            .tagged_article
            .as_ref()
            .and_then(|tagged| tagged.article.as_ref())
        else {
            return Err(Failure::new(
                FailureKind::Failed,
                "cannot read the server's answer: a change has no article",
            ));
        };
        let published_at = published_at(article);
        let given = |text: &'_ str| !text.is_empty();
        if self.output.is_json() {
            return self.output.json(&ChangeRecord {
                kind,
                article_id: &article.article_id,
                revision: article.revision,
                state: state_name(article),
                source: &article.source,
                section: Some(article.section.as_str()).filter(|text| given(text)),
                title: Some(article.title.as_str()).filter(|text| given(text)),
                published_at,
                reason: &article.state_reason,
                resume_token: token,
            });
        }
        let subject = match (article.title.as_str(), article.state_reason.as_str()) {
            ("", "") => article.article_id.clone(),
            ("", reason) => format!("{} ({reason})", article.article_id),
            (title, _) => title.to_owned(),
        };
        let style = change_style(change.kind());
        let lead = format!("{}  {}", pad(kind, 9), pad(&article.source, 16));
        let subject = cut(
            &subject,
            self.output.width().saturating_sub(lead.len() + 2).max(20),
        );
        self.output.line(&format!("{style}{lead}{style:#}  {subject}"))
    }

    fn show_checkpoint(&mut self, checkpoint: &WatchCheckpoint, token: &str) -> Result<(), Failure> {
        let read_until = checkpoint
            .read_until
            .as_ref()
            .and_then(|time| decode_timestamp(time, "read_until").ok())
            .map(|time| time.to_string());
        if self.output.is_json() {
            return self.output.json(&CheckpointRecord {
                kind: "CHECKPOINT",
                read_until,
                live: checkpoint.live,
                resume_token: token,
            });
        }
        let live = if checkpoint.live { " (live)" } else { "" };
        let line = format!(
            "read until {}{live}, resume token {token}",
            read_until.unwrap_or_default()
        );
        self.output.line(&styled(FAINT, &line))
    }
}

/// A broken connection has no ErrorInfo and whatever code the transport made of it.
fn failure_of(status: &Status) -> Failure {
    let failure = Failure::from_status(status);
    let broken = matches!(status.code(), Code::Unknown | Code::Internal | Code::Cancelled)
        && status.get_error_details().error_info().is_none();
    if broken {
        return Failure::new(FailureKind::Unreachable, failure.to_string());
    }
    failure
}

fn published_at(article: &Article) -> Option<String> {
    let time = article.published_at.as_ref()?;
    let time = gisa_article_codec::time::decode_zoned(time, "published_at").ok()?;
    Some(time.to_string())
}

fn state_name(article: &Article) -> &'static str {
    gisa_article_codec::article::decode_state(article.state()).map_or("unknown", |state| state.as_str())
}

/// A kind of change as it is written in results.
pub(crate) fn kind_name(kind: ArticleChangeKind) -> &'static str {
    kind.as_str_name().trim_start_matches("ARTICLE_CHANGE_KIND_")
}
