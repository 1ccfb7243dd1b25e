//! Trains the names model and writes its file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Parser;
use gisa_article_model::EntityType;
use gisa_entity_tagging::model::weights::{Calibration, TYPES};
use gisa_entity_tagging::model::{Model, NameModel};
use gisa_tagging_training::calibration::fit;
use gisa_tagging_training::corpus::Sentence;
use gisa_tagging_training::export::Quantised;
use gisa_tagging_training::labels::Task;
use gisa_tagging_training::names::{
    DOMAINS, Ingredients, Layers, Part, examples, only_names, read_sentences,
};
use gisa_tagging_training::perceptron::{self, Settings, train};
use gisa_tagging_training::plain_words::plain_words;
use gisa_tagging_training::score::Score;

#[derive(Parser)]
struct Arguments {
    /// Folder of the public corpora.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Folders of the project's own sentences and of sentences that it has annotated.
    #[arg(long, num_args = 1.., default_values = ["seeds/sentences", "seeds/sentences-klue"])]
    sentences: Vec<PathBuf>,
    /// Where to write the model; without it the model is only measured on the development part.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Rounds over all examples.
    #[arg(long, default_value_t = 8)]
    rounds: usize,
    /// Features that are kept.
    #[arg(long, default_value_t = 200_000)]
    features: usize,
    /// Measures with each ingredient added in turn.
    #[arg(long)]
    ladder: bool,
    /// Times that a round learns from each of the project's own sentences.
    #[arg(long, default_value_t = 2)]
    copies: usize,
    /// Sentences with swapped names that are made from each of the project's own.
    #[arg(long, default_value_t = 1)]
    swaps: usize,
    /// Models, each with another order of the examples, that are averaged.
    #[arg(long, default_value_t = 2)]
    orders: usize,
    /// What a wrong label's score is raised by while learning.
    #[arg(long, default_value_t = 2.0)]
    margin: f32,
    /// Features that occur less often get no weights.
    #[arg(long, default_value_t = 2)]
    least: u8,
    /// Writes the model of the training part; without it the development part is learned from too.
    #[arg(long)]
    only_training: bool,
    /// Prints what keeping more or fewer features gives.
    #[arg(long)]
    sizes: bool,
}

/// Slope of a model that is not calibrated yet, small so that margins can be told from confidences.
const FLAT: f32 = 1e-3;
const UNCALIBRATED: Calibration = [(0.0, FLAT); TYPES];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut files = BTreeMap::new();
    for folder in &arguments.sentences {
        files.extend(read_sentences(folder)?);
    }
    let part = |wanted: Part| -> Vec<Sentence> {
        let files = files.iter().filter(|(name, _)| Part::of(name) == wanted);
        files
            .flat_map(|(_, sentences)| sentences.iter().cloned())
            .collect()
    };
    let (training, development) = (part(Part::Training), part(Part::Development));
    eprintln!(
        "{} sentences to learn from, {} for development",
        training.len(),
        development.len()
    );
    let layers = Layers::built_in()?;
    let settings = Settings {
        rounds: arguments.rounds,
        margin: arguments.margin,
        least_count: arguments.least,
        domains: DOMAINS,
        orders: arguments.orders,
    };
    let all = Ingredients {
        news: true,
        konec: true,
        projected: true,
        dictionary: true,
        copies: arguments.copies,
        swaps: arguments.swaps,
    };
    let learn = |news: &[Sentence], ingredients: Ingredients| -> anyhow::Result<Quantised> {
        let examples = examples(&arguments.data, news, ingredients, &layers, settings)?;
        let model = train(&examples, Task::Names, settings, 0);
        eprintln!("{} features before pruning", model.features());
        let plain_words = plain_words(examples.iter().map(|example| &example.sentence));
        if arguments.sizes {
            show_sizes(&model, &plain_words, &development, &layers)?;
        }
        Ok(Quantised::new(&model, arguments.features, plain_words))
    };
    if arguments.ladder {
        let none = Ingredients {
            news: false,
            konec: true,
            projected: false,
            dictionary: false,
            copies: arguments.copies,
            swaps: 0,
        };
        let half = &training[..training.len() / 2];
        let steps: [(&str, &[Sentence], Ingredients); 6] = [
            ("konec gold", &training, none),
            (
                "+ projected",
                &training,
                Ingredients {
                    projected: true,
                    ..none
                },
            ),
            (
                "own, half",
                half,
                Ingredients {
                    news: true,
                    konec: false,
                    ..none
                },
            ),
            (
                "own",
                &training,
                Ingredients {
                    news: true,
                    konec: false,
                    ..none
                },
            ),
            (
                "own + konec + projected",
                &training,
                Ingredients {
                    dictionary: false,
                    ..all
                },
            ),
            ("+ dictionary features", &training, all),
        ];
        for (name, news, ingredients) in steps {
            let model = Model::read(&learn(news, ingredients)?.file(&UNCALIBRATED)?)?;
            let score = measure(&model, &development, &layers, ingredients.dictionary);
            println!("== {name}\n{score}");
        }
        return Ok(());
    }
    let quantised = learn(&training, all)?;
    let model = Model::read(&quantised.file(&UNCALIBRATED)?)?;
    println!("{}", measure(&model, &development, &layers, true));
    let calibration = calibrate(&model, &development, &layers);
    println!(
        "features {}, plain words {}, calibration {calibration:?}",
        quantised.features(),
        quantised.plain_words()
    );
    if let Some(out) = &arguments.out {
        let file = if arguments.only_training {
            quantised.file(&calibration)?
        } else {
            let everything: Vec<Sentence> = training.iter().chain(&development).cloned().collect();
            learn(&everything, all)?.file(&calibration)?
        };
        std::fs::write(out, &file).with_context(|| format!("writing {}", out.display()))?;
        println!("{}: {} bytes", out.display(), file.len());
    }
    Ok(())
}

/// Prints what keeping more or fewer features gives.
fn show_sizes(
    model: &perceptron::Model,
    plain_words: &BTreeSet<u32>,
    development: &[Sentence],
    layers: &Layers,
) -> anyhow::Result<()> {
    for most in [100_000, 200_000, 300_000, 400_000, 800_000] {
        let quantised = Quantised::new(model, most, plain_words.clone());
        let file = quantised.file(&UNCALIBRATED)?;
        let score = measure(&Model::read(&file)?, development, layers, true);
        println!(
            "{most} features: {} bytes, F1 {:.4}",
            file.len(),
            score.micro(|_| true).f1()
        );
    }
    Ok(())
}

/// Mentions of a sentence as (start, end, type) in characters, with the confidence.
fn found(
    model: &Model,
    sentence: &Sentence,
    layers: &Layers,
    dictionary: bool,
) -> Vec<((usize, usize, &'static str), f32)> {
    let text = sentence.string();
    let evidence = if dictionary {
        layers.evidence(sentence)
    } else {
        layers.evidence_without_dictionary(sentence)
    };
    let characters = |byte: usize| text[..byte].chars().count();
    let names = model.find_names(&text, &evidence).into_iter();
    names
        .map(|name| {
            let place = (
                characters(name.range.start),
                characters(name.range.end),
                name.entity_type.as_str(),
            );
            (place, name.confidence)
        })
        .collect()
}

fn gold(sentence: &Sentence) -> Vec<(usize, usize, &str)> {
    let mentions = sentence.mentions.iter();
    mentions
        .map(|mention| (mention.start, mention.end, mention.label.as_str()))
        .collect()
}

fn measure(model: &Model, sentences: &[Sentence], layers: &Layers, dictionary: bool) -> Score {
    let mut score = Score::default();
    for sentence in sentences {
        let sentence = only_names(sentence);
        let found: Vec<_> = found(model, &sentence, layers, dictionary)
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        score.compare(&gold(&sentence), &found);
    }
    score
}

fn calibrate(model: &Model, sentences: &[Sentence], layers: &Layers) -> Calibration {
    let mut outcomes: [Vec<(f32, bool)>; TYPES] = Default::default();
    for sentence in sentences {
        let gold = gold(sentence);
        for (place, confidence) in found(model, sentence, layers, true) {
            let margin = (confidence / (1.0 - confidence).max(f32::MIN_POSITIVE)).ln() / FLAT;
            let number = EntityType::parse(place.2).map_or(0, |entity_type| entity_type as usize);
            outcomes[number].push((margin, gold.contains(&place)));
        }
    }
    outcomes.map(|outcomes| fit(&outcomes))
}
