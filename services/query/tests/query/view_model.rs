//! The index against a model of a few lines: records in any order, commits anywhere.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
};

use gisa_article_model::{
    PublicationState::{self, Corrected, Retracted, Usable, Withheld},
    TaggedArticle,
};
use gisa_event_log::Position;
use gisa_query::{
    analyzer::Analyzer,
    index::{
        ArticleIndex as _, IndexSearch, IndexSnapshot, Rank, TantivyConfig, TantivyIndex, TantivyStore,
        effective,
    },
    search::{Order, QueryTerms, parse_query},
};
use proptest::prelude::*;

use crate::article::{Change as _, article, event};

static ANALYZER: LazyLock<Arc<Analyzer>> = LazyLock::new(|| Analyzer::shared().unwrap());

const WORDS: [&str; 3] = ["반도체", "로봇", "조선소"];

#[derive(Clone, Debug)]
enum Step {
    Tell {
        article: usize,
        revision: u32,
        engine: u32,
        state: PublicationState,
        word: usize,
    },
    Commit,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let state =
        prop_oneof![4 => Just(Usable), 2 => Just(Corrected), 1 => Just(Withheld), 1 => Just(Retracted)];
    prop_oneof![
        8 => (0..3_usize, 1..4_u32, 1..3_u32, state, 0..WORDS.len()).prop_map(
            |(article, revision, engine, state, word)| Step::Tell { article, revision, engine, state, word }
        ),
        2 => Just(Step::Commit),
        1 => Just(Step::Reopen),
    ]
}

/// What must be seen: of each article the version of the highest rank, and of equal ones the first.
#[derive(Clone, Default)]
struct Model(BTreeMap<String, TaggedArticle>);

impl Model {
    fn tell(&mut self, tagged: &TaggedArticle) {
        let current = self.0.get(tagged.article.article_id.as_str());
        if current.is_none_or(|current| Rank::of(current) < Rank::of(tagged)) {
            self.0
                .insert(tagged.article.article_id.to_string(), tagged.clone());
        }
    }

    fn visible(&self) -> impl Iterator<Item = &TaggedArticle> {
        self.0.values().filter(|tagged| tagged.article.state.visible())
    }
}

fn check(snapshot: &dyn IndexSnapshot, model: &Model) -> Result<(), TestCaseError> {
    for (id, expected) in &model.0 {
        let versions = snapshot.versions(id).unwrap();
        let current = effective(&versions).expect("the article is there");
        prop_assert_eq!(&snapshot.load(current).unwrap(), expected);
    }
    let search = |terms| search(snapshot, terms);
    let all: Vec<TaggedArticle> = model.visible().cloned().collect();
    prop_assert_eq!(search(QueryTerms::Everything), all);
    for word in WORDS {
        let expected: Vec<TaggedArticle> = model
            .visible()
            .filter(|tagged| tagged.article.body.contains(word))
            .cloned()
            .collect();
        prop_assert_eq!(search(parse_query(word, &ANALYZER).unwrap()), expected);
    }
    Ok(())
}

fn open(directory: &Path) -> TantivyIndex {
    let config = TantivyConfig {
        directory: directory.to_owned(),
        writer_memory_bytes: 15_000_000,
        writer_threads: 1,
    };
    TantivyStore::open(config, Arc::clone(&ANALYZER)).unwrap().1
}

fn search(snapshot: &dyn IndexSnapshot, terms: QueryTerms) -> Vec<TaggedArticle> {
    let search = IndexSearch {
        terms,
        filter: Default::default(),
        order: Order::Oldest,
        after: None,
        limit: 100,
    };
    let found = snapshot.search(&search).unwrap();
    assert_eq!(found.total as usize, found.hits.len());
    found.hits.into_iter().map(|hit| hit.tagged).collect()
}

/// Text of which no part is taken for a phrase.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[가-힣]{1,8}",
        2 => "(네이버|클라우드|삼성전자|쿠버네티스|발표|서울|했다|에서|가|를|은|의|이다|하는){1,4}",
        1 => "[0-9]{1,5}([.,][0-9]{1,3}){0,3}(%|억|만|년|원)?",
        1 => "[A-Za-z]{1,6}[+#&]{0,2}[A-Za-z0-9]{0,3}(은|는|을)?",
        1 => "[(\\[‘']{0,2}[가-힣A-Z]{1,4}[)\\]’'.,…]{0,2}(이|가|을)?",
        1 => any::<String>(),
    ];
    prop::collection::vec(word, 1..12).prop_map(|words| words.join(" ").replace(['"', '“'], "'"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_word_of_any_text_finds_it(text in any_text()) {
        let directory = tempfile::tempdir().unwrap();
        let mut index = open(directory.path());
        let tagged = article("a", "제목", &text);
        index.apply(vec![(1, event(&tagged)), (2, event(&article("b", "다른", "글")))]).unwrap();
        index.commit(&Position { stream_identity: "x".into(), sequence: 2 }, true).unwrap();
        for word in text.split_whitespace() {
            let terms = parse_query(word, &ANALYZER).unwrap();
            if let QueryTerms::All(_) = terms {
                let found = search(&*index.snapshot(), terms);
                prop_assert!(found.contains(&tagged), "{:?}", word);
            }
        }
    }
}

/// Some versions of a few articles, and an order in which they arrive, some of them twice.
fn arrivals() -> impl Strategy<Value = Vec<(usize, u32, u32)>> {
    let version = (0..3_usize, 1..4_u32, 1..3_u32);
    prop::collection::btree_set(version, 1..12)
        .prop_flat_map(|versions| {
            let versions: Vec<_> = versions.into_iter().collect();
            let again = prop::collection::vec(prop::sample::select(versions.clone()), 0..6);
            (Just(versions), again)
        })
        .prop_map(|(versions, again)| [versions, again].concat())
}

/// The article as one tagger version saw one revision: always the same.
fn version((number, revision, engine): (usize, u32, u32)) -> TaggedArticle {
    let states = [Usable, Corrected, Withheld, Usable, Retracted];
    article(
        &format!("a{number}"),
        "제목",
        WORDS[(number + engine as usize) % WORDS.len()],
    )
    .revision(revision)
    .tagger(engine, 0)
    .state(states[(number + revision as usize) % states.len()])
}

/// An index that records arrive at in this order, with commits after some of them.
fn shown(arrivals: &[(usize, u32, u32)], commits: &[bool]) -> (Vec<TaggedArticle>, Vec<Vec<Rank>>) {
    let directory = tempfile::tempdir().unwrap();
    let mut index = open(directory.path());
    let position = |sequence| Position {
        stream_identity: "x".into(),
        sequence,
    };
    for ((sequence, arrival), commit) in (1..).zip(arrivals).zip(commits.iter().cycle()) {
        index.apply(vec![(sequence, event(&version(*arrival)))]).unwrap();
        if *commit {
            index.commit(&position(sequence), true).unwrap();
        }
    }
    index.commit(&position(arrivals.len() as u64), true).unwrap();
    let snapshot = index.snapshot();
    let ranks = (0..3).map(|number| {
        let versions = snapshot.versions(&format!("a{number}")).unwrap();
        let mut ranks: Vec<Rank> = versions.iter().map(|version| version.rank).collect();
        ranks.sort();
        ranks
    });
    (search(&*snapshot, QueryTerms::Everything), ranks.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_order_and_any_repeats_show_the_same(
        (first, second) in arrivals().prop_flat_map(|arrivals| (Just(arrivals.clone()), Just(arrivals).prop_shuffle())),
        commits in prop::collection::vec(any::<bool>(), 1..5),
    ) {
        prop_assert_eq!(shown(&first, &commits), shown(&second, &[false]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn older_never_beats_newer(steps in prop::collection::vec(step(), 1..30)) {
        let directory = tempfile::tempdir().unwrap();
        let mut index = open(directory.path());
        let (mut told, mut committed) = (Model::default(), Model::default());
        let mut sequence = 0;
        for step in steps.into_iter().chain([Step::Commit]) {
            match step {
                Step::Tell { article: number, revision, engine, state, word } => {
                    sequence += 1;
                    let tagged = article(&format!("a{number}"), "제목", WORDS[word])
                        .revision(revision)
                        .tagger(engine, 0)
                        .state(state);
                    index.apply(vec![(sequence, event(&tagged))]).unwrap();
                    told.tell(&tagged);
                }
                Step::Commit => {
                    let position = Position { stream_identity: "x".into(), sequence };
                    index.commit(&position, true).unwrap();
                    committed = told.clone();
                }
                Step::Reopen => {
                    drop(index);
                    index = open(directory.path());
                    told = committed.clone();
                }
            }
            check(&*index.snapshot(), &committed)?;
        }
    }
}
