//! The logs by themselves: the revisions of an article are 1, 2, 3 in this order, and each has one outcome.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Facts, Fault, Findings};
use crate::chaos::history::{History, Revision, Tagged};

/// ARTICLES: revisions without hole and repetition, each content once, nothing after a retraction, nothing unasked.
pub(super) fn check_articles(facts: &Facts<'_>, findings: &mut Findings) {
    for (article, revisions) in &facts.articles {
        let mut contents = HashSet::new();
        let mut last: Option<&Revision> = None;
        for revision in revisions {
            let number = revision.revision;
            let previous = last.map_or(0, |last| last.revision);
            let what = |problem: &str| format!("ARTICLES: {article} revision {number} {problem}");
            if number == previous {
                findings.add(Fault::Duplicated, what("is stored twice"));
            } else if number < previous {
                findings.add(
                    Fault::Reordered,
                    what(&format!("stands behind revision {previous}")),
                );
            } else if number > previous + 1 {
                findings.add(Fault::Lost, what(&format!("follows revision {previous}")));
            }
            if last.is_some_and(|last| last.content.is_none()) {
                findings.add(Fault::Reordered, what("stands behind a retraction"));
            }
            if let Some(content) = &revision.content {
                if !facts.sent.contains(&(*article, content)) {
                    findings.add(Fault::Altered, what("has a content that nobody sent"));
                }
                if !contents.insert(content) {
                    findings.add(Fault::Duplicated, what("has a content that was stored before"));
                }
            }
            last = Some(revision);
        }
    }
}

/// TAGGED and DEAD_LETTERS: one outcome for each revision and tagger version. In which order the revisions of an article
/// come there is no matter: readers and watchers go by their numbers.
pub(super) fn check_tagged(history: &History, findings: &mut Findings) {
    let revisions: HashMap<(&str, u32), &Revision> = history
        .articles
        .iter()
        .map(|revision| ((revision.article.as_str(), revision.revision), revision))
        .collect();
    let mut outcomes: BTreeMap<(&str, u32), Vec<&Tagged>> = BTreeMap::new();
    for tagged in &history.tagged {
        let key = (tagged.article.as_str(), tagged.revision);
        let what = |problem: &str| {
            format!(
                "TAGGED: {} revision {} {problem}",
                tagged.article, tagged.revision
            )
        };
        match revisions.get(&key) {
            None => findings.add(Fault::Altered, what("is not on ARTICLES")),
            Some(revision) if revision.content != tagged.content => {
                findings.add(Fault::Altered, what("differs from ARTICLES"));
            }
            Some(_) => (),
        }
        let others = outcomes.entry(key).or_default();
        if others.iter().any(|other| other.tagger == tagged.tagger) {
            findings.add(Fault::Duplicated, what("has two outcomes"));
        }
        others.push(tagged);
    }
    for (article, revision) in &history.dead_letters {
        let has_outcome = outcomes.contains_key(&(article.as_str(), *revision));
        if has_outcome {
            let what = format!("DEAD_LETTERS: {article} revision {revision} is tagged as well");
            findings.add(Fault::Duplicated, what);
        }
    }
    for (article, revision) in revisions.keys() {
        if !outcomes.contains_key(&(article, *revision)) {
            let what = format!("TAGGED: {article} revision {revision} has no outcome");
            findings.add(Fault::Lost, what);
        }
    }
}
