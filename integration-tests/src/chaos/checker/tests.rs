//! Each fault, put into a good history by hand, is found and counted under its name.

use std::time::Duration;

use super::{Fault, check};
use crate::chaos::history::{
    Answer, Answered, Change, Content, Filter, Found, History, Index, Indexed, Operation, Outcome, Request,
    Revision, Start, Tagged, Told, Watcher,
};

const TAGGER: (u32, u64) = (7, 0);

fn content(version: u32) -> Content {
    Content {
        source: "s".to_owned(),
        section: if version == 2 { "경제" } else { "정치" }.to_owned(),
        title: format!("제목 {version}"),
        body: format!("본문 {version}"),
    }
}

fn operation(article: &str, request: Request, at: u64, outcome: Outcome, revision: u32) -> Operation {
    Operation {
        article: article.to_owned(),
        request,
        sent_at: Duration::from_secs(at),
        answered: Some(Answered {
            at: Duration::from_millis(at * 1000 + 500),
            answer: Answer::Accepted { outcome, revision },
        }),
    }
}

fn revision(article: &str, revision: u32, content: Option<Content>) -> Revision {
    Revision {
        article: article.to_owned(),
        revision,
        content,
    }
}

fn told(kind: Change, article: &str, revision: u32) -> Told {
    Told {
        kind,
        article: article.to_owned(),
        revision,
        tagger: (kind != Change::Withdrawn && kind != Change::Unmatched).then_some(TAGGER),
    }
}

fn watcher(filter: Filter, start: Start, told: Vec<Told>) -> Watcher {
    Watcher {
        name: "w".to_owned(),
        filter,
        start,
        told,
        complete: true,
        refusals: Vec::new(),
    }
}

/// Article `a` is created, repeated and corrected; `b` is created and retracted.
fn good() -> History {
    let submit = |version| Request::Submit(content(version));
    let operations = vec![
        operation("a", submit(1), 1, Outcome::Created, 1),
        operation("a", submit(1), 2, Outcome::Unchanged, 1),
        operation("a", submit(2), 3, Outcome::Corrected, 2),
        operation("b", submit(3), 1, Outcome::Created, 1),
        operation("b", Request::Retract, 2, Outcome::Retracted, 2),
    ];
    let articles = vec![
        revision("a", 1, Some(content(1))),
        revision("b", 1, Some(content(3))),
        revision("a", 2, Some(content(2))),
        revision("b", 2, None),
    ];
    let tagged: Vec<Tagged> = articles
        .iter()
        .zip(1..)
        .map(|(revision, appended_at)| Tagged {
            article: revision.article.clone(),
            revision: revision.revision,
            tagger: TAGGER,
            content: revision.content.clone(),
            appended_at,
        })
        .collect();
    let a = Indexed {
        current: Found::Content(2, content(2)),
        revisions: [
            (1, Found::Content(1, content(1))),
            (2, Found::Content(2, content(2))),
        ]
        .into(),
        hits: Some(1),
    };
    let b = Indexed {
        current: Found::Retracted,
        revisions: [(1, Found::Retracted), (2, Found::Retracted)].into(),
        hits: None,
    };
    let index = Index {
        name: "query-0".to_owned(),
        articles: [("a".to_owned(), a), ("b".to_owned(), b)].into(),
        listed: vec![("a".to_owned(), 2)],
    };
    let everything = vec![
        told(Change::Published, "a", 1),
        told(Change::Published, "b", 1),
        told(Change::Corrected, "a", 2),
        told(Change::Withdrawn, "b", 2),
    ];
    let politics = vec![
        told(Change::Published, "a", 1),
        told(Change::Published, "b", 1),
        told(Change::Unmatched, "a", 2),
        told(Change::Withdrawn, "b", 2),
    ];
    let watchers = vec![
        watcher(Filter::Everything, Start::History, everything.clone()),
        watcher(Filter::Everything, Start::Live(2), everything[2..].to_vec()),
        watcher(Filter::Section("정치".to_owned()), Start::History, politics),
        watcher(Filter::Source("other".to_owned()), Start::History, Vec::new()),
    ];
    History {
        operations,
        articles,
        tagged,
        dead_letters: Vec::new(),
        indexes: vec![index],
        watchers,
    }
}

/// A way to spoil a history.
type Spoil = fn(&mut History);

fn answer(history: &mut History, operation: usize, answer: Answer) {
    let answered = history.operations[operation].answered.as_mut();
    answered.expect("an answer").answer = answer;
}

fn indexed<'a>(history: &'a mut History, article: &str) -> &'a mut Indexed {
    let article = history.indexes[0].articles.get_mut(article);
    article.expect("the article")
}

#[test]
fn a_good_history_is_clean() {
    let findings = check(&good());
    assert!(findings.is_clean(), "{findings:?}");
}

#[test]
fn what_is_unknown_is_no_fault() {
    // Another order on TAGGED: the retraction overtakes what it retracts, so nobody ever sees the article.
    let mut history = good();
    history.tagged.swap(1, 3);
    for watcher in &mut history.watchers {
        watcher.told.retain(|told| told.article != "b");
    }
    let findings = check(&history);
    assert!(findings.is_clean(), "{findings:?}");

    // An article that is refused because another sender has retracted it.
    let mut history = good();
    let mut late = operation("b", Request::Submit(content(4)), 3, Outcome::Corrected, 3);
    late.answered.as_mut().expect("an answer").answer = Answer::Refused("ARTICLE_RETRACTED".to_owned());
    history.operations.push(late);
    let findings = check(&history);
    assert!(findings.is_clean(), "{findings:?}");
}

#[test]
fn each_fault_is_found() {
    use Fault::{Altered, Duplicated, Lost, Reordered, UnexpectedRefusal, WatcherGap, WatcherRepeat};
    let faults: [(&str, Fault, Spoil); 29] = [
        ("an acknowledged correction is not stored", Lost, |history| {
            history.articles.remove(2);
        }),
        ("an acknowledged article is not stored", Lost, |history| {
            history.articles.retain(|revision| revision.article != "b");
        }),
        ("a hole in the revisions", Lost, |history| {
            history.articles.remove(0);
        }),
        ("an acknowledged content is not stored", Lost, |history| {
            history.articles[2].content = Some(content(9));
        }),
        ("unchanged, but never stored", Lost, |history| {
            history.operations[1].request = Request::Submit(content(8));
        }),
        ("a revision is never tagged", Lost, |history| {
            history.tagged.remove(1);
        }),
        ("a revision is in the dead letters instead", Lost, |history| {
            history.tagged.remove(1);
            history.dead_letters.push(("b".to_owned(), 1));
        }),
        ("the index does not know an article", Lost, |history| {
            history.indexes[0].articles.remove("a");
        }),
        ("the index does not know an earlier revision", Lost, |history| {
            indexed(history, "a").revisions.remove(&1);
        }),
        ("an article is not found by its word", Lost, |history| {
            indexed(history, "a").hits = Some(0);
        }),
        ("an article is not listed", Lost, |history| {
            history.indexes[0].listed.clear();
        }),
        ("a revision is stored twice", Duplicated, |history| {
            let again = history.articles[2].clone();
            history.articles.push(again);
        }),
        ("a repetition is stored as a revision", Duplicated, |history| {
            history.articles.push(revision("a", 3, Some(content(2))));
        }),
        ("a revision has two outcomes", Duplicated, |history| {
            let again = history.tagged[0].clone();
            history.tagged.push(again);
        }),
        ("a revision is tagged and dead-lettered", Duplicated, |history| {
            history.dead_letters.push(("a".to_owned(), 1));
        }),
        ("a search finds an article twice", Duplicated, |history| {
            indexed(history, "a").hits = Some(2);
        }),
        ("an article is listed twice", Duplicated, |history| {
            history.indexes[0].listed.push(("a".to_owned(), 1));
        }),
        ("revisions stand in the wrong order", Reordered, |history| {
            history.articles.swap(0, 2);
        }),
        ("a correction comes behind the retraction", Reordered, |history| {
            history.operations.push(operation(
                "b",
                Request::Submit(content(5)),
                9,
                Outcome::Corrected,
                3,
            ));
            history.articles.push(revision("b", 3, Some(content(5))));
        }),
        ("an answer is older than one before", Reordered, |history| {
            let outcome = Outcome::Unchanged;
            history
                .operations
                .push(operation("a", Request::Submit(content(1)), 9, outcome, 1));
        }),
        ("the index shows the earlier revision", Reordered, |history| {
            indexed(history, "a").current = Found::Content(1, content(1));
        }),
        ("the index shows what is retracted", Reordered, |history| {
            indexed(history, "b").current = Found::Content(1, content(3));
        }),
        (
            "a watcher hears of changes in the wrong order",
            Reordered,
            |history| {
                history.watchers[0].told.swap(0, 2);
            },
        ),
        ("a watcher misses a change", WatcherGap, |history| {
            history.watchers[0].told.remove(1);
        }),
        ("a live watcher misses a change", WatcherGap, |history| {
            history.watchers[1].told.remove(0);
        }),
        ("a watcher hears of a change twice", WatcherRepeat, |history| {
            let again = history.watchers[2].told[0].clone();
            history.watchers[2].told.push(again);
        }),
        (
            "an operation is refused for nothing",
            UnexpectedRefusal,
            |history| {
                answer(history, 2, Answer::Refused("ARTICLE_RETRACTED".to_owned()));
            },
        ),
        (
            "a watcher is told of what it did not ask for",
            Altered,
            |history| {
                history.watchers[3].told.push(told(Change::Published, "a", 1));
            },
        ),
        ("the outcome has another text", Altered, |history| {
            history.tagged[0].content = Some(content(6));
        }),
    ];
    for (what, fault, spoil) in faults {
        let mut history = good();
        spoil(&mut history);
        let findings = check(&history);
        assert!(findings.count(fault) > 0, "{what}: {findings:?}");
    }
}

#[test]
fn never_answered_and_never_complete_are_found() {
    let mut history = good();
    history.operations[4].answered = None;
    assert_eq!(check(&history).count(Fault::UnexpectedRefusal), 1);

    let mut history = good();
    history.watchers[3].complete = false;
    assert_eq!(check(&history).count(Fault::WatcherGap), 1);

    let mut history = good();
    history.watchers[3].refusals.push("LOG_REPLACED".to_owned());
    indexed(&mut history, "a").current = Found::Refused("INTERNAL".to_owned());
    assert_eq!(check(&history).count(Fault::UnexpectedRefusal), 2);
}
