//! Several writers on one article: two replicas of the service over one log, and many calls at once.

use std::collections::BTreeSet;

use gisa_proto::ingest::v1::IngestOutcome::{Corrected, Created, Unchanged};
use tonic::Code;

use crate::{
    faulty_log::Fault,
    service::{TestLog, ingest, submission, what, why},
};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replicas_with_the_same_article_exactly_one_creates_it() {
    let log = TestLog::open().await;
    let (one, other) = (log.serve().await, log.serve().await);
    let (one, other) = (one.client().await, other.client().await);
    for round in 0..100 {
        let article = submission(&format!("article-{round}"), "1");
        let (first, second) = tokio::join!(ingest(&one, article.clone()), ingest(&other, article));
        let (first, second) = (first.unwrap(), second.unwrap());
        let mut outcomes = [what(&first), what(&second)];
        outcomes.sort();
        assert_eq!(outcomes, [(Created, 1), (Unchanged, 1)], "round {round}");
        assert_eq!(first.write_token, second.write_token);
    }
    assert_eq!(log.revisions().await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn different_corrections_at_once_become_revisions_one_after_the_other() {
    let log = TestLog::open().await;
    let (one, other) = (log.serve().await, log.serve().await);
    let (one, other) = (one.client().await, other.client().await);
    for round in 0..50 {
        let id = format!("article-{round}");
        ingest(&one, submission(&id, "first")).await.unwrap();
        let (left, right) = (submission(&id, "left"), submission(&id, "right"));
        let (left, right) = tokio::join!(ingest(&one, left), ingest(&other, right));
        let outcomes = BTreeSet::from([what(&left.unwrap()), what(&right.unwrap())]);
        assert_eq!(
            outcomes,
            BTreeSet::from([(Corrected, 2), (Corrected, 3)]),
            "round {round}"
        );
    }
}

#[tokio::test]
async fn conflicts_are_decided_again_but_not_for_ever() {
    let log = TestLog::open().await;
    let service = log.serve().await;
    let client = service.client().await;
    log.log.fail_appends(Fault::Conflict, 3);
    assert_eq!(
        what(&ingest(&client, submission("a", "1")).await.unwrap()),
        (Created, 1)
    );
    assert_eq!(log.log.appends(), 4);

    log.log.fail_appends(Fault::Conflict, usize::MAX);
    let refused = ingest(&client, submission("b", "1")).await.unwrap_err();
    assert_eq!(why(&refused), (Code::Aborted, "CONCURRENT_CHANGE".into()));
    assert_eq!(log.log.appends(), 4 + 16);
    assert!(log.newest("b").await.is_none());
}
