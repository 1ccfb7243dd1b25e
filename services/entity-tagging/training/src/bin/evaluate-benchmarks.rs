//! Measures the sequence model on public benchmarks by five-fold cross-validation.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use gisa_entity_tagging::model::features::Evidence;
use gisa_tagging_training::corpus::{FormTable, Sentence, read_klue, read_konec, read_raw};
use gisa_tagging_training::labels::{Task, gisa_type_of_konec};
use gisa_tagging_training::perceptron::{Example, Settings, train};
use gisa_tagging_training::score::Score;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    #[arg(value_enum)]
    benchmark: Benchmark,
    #[arg(long, default_value_t = 8)]
    rounds: usize,
    #[arg(long, default_value_t = 5)]
    folds: usize,
    #[arg(long)]
    silver: bool,
    #[arg(long, default_value_t = 2)]
    copies: usize,
    #[arg(long, default_value_t = 1.0)]
    margin: f32,
    #[arg(long, default_value_t = 2)]
    least: u8,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum Benchmark {
    Klue,
    Konec,
}

fn none(sentence: &Sentence) -> Vec<Vec<Evidence>> {
    vec![vec![Evidence::default(); sentence.text.len()]]
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let konec = read_konec(&arguments.data)?;
    let own = |label: &str| gisa_type_of_konec(label).map(gisa_article_model::EntityType::as_str);
    let (task, gold): (Task, Vec<Sentence>) = match arguments.benchmark {
        Benchmark::Klue => (Task::Klue, read_klue(&arguments.data)?),
        Benchmark::Konec => (Task::Gisa, konec.iter().map(|s| s.relabelled(own)).collect()),
    };
    let projected = if arguments.silver {
        FormTable::read(&arguments.data)?.project(read_raw(&arguments.data)?)
    } else {
        Vec::new()
    };
    let settings = Settings {
        rounds: arguments.rounds,
        margin: arguments.margin,
        least_count: arguments.least,
        domains: 2,
        ..Settings::default()
    };
    let mut total = Score::default();
    for fold in 0..arguments.folds {
        let (mut training, mut test) = (Vec::new(), Vec::new());
        for (index, sentence) in gold.iter().enumerate() {
            if index % 5 == fold {
                test.push(sentence)
            } else {
                training.push(sentence)
            }
        }
        let example = |sentence: &Sentence, domain, copies| Example {
            evidence: none(sentence),
            sentence: sentence.clone(),
            domain,
            copies,
        };
        let mut examples: Vec<Example> = training.iter().map(|s| example(s, 0, 1)).collect();
        if arguments.silver {
            // Types of the task by fine type, as the training part has them.
            let first = train(&examples, task, settings, 0);
            let mut votes: std::collections::HashMap<&str, std::collections::HashMap<&str, usize>> =
                Default::default();
            for (index, sentence) in gold.iter().enumerate().filter(|(index, _)| index % 5 != fold) {
                for fine in &konec[index].mentions {
                    let same = sentence
                        .mentions
                        .iter()
                        .find(|m| (m.start, m.end) == (fine.start, fine.end));
                    *votes
                        .entry(fine.label.as_str())
                        .or_default()
                        .entry(same.map_or("", |m| m.label.as_str()))
                        .or_default() += 1;
                }
            }
            let map = |label: &str| {
                votes
                    .get(label)
                    .and_then(|v| v.iter().max_by_key(|(_, n)| **n))
                    .map(|(l, _)| *l)
                    .filter(|l| !l.is_empty())
            };
            for sentence in &projected {
                let mut silver = sentence.relabelled(map);
                let evidence = vec![Evidence::default(); silver.text.len()];
                for (start, end, label) in first.mentions(&silver.text, &evidence) {
                    if sentence.mentions.iter().all(|m| m.end <= start || end <= m.start) {
                        silver.mentions.push(gisa_tagging_training::corpus::Labelled {
                            start,
                            end,
                            label: label.to_owned(),
                        });
                    }
                }
                silver.mentions.sort_by_key(|m| m.start);
                examples.push(example(&silver, 1, 1));
            }
            for e in &mut examples {
                if e.domain == 0 {
                    e.copies = arguments.copies
                }
            }
        }
        let model = train(&examples, task, settings, 0);
        let mut score = Score::default();
        for sentence in test {
            let found = model.mentions(&sentence.text, &vec![Evidence::default(); sentence.text.len()]);
            let wanted: Vec<(usize, usize, &str)> = sentence
                .mentions
                .iter()
                .map(|m| (m.start, m.end, m.label.as_str()))
                .collect();
            score.compare(&wanted, &found);
        }
        eprintln!(
            "fold {fold}: features {} micro {:.3} macro {:.3}",
            model.features(),
            score.micro(|_| true).f1(),
            score.macro_f1()
        );
        total.merge(&score);
    }
    println!("{total}");
    Ok(())
}
