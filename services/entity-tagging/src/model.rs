//! The model layer: a linear sequence model over characters finds names by their form and by what stands around them.
//!
//! ```text
//! sentence + what dictionary and grammar say -> features -> weights -> Viterbi -> names with a margin -> confidence
//! ```

mod decoder;
pub mod features;
#[cfg(feature = "onnx")]
pub mod onnx;
mod source;
pub mod weights;

use std::fmt::Debug;
use std::ops::Range;

use gisa_article_model::{EntityLink, EntityType, TaggerLayer};

use crate::common_nouns::{CommonNouns, NounMark};
use crate::dictionary::GazetteerHit;
pub use crate::model_file::ModelError;
use crate::resolver::Candidate;
use crate::sentences;
use decoder::Decoder;
use features::{Evidence, Extractor};
pub use source::ModelSource;
use weights::{Called, OUTSIDE, Scores, TYPES, Weights};

/// The weights that ship with the service.
const BUILT_IN: &[u8] = include_bytes!("../models/names.bin");

/// The types of names, by their number in the model.
const NAME_TYPES: [EntityType; TYPES] = [
    EntityType::Person,
    EntityType::Organization,
    EntityType::Location,
    EntityType::Product,
    EntityType::Event,
];

/// What can be the model layer of the tagger.
pub trait NameModel: Send + Sync + Debug {
    /// The names in `text`, sorted, not overlapping, as bytes; `evidence` has an entry a character.
    fn find_names(&self, text: &str, evidence: &[Evidence]) -> Vec<Candidate>;
}

/// The sequence model. Has no mutable state.
#[derive(Debug)]
pub struct Model {
    weights: Weights,
}

impl Model {
    /// The model that ships with the service.
    pub fn built_in() -> Result<Self, ModelError> {
        Self::read(BUILT_IN)
    }

    /// A model from its file.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        Ok(Self {
            weights: Weights::read(file)?,
        })
    }
}

impl NameModel for Model {
    fn find_names(&self, text: &str, evidence: &[Evidence]) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut extractor = Extractor::default();
        let mut decoder = Decoder::default();
        let mut characters = Vec::new();
        let mut starts = Vec::new();
        let mut called = Called::default();
        let mut scores = Vec::new();
        let mut first = 0;
        let mut byte = 0;
        for sentence in sentences::split(text) {
            first += text[byte..sentence.start].chars().count();
            byte = sentence.end;
            characters.clear();
            starts.clear();
            scores.clear();
            called.clear();
            for (offset, character) in text[sentence.clone()].char_indices() {
                characters.push(character);
                starts.push(sentence.start + offset);
            }
            starts.push(sentence.end);
            let evidence = &evidence[first..first + characters.len()];
            first += characters.len();
            extractor.extract_unless_plain(
                &characters,
                evidence,
                |word| self.weights.is_plain(word),
                |features| self.weights.call_for(features, &mut called),
            );
            self.weights.scores(&called, &mut scores);
            for segment in segments(&scores) {
                for name in decoder.decode(&scores[segment.clone()], &self.weights) {
                    let entity_type = NAME_TYPES[name.type_number];
                    let first = segment.start + name.range.start;
                    let range = starts[first]..starts[first + name.range.len()];
                    found.extend(single_names(text, range, entity_type).map(|range| Candidate {
                        range,
                        entity_type,
                        value: None,
                        link: Some(EntityLink::default()),
                        confidence: self.weights.confidence(name.type_number, name.margin),
                        layer: TaggerLayer::Model,
                    }));
                }
            }
        }
        found
    }
}

/// The parts of a sentence that names may be in, each with a character that is in no name at either end, if there is one:
/// so the labels of one do not depend on the others.
fn segments(scores: &[Scores]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + scores[at..].iter().position(|scores| *scores != OUTSIDE)?;
        let length = scores[start..].iter().position(|scores| *scores == OUTSIDE);
        at = length.map_or(scores.len(), |length| start + length);
        Some(start.saturating_sub(1)..scores.len().min(at + 1))
    })
}

/// The names in what the model takes for one: no name goes over an equals sign (서울=새벽통신), and places and persons
/// with a middle dot between longer words are a list (춘천ㆍ군산).
fn single_names(
    text: &str,
    range: Range<usize>,
    entity_type: EntityType,
) -> impl Iterator<Item = Range<usize>> {
    let surface = &text[range.clone()];
    let is_list = matches!(entity_type, EntityType::Location | EntityType::Person)
        && surface
            .split(MIDDLE_DOTS)
            .all(|part| part.chars().nth(1).is_some());
    let parts = surface.split(move |character| is_list && MIDDLE_DOTS.contains(&character));
    let is_name = !surface.contains('=');
    parts.map(str::trim).filter(move |_| is_name).map(move |part| {
        let start = range.start + (part.as_ptr() as usize - surface.as_ptr() as usize);
        start..start + part.len()
    })
}

const MIDDLE_DOTS: [char; 2] = ['ㆍ', '·'];

/// What other layers say of each character of `text`, as the model's features want it: names that the dictionary proposes,
/// expressions of the grammar, and spellings of any trust. All are sorted by start and, within each kind, do not overlap.
pub fn evidence_of(
    text: &str,
    names: &[Candidate],
    expressions: &[Candidate],
    spellings: &[GazetteerHit],
    nouns: &CommonNouns,
) -> Vec<Evidence> {
    let characters: Vec<char> = text.chars().collect();
    let mut marks = vec![NounMark::default(); characters.len()];
    nouns.mark(&characters, &mut marks);
    let mut names = Cursor::new(names, |name: &Candidate| &name.range);
    let mut expressions = Cursor::new(expressions, |expression: &Candidate| &expression.range);
    let mut spellings = Cursor::new(spellings, |spelling: &GazetteerHit| &spelling.range);
    let evidence = |((byte, _), noun)| {
        let mut evidence = Evidence {
            noun,
            ..Evidence::default()
        };
        if let Some((name, first)) = names.at(byte)
            && let Some(number) = NAME_TYPES.iter().position(|&known| known == name.entity_type)
        {
            evidence.dictionary = 1 + 2 * number as u8 + u8::from(first);
        }
        if let Some((_, first)) = expressions.at(byte) {
            evidence.expression = 1 + u8::from(first);
        }
        if let Some((spelling, first)) = spellings.at(byte) {
            evidence.gazetteer = spelling.classes.bits() << 1 | u16::from(first);
        }
        evidence
    };
    text.char_indices().zip(marks).map(evidence).collect()
}

/// Walks along sorted ranges that do not overlap.
struct Cursor<'a, T, R> {
    rest: &'a [T],
    range: R,
}

impl<'a, T, R: Fn(&T) -> &Range<usize>> Cursor<'a, T, R> {
    fn new(items: &'a [T], range: R) -> Self {
        Self { rest: items, range }
    }

    /// What covers `byte`, and whether it begins there. Bytes must be asked for in ascending order.
    fn at(&mut self, byte: usize) -> Option<(&'a T, bool)> {
        while let Some((first, rest)) = self.rest.split_first() {
            let range = (self.range)(first);
            if range.end > byte {
                return range.contains(&byte).then_some((first, range.start == byte));
            }
            self.rest = rest;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_have_an_outside_character_at_their_ends() {
        let segments = |sentence: &str| {
            let inside = [1; weights::LANES];
            let score = |character| if character == '-' { OUTSIDE } else { inside };
            let scores: Vec<Scores> = sentence.chars().map(score).collect();
            segments(&scores).collect::<Vec<_>>()
        };
        assert_eq!(segments("xx--xx"), [0..3, 3..6]);
        assert_eq!(segments("--xx-x--x"), [1..5, 4..7, 7..9]);
        assert_eq!(segments("x--x"), [0..2, 2..4]);
        assert!(segments("--").is_empty() && segments("").is_empty());
    }

    #[test]
    fn lists_are_several_names() {
        let names = |text: &str, entity_type| -> Vec<String> {
            single_names(text, 0..text.len(), entity_type)
                .map(|range| text[range].to_owned())
                .collect()
        };
        assert_eq!(names("춘천ㆍ군산", EntityType::Location), ["춘천", "군산"]);
        assert_eq!(names("이솔·박가람", EntityType::Person), ["이솔", "박가람"]);
        assert_eq!(names("한·미", EntityType::Location), ["한·미"]);
        assert_eq!(names("4·19 혁명", EntityType::Event), ["4·19 혁명"]);
        assert_eq!(names("서울=새벽통신", EntityType::Organization), [""; 0]);
    }
}
