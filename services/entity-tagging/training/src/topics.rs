//! Trains the topic model from headlines with a section each.
//!
//! ```text
//! headlines -> features -> vocabulary -> support vectors, a topic against the others -> eight bits -> model file
//! ```

mod measure;
mod svm;

use std::path::Path;

use anyhow::Context as _;
use gisa_article_model::Topic;
use gisa_entity_tagging::topics::features::{BUCKETS, for_each_feature};
use gisa_entity_tagging::topics::weights::{Row, Scaling, TOPICS, write};

use crate::perceptron::shuffle;
use svm::Example;

pub use measure::{Prediction, Report, fit_scale};
pub use svm::Settings;

/// Features of fewer headlines are left out: two thirds of all, and no loss.
const LEAST_HEADLINES: u32 = 2;

/// Units of the file's weights in the root mean square of all weights. Finer steps change no figure.
const UNITS: f32 = 6.0;

/// How the ids of sentences from news end; the others are film reviews.
const NEWS_SOURCE: &str = "_wikitree";

/// Seed of the order in which headlines are dealt to the folds.
const SEED: u64 = 20_240_401;

/// A headline of the training data.
#[derive(Clone, Debug)]
pub struct Headline {
    /// Its text.
    pub title: String,
    /// The section that it stood in.
    pub topic: Topic,
    /// Its features with how often each occurs, in ascending order.
    features: Vec<(u32, f32)>,
}

/// Reads a table of `topic`, `title` with a head line. The headlines come in a random order that is always the same.
pub fn read_headlines(path: &Path) -> anyhow::Result<Vec<Headline>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut headlines = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let headline = line
            .split_once('\t')
            .and_then(|(topic, title)| Some(Headline::new(Topic::parse(topic)?, title)));
        let headline = headline
            .with_context(|| format!("{}:{}: not a topic and a title", path.display(), number + 1))?;
        headlines.push(headline);
    }
    let mut random = SEED;
    shuffle(&mut headlines, &mut random);
    Ok(headlines)
}

/// Reads the sentences of news from a table of `id_source`, `text`.
pub fn read_news_sentences(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let sentences = text.lines().filter_map(|line| {
        let (id, sentence) = line.split_once('\t')?;
        id.ends_with(NEWS_SOURCE).then(|| sentence.to_owned())
    });
    Ok(sentences.collect())
}

impl Headline {
    fn new(topic: Topic, title: &str) -> Self {
        let mut all = Vec::new();
        for_each_feature(title, |feature| all.push(feature));
        all.sort_unstable();
        let features = all
            .chunk_by(|left, right| left == right)
            .map(|equal| (equal[0], equal.len() as f32))
            .collect();
        Self {
            title: title.to_owned(),
            topic,
            features,
        }
    }
}

/// A trained model.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Features in ascending order.
    features: Vec<u32>,
    weights: Vec<[f32; TOPICS]>,
}

/// Trains on headlines. The same headlines in the same order give the same model.
pub fn train(headlines: &[&Headline], settings: Settings) -> Linear {
    let features = vocabulary(headlines);
    let mut position = vec![None; BUCKETS as usize];
    for (index, &feature) in features.iter().enumerate() {
        position[feature as usize] = Some(index as u32);
    }
    let examples: Vec<Example> = headlines
        .iter()
        .map(|headline| Example {
            topic: headline.topic as usize,
            features: headline
                .features
                .iter()
                .filter_map(|&(feature, count)| Some((position[feature as usize]?, count)))
                .collect(),
        })
        .collect();
    Linear {
        weights: svm::train(&examples, features.len(), settings),
        features,
    }
}

fn vocabulary(headlines: &[&Headline]) -> Vec<u32> {
    let mut counts = vec![0u32; BUCKETS as usize];
    for (feature, _) in headlines.iter().flat_map(|headline| &headline.features) {
        counts[*feature as usize] += 1;
    }
    (0..BUCKETS)
        .filter(|&feature| counts[feature as usize] >= LEAST_HEADLINES)
        .collect()
}

impl Linear {
    /// Mean weight of the known features of news prose, by topic: what the language of sentences, other than that of
    /// headlines, weighs by itself.
    pub fn prose<'a>(&self, sentences: impl Iterator<Item = &'a str>) -> [f32; TOPICS] {
        let mut sums = [0f64; TOPICS];
        let mut known = 0u32;
        for sentence in sentences {
            for_each_feature(sentence, |feature| {
                let Ok(position) = self.features.binary_search(&feature) else {
                    return;
                };
                known += 1;
                for (sum, &weight) in sums.iter_mut().zip(&self.weights[position]) {
                    *sum += f64::from(weight);
                }
            });
        }
        sums.map(|sum| (sum / f64::from(known.max(1))) as f32)
    }

    /// The model file. `sharpness` turns the model's own scores into logits, see [`fit_scale`]; `prose` is what
    /// [`prose`](Self::prose) gives, or zeros for a model of headlines only.
    pub fn file(&self, sharpness: f32, prose: &[f32; TOPICS]) -> std::io::Result<Vec<u8>> {
        let unit = self.root_mean_square() / UNITS;
        let quantised = |weight: f32| (weight / unit).round().clamp(-127.0, 127.0) as i8;
        let row = |(&feature, weights): (&u32, &[f32; TOPICS])| Row {
            feature,
            weights: weights.map(quantised),
        };
        let rows = self.features.iter().zip(&self.weights).map(row);
        let rows = rows.filter(|row| row.weights.iter().any(|&weight| weight != 0));
        let scaling = Scaling {
            scale: unit * sharpness,
            prose: prose.map(|weight| weight / unit),
        };
        write(rows.collect(), &scaling)
    }

    fn root_mean_square(&self) -> f32 {
        let weights = self.weights.as_flattened();
        let squares: f64 = weights.iter().map(|&weight| f64::from(weight).powi(2)).sum();
        (squares / weights.len().max(1) as f64).sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    use gisa_entity_tagging::topics::TopicModel;

    use super::*;

    #[test]
    fn learns_words_that_tell_sections_apart() {
        let mut headlines = Vec::new();
        for number in 0..30 {
            headlines.push(Headline::new(Topic::Sports, &format!("투수 {number}번 완봉승")));
            headlines.push(Headline::new(Topic::Economy, &format!("금리 {number}번 인상")));
        }
        let linear = train(&headlines.iter().collect::<Vec<_>>(), Settings::default());
        let model = TopicModel::read(&linear.file(3.0, &[0.0; TOPICS]).unwrap()).unwrap();
        assert_eq!(model.scores("새 투수 완봉승", "", "")[0].topic, Topic::Sports);
        assert_eq!(
            model.scores("", "", "기준금리를 인상했다")[0].topic,
            Topic::Economy
        );
    }

    #[test]
    fn prose_does_not_weigh_by_itself() {
        let mut headlines = Vec::new();
        for number in 0..30 {
            headlines.push(Headline::new(Topic::LifeCulture, &format!("{number}번 읽었다")));
            headlines.push(Headline::new(Topic::Economy, &format!("금리 {number}번 인상")));
        }
        let linear = train(&headlines.iter().collect::<Vec<_>>(), Settings::default());
        let prose = linear.prose(["들었다", "있었다"].into_iter());
        assert!(prose[Topic::LifeCulture as usize] > prose[Topic::Economy as usize]);
        let life = |prose: &[f32; TOPICS]| {
            let model = TopicModel::read(&linear.file(3.0, prose).unwrap()).unwrap();
            let scores = model.scores("", "", "보았다");
            scores
                .into_iter()
                .find(|score| score.topic == Topic::LifeCulture)
                .unwrap()
                .score
        };
        assert!(life(&prose) < life(&[0.0; TOPICS]));
    }
}
