//! Tests of the decision: each rule, and laws over random sequences of operations.

mod interleavings;

use proptest::prelude::*;

use super::*;

/// The record of one article, as the log would hold it.
#[derive(Debug, Default)]
struct Record {
    current: Option<ArticleRevised>,
    clock: i64,
}

impl Record {
    fn apply(&mut self, operation: &Operation) -> Decision {
        self.clock += 1;
        let now = Timestamp::from_second(1_800_000_000 + self.clock).unwrap();
        let decision = decide(self.current.as_ref(), operation, now);
        if let Decision::Append { event, .. } = &decision {
            self.current = Some((**event).clone());
        }
        decision
    }

    fn submit(&mut self, content: &str, state: RequestedState) -> (Outcome, u32, PublicationState) {
        self.outcome_of(&submit(content, state))
    }

    fn retract(&mut self) -> (Outcome, u32, PublicationState) {
        self.outcome_of(&retraction())
    }

    /// Outcome, and revision and state that are then current.
    fn outcome_of(&mut self, operation: &Operation) -> (Outcome, u32, PublicationState) {
        let outcome = match self.apply(operation) {
            Decision::Unchanged { revision } => {
                assert_eq!(revision, self.article().revision);
                Outcome::Unchanged
            }
            Decision::Append { outcome, .. } => outcome,
            Decision::Refuse(refusal) => panic!("refused: {refusal:?}"),
        };
        (outcome, self.article().revision, self.article().state)
    }

    fn article(&self) -> &Article {
        &self.current.as_ref().unwrap().article
    }
}

fn published() -> ZonedTime {
    ZonedTime::in_korea(Timestamp::from_second(1_790_000_000).unwrap())
}

fn submission(content: &str, state: RequestedState) -> Submission {
    Submission {
        article_id: ArticleId::parse("a").unwrap(),
        source: "한강일보".into(),
        external_id: String::new(),
        url: String::new(),
        section: String::new(),
        title: content.into(),
        subtitle: String::new(),
        body: "본문".into(),
        authors: vec![Author {
            name: "김기자".into(),
            email: String::new(),
        }],
        language: "ko".into(),
        published_at: Some(published()),
        state,
        state_reason: String::new(),
        copyright: String::new(),
    }
}

fn submit(content: &str, state: RequestedState) -> Operation {
    Operation::Submit(Box::new(submission(content, state)))
}

fn retraction() -> Operation {
    Operation::Retract(Retraction {
        article_id: ArticleId::parse("a").unwrap(),
        reason: "오보".into(),
    })
}

use Outcome::{Corrected as Revised, Created, Retracted as Withdrawn, Unchanged};
use PublicationState as Stored;
use RequestedState::{Corrected, Usable, Withheld};

#[test]
fn new_same_changed_and_replayed() {
    let mut record = Record::default();
    assert_eq!(record.submit("1", Usable), (Created, 1, Stored::Usable));
    assert_eq!(record.submit("1", Usable), (Unchanged, 1, Stored::Usable));
    assert_eq!(record.submit("2", Usable), (Revised, 2, Stored::Corrected));
    assert_eq!(record.submit("1", Usable), (Unchanged, 2, Stored::Corrected));
    assert_eq!(record.article().title, "2");
    assert_eq!(record.submit("2", Corrected), (Unchanged, 2, Stored::Corrected));
    assert_eq!(record.submit("1", Corrected), (Revised, 3, Stored::Corrected));
    assert_eq!(record.article().title, "1");
    assert_eq!(record.submit("2", Usable), (Unchanged, 3, Stored::Corrected));
    assert_eq!(record.submit("1", Usable), (Unchanged, 3, Stored::Corrected));
}

#[test]
fn a_first_copy_keeps_the_state_it_comes_with() {
    assert_eq!(
        Record::default().submit("1", Corrected),
        (Created, 1, Stored::Corrected)
    );
    assert_eq!(
        Record::default().submit("1", Withheld),
        (Created, 1, Stored::Withheld)
    );
}

#[test]
fn a_withheld_article_is_not_brought_back_by_a_late_copy() {
    let mut record = Record::default();
    record.submit("1", Usable);
    assert_eq!(record.submit("1", Withheld), (Revised, 2, Stored::Withheld));
    assert_eq!(record.submit("1", Withheld), (Unchanged, 2, Stored::Withheld));
    assert_eq!(record.submit("1", Usable), (Unchanged, 2, Stored::Withheld));
    assert_eq!(record.submit("1", Corrected), (Revised, 3, Stored::Corrected));
    assert_eq!(record.submit("2", Withheld), (Revised, 4, Stored::Withheld));
    assert_eq!(record.submit("3", Usable), (Revised, 5, Stored::Corrected));
}

#[test]
fn content_that_was_only_withheld_is_released_as_it_is() {
    let mut record = Record::default();
    record.submit("1", Withheld);
    assert_eq!(record.submit("1", Usable), (Revised, 2, Stored::Usable));

    let mut record = Record::default();
    record.submit("1", Usable);
    record.submit("2", Withheld);
    assert_eq!(record.submit("2", Usable), (Revised, 3, Stored::Corrected));
}

#[test]
fn a_retraction_is_final_and_leaves_no_text() {
    let mut record = Record::default();
    assert_eq!(record.apply(&retraction()), Decision::Refuse(Refusal::NotFound));
    record.submit("1", Usable);
    assert_eq!(record.retract(), (Withdrawn, 2, Stored::Retracted));
    assert_eq!(record.retract(), (Unchanged, 2, Stored::Retracted));
    for state in [Usable, Corrected, Withheld] {
        assert_eq!(
            record.apply(&submit("1", state)),
            Decision::Refuse(Refusal::Retracted { revision: 2 })
        );
    }

    let article = record.article();
    assert_eq!(
        (
            article.title.as_str(),
            article.body.as_str(),
            article.authors.len()
        ),
        ("", "", 0)
    );
    assert_eq!(
        (article.source.as_str(), article.state_reason.as_str()),
        ("한강일보", "오보")
    );
    assert_eq!(article.content_hash, article.compute_content_hash());
}

#[test]
fn an_absent_publication_time_is_that_of_acceptance_then_that_on_record() {
    let without_time = |content: &str| {
        Operation::Submit(Box::new(Submission {
            published_at: None,
            ..submission(content, Usable)
        }))
    };
    let mut record = Record::default();
    assert_eq!(record.outcome_of(&without_time("1")).0, Created);
    let first = record.article().published_at;
    assert_eq!(first.instant, record.current.as_ref().unwrap().accepted_at);
    assert_eq!(first.utc_offset_seconds, ZonedTime::KOREA_OFFSET_SECONDS);
    assert_eq!(record.outcome_of(&without_time("1")).0, Unchanged);
    assert_eq!(record.outcome_of(&without_time("2")).0, Revised);
    assert_eq!(record.article().published_at, first);
    assert_eq!(record.outcome_of(&without_time("1")).0, Unchanged);
}

#[test]
fn the_newest_64_contents_are_remembered_each_once() {
    let mut record = Record::default();
    for number in 0..=MAX_SUPERSEDED_HASHES + 1 {
        record.submit(&number.to_string(), Usable);
    }
    let revision = record.article().revision;
    assert_eq!(
        record.submit("1", Usable),
        (Unchanged, revision, Stored::Corrected)
    );
    assert_eq!(
        record.submit("0", Usable),
        (Revised, revision + 1, Stored::Corrected)
    );

    let mut record = Record::default();
    record.submit("old", Usable);
    for _ in 0..100 {
        record.submit("new", Withheld);
        record.submit("new", Corrected);
    }
    assert_eq!(record.current.as_ref().unwrap().superseded_hashes.len(), 2);
    assert_eq!(record.submit("old", Usable).0, Unchanged);
}

fn operation() -> impl Strategy<Value = Operation> {
    let state = prop_oneof![4 => Just(Usable), 2 => Just(Corrected), 1 => Just(Withheld)];
    let submission = (0..6_u8, state).prop_map(|(content, state)| submit(&content.to_string(), state));
    prop_oneof![20 => submission, 1 => Just(retraction())]
}

proptest! {
    #[test]
    fn laws_of_any_history(operations in proptest::collection::vec(operation(), 1..60)) {
        let mut record = Record::default();
        let mut usable_copies: Vec<Operation> = Vec::new();
        for operation in operations {
            let before = record.current.clone();
            let decision = record.apply(&operation);
            let retracted = before.as_ref().is_some_and(|before| before.article.state == Stored::Retracted);

            match &decision {
                Decision::Append { event, outcome } => {
                    // Counted up by one, and never after a retraction.
                    let last = before.as_ref().map_or(0, |before| before.article.revision);
                    prop_assert_eq!(event.article.revision, last + 1);
                    prop_assert!(!retracted);
                    prop_assert_eq!(*outcome == Created, last == 0);
                    prop_assert_eq!(event.article.content_hash, event.article.compute_content_hash());
                    // What is superseded is remembered, once.
                    let hashes = &event.superseded_hashes;
                    prop_assert!(hashes.len() <= MAX_SUPERSEDED_HASHES);
                    if let Some(before) = &before {
                        prop_assert_eq!(hashes[0].as_slice(), before.article.content_hash.short());
                    }
                    let mut distinct = hashes.clone();
                    distinct.sort();
                    distinct.dedup();
                    prop_assert_eq!(distinct.len(), hashes.len());
                    // A change is a change: of content or of visibility.
                    if let Some(before) = &before {
                        prop_assert!(
                            before.article.content_hash != event.article.content_hash
                                || before.article.state.visible() != event.article.state.visible()
                        );
                    }
                }
                Decision::Unchanged { revision } => {
                    prop_assert_eq!(Some(*revision), before.map(|before| before.article.revision));
                }
                Decision::Refuse(Refusal::Retracted { .. }) => prop_assert!(retracted),
                Decision::Refuse(Refusal::NotFound) => prop_assert!(before.is_none()),
            }

            // The same again changes nothing.
            if !matches!(decision, Decision::Refuse(_)) {
                let again = record.apply(&operation);
                prop_assert!(matches!(again, Decision::Unchanged { .. }), "{:?}", again);
            }

            // Nor does a late copy of anything that was usable once.
            if matches!(&operation, Operation::Submit(submission) if submission.state == Usable)
                && !matches!(decision, Decision::Refuse(_))
            {
                usable_copies.push(operation);
            }
            let final_now = record.current.as_ref().is_some_and(|current| current.article.state == Stored::Retracted);
            for copy in &usable_copies {
                let replayed = record.apply(copy);
                if final_now {
                    prop_assert!(matches!(replayed, Decision::Refuse(Refusal::Retracted { .. })), "{:?}", replayed);
                } else {
                    prop_assert!(matches!(replayed, Decision::Unchanged { .. }), "{:?}", replayed);
                }
            }
        }
    }
}
