//! Topics: which section of a newspaper an article belongs to.
//!
//! ```text
//! title, subtitle, lead of the body -> hashed features -> weights -> mean -> softmax
//! ```
//!
//! The model learns from headlines only, so that a body must be made to look like a headline: see [`SATURATION`].

pub mod features;
pub mod weights;

use gisa_article_model::{Topic, TopicScore};

use crate::model::ModelError;
use features::for_each_feature;
use weights::{TOPICS, Weights};

/// The weights that ship with the service.
const BUILT_IN: &[u8] = include_bytes!("../models/topics.bin");

/// So much of the body is read, in characters: news say first what they are about, and the cost of a text stays bounded.
pub const BODY_CHARACTERS: usize = 2_000;

/// How often a feature of the title counts: the model knows the language of titles, and a title says what counts.
const TITLE_WEIGHT: i32 = 3;

/// Features after which more of them make the model no surer.
///
/// Sums grow with the number of features. The root of that number levels headlines of all lengths, as in training; a
/// body of fifty headlines of one article is not fifty independent witnesses, so that beyond this number the mean
/// counts.
const SATURATION: f32 = 150.0;

/// A linear model over the features of a text. Has no mutable state.
#[derive(Debug)]
pub struct TopicModel {
    weights: Weights,
}

/// Weights of the features that a text has, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    by_topic: [i32; 8],
    /// Features that have weights.
    known: i32,
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

    /// Bytes that the weights take in memory.
    pub fn memory(&self) -> usize {
        self.weights.memory()
    }

    /// The sections that an article may belong to, best first: all of them, with probabilities that add up to 1, or none
    /// if the text has no letters. Fields that the article does not have are empty.
    ///
    /// Of the body only the first [`BODY_CHARACTERS`] are read.
    pub fn scores(&self, title: &str, subtitle: &str, body: &str) -> Vec<TopicScore> {
        let parts = [(title, TITLE_WEIGHT), (subtitle, TITLE_WEIGHT), (lead(body), 1)];
        if !parts.iter().any(|(text, _)| text.chars().any(char::is_alphabetic)) {
            return Vec::new();
        }
        let mut sums = Sums::default();
        for (text, weight) in parts {
            self.add(text, weight, &mut sums);
        }
        let mut scores = self.softmax(&sums);
        scores.sort_by(|left, right| {
            right
                .score
                .total_cmp(&left.score)
                .then(left.topic.cmp(&right.topic))
        });
        scores
    }

    /// Adds the features of a text, each as often as `weight` says.
    fn add(&self, text: &str, weight: i32, sums: &mut Sums) {
        let mut own = Sums::default();
        for_each_feature(text, |feature| {
            if let Some(row) = self.weights.of(feature) {
                own.known = own.known.saturating_add(1);
                for (sum, &value) in own.by_topic.iter_mut().zip(row) {
                    *sum = sum.saturating_add(i32::from(value));
                }
            }
        });
        sums.known = sums.known.saturating_add(own.known.saturating_mul(weight));
        for (sum, own) in sums.by_topic.iter_mut().zip(own.by_topic) {
            *sum = sum.saturating_add(own.saturating_mul(weight));
        }
    }

    fn softmax(&self, sums: &Sums) -> Vec<TopicScore> {
        let known = sums.known.max(1) as f32;
        let factor = self.weights.scale * known.min(SATURATION).sqrt() / known;
        let by_topic = &sums.by_topic[..TOPICS];
        // The best one is taken off, so that no exponential overflows.
        let best = by_topic.iter().copied().max().unwrap_or(0);
        let parts: Vec<f32> = by_topic
            .iter()
            .map(|&sum| ((sum as f32 - best as f32) * factor).exp())
            .collect();
        let whole: f32 = parts.iter().sum();
        let score = |(&topic, part): (&Topic, f32)| TopicScore {
            topic,
            score: part / whole,
        };
        Topic::ALL.iter().zip(parts).map(score).collect()
    }
}

/// The part of a body that is read.
fn lead(body: &str) -> &str {
    match body.char_indices().nth(BODY_CHARACTERS) {
        Some((end, _)) => &body[..end],
        None => body,
    }
}

#[cfg(test)]
mod tests;
