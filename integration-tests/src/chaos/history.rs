//! What a chaos run has seen, recorded so that the checker needs nothing else.

use std::{collections::BTreeMap, time::Duration};

/// Everything that was asked, answered, stored and told.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What the senders asked for.
    pub operations: Vec<Operation>,
    /// ARTICLES at the end, in its order.
    pub articles: Vec<Revision>,
    /// TAGGED at the end, in its order.
    pub tagged: Vec<Tagged>,
    /// What DEAD_LETTERS holds at the end: article and revision.
    pub dead_letters: Vec<(String, u32)>,
    /// What each query replica answers at the end.
    pub indexes: Vec<Index>,
    /// What each watcher was told, from its first connection to its last.
    pub watchers: Vec<Watcher>,
}

/// What a sender gives of an article and gets back unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// Publisher.
    pub source: String,
    /// Section.
    pub section: String,
    /// Headline; carries a word that no other content has.
    pub title: String,
    /// Text.
    pub body: String,
}

/// One operation of a sender, with all its attempts.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The article that it is about.
    pub article: String,
    /// What it asks for.
    pub request: Request,
    /// Before its first attempt; time since the start of the run.
    pub sent_at: Duration,
    /// The first answer that is one: `None` if no attempt got any, so that nobody knows whether it was carried out.
    pub answered: Option<Answered>,
}

/// What an operation asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Accept this content; new, a correction or a repetition, as it turns out.
    Submit(Content),
    /// Retract the article.
    Retract,
}

/// An answer and when it came.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Time since the start of the run.
    pub at: Duration,
    /// The answer.
    pub answer: Answer,
}

/// What ingest answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is durable.
    Accepted {
        /// What it was.
        outcome: Outcome,
        /// The revision that is now current.
        revision: u32,
    },
    /// It was refused for good: the reason of its ErrorInfo, or its gRPC code.
    Refused(String),
}

/// What an accepted operation was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The first revision.
    Created,
    /// Nothing was written.
    Unchanged,
    /// A further revision.
    Corrected,
    /// The last revision.
    Retracted,
}

/// A record of ARTICLES.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The article.
    pub article: String,
    /// Number of the revision.
    pub revision: u32,
    /// Its content; `None` if it is a retraction.
    pub content: Option<Content>,
}

/// A record of TAGGED.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// The article.
    pub article: String,
    /// Number of the revision.
    pub revision: u32,
    /// Engine and dictionary that tagged it.
    pub tagger: (u32, u64),
    /// Its content; `None` if it is a retraction.
    pub content: Option<Content>,
    /// When it reached the log; nanoseconds since the epoch.
    pub appended_at: i128,
}

/// What a query replica answers.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The replica.
    pub name: String,
    /// Every article of ARTICLES.
    pub articles: BTreeMap<String, Indexed>,
    /// All pages of a search for everything: articles with their revision.
    pub listed: Vec<(String, u32)>,
}

/// What a query replica answers about one article.
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    /// Without a revision.
    pub current: Found,
    /// By revision.
    pub revisions: BTreeMap<u32, Found>,
    /// Hits of a search for the word that only its last content has; `None` if it is retracted.
    pub hits: Option<u64>,
}

/// The answer to a question for an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// There it is.
    Content(u32, Content),
    /// It is retracted.
    Retracted,
    /// There is no such article, or not this revision.
    #[default]
    Missing,
    /// The question was refused.
    Refused(String),
}

/// A watch, through all its connections.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// Name for the report.
    pub name: String,
    /// Which articles it follows.
    pub filter: Filter,
    /// Where it began.
    pub start: Start,
    /// The changes it was told, in order.
    pub told: Vec<Told>,
    /// Whether it heard at the end that it has been told everything.
    pub complete: bool,
    /// Errors that ended a connection and are no reason to come back.
    pub refusals: Vec<String>,
}

/// Which articles a watcher follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    Everything,
    /// Those of a publisher.
    Source(String),
    /// Those in a section.
    Section(String),
}

/// Where a watch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With all history.
    History,
    /// With what came after its first sign of life: at the latest with what reached the log after this time, in
    /// nanoseconds since the epoch.
    Live(i128),
}

/// A change that a watcher was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// Which kind.
    pub kind: Change,
    /// The article.
    pub article: String,
    /// Its revision.
    pub revision: u32,
    /// What tagged it; `None` if the content is not shown.
    pub tagger: Option<(u32, u64)>,
}

/// Kinds of changes, as in `gisa.query.v1.ArticleChangeKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is there now.
    Published,
    /// A further revision.
    Corrected,
    /// The same revision, tagged anew.
    Retagged,
    /// It was retracted.
    Withdrawn,
    /// It does not pass the filter any more.
    Unmatched,
}
