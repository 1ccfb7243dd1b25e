//! A watcher: follows, is cut off or leaves, and comes back with its resume token, at whichever replica.

use std::time::Duration;

use fastrand::Rng;
use gisa_proto::query::v1::{
    ArticleChange, ArticleChangeKind, ArticleFilter, WatchArticlesRequest, WatchArticlesResponse,
    query_service_client::QueryServiceClient, watch_articles_request as request,
    watch_articles_response::Event,
};
use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::history::{Change, Filter, Start, Told, Watcher};

/// There is a sign of life every 0.5 s; without one for so long the watcher goes elsewhere.
const SILENCE: Duration = Duration::from_secs(5);
/// When all is quiet every watcher has been told everything within this time.
const PATIENCE: Duration = Duration::from_secs(240);

/// When everything has reached TAGGED, once it has.
pub(super) type Quiet = watch::Receiver<Option<(Timestamp, Instant)>>;

/// What a watcher is like.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) filter: Filter,
    pub(super) from_history: bool,
    /// Whether it leaves now and then by itself.
    pub(super) leaves: bool,
}

struct Watching {
    plan: Plan,
    random: Rng,
    replicas: Vec<QueryServiceClient<Channel>>,
    quiet: Quiet,
    resume_token: Option<String>,
    seen: Watcher,
}

/// Watches until it has been told everything that there is when all is quiet.
pub(super) async fn watch(
    plan: Plan,
    random: Rng,
    replicas: Vec<QueryServiceClient<Channel>>,
    quiet: Quiet,
) -> Watcher {
    let seen = Watcher {
        name: plan.name.clone(),
        filter: plan.filter.clone(),
        start: Start::History,
        told: Vec::new(),
        complete: false,
        refusals: Vec::new(),
    };
    let mut watching = Watching {
        plan,
        random,
        replicas,
        quiet,
        resume_token: None,
        seen,
    };
    while !watching.seen.complete && watching.seen.refusals.is_empty() && !watching.out_of_patience() {
        watching.connect_and_follow().await;
        sleep(Duration::from_millis(watching.random.u64(50..500))).await;
    }
    watching.seen
}

impl Watching {
    fn out_of_patience(&self) -> bool {
        let quiet = *self.quiet.borrow();
        quiet.is_some_and(|(_, since)| since.elapsed() > PATIENCE)
    }

    /// One connection.
    async fn connect_and_follow(&mut self) {
        let replica = self.random.usize(0..self.replicas.len());
        let mut client = self.replicas[replica].clone();
        let request = self.request();
        let mut events = match timeout(SILENCE, client.watch_articles(request)).await {
            Ok(Ok(events)) => events.into_inner(),
            Ok(Err(status)) => return self.note(&status),
            Err(_) => return,
        };
        loop {
            match timeout(SILENCE, events.message()).await {
                Ok(Ok(Some(response))) => self.take(response),
                Ok(Err(status)) => return self.note(&status),
                Ok(Ok(None)) | Err(_) => return,
            }
            let leaves = self.plan.leaves && self.random.u16(0..300) == 0;
            if self.seen.complete || leaves || self.out_of_patience() {
                return;
            }
        }
    }

    fn request(&self) -> WatchArticlesRequest {
        let filter = match &self.plan.filter {
            Filter::Everything => None,
            Filter::Source(source) => Some(ArticleFilter {
                sources: vec![source.clone()],
                ..ArticleFilter::default()
            }),
            Filter::Section(section) => Some(ArticleFilter {
                sections: vec![section.clone()],
                ..ArticleFilter::default()
            }),
        };
        let beginning = || request::Start::Since(prost_types::Timestamp::default());
        let start = match &self.resume_token {
            Some(token) => Some(request::Start::ResumeToken(token.clone())),
            None => self.plan.from_history.then(beginning),
        };
        WatchArticlesRequest { filter, start }
    }

    fn take(&mut self, response: WatchArticlesResponse) {
        if self.resume_token.is_none() && !self.plan.from_history {
            self.seen.start = Start::Live(Timestamp::now().as_nanosecond());
        }
        self.resume_token = Some(response.resume_token);
        match response.event {
            Some(Event::Change(change)) => self.seen.told.extend(told(change)),
            Some(Event::Checkpoint(checkpoint)) => {
                let read_until = checkpoint.read_until.unwrap_or_default();
                let read_until =
                    i128::from(read_until.seconds) * 1_000_000_000 + i128::from(read_until.nanos);
                let quiet = *self.quiet.borrow();
                self.seen.complete =
                    checkpoint.live && quiet.is_some_and(|(at, _)| read_until >= at.as_nanosecond());
            }
            None => (),
        }
    }

    /// An error with a reason that is not documented as passing is no reason to come back.
    fn note(&mut self, status: &Status) {
        let details = status.get_error_details();
        if let Some(info) = details.error_info()
            && status.code() != Code::Unavailable
        {
            self.seen.refusals.push(info.reason.clone());
        }
    }
}

fn told(change: ArticleChange) -> Option<Told> {
    let kind = match change.kind() {
        ArticleChangeKind::Published => Change::Published,
        ArticleChangeKind::Corrected => Change::Corrected,
        ArticleChangeKind::Retagged => Change::Retagged,
        ArticleChangeKind::Withdrawn => Change::Withdrawn,
        ArticleChangeKind::Unmatched => Change::Unmatched,
        ArticleChangeKind::Unspecified => return None,
    };
    let tagged = change.tagged_article?;
    let article = tagged.article?;
    let tagger = tagged
        .tagger_version
        .map(|version| (version.engine, version.dictionary));
    Some(Told {
        kind,
        article: article.article_id,
        revision: article.revision,
        tagger,
    })
}
