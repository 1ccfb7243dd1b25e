//! Figures of a topic model: accuracy, F1 by topic, and how far its probabilities can be trusted.

use gisa_article_model::{Topic, TopicScore};
use gisa_entity_tagging::topics::weights::TOPICS;

/// Bands of probability that calibration is measured in.
const BANDS: usize = 10;

/// What a model said of one headline.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// The section that it stood in.
    pub gold: Topic,
    /// Probabilities, in the order of [`Topic::ALL`].
    pub probabilities: [f32; TOPICS],
}

impl Prediction {
    /// From the model's scores in any order.
    pub fn new(gold: Topic, scores: &[TopicScore]) -> Self {
        let mut probabilities = [0.0; TOPICS];
        for score in scores {
            probabilities[score.topic as usize] = score.score;
        }
        Self { gold, probabilities }
    }

    fn best(&self) -> usize {
        (1..TOPICS).fold(0, |best, topic| {
            if self.probabilities[topic] > self.probabilities[best] {
                topic
            } else {
                best
            }
        })
    }

    /// Negative logarithm of the gold's probability when all logits are multiplied by `factor`.
    fn loss(&self, factor: f64) -> f64 {
        let power = |probability: f32| f64::from(probability.max(f32::MIN_POSITIVE)).ln() * factor;
        let whole: f64 = self
            .probabilities
            .iter()
            .map(|&probability| power(probability).exp())
            .sum();
        whole.ln() - power(self.probabilities[self.gold as usize])
    }
}

/// By how much the logits have to be multiplied for the probabilities to be the likeliest, between 1/64 and 64.
pub fn fit_scale(predictions: &[Prediction]) -> f32 {
    let loss = |exponent: f64| -> f64 {
        predictions
            .iter()
            .map(|prediction| prediction.loss(exponent.exp2()))
            .sum()
    };
    // The loss has one valley.
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..40 {
        let third = (high - low) / 3.0;
        if loss(low + third) < loss(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    ((low + high) / 2.0).exp2() as f32
}

/// Figures over many headlines.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Headlines by gold and found topic.
    confusion: [[usize; TOPICS]; TOPICS],
    loss: f64,
    /// Number, sum of probabilities and number of right ones of the best topics, by band of their probability.
    bands: [(usize, f64, usize); BANDS],
}

impl Report {
    /// Counts a headline.
    pub fn add(&mut self, prediction: &Prediction) {
        let (gold, best) = (prediction.gold as usize, prediction.best());
        self.confusion[gold][best] += 1;
        self.loss += prediction.loss(1.0);
        let probability = prediction.probabilities[best];
        let band = &mut self.bands[((probability * BANDS as f32) as usize).min(BANDS - 1)];
        band.0 += 1;
        band.1 += f64::from(probability);
        band.2 += usize::from(gold == best);
    }

    fn count(&self) -> usize {
        self.confusion.as_flattened().iter().sum()
    }

    /// Share of headlines whose topic is right.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..TOPICS).map(|topic| self.confusion[topic][topic]).sum();
        right as f64 / self.count().max(1) as f64
    }

    /// F1 of a topic.
    pub fn f1(&self, topic: Topic) -> f64 {
        let topic = topic as usize;
        let gold: usize = self.confusion[topic].iter().sum();
        let found: usize = self.confusion.iter().map(|row| row[topic]).sum();
        2.0 * self.confusion[topic][topic] as f64 / (gold + found).max(1) as f64
    }

    /// Mean F1 of the topics.
    pub fn macro_f1(&self) -> f64 {
        Topic::ALL.iter().map(|&topic| self.f1(topic)).sum::<f64>() / TOPICS as f64
    }

    /// Mean distance of probability and share of right ones, over the bands.
    pub fn calibration_error(&self) -> f64 {
        let distance: f64 = self
            .bands
            .iter()
            .map(|&(_, sum, right)| (sum - right as f64).abs())
            .sum();
        distance / self.count().max(1) as f64
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for &topic in Topic::ALL {
            writeln!(formatter, "{}\t{:.4}", topic.as_str(), self.f1(topic))?;
        }
        write!(
            formatter,
            "accuracy {:.4}, macro F1 {:.4}, mean loss {:.4}, calibration error {:.4}",
            self.accuracy(),
            self.macro_f1(),
            self.loss / self.count().max(1) as f64,
            self.calibration_error()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(gold: Topic, best: Topic, probability: f32) -> Prediction {
        let mut probabilities = [(1.0 - probability) / (TOPICS - 1) as f32; TOPICS];
        probabilities[best as usize] = probability;
        Prediction { gold, probabilities }
    }

    #[test]
    fn counts_right_ones_by_topic() {
        let mut report = Report::default();
        report.add(&prediction(Topic::Sports, Topic::Sports, 0.75));
        report.add(&prediction(Topic::Sports, Topic::World, 0.75));
        report.add(&prediction(Topic::World, Topic::World, 0.75));
        report.add(&prediction(Topic::World, Topic::World, 0.75));
        assert_eq!(report.accuracy(), 0.75);
        assert!((report.f1(Topic::Sports) - 2.0 / 3.0).abs() < 1e-9);
        assert!((report.f1(Topic::World) - 0.8).abs() < 1e-9);
        assert!(report.calibration_error() < 1e-6);
    }

    #[test]
    fn overconfident_scores_are_flattened() {
        let mut predictions = vec![prediction(Topic::Sports, Topic::Sports, 0.99); 7];
        predictions.extend(vec![prediction(Topic::World, Topic::Sports, 0.99); 3]);
        assert!(fit_scale(&predictions) < 0.8);
        let sure = vec![prediction(Topic::Sports, Topic::Sports, 0.5); 10];
        assert!(fit_scale(&sure) > 10.0);
    }
}
