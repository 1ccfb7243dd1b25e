//! Turns a trained model into the file that is served: the features that matter most, in eight bits a weight.

use std::collections::BTreeSet;

use gisa_entity_tagging::model::weights::{self, Calibration, FileRow, LABELS, LARGEST_SHIFT};

use crate::perceptron::Model;

/// Units of the file's weights in a weight of 1. Smaller steps change no figure.
const UNITS: f32 = 24.0;

/// A model in the numbers of the file.
#[derive(Debug)]
pub struct Quantised {
    rows: Vec<FileRow>,
    plain_words: BTreeSet<u32>,
    transitions: [[i16; LABELS]; LABELS],
}

impl Quantised {
    /// Keeps the `most` features that matter most.
    pub fn new(model: &Model, most: usize, plain_words: BTreeSet<u32>) -> Self {
        let mut rows: Vec<(f32, u32, &[f32])> = model
            .rows()
            .map(|(feature, weights)| (largest(weights), feature, weights))
            .collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        rows.truncate(most);
        let rows = rows
            .into_iter()
            .map(|(_, feature, weights)| quantise(feature, weights))
            .filter(|row| row.weights.iter().any(|&weight| weight != 0))
            .collect();
        let transition = |from: usize, to: usize| {
            let weight = model.transitions()[from * LABELS + to] * UNITS;
            weight.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
        };
        let transitions = std::array::from_fn(|from| std::array::from_fn(|to| transition(from, to)));
        Self {
            rows,
            plain_words,
            transitions,
        }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.rows.len()
    }

    /// Number of plain words.
    pub fn plain_words(&self) -> usize {
        self.plain_words.len()
    }

    /// The file.
    pub fn file(&self, calibration: &Calibration) -> std::io::Result<Vec<u8>> {
        weights::write(
            self.rows.clone(),
            &self.plain_words,
            &self.transitions,
            calibration,
        )
    }
}

fn largest(weights: &[f32]) -> f32 {
    weights.iter().fold(0f32, |most, weight| most.max(weight.abs()))
}

fn quantise(key: u32, weights: &[f32]) -> FileRow {
    let most = largest(weights) * UNITS;
    let shift = (0..LARGEST_SHIFT)
        .find(|&shift| most <= f32::from(i8::MAX) * f32::from(1u16 << shift))
        .unwrap_or(LARGEST_SHIFT);
    let unit = UNITS / f32::from(1u16 << shift);
    let quantised = |weight: f32| (weight * unit).round().clamp(-127.0, 127.0) as i8;
    FileRow {
        key,
        weights: std::array::from_fn(|label| quantised(weights[label])),
        shift,
    }
}
