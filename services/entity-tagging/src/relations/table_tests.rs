//! The rules on the project's own sentences: those that they were written with, and those that they were not.

use gisa_article_model::{
    ArgumentRole, EntityLink, EntityType, Mention, OffsetMap, Relation, RelationType, TaggerLayer, TextField,
    ZonedTime,
};

use super::find_relations;
use crate::salience;
use crate::tagger::TextToTag;

const DEVELOPMENT: &str = include_str!("../../tests/relations/development.tsv");
const HELD_OUT: &str = include_str!("../../tests/relations/held-out.tsv");

/// A relation that a sentence tells of.
struct Expected<'a> {
    relation_type: RelationType,
    arguments: Vec<(ArgumentRole, &'a str)>,
}

struct Case<'a> {
    text: String,
    mentions: Vec<Mention>,
    expected: Vec<Expected<'a>>,
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(case).collect()
}

fn case(line: &str) -> Case<'_> {
    let mut columns = line.split('\t');
    let (text, mentions) = read_marked(columns.next().unwrap());
    let expected = columns.map(|column| {
        let mut parts = column.split('|');
        let relation_type = RelationType::parse(parts.next().unwrap()).unwrap();
        let arguments = parts.map(|part| {
            let (role, surface) = part.split_once('=').unwrap();
            (ArgumentRole::parse(role).unwrap(), surface)
        });
        Expected {
            relation_type,
            arguments: arguments.collect(),
        }
    });
    Case {
        text,
        mentions,
        expected: expected.collect(),
    }
}

/// The text without the marks, and the mentions that they mark: `[별빛|ORGANIZATION]`.
fn read_marked(marked: &str) -> (String, Vec<Mention>) {
    let mut text = String::new();
    let mut ranges = Vec::new();
    let mut rest = marked;
    while let Some((before, behind)) = rest.split_once('[') {
        let (mention, behind) = behind.split_once(']').unwrap();
        let (surface, label) = mention.split_once('|').unwrap();
        text.push_str(before);
        ranges.push((text.len(), surface, EntityType::parse(label).unwrap()));
        text.push_str(surface);
        rest = behind;
    }
    text.push_str(rest);
    let offsets = OffsetMap::new(&text);
    let mentions = ranges.into_iter().map(|(start, surface, entity_type)| Mention {
        field: TextField::Body,
        span: offsets.span(&text, start, start + surface.len()).unwrap(),
        surface: surface.to_owned(),
        entity_type,
        value: None,
        link: entity_type.is_name().then(EntityLink::default),
        confidence: 1.0,
        salience: 0.0,
        layer: TaggerLayer::Model,
    });
    let mut mentions: Vec<Mention> = mentions.collect();
    salience::assign(&mut mentions, text.len());
    (text, mentions)
}

fn relations(case: &Case<'_>) -> Vec<Relation> {
    let text = TextToTag {
        title: "",
        subtitle: "",
        body: &case.text,
        published_at: ZonedTime::in_korea("2026-09-01T08:00:00+09:00".parse().unwrap()),
    };
    find_relations(&text, &case.mentions)
}

impl Expected<'_> {
    fn is(&self, relation: &Relation) -> bool {
        let has = |&(role, surface): &(ArgumentRole, &str)| {
            relation
                .arguments
                .iter()
                .any(|argument| argument.role == role && argument.surface.contains(surface))
        };
        self.relation_type == relation.relation_type && self.arguments.iter().all(has)
    }
}

/// F1 of the relations of a table, and what is wrong.
fn measure(table: &str) -> (f64, Vec<String>) {
    let (mut right, mut found, mut wanted) = (0, 0, 0);
    let mut errors = Vec::new();
    for case in cases(table) {
        let mut extra = relations(&case);
        found += extra.len();
        wanted += case.expected.len();
        for expected in &case.expected {
            match extra.iter().position(|relation| expected.is(relation)) {
                Some(position) => {
                    extra.remove(position);
                    right += 1;
                }
                None => errors.push(format!(
                    "missed {} {:?}: {}",
                    expected.relation_type.as_str(),
                    expected.arguments,
                    case.text
                )),
            }
        }
        errors.extend(extra.iter().map(|relation| {
            let arguments: Vec<(&str, &str)> = relation
                .arguments
                .iter()
                .map(|argument| (argument.role.as_str(), argument.surface.as_str()))
                .collect();
            format!(
                "extra {} {:.2} {arguments:?}: {}",
                relation.relation_type.as_str(),
                relation.confidence,
                case.text
            )
        }));
    }
    (2.0 * f64::from(right) / (found + wanted) as f64, errors)
}

#[test]
fn the_sentences_of_development_give_their_relations() {
    let (_, errors) = measure(DEVELOPMENT);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn sentences_that_no_rule_was_written_for_give_most_of_their_relations() {
    let (f1, errors) = measure(HELD_OUT);
    // Measured: 0.96.
    assert!(f1 > 0.85, "F1 {f1:.3}\n{}", errors.join("\n"));
}
