//! The answers of ingest against ARTICLES.

use std::collections::BTreeMap;

use super::{Facts, Fault, Findings};
use crate::chaos::history::{Answer, History, Operation, Outcome, Request};

/// Each answer is true, and later answers are not older ones.
pub(super) fn check(history: &History, facts: &Facts<'_>, findings: &mut Findings) {
    let mut by_article: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in &history.operations {
        by_article.entry(&operation.article).or_default().push(operation);
        let article = &operation.article;
        let what = |problem: String| format!("ingest: {article}: {problem}");
        match operation.answered.as_ref().map(|answered| &answered.answer) {
            None => {
                let problem = "an operation never got an answer, though all was healed";
                findings.add(Fault::UnexpectedRefusal, what(problem.to_owned()));
            }
            Some(Answer::Refused(reason)) => {
                if !may_be_refused(operation, reason, facts) {
                    findings.add(Fault::UnexpectedRefusal, what(format!("refused: {reason}")));
                }
            }
            Some(Answer::Accepted { outcome, revision }) => {
                if let Some((fault, problem)) = problem_of(operation, *outcome, *revision, facts) {
                    let answer = format!("answered {outcome:?}, revision {revision}, but {problem}");
                    findings.add(fault, what(answer));
                }
            }
        }
    }
    for operations in by_article.values() {
        check_order(operations, findings);
    }
}

/// The one refusal that the senders bring about: something for an article that is retracted.
fn may_be_refused(operation: &Operation, reason: &str, facts: &Facts<'_>) -> bool {
    let retracted = facts
        .of_article(&operation.article)
        .iter()
        .any(|revision| revision.content.is_none());
    reason == "ARTICLE_RETRACTED" && matches!(operation.request, Request::Submit(_)) && retracted
}

/// What is wrong with an answer.
fn problem_of(
    operation: &Operation,
    outcome: Outcome,
    revision: u32,
    facts: &Facts<'_>,
) -> Option<(Fault, String)> {
    let revisions = facts.of_article(&operation.article);
    let Some(stored) = revisions.iter().find(|stored| stored.revision == revision) else {
        return Some((Fault::Lost, "ARTICLES has no such revision".to_owned()));
    };
    match (&operation.request, outcome) {
        (Request::Submit(content), Outcome::Created | Outcome::Corrected) => {
            if stored.content.as_ref() != Some(content) {
                return Some((Fault::Lost, "ARTICLES has another content there".to_owned()));
            }
            let first = outcome == Outcome::Created;
            (first != (revision == 1)).then(|| (Fault::Altered, "that is not what it was".to_owned()))
        }
        (Request::Submit(content), Outcome::Unchanged) => {
            let known = revisions
                .iter()
                .any(|stored| stored.revision <= revision && stored.content.as_ref() == Some(content));
            (!known).then(|| (Fault::Lost, "ARTICLES does not have the content".to_owned()))
        }
        (Request::Retract, Outcome::Retracted | Outcome::Unchanged) => stored
            .content
            .is_some()
            .then(|| (Fault::Lost, "that is no retraction on ARTICLES".to_owned())),
        (Request::Submit(_), Outcome::Retracted) | (Request::Retract, _) => {
            Some((Fault::Altered, "that was not asked for".to_owned()))
        }
    }
}

/// What was asked after an answer had come sees at least the revision of that answer, and a newer one if it wrote.
fn check_order(operations: &[&Operation], findings: &mut Findings) {
    for later in operations {
        let Some((_, outcome, revision)) = accepted(later) else {
            continue;
        };
        let newest_before = operations
            .iter()
            .filter_map(|earlier| accepted(earlier))
            .filter(|(answered_at, _, _)| *answered_at < later.sent_at)
            .map(|(_, _, revision)| revision)
            .max()
            .unwrap_or(0);
        let least = if outcome == Outcome::Unchanged {
            newest_before
        } else {
            newest_before + 1
        };
        if revision < least {
            let what = format!(
                "ingest: {}: answered {outcome:?}, revision {revision}, after revision {newest_before} had been answered",
                later.article
            );
            findings.add(Fault::Reordered, what);
        }
    }
}

fn accepted(operation: &Operation) -> Option<(std::time::Duration, Outcome, u32)> {
    let answered = operation.answered.as_ref()?;
    match answered.answer {
        Answer::Accepted { outcome, revision } => Some((answered.at, outcome, revision)),
        Answer::Refused(_) => None,
    }
}
