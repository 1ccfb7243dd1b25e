//! What a query replica answers against ARTICLES.

use std::collections::BTreeMap;

use super::{Facts, Fault, Findings};
use crate::chaos::history::{Content, Found, Index, Indexed, Revision};

/// The last revision is shown, and found once; earlier ones can be got; nothing of a retracted article is left.
pub(super) fn check(index: &Index, facts: &Facts<'_>, findings: &mut Findings) {
    for (article, revisions) in &facts.articles {
        let Some(last) = revisions.iter().max_by_key(|revision| revision.revision) else {
            continue;
        };
        let unknown = Indexed::default();
        let indexed = index.articles.get(*article).unwrap_or(&unknown);
        let mut check_one = |asked: &str, found: &Found, expected: &Revision| {
            let expected = match (&last.content, &expected.content) {
                (Some(_), Some(content)) => Some((expected.revision, content)),
                _ => None,
            };
            if let Some((fault, problem)) = problem_of(found, expected) {
                findings.add(fault, format!("{}: {article} {asked}: {problem}", index.name));
            }
        };
        check_one("now", &indexed.current, last);
        for revision in revisions {
            let found = indexed.revisions.get(&revision.revision);
            check_one(
                &format!("revision {}", revision.revision),
                found.unwrap_or(&Found::Missing),
                revision,
            );
        }
        match (&last.content, indexed.hits) {
            (None, _) | (Some(_), Some(1)) => (),
            (Some(_), None | Some(0)) => {
                findings.add(
                    Fault::Lost,
                    format!("{}: {article} is not found by its word", index.name),
                );
            }
            (Some(_), Some(hits)) => {
                let what = format!("{}: {article} is found {hits} times by its word", index.name);
                findings.add(Fault::Duplicated, what);
            }
        }
    }
    check_list(index, facts, findings);
}

fn problem_of(found: &Found, expected: Option<(u32, &Content)>) -> Option<(Fault, String)> {
    match (found, expected) {
        (Found::Refused(reason), _) => Some((Fault::UnexpectedRefusal, format!("refused: {reason}"))),
        (Found::Missing, _) => Some((Fault::Lost, "is not there".to_owned())),
        (Found::Retracted, None) => None,
        (Found::Retracted, Some(_)) => Some((Fault::Altered, "is said to be retracted".to_owned())),
        (Found::Content(..), None) => Some((Fault::Reordered, "is shown though retracted".to_owned())),
        (Found::Content(revision, content), Some((wanted, sent))) => {
            if *revision < wanted {
                Some((Fault::Reordered, format!("is revision {revision}, not {wanted}")))
            } else if *revision > wanted || content != sent {
                Some((Fault::Altered, format!("is not what revision {wanted} was")))
            } else {
                None
            }
        }
    }
}

/// A search for everything finds each visible article once, at its last revision.
fn check_list(index: &Index, facts: &Facts<'_>, findings: &mut Findings) {
    let mut listed: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (article, revision) in &index.listed {
        listed.entry(article).or_default().push(*revision);
    }
    for (article, revisions) in &facts.articles {
        let last = revisions.iter().max_by_key(|revision| revision.revision);
        let wanted = last
            .filter(|last| last.content.is_some())
            .map(|last| last.revision);
        let found = listed.remove(article).unwrap_or_default();
        let what = |problem: &str| format!("{}: {article} {problem} in the list of all", index.name);
        match (wanted, found.as_slice()) {
            (None, []) => (),
            (Some(wanted), [found]) if wanted == *found => (),
            (Some(_), []) => findings.add(Fault::Lost, what("is not")),
            (_, [_]) => findings.add(Fault::Reordered, what("is an old revision")),
            (_, _) => findings.add(Fault::Duplicated, what("is more than once")),
        }
    }
    for article in listed.keys() {
        findings.add(
            Fault::Altered,
            format!("{}: {article} is listed and not on ARTICLES", index.name),
        );
    }
}
