//! The best labels of a sentence, and by how much each beats the next best.
//!
//! Viterbi forwards and backwards gives for every character and label the best score of any labelling that has it there.
//! The margin of a mention is the least distance, over its characters and the one behind it, between the chosen label
//! and the best other one: what it would cost to lose the mention or to change its type or its ends.

use std::ops::Range;

use super::weights::{LABELS, LANES, Scores, Weights};

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

/// Scores by label, less the best of them: of labels in one place only the differences count, and those fit in sixteen
/// bits. Sixteen lanes of sixteen bits are two vector registers; lanes from `LABELS` on mean nothing.
type Row = [i16; LANES];

/// Memory that sentences share.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Best score of the labels up to a character, by label.
    forwards: Vec<Row>,
    /// Best score of the labels after a character, by label.
    backwards: Vec<Row>,
}

/// A first character of type `t` has label `1 + 2t`, the further ones `2 + 2t`.
pub(super) fn is_inside(label: usize) -> bool {
    label != 0 && label.is_multiple_of(2)
}

impl Decoder {
    /// Finds the mentions of a sentence from the scores of its characters.
    pub(super) fn decode(&mut self, scores: &[Scores], weights: &Weights) -> Vec<Decoded> {
        let Some(best) = self.run_forwards(scores, weights) else {
            return Vec::new();
        };
        // Most sentences have no mention and need no second pass.
        if best <= score_of_no_mention(scores, weights) {
            return Vec::new();
        }
        self.run_backwards(scores, weights);
        self.mentions()
    }

    /// Fills `forwards`; returns the score of the best labelling, `None` for an empty sentence.
    fn run_forwards(&mut self, scores: &[Scores], weights: &Weights) -> Option<i64> {
        let (first, rest) = scores.split_first()?;
        self.forwards.clear();
        let mut best = add(first, &weights.start);
        let mut total = i64::from(rebase(&mut best));
        self.forwards.push(best);
        for score in rest {
            let mut next = [i16::MIN; LANES];
            for (from, transitions) in weights.transitions_from.iter().enumerate() {
                raise(&mut next, best[from], transitions);
            }
            best = add(&next, score);
            total += i64::from(rebase(&mut best));
            self.forwards.push(best);
        }
        Some(total)
    }

    fn run_backwards(&mut self, scores: &[Scores], weights: &Weights) {
        self.backwards.clear();
        self.backwards.resize(scores.len(), [0; LANES]);
        for position in (1..scores.len()).rev() {
            let gain = add(&self.backwards[position], &scores[position]);
            let mut before = [i16::MIN; LANES];
            for (to, transitions) in weights.transitions_to.iter().enumerate() {
                raise(&mut before, gain[to], transitions);
            }
            rebase(&mut before);
            self.backwards[position - 1] = before;
        }
    }

    fn mentions(&self) -> Vec<Decoded> {
        let mut mentions: Vec<Decoded> = Vec::new();
        let mut open: Option<Decoded> = None;
        for (position, (forwards, backwards)) in self.forwards.iter().zip(&self.backwards).enumerate() {
            let through: [i32; LABELS] =
                std::array::from_fn(|label| i32::from(forwards[label]) + i32::from(backwards[label]));
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

fn score_of_no_mention(scores: &[Scores], weights: &Weights) -> i64 {
    let outside: i64 = scores.iter().map(|score| i64::from(score[0])).sum();
    let steps = scores.len().saturating_sub(1) as i64;
    outside + steps * i64::from(weights.transitions_from[0][0])
}

fn add(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|lane| a[lane].saturating_add(b[lane]))
}

/// Raises each lane to `score` plus its transition where that is more.
fn raise(row: &mut Row, score: i16, transitions: &Row) {
    for (lane, &transition) in row.iter_mut().zip(transitions) {
        *lane = (*lane).max(score.saturating_add(transition));
    }
}

/// Takes the best score off all of them, and returns it.
fn rebase(row: &mut Row) -> i16 {
    let best = row[..LABELS]
        .iter()
        .fold(i16::MIN, |best, &score| best.max(score));
    for lane in row.iter_mut() {
        *lane = lane.saturating_sub(best);
    }
    best
}

/// The best label (the first of equals), and its distance to the second best.
fn best_and_margin(scores: &[i32; LABELS]) -> (usize, i32) {
    let (mut best, mut second) = (0, i32::MIN);
    for label in 1..LABELS {
        if scores[label] > scores[best] {
            second = scores[best];
            best = label;
        } else {
            second = second.max(scores[label]);
        }
    }
    (best, scores[best].saturating_sub(second))
}
