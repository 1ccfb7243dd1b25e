//! An averaged structured perceptron over IOB2 labels, with a margin and with domains.
//!
//! Every feature has a row of weights that all domains share and a row for each domain, and counts with their sum
//! (Daumé 2007): what sentences of other domains teach is kept where the target domain does not contradict it. The
//! model that is served holds the sums of the target domain, so that domains cost nothing there.

use gisa_entity_tagging::model::features::{Evidence, FEATURES, extract};
use rustc_hash::FxHashMap;

use crate::corpus::Sentence;
use crate::labels::Task;

type FeatureMap<V> = FxHashMap<u32, V>;

/// Marks a feature that is too rare to have weights.
const RARE: u32 = u32::MAX;

/// A sentence to learn from.
#[derive(Debug)]
pub struct Example {
    /// Text and mentions, in the names of the task's types.
    pub sentence: Sentence,
    /// What other layers say of each character, in one or more variants; each round learns from one of them.
    pub evidence: Vec<Vec<Evidence>>,
    /// Number of the domain.
    pub domain: usize,
    /// How often a round learns from it.
    pub copies: usize,
}

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rounds over all examples.
    pub rounds: usize,
    /// Features that occur less often get no weights.
    pub least_count: u8,
    /// What a wrong label's score is raised by while learning.
    pub margin: f32,
    /// Number of domains.
    pub domains: usize,
    /// How many models, each with another order of the examples, are averaged.
    pub orders: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rounds: 8,
            least_count: 2,
            margin: 1.0,
            domains: 1,
            orders: 1,
        }
    }
}

/// Weights of one domain (its own plus the shared ones), averaged.
#[derive(Debug)]
pub struct Model {
    /// What it tells apart.
    pub task: Task,
    labels: usize,
    ids: FeatureMap<u32>,
    weights: Vec<f32>,
    /// `labels × labels`: from the label of a character to that of the next.
    transitions: Vec<f32>,
}

struct PreparedExample {
    /// By variant: `FEATURES` ids a character.
    variants: Vec<Vec<u32>>,
    gold: Vec<u8>,
    domain: usize,
    copies: usize,
}

/// The labels of a sentence's characters.
pub fn labels_of(sentence: &Sentence, task: Task) -> Vec<u8> {
    let mut labels = vec![0; sentence.text.len()];
    for mention in &sentence.mentions {
        if let Some(number) = task.number(&mention.label) {
            labels[mention.start] = 1 + 2 * number;
            labels[mention.start + 1..mention.end].fill(2 + 2 * number);
        }
    }
    labels
}

/// Whether a character with label `to` may follow one with label `from`.
fn may_follow(from: usize, to: usize) -> bool {
    to == 0 || to % 2 == 1 || from == to || from + 1 == to
}

/// Learns from `examples` and returns the model of domain `target`.
pub fn train(examples: &[Example], task: Task, settings: Settings, target: usize) -> Model {
    let ids = vocabulary(examples, settings.least_count);
    let prepared: Vec<PreparedExample> = examples
        .iter()
        .map(|example| prepare(example, &ids, task))
        .collect();
    let mut model: Option<Model> = None;
    for order in 0..settings.orders {
        let trained = train_in_order(&prepared, ids.len(), task, settings, order as u64);
        let trained = trained.finish(task, target);
        match &mut model {
            Some(model) => model.add(&trained),
            None => model = Some(trained),
        }
    }
    let mut model = model.unwrap_or_else(|| Model::empty(task));
    model.scale(1.0 / settings.orders.max(1) as f32);
    model.ids = ids;
    model
}

fn train_in_order(
    prepared: &[PreparedExample],
    features: usize,
    task: Task,
    settings: Settings,
    seed: u64,
) -> Trainer {
    let labels = task.labels();
    let mut trainer = Trainer {
        labels,
        features,
        weights: vec![0.0; features * labels * (1 + settings.domains)],
        sums: vec![0.0; features * labels * (1 + settings.domains)],
        transitions: vec![0.0; labels * labels],
        transition_sums: vec![0.0; labels * labels],
        step: 1.0,
        margin: settings.margin,
    };
    let mut order: Vec<usize> = prepared
        .iter()
        .enumerate()
        .flat_map(|(index, example)| std::iter::repeat_n(index, example.copies))
        .collect();
    let mut random = 1 + seed;
    for round in 0..settings.rounds {
        shuffle(&mut order, &mut random);
        let mut wrong = 0;
        for (turn, &index) in order.iter().enumerate() {
            let example = &prepared[index];
            let variant = (round + turn) % example.variants.len();
            wrong += usize::from(trainer.learn(&example.variants[variant], &example.gold, example.domain));
            trainer.step += 1.0;
        }
        eprintln!("round {}: {wrong} of {} sentences wrong", round + 1, order.len());
    }
    trainer
}

/// Puts the items in an order that follows from the state `random`, and moves that on.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut u64) {
    for index in (1..items.len()).rev() {
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        items.swap(index, (*random >> 33) as usize % (index + 1));
    }
}

fn vocabulary(examples: &[Example], least_count: u8) -> FeatureMap<u32> {
    let mut counts: FeatureMap<u8> = FeatureMap::default();
    for example in examples {
        for evidence in &example.evidence {
            extract(&example.sentence.text, evidence, |_, features| {
                for &feature in features {
                    let count = counts.entry(feature).or_default();
                    *count = count.saturating_add(1);
                }
            });
        }
    }
    // Variants of one sentence share most features, and would make each of them frequent.
    let variants = examples
        .iter()
        .map(|example| example.evidence.len())
        .max()
        .unwrap_or(1);
    let least = usize::from(least_count) * variants.min(1) + usize::from(least_count > 1) * (variants - 1);
    let mut kept: Vec<u32> = counts
        .into_iter()
        .filter(|&(_, count)| usize::from(count) >= least)
        .map(|(feature, _)| feature)
        .collect();
    kept.sort_unstable();
    (0..).zip(kept).map(|(id, feature)| (feature, id)).collect()
}

fn prepare(example: &Example, ids: &FeatureMap<u32>, task: Task) -> PreparedExample {
    let variant = |evidence: &Vec<Evidence>| {
        let mut found = Vec::with_capacity(example.sentence.text.len() * FEATURES);
        extract(&example.sentence.text, evidence, |_, features| {
            found.extend(
                features
                    .iter()
                    .map(|feature| ids.get(feature).copied().unwrap_or(RARE)),
            );
        });
        found
    };
    PreparedExample {
        variants: example.evidence.iter().map(variant).collect(),
        gold: labels_of(&example.sentence, task),
        domain: example.domain,
        copies: example.copies,
    }
}

struct Trainer {
    labels: usize,
    features: usize,
    weights: Vec<f32>,
    /// Sums of updates times the step they were made in, for the average.
    sums: Vec<f32>,
    transitions: Vec<f32>,
    transition_sums: Vec<f32>,
    step: f32,
    margin: f32,
}

impl Trainer {
    /// Learns from one sentence; says whether the current weights label it wrong.
    fn learn(&mut self, features: &[u32], gold: &[u8], domain: usize) -> bool {
        let labels = self.labels;
        let mut scores = vec![0.0; gold.len() * labels];
        for (position, ids) in features.chunks_exact(FEATURES).enumerate() {
            let row = &mut scores[position * labels..(position + 1) * labels];
            for &id in ids.iter().filter(|&&id| id != RARE) {
                for part in [0, 1 + domain] {
                    let start = (part * self.features + id as usize) * labels;
                    for (score, weight) in row.iter_mut().zip(&self.weights[start..start + labels]) {
                        *score += weight;
                    }
                }
            }
            for (label, score) in row.iter_mut().enumerate() {
                if label != usize::from(gold[position]) {
                    *score += self.margin;
                }
            }
        }
        let found = viterbi(&scores, labels, &self.transitions);
        if found == gold {
            return false;
        }
        for position in 0..gold.len() {
            let (right, wrong) = (usize::from(gold[position]), usize::from(found[position]));
            if right != wrong {
                for &id in features[position * FEATURES..(position + 1) * FEATURES]
                    .iter()
                    .filter(|&&id| id != RARE)
                {
                    for part in [0, 1 + domain] {
                        let start = (part * self.features + id as usize) * labels;
                        self.weights[start + right] += 1.0;
                        self.sums[start + right] += self.step;
                        self.weights[start + wrong] -= 1.0;
                        self.sums[start + wrong] -= self.step;
                    }
                }
            }
            if position > 0 {
                let right = usize::from(gold[position - 1]) * labels + right;
                let wrong = usize::from(found[position - 1]) * labels + wrong;
                if right != wrong {
                    self.transitions[right] += 1.0;
                    self.transition_sums[right] += self.step;
                    self.transitions[wrong] -= 1.0;
                    self.transition_sums[wrong] -= self.step;
                }
            }
        }
        true
    }

    fn finish(self, task: Task, target: usize) -> Model {
        let average = |weight: f32, sum: f32| weight - sum / self.step;
        let part = self.features * self.labels;
        let own = (1 + target) * part;
        let weights = (0..part)
            .map(|index| {
                average(self.weights[index], self.sums[index])
                    + average(self.weights[own + index], self.sums[own + index])
            })
            .collect();
        let transitions = self
            .transitions
            .iter()
            .zip(&self.transition_sums)
            .map(|(&weight, &sum)| average(weight, sum))
            .collect();
        Model {
            task,
            labels: self.labels,
            ids: FeatureMap::default(),
            weights,
            transitions,
        }
    }
}

/// The best labels for scores of `labels` a character.
fn viterbi(scores: &[f32], labels: usize, transitions: &[f32]) -> Vec<u8> {
    let length = scores.len() / labels;
    if length == 0 {
        return Vec::new();
    }
    let mut best: Vec<f32> = (0..labels)
        .map(|label| {
            if may_follow(0, label) {
                scores[label]
            } else {
                f32::NEG_INFINITY
            }
        })
        .collect();
    let mut from = vec![0u8; length * labels];
    let mut next = vec![0.0; labels];
    for position in 1..length {
        for label in 0..labels {
            let mut winner = (f32::NEG_INFINITY, 0);
            for earlier in 0..labels {
                if may_follow(earlier, label) {
                    let score = best[earlier] + transitions[earlier * labels + label];
                    if score > winner.0 {
                        winner = (score, earlier);
                    }
                }
            }
            next[label] = winner.0 + scores[position * labels + label];
            from[position * labels + label] = winner.1 as u8;
        }
        std::mem::swap(&mut best, &mut next);
    }
    let mut label = (0..labels)
        .max_by(|&a, &b| best[a].total_cmp(&best[b]))
        .unwrap_or(0);
    let mut found = vec![0; length];
    for position in (0..length).rev() {
        found[position] = label as u8;
        label = usize::from(from[position * labels + label]);
    }
    found
}

impl Model {
    fn empty(task: Task) -> Self {
        Self {
            task,
            labels: task.labels(),
            ids: FeatureMap::default(),
            weights: Vec::new(),
            transitions: vec![0.0; task.labels() * task.labels()],
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, weight) in self.weights.iter_mut().zip(&other.weights) {
            *sum += weight;
        }
        for (sum, weight) in self.transitions.iter_mut().zip(&other.transitions) {
            *sum += weight;
        }
    }

    fn scale(&mut self, factor: f32) {
        for weight in self.weights.iter_mut().chain(&mut self.transitions) {
            *weight *= factor;
        }
    }

    /// Number of features with weights.
    pub fn features(&self) -> usize {
        self.ids.len()
    }

    /// Features and their weights, one a label.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &[f32])> {
        self.ids.iter().map(|(&feature, &id)| {
            let start = id as usize * self.labels;
            (feature, &self.weights[start..start + self.labels])
        })
    }

    /// `labels × labels` weights, from the label of a character to that of the next.
    pub fn transitions(&self) -> &[f32] {
        &self.transitions
    }

    /// The labels of a sentence.
    pub fn label(&self, text: &[char], evidence: &[Evidence]) -> Vec<u8> {
        let mut scores = vec![0.0; text.len() * self.labels];
        extract(text, evidence, |position, features| {
            let row = &mut scores[position * self.labels..(position + 1) * self.labels];
            for feature in features {
                if let Some(&id) = self.ids.get(feature) {
                    let start = id as usize * self.labels;
                    for (score, weight) in row.iter_mut().zip(&self.weights[start..start + self.labels]) {
                        *score += weight;
                    }
                }
            }
        });
        viterbi(&scores, self.labels, &self.transitions)
    }

    /// The mentions of a sentence: (start, end, type), in characters.
    pub fn mentions(&self, text: &[char], evidence: &[Evidence]) -> Vec<(usize, usize, &'static str)> {
        spans(&self.label(text, evidence), self.task)
    }
}

/// The mentions that labels stand for.
pub fn spans(labels: &[u8], task: Task) -> Vec<(usize, usize, &'static str)> {
    let mut spans: Vec<(usize, usize, &'static str)> = Vec::new();
    for (position, &label) in labels.iter().enumerate() {
        if label == 0 {
            continue;
        }
        if label % 2 == 1 {
            spans.push((position, position + 1, task.types()[usize::from(label / 2)]));
        } else if let Some(open) = spans.last_mut() {
            open.1 = position + 1;
        }
    }
    spans
}
