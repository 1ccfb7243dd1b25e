//! Which articles an operation is about.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use gisa_article_codec::time::decode_timestamp;
use gisa_article_model::{Article, ArticleId};
use gisa_proto::tagging::v1 as proto;
use jiff::Timestamp;

const MOST_SOURCES: usize = 100;
const MOST_ARTICLES: usize = 1000;
const MOST_ENTITIES: usize = 100;

/// Conditions of different kinds must all hold, of one kind any will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Published at or after this time.
    pub published_from: Option<Timestamp>,
    /// Published before this time.
    pub published_until: Option<Timestamp>,
    /// Publishers; empty for all.
    pub sources: BTreeSet<String>,
    /// Articles; empty for all.
    pub article_ids: BTreeSet<String>,
    /// Entities whose names the text contains; empty for no such condition.
    pub entity_ids: BTreeSet<String>,
    /// The same for the entities that were changed after this version of the dictionary.
    pub changed_after: Option<u64>,
    /// The names that these entities have or had, when the operation was started.
    pub names: BTreeSet<String>,
}

/// The selection of a request, without names; or the fields that break a rule, each with what is wrong.
pub fn check_selection(selection: proto::RetagSelection) -> Result<Selection, Vec<(String, String)>> {
    let mut violations = Vec::new();
    let mut violation =
        |field: &str, problem: String| violations.push((format!("selection.{field}"), problem));
    let mut time = |field: &'static str, given: Option<prost_types::Timestamp>| {
        let read = given.map(|given| decode_timestamp(&given, field)).transpose();
        read.unwrap_or_else(|error| {
            violation(field, error.to_string());
            None
        })
    };
    let published_from = time("published_from", selection.published_from);
    let published_until = time("published_until", selection.published_until);
    let lists = [
        ("sources", &selection.sources, MOST_SOURCES),
        ("article_ids", &selection.article_ids, MOST_ARTICLES),
        ("entity_ids", &selection.entity_ids, MOST_ENTITIES),
    ];
    for (field, list, most) in lists {
        if list.len() > most {
            violation(field, format!("must be at most {most}"));
        }
        if list.iter().any(String::is_empty) {
            violation(field, "must not be empty".to_owned());
        }
    }
    for (index, id) in selection.article_ids.iter().enumerate() {
        if let Err(error) = ArticleId::parse(id) {
            violation(&format!("article_ids[{index}]"), error.to_string());
        }
    }
    if !violations.is_empty() {
        return Err(violations);
    }
    Ok(Selection {
        published_from,
        published_until,
        sources: selection.sources.into_iter().collect(),
        article_ids: selection.article_ids.into_iter().collect(),
        entity_ids: selection.entity_ids.into_iter().collect(),
        changed_after: selection.changed_after,
        names: BTreeSet::new(),
    })
}

impl Selection {
    /// Whether it asks for articles that a change of the dictionary affects.
    pub fn by_names(&self) -> bool {
        !self.entity_ids.is_empty() || self.changed_after.is_some()
    }
}

/// Tells the articles of a selection from others.
#[derive(Debug)]
pub(super) struct Filter {
    selection: Selection,
    /// `None` if names do not matter.
    names: Option<AhoCorasick>,
}

impl Filter {
    /// Fails if there are too many names for one automaton.
    pub(super) fn new(selection: Selection) -> Result<Self, aho_corasick::BuildError> {
        let names = selection.by_names().then(|| {
            AhoCorasick::builder()
                // The dictionary knows Latin names in upper and lower case.
                .ascii_case_insensitive(true)
                .build(&selection.names)
        });
        Ok(Self {
            names: names.transpose()?,
            selection,
        })
    }

    pub(super) fn admits(&self, article: &Article) -> bool {
        let selection = &self.selection;
        let published = article.published_at.instant;
        let listed = |list: &BTreeSet<String>, value: &str| list.is_empty() || list.contains(value);
        let texts = [&article.title, &article.subtitle, &article.body];
        selection.published_from.is_none_or(|from| from <= published)
            && selection.published_until.is_none_or(|until| published < until)
            && listed(&selection.sources, &article.source)
            && listed(&selection.article_ids, article.article_id.as_str())
            && (self.names.as_ref()).is_none_or(|names| texts.into_iter().any(|text| names.is_match(text)))
    }
}

#[cfg(test)]
mod tests {
    use gisa_article_model::{ContentHash, PublicationState, ZonedTime};

    use super::*;

    fn article() -> Article {
        Article {
            article_id: ArticleId::parse("a").unwrap(),
            source: "hangang".into(),
            external_id: String::new(),
            url: String::new(),
            section: String::new(),
            title: "제목".into(),
            subtitle: String::new(),
            body: "해오름테크(HAEOREUM)는 컸다.".into(),
            authors: Vec::new(),
            language: "ko".into(),
            published_at: ZonedTime::in_korea("2026-11-03T00:00:00Z".parse().unwrap()),
            revision: 1,
            state: PublicationState::Usable,
            state_reason: String::new(),
            content_hash: ContentHash([0; 32]),
            copyright: String::new(),
        }
    }

    #[test]
    fn conditions_of_all_kinds_must_hold() {
        let set = |values: &[&str]| {
            values
                .iter()
                .map(|value| (*value).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let by_names = |names: &[&str]| Selection {
            changed_after: Some(0),
            names: set(names),
            ..Selection::default()
        };
        let all = Selection::default;
        let cases = [
            (all(), true),
            (
                Selection {
                    published_from: time("2026-11-03T00:00:00Z"),
                    ..all()
                },
                true,
            ),
            (
                Selection {
                    published_until: time("2026-11-03T00:00:00Z"),
                    ..all()
                },
                false,
            ),
            (
                Selection {
                    sources: set(&["hangang", "x"]),
                    ..all()
                },
                true,
            ),
            (
                Selection {
                    sources: set(&["x"]),
                    article_ids: set(&["a"]),
                    ..all()
                },
                false,
            ),
            (
                Selection {
                    article_ids: set(&["b"]),
                    ..all()
                },
                false,
            ),
            (by_names(&["네이버", "해오름테크"]), true),
            (by_names(&["haeoreum"]), true),
            (by_names(&["네이버"]), false),
            // Nothing has changed, so nothing is affected.
            (by_names(&[]), false),
        ];
        for (selection, expected) in cases {
            let filter = Filter::new(selection.clone()).unwrap();
            assert_eq!(filter.admits(&article()), expected, "{selection:?}");
        }
    }

    #[test]
    fn broken_conditions_are_told() {
        let fields = |selection| {
            let violations = check_selection(selection).unwrap_err();
            violations.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        let selection = proto::RetagSelection {
            published_from: Some(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: 0,
            }),
            sources: vec![String::new()],
            article_ids: vec!["good".into(), "not good".into()],
            entity_ids: vec!["org:a".into(); 101],
            ..proto::RetagSelection::default()
        };
        assert_eq!(
            fields(selection),
            [
                "selection.published_from",
                "selection.sources",
                "selection.entity_ids",
                "selection.article_ids[1]"
            ]
        );
        assert!(check_selection(proto::RetagSelection::default()).is_ok());
    }
}
