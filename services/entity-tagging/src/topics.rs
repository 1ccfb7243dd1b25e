//! Topics: which section of a newspaper an article belongs to.
//!
//! ```text
//! title, subtitle, lead of the body -> hashed features -> weights -> mean -> softmax
//! ```
//!
//! The model learns from headlines only. A body is written in another language: endings and particles, which headlines
//! leave out, would drown what it is about. So a body counts only by how far it differs from what news prose is expected to
//! weigh, and less than a title does.

pub mod features;
pub mod weights;

use gisa_article_model::{Topic, TopicScore};

use crate::model_file::ModelError;
use features::for_each_feature;
use weights::{TOPICS, Weights};

/// The weights that ship with the service.
const BUILT_IN: &[u8] = include_bytes!("../models/topics.bin");

/// So much of each field is read, in characters: news say first what they are about (twice as many change no figure), and
/// the cost of a text stays bounded.
pub const FIELD_CHARACTERS: usize = 1_000;

/// About so many features come of a byte of Korean text.
const FEATURES_PER_BYTE: usize = 2;

/// How often a feature of the title counts: it is chosen to say what the article is about.
const TITLE_WEIGHT: f32 = 3.0;

/// Weighted number of features after which more of them make the model no surer: that of a long headline.
///
/// Sums grow with the number of features. Its root levels headlines of all lengths, as in training; but a body is not a
/// hundred independent headlines, so that beyond this number the mean counts.
const SATURATION: f32 = 600.0;

/// A linear model over the features of a text. Has no mutable state.
#[derive(Debug)]
pub struct TopicModel {
    weights: Weights,
}

/// Weights of the features that a text has, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    by_topic: [f32; TOPICS],
    /// Features that have weights.
    known: f32,
}

impl TopicModel {
    /// The model that ships with the service.
    pub fn built_in() -> Result<Self, ModelError> {
        Self::read(BUILT_IN)
    }

    /// A model from its file; see [`weights`] for the format.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        Ok(Self {
            weights: Weights::read(file)?,
        })
    }

    /// The sections that an article may belong to, best first: all of them, with probabilities that add up to 1, or none
    /// if the text has no letters. Fields that the article does not have are empty.
    ///
    /// Of each field only the first [`FIELD_CHARACTERS`] are read.
    pub fn scores(&self, title: &str, subtitle: &str, body: &str) -> Vec<TopicScore> {
        let fields = [title, subtitle, body].map(lead);
        if !fields.iter().any(|text| text.chars().any(char::is_alphabetic)) {
            return Vec::new();
        }
        let [title, subtitle, body] = fields;
        let mut sums = Sums::default();
        for headline in [title, subtitle] {
            sums.add(&self.sums(headline), TITLE_WEIGHT, &[0.0; TOPICS]);
        }
        sums.add(&self.sums(body), 1.0, &self.weights.scaling.prose);
        let mut scores = self.softmax(&sums);
        scores.sort_by(|left, right| {
            right
                .score
                .total_cmp(&left.score)
                .then(left.topic.cmp(&right.topic))
        });
        scores
    }

    fn sums(&self, text: &str) -> Sums {
        let mut features = Vec::with_capacity(FEATURES_PER_BYTE * text.len());
        for_each_feature(text, |feature| features.push(feature));
        self.weights.retain_known(&mut features);
        // No text of so many characters can overflow them.
        let mut by_topic = [0i32; 8];
        for &feature in &features {
            for (sum, &weight) in by_topic.iter_mut().zip(self.weights.of(feature)) {
                *sum += i32::from(weight);
            }
        }
        Sums {
            by_topic: std::array::from_fn(|topic| by_topic[topic] as f32),
            known: features.len() as f32,
        }
    }

    fn softmax(&self, sums: &Sums) -> Vec<TopicScore> {
        let known = sums.known.max(1.0);
        let factor = self.weights.scaling.scale * known.min(SATURATION).sqrt() / known;
        // The best one is taken off, so that no exponential overflows.
        let best = sums.by_topic.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let parts = sums.by_topic.map(|sum| ((sum - best) * factor).exp());
        let whole: f32 = parts.iter().sum();
        let score = |(&topic, part): (&Topic, f32)| TopicScore {
            topic,
            score: part / whole,
        };
        Topic::ALL.iter().zip(parts).map(score).collect()
    }
}

impl Sums {
    /// Adds those of a part, each feature less what it is expected to weigh, and as often as `weight` says.
    fn add(&mut self, part: &Self, weight: f32, expected: &[f32; TOPICS]) {
        let parts = part.by_topic.iter().zip(expected);
        for (sum, (own, expected)) in self.by_topic.iter_mut().zip(parts) {
            *sum += weight * (own - part.known * expected);
        }
        self.known += weight * part.known;
    }
}

/// The part of a field that is read.
fn lead(text: &str) -> &str {
    match text.char_indices().nth(FIELD_CHARACTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests;
