//! Compares what was acknowledged with what is there: pure, from a recorded history.
//!
//! An operation without answer may or may not have been carried out; one that was answered has been, once. What the
//! senders do keeps this decidable: no content is sent twice but as a repetition, and nothing is sent as CORRECTED, by
//! which a sender may bring an earlier content back on purpose.

mod index;
mod log;
mod replies;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use super::history::{Content, History, Request, Revision};

/// What must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Something acknowledged is not there.
    Lost,
    /// Something is there twice.
    Duplicated,
    /// Something older took the place of something newer.
    Reordered,
    /// A watcher was not told something.
    WatcherGap,
    /// A watcher was told something twice.
    WatcherRepeat,
    /// Something was refused without a reason that holds.
    UnexpectedRefusal,
    /// Something differs from what was sent, or nobody sent it.
    Altered,
}

impl Fault {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Duplicated,
        Self::Reordered,
        Self::WatcherGap,
        Self::WatcherRepeat,
        Self::UnexpectedRefusal,
        Self::Altered,
    ];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Reordered => "reordered",
            Self::WatcherGap => "watcher gaps",
            Self::WatcherRepeat => "watcher repeats",
            Self::UnexpectedRefusal => "unexpected refusals",
            Self::Altered => "altered",
        }
    }
}

/// What the checker found, each in words.
#[derive(Clone, Debug, Default)]
pub struct Findings(BTreeMap<Fault, Vec<String>>);

impl Findings {
    /// How often a fault was found.
    pub fn count(&self, fault: Fault) -> usize {
        self.of(fault).len()
    }

    /// What was found of a fault.
    pub fn of(&self, fault: Fault) -> &[String] {
        self.0.get(&fault).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, fault: Fault, what: String) {
        self.0.entry(fault).or_default().push(what);
    }
}

/// ARTICLES by article, in its order, and who sent what.
struct Facts<'a> {
    articles: BTreeMap<&'a str, Vec<&'a Revision>>,
    sent: HashSet<(&'a str, &'a Content)>,
}

impl<'a> Facts<'a> {
    fn of(history: &'a History) -> Self {
        let mut articles: BTreeMap<&str, Vec<&Revision>> = BTreeMap::new();
        for revision in &history.articles {
            articles.entry(&revision.article).or_default().push(revision);
        }
        let sent = history.operations.iter().filter_map(|operation| {
            let Request::Submit(content) = &operation.request else {
                return None;
            };
            Some((operation.article.as_str(), content))
        });
        Self {
            articles,
            sent: sent.collect(),
        }
    }

    fn of_article(&self, article: &str) -> &[&'a Revision] {
        self.articles.get(article).map_or(&[], Vec::as_slice)
    }
}

/// Checks a history.
pub fn check(history: &History) -> Findings {
    let facts = Facts::of(history);
    let mut findings = Findings::default();
    log::check_articles(&facts, &mut findings);
    log::check_tagged(history, &mut findings);
    replies::check(history, &facts, &mut findings);
    for index in &history.indexes {
        index::check(index, &facts, &mut findings);
    }
    for watcher in &history.watchers {
        watch::check(watcher, &history.tagged, &mut findings);
    }
    findings
}
