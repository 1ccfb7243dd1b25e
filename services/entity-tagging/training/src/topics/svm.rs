//! Linear support vector machines, one for each topic against the others, by dual coordinate descent (Hsieh et al., "A
//! dual coordinate descent method for large-scale linear SVM", ICML 2008), with squared hinge loss.
//!
//! Before, each feature is scaled for each topic by how well it tells the topic from the others (Wang and Manning,
//! "Baselines and bigrams", ACL 2012): here by the size of its log-count ratio plus a constant, so that features which
//! tell little by themselves still count. The scale becomes part of the weight, so that serving knows nothing of it.

use gisa_entity_tagging::topics::weights::TOPICS;

use crate::perceptron::shuffle;

/// A headline as the machines see it.
#[derive(Clone, Debug)]
pub(super) struct Example {
    /// Number of its topic.
    pub(super) topic: usize,
    /// Its features by position in the vocabulary, with their counts.
    pub(super) features: Vec<(u32, f32)>,
}

/// How to train. The defaults are the best of those tried by ten folds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What an error costs against the size of the weights.
    pub cost: f32,
    /// Rounds over all examples; five and twenty give the same figures.
    pub rounds: usize,
    /// What is added to the size of a log-count ratio.
    pub floor: f32,
    /// Seed of the order in which examples are seen.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cost: 0.3,
            rounds: 10,
            floor: 0.5,
            seed: 1,
        }
    }
}

/// A number for each topic; the last is padding that lets the compiler use whole vectors.
type ByTopic = [f32; 8];

/// Trains the machines and gives the weights of the features by topic.
pub(super) fn train(examples: &[Example], features: usize, settings: Settings) -> Vec<[f32; TOPICS]> {
    let scales = scales(examples, features, settings.floor);
    let lengths: Vec<ByTopic> = examples
        .iter()
        .map(|example| inverse_length(example, &scales))
        .collect();
    let mut weights = vec![ByTopic::default(); features];
    let mut duals = vec![ByTopic::default(); examples.len()];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = settings.seed;
    let softness = 1.0 / (2.0 * settings.cost);
    for _ in 0..settings.rounds {
        shuffle(&mut order, &mut random);
        for &index in &order {
            let example = &examples[index];
            let margins = margins(example, &weights, &scales, &lengths[index]);
            let mut steps = ByTopic::default();
            for topic in 0..TOPICS {
                let side = if topic == example.topic { 1.0 } else { -1.0 };
                let dual = &mut duals[index][topic];
                let gradient = side * margins[topic] - 1.0 + *dual * softness;
                // Examples have length 1.
                let moved = (*dual - gradient / (1.0 + softness)).max(0.0);
                steps[topic] = (moved - *dual) * side * lengths[index][topic];
                *dual = moved;
            }
            for &(feature, count) in &example.features {
                let scale = &scales[feature as usize];
                for (topic, weight) in weights[feature as usize].iter_mut().enumerate() {
                    *weight += steps[topic] * count * scale[topic];
                }
            }
        }
    }
    let scaled = |(weights, scales): (&ByTopic, &ByTopic)| -> [f32; TOPICS] {
        std::array::from_fn(|topic| weights[topic] * scales[topic])
    };
    weights.iter().zip(&scales).map(scaled).collect()
}

/// For each feature and topic, how much more or less frequent the feature is there than elsewhere.
fn scales(examples: &[Example], features: usize, floor: f32) -> Vec<ByTopic> {
    let mut with_feature = vec![ByTopic::default(); features];
    let mut of_topic = ByTopic::default();
    for example in examples {
        of_topic[example.topic] += 1.0;
        for &(feature, _) in &example.features {
            with_feature[feature as usize][example.topic] += 1.0;
        }
    }
    let all: f32 = of_topic.iter().sum();
    let scale = |counts: ByTopic| -> ByTopic {
        let anywhere: f32 = counts.iter().sum();
        std::array::from_fn(|topic| {
            // One more of each: a feature that never occurs in a topic is not infinitely telling.
            let inside = (counts[topic] + 1.0) / (of_topic[topic] + 1.0);
            let outside = (anywhere - counts[topic] + 1.0) / (all - of_topic[topic] + 1.0);
            (inside / outside).ln().abs() + floor
        })
    };
    with_feature.into_iter().map(scale).collect()
}

/// What makes the scaled example a vector of length 1, by topic; 0 for one without features.
fn inverse_length(example: &Example, scales: &[ByTopic]) -> ByTopic {
    let mut squares = ByTopic::default();
    for &(feature, count) in &example.features {
        for (square, scale) in squares.iter_mut().zip(&scales[feature as usize]) {
            *square += (count * scale).powi(2);
        }
    }
    squares.map(|square| if square > 0.0 { square.sqrt().recip() } else { 0.0 })
}

fn margins(example: &Example, weights: &[ByTopic], scales: &[ByTopic], inverse_length: &ByTopic) -> ByTopic {
    let mut sums = ByTopic::default();
    for &(feature, count) in &example.features {
        let (weights, scales) = (&weights[feature as usize], &scales[feature as usize]);
        for topic in 0..sums.len() {
            sums[topic] += weights[topic] * scales[topic] * count;
        }
    }
    std::array::from_fn(|topic| sums[topic] * inverse_length[topic])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_what_one_feature_separates() {
        // Feature 0 is everywhere, 1 and 2 tell the topics apart.
        let example = |topic: usize| Example {
            topic,
            features: vec![(0, 1.0), (1 + topic as u32, 1.0)],
        };
        let examples: Vec<Example> = (0..20).map(|number| example(number % 2)).collect();
        let weights = train(&examples, 3, Settings::default());
        assert!(weights[1][0] > 0.5 && weights[1][1] < -0.5);
        assert!(weights[2][1] > 0.5 && weights[2][0] < -0.5);
        assert!(weights[0][0].abs() < 0.1);
    }

    #[test]
    fn telling_features_are_scaled_up() {
        let example = |topic: usize, feature: u32| Example {
            topic,
            features: vec![(feature, 1.0)],
        };
        let mut examples = vec![example(0, 0); 8];
        examples.extend(vec![example(1, 1); 8]);
        examples.extend([example(0, 2), example(1, 2)]);
        let scales = scales(&examples, 3, 0.5);
        assert!((scales[2][0] - 0.5).abs() < 1e-6);
        assert!(scales[0][0] > 2.0 && scales[0][1] > 2.0);
    }
}
