//! `config.json`: the labels of the model and how long its input may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gisa_article_model::EntityType;
use serde::Deserialize;

use super::OnnxError;

/// Tokens that the model sees at a time: a few sentences. Its work grows with the square of it.
const WINDOW: usize = 256;
/// Positions that are left free, since some models count them from the number of the padding token on.
const FREE_POSITIONS: usize = 2;
/// A window holds at least so many tokens, those that frame it included.
const SHORTEST_WINDOW: usize = 8;

/// What a label says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// It is part of no name, or of one of a type that is none of ours.
    Outside,
    /// A name of this type begins.
    Begin(EntityType),
    /// A name of this type goes on.
    Inside(EntityType),
}

/// How models call our types of names.
const TYPES: &[(&str, EntityType)] = &[
    ("PER", EntityType::Person),
    ("PERSON", EntityType::Person),
    ("PS", EntityType::Person),
    ("ORG", EntityType::Organization),
    ("ORGANIZATION", EntityType::Organization),
    ("OG", EntityType::Organization),
    ("LOC", EntityType::Location),
    ("LOCATION", EntityType::Location),
    ("GPE", EntityType::Location),
    ("LC", EntityType::Location),
    ("PRODUCT", EntityType::Product),
    ("PROD", EntityType::Product),
    ("PRD", EntityType::Product),
    ("EVENT", EntityType::Event),
    ("EVT", EntityType::Event),
    ("EV", EntityType::Event),
];

impl Label {
    /// Reads `O`, `B-PER`, `I-PS`; also `PER-B`, and the letters of the BIOES and BILOU schemes.
    fn read(text: &str) -> Self {
        let (first, second) = text.split_once(['-', '_']).unwrap_or(("I", text));
        let (place, name) = if first.len() == 1 {
            (first, second)
        } else {
            (second, first)
        };
        let name = name.to_ascii_uppercase();
        let known = TYPES.iter().find(|(text, _)| *text == name);
        match (place, known) {
            ("B" | "S" | "U", Some(&(_, entity_type))) => Self::Begin(entity_type),
            ("I" | "E" | "L" | "M", Some(&(_, entity_type))) => Self::Inside(entity_type),
            _ => Self::Outside,
        }
    }
}

/// The parts of the configuration that matter here.
#[derive(Debug)]
pub(super) struct Config {
    /// By number.
    pub(super) labels: Vec<Label>,
    /// Number of the token that fills windows up.
    pub(super) padding: i64,
    /// Tokens that the model sees at a time.
    pub(super) window: usize,
}

#[derive(Deserialize)]
struct ConfigFile {
    id2label: BTreeMap<usize, String>,
    #[serde(default)]
    pad_token_id: Option<i64>,
    #[serde(default)]
    max_position_embeddings: Option<usize>,
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, OnnxError> {
        let content = fs::read(path).map_err(|source| OnnxError::File {
            path: path.to_owned(),
            source,
        })?;
        let file: ConfigFile =
            serde_json::from_slice(&content).map_err(|error| OnnxError::content(path, error))?;
        if !file.id2label.keys().copied().eq(0..file.id2label.len()) || file.id2label.is_empty() {
            return Err(OnnxError::content(
                path,
                "id2label does not number the labels from 0 on",
            ));
        }
        let labels: Vec<Label> = file.id2label.values().map(|label| Label::read(label)).collect();
        if labels.iter().all(|label| *label == Label::Outside) {
            return Err(OnnxError::content(
                path,
                "id2label has no type of names that Gisa knows",
            ));
        }
        let longest = file.max_position_embeddings.unwrap_or(usize::MAX);
        let window = WINDOW.min(longest.saturating_sub(FREE_POSITIONS));
        if window < SHORTEST_WINDOW {
            return Err(OnnxError::content(path, "max_position_embeddings is too small"));
        }
        Ok(Self {
            labels,
            padding: file.pad_token_id.unwrap_or(0),
            window,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        use EntityType::{Event, Location, Organization, Person, Product};
        let cases = [
            ("O", Label::Outside),
            ("B-PER", Label::Begin(Person)),
            ("I-PS", Label::Inside(Person)),
            ("ORG-B", Label::Begin(Organization)),
            ("OG_I", Label::Inside(Organization)),
            ("S-GPE", Label::Begin(Location)),
            ("E-LC", Label::Inside(Location)),
            ("b-PER", Label::Outside),
            ("B-Product", Label::Begin(Product)),
            ("EVENT", Label::Inside(Event)),
            ("B-DT", Label::Outside),
            ("LABEL_0", Label::Outside),
            ("", Label::Outside),
        ];
        for (text, expected) in cases {
            assert_eq!(Label::read(text), expected, "{text}");
        }
    }
}
