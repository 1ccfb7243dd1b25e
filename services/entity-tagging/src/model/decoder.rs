//! The best labels of a sentence, and by how much each beats the next best.
//!
//! Viterbi forwards and backwards gives for every character and label the best score of any labelling that has it there.
//! The margin of a mention is the least distance, over its characters and the one behind it, between the chosen label
//! and the best other one: what it would cost to lose the mention or to change its type or its ends.

use std::ops::Range;

use super::weights::{LABELS, Scores, Weights};

/// What the model finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// Characters of the sentence.
    pub(super) range: Range<usize>,
    /// Number of the type.
    pub(super) type_number: usize,
    /// Distance to the best labelling without it, in the model's units.
    pub(super) margin: i32,
}

/// Far below any score, and far from overflow.
const IMPOSSIBLE: i32 = i32::MIN / 4;

/// Memory that sentences share.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Best score of the labels up to a character, by label.
    forwards: Vec<[i32; LABELS]>,
    /// Best score of the labels after a character, by label.
    backwards: Vec<[i32; LABELS]>,
}

/// A first character of type `t` has label `1 + 2t`, the further ones `2 + 2t`.
fn is_inside(label: usize) -> bool {
    label != 0 && label.is_multiple_of(2)
}

impl Decoder {
    /// Finds the mentions of a sentence from the scores of its characters.
    pub(super) fn decode(&mut self, scores: &[Scores], weights: &Weights) -> Vec<Decoded> {
        if scores.is_empty() {
            return Vec::new();
        }
        self.run_forwards(scores, weights);
        if !self.has_mention(scores, weights) {
            return Vec::new();
        }
        self.run_backwards(scores, weights);
        self.mentions()
    }

    fn run_forwards(&mut self, scores: &[Scores], weights: &Weights) {
        self.forwards.clear();
        let mut best = [IMPOSSIBLE; LABELS];
        for label in (0..LABELS).filter(|&label| !is_inside(label)) {
            best[label] = i32::from(scores[0][label]);
        }
        self.forwards.push(best);
        for score in &scores[1..] {
            let mut next = [IMPOSSIBLE; LABELS];
            for label in 0..LABELS {
                let from = if is_inside(label) {
                    label - 1..label + 1
                } else {
                    0..LABELS
                };
                let reached = from
                    .map(|from| best[from] + weights.transitions[from][label])
                    .max();
                next[label] = reached.unwrap_or(IMPOSSIBLE) + i32::from(score[label]);
            }
            best = next;
            self.forwards.push(best);
        }
    }

    /// Whether the best labelling has a mention: most sentences have none, and need no second pass.
    fn has_mention(&self, scores: &[Scores], weights: &Weights) -> bool {
        let outside: i32 = scores.iter().map(|score| i32::from(score[0])).sum();
        let steps = scores.len() as i32 - 1;
        let nothing = outside + steps * weights.transitions[0][0];
        let best = self.forwards.last().and_then(|last| last.iter().max());
        best.is_some_and(|&best| best > nothing)
    }

    fn run_backwards(&mut self, scores: &[Scores], weights: &Weights) {
        self.backwards.clear();
        self.backwards.resize(scores.len(), [0; LABELS]);
        for position in (0..scores.len() - 1).rev() {
            let after = self.backwards[position + 1];
            let score = &scores[position + 1];
            let mut gain = [0; LABELS];
            for label in 0..LABELS {
                gain[label] = after[label] + i32::from(score[label]);
            }
            for from in 0..LABELS {
                let mut best = IMPOSSIBLE;
                for to in (0..LABELS).filter(|&to| !is_inside(to) || from + 1 == to || from == to) {
                    best = best.max(weights.transitions[from][to] + gain[to]);
                }
                self.backwards[position][from] = best;
            }
        }
    }

    fn mentions(&self) -> Vec<Decoded> {
        let mut mentions: Vec<Decoded> = Vec::new();
        let mut open: Option<Decoded> = None;
        for position in 0..self.forwards.len() {
            let through: [i32; LABELS] =
                std::array::from_fn(|label| self.forwards[position][label] + self.backwards[position][label]);
            let (label, margin) = best_and_margin(&through);
            if let Some(mention) = &mut open {
                mention.margin = mention.margin.min(margin);
                if is_inside(label) {
                    mention.range.end = position + 1;
                    continue;
                }
                mentions.extend(open.take());
            }
            if label != 0 {
                open = Some(Decoded {
                    range: position..position + 1,
                    type_number: (label - 1) / 2,
                    margin,
                });
            }
        }
        mentions.extend(open);
        mentions
    }
}

/// The best label (the first of equals), and its distance to the second best.
fn best_and_margin(scores: &[i32; LABELS]) -> (usize, i32) {
    let mut best = 0;
    for label in 1..LABELS {
        if scores[label] > scores[best] {
            best = label;
        }
    }
    let second = (0..LABELS)
        .filter(|&label| label != best)
        .map(|label| scores[label])
        .max();
    (best, scores[best] - second.unwrap_or(scores[best]))
}
