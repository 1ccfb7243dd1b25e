//! The model layer: a linear sequence model over characters finds names by their form and by what stands around them.
//!
//! ```text
//! sentence + what dictionary and grammar say -> features -> weights -> Viterbi -> names with a margin -> confidence
//! ```

mod decoder;
pub mod features;
pub mod weights;

use gisa_article_model::{EntityLink, EntityType, TaggerLayer};

use crate::resolver::Candidate;
use crate::sentences;
use decoder::Decoder;
use features::{Evidence, extract};
pub use weights::ModelError;
use weights::{TYPES, Weights};

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

    /// Bytes that the weights take in memory.
    pub fn memory(&self) -> usize {
        self.weights.memory()
    }

    /// The names in `text`, sorted, not overlapping, as bytes; `evidence` has an entry a character.
    pub fn find_names(&self, text: &str, evidence: &[Evidence]) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut decoder = Decoder::default();
        let mut characters = Vec::new();
        let mut starts = Vec::new();
        let mut scores = Vec::new();
        let mut first = 0;
        let mut byte = 0;
        for sentence in sentences::split(text) {
            first += text[byte..sentence.start].chars().count();
            byte = sentence.end;
            characters.clear();
            starts.clear();
            scores.clear();
            for (offset, character) in text[sentence.clone()].char_indices() {
                characters.push(character);
                starts.push(sentence.start + offset);
            }
            starts.push(sentence.end);
            let evidence = &evidence[first..first + characters.len()];
            first += characters.len();
            extract(&characters, evidence, |_, features| scores.push(self.weights.scores(features)));
            let names = decoder.decode(&scores, &self.weights);
            found.extend(names.into_iter().map(|name| Candidate {
                range: starts[name.range.start]..starts[name.range.end],
                entity_type: NAME_TYPES[name.type_number],
                value: None,
                link: Some(EntityLink::default()),
                confidence: self.weights.confidence(name.type_number, name.margin),
                layer: TaggerLayer::Model,
            }));
        }
        found
    }
}

/// What other layers say of each character of `text`, as the model's features want it. Of names that overlap the later
/// one counts.
pub fn evidence_of(text: &str, names: &[Candidate], expressions: &[Candidate]) -> Vec<Evidence> {
    let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
    let characters = |candidate: &Candidate| {
        let start = starts.partition_point(|&byte| byte < candidate.range.start);
        let end = starts.partition_point(|&byte| byte < candidate.range.end);
        start..end
    };
    let mut evidence = vec![Evidence::default(); starts.len()];
    for candidate in names {
        let Some(number) = NAME_TYPES.iter().position(|&known| known == candidate.entity_type) else {
            continue;
        };
        let code = 1 + 2 * number as u8;
        for (position, slot) in evidence[characters(candidate)].iter_mut().enumerate() {
            slot.dictionary = code + u8::from(position == 0);
        }
    }
    for candidate in expressions {
        for (position, slot) in evidence[characters(candidate)].iter_mut().enumerate() {
            slot.expression = 1 + u8::from(position == 0);
        }
    }
    evidence
}
