//! The watch cursor against a model of a few lines: whatever is written, wherever a watch is cut off and resumed, it tells
//! each change once and in order.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use gisa_article_model::{
    EntityType::Organization,
    PublicationState::{self, Retracted, Usable, Withheld},
    TaggedArticle,
};
use gisa_proto::query::v1::{ArticleChangeKind as Kind, ArticleFilter, watch_articles_request::Start};
use gisa_query::index::Rank;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    article::{Change as _, article},
    sandbox::{Sandbox, Watching},
    watch::change,
};

type Told = (Kind, String, u32);

#[derive(Clone, Debug)]
enum Step {
    /// A record reaches the log.
    Tell {
        article: usize,
        revision: u32,
        engine: u32,
        state: PublicationState,
        matches: bool,
    },
    /// The watcher reads this many events, checkpoints included.
    Read(usize),
    /// The watch is cut off, and resumed with the token of the last event that was read.
    Resume,
    /// The index is rebuilt.
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![4 => Just(Usable), 1 => Just(Withheld), 1 => Just(Retracted)];
    prop_oneof![
        12 => (0..3_usize, 1..4_u32, 1..3_u32, state, any::<bool>()).prop_map(
            |(article, revision, engine, state, matches)| Step::Tell { article, revision, engine, state, matches }
        ),
        3 => (1..4_usize).prop_map(Step::Read),
        3 => Just(Step::Resume),
        1 => Just(Step::Rebuild),
    ]
}

fn filter() -> ArticleFilter {
    ArticleFilter {
        entity_ids: vec!["org:naver".into()],
        ..Default::default()
    }
}

fn matching(id: &str) -> TaggedArticle {
    article(id, "제목", "네이버가 말했다").mention("네이버", Organization, Some("org:naver"))
}

/// What a watcher must be told of these records.
fn expected(records: &[TaggedArticle]) -> Vec<Told> {
    let sees = |tagged: &TaggedArticle| tagged.article.state.visible() && !tagged.mentions.is_empty();
    let mut current: BTreeMap<&str, &TaggedArticle> = BTreeMap::new();
    let mut told = Vec::new();
    for record in records {
        let id = record.article.article_id.as_str();
        let before = current.get(id).copied();
        if before.is_some_and(|before| Rank::of(before) >= Rank::of(record)) {
            continue;
        }
        current.insert(id, record);
        let kind = match (before.filter(|before| sees(before)), sees(record)) {
            (None, false) => continue,
            (None, true) => Kind::Published,
            (Some(before), true) if before.article.revision == record.article.revision => Kind::Retagged,
            (Some(_), true) => Kind::Corrected,
            (Some(_), false) if record.article.state.visible() => Kind::Unmatched,
            (Some(_), false) => Kind::Withdrawn,
        };
        told.push((kind, id.to_owned(), record.article.revision));
    }
    told
}

/// A watch that is cut off and resumed.
struct Cursor {
    watching: Watching,
    token: Option<String>,
    told: Vec<Told>,
}

impl Cursor {
    /// Reads one event; false if it was the change of the article `last`.
    async fn read(&mut self, last: &str) -> bool {
        let event = self.watching.next().await.unwrap();
        self.token = Some(event.resume_token.clone());
        match change(&event) {
            Some(change) if change.1 == last => return false,
            change => self.told.extend(change),
        }
        true
    }
}

async fn run(sandbox: &mut Sandbox, case: usize, steps: Vec<Step>) -> (Vec<Told>, Vec<Told>) {
    let mut records = Vec::new();
    let watching = sandbox.watch(filter(), None).await;
    let mut cursor = Cursor {
        watching,
        token: None,
        told: Vec::new(),
    };
    // The start is fixed from the first event on.
    cursor.read("").await;
    for step in steps {
        match step {
            Step::Tell {
                article: number,
                revision,
                engine,
                state,
                matches,
            } => {
                let id = format!("case-{case}-{number}");
                let tagged = if matches {
                    matching(&id)
                } else {
                    article(&id, "제목", "말했다")
                };
                let tagged = tagged.revision(revision).tagger(engine, 0).state(state);
                sandbox.tell(&tagged).await;
                records.push(tagged);
            }
            // Checkpoints come again and again, so that there is always something to read.
            Step::Read(events) => {
                for _ in 0..events {
                    cursor.read("").await;
                }
            }
            Step::Resume => {
                let start = cursor.token.clone().map(Start::ResumeToken);
                cursor.watching = sandbox.watch(filter(), start).await;
            }
            Step::Rebuild => {
                // One may still run; then that one will do.
                drop(sandbox.rebuild(false).await);
            }
        }
    }
    let last = format!("case-{case}-last");
    sandbox.tell(&matching(&last)).await;
    while cursor.read(&last).await {}
    (cursor.told, expected(&records))
}

#[test]
fn a_watch_that_is_resumed_anywhere_tells_every_change_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    // One service for all cases; each has articles of its own.
    let sandbox = RefCell::new(runtime.block_on(Sandbox::start()));
    let case = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(20));
    runner
        .run(&prop::collection::vec(step(), 1..40), |steps| {
            case.set(case.get() + 1);
            let (told, expected) = runtime.block_on(run(&mut sandbox.borrow_mut(), case.get(), steps));
            prop_assert_eq!(told, expected);
            Ok(())
        })
        .unwrap();
}
