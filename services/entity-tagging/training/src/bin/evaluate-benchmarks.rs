//! Measures the sequence model on public benchmarks by five-fold cross-validation: KLUE-NER in its six types, konec in the
//! project's eleven.

use std::path::PathBuf;

use clap::Parser;
use gisa_tagging_training::benchmark::{Benchmark, Options};
use gisa_tagging_training::names::Layers;
use gisa_tagging_training::perceptron::Settings;
use gisa_tagging_training::score::Score;

#[derive(Parser)]
struct Arguments {
    /// The benchmark.
    #[arg(value_enum)]
    benchmark: Benchmark,
    /// Folder of the public corpora.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Number of folds that are measured, of five.
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// Leaves out the sentences with projected annotation.
    #[arg(long)]
    only_gold: bool,
    /// Leaves out what the tagger's other layers and the table of forms say.
    #[arg(long)]
    only_characters: bool,
    /// Rounds over all examples.
    #[arg(long, default_value_t = 8)]
    rounds: usize,
    /// What a wrong label's score is raised by while learning.
    #[arg(long, default_value_t = 1.0)]
    margin: f32,
    /// Features that occur less often get no weights.
    #[arg(long, default_value_t = 2)]
    least: u8,
    /// Models, each with another order of the examples, that are averaged.
    #[arg(long, default_value_t = 1)]
    orders: usize,
    /// Times that a round learns from each gold sentence.
    #[arg(long, default_value_t = 2)]
    copies: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let options = Options {
        projected: !arguments.only_gold,
        evidence: !arguments.only_characters,
        copies: arguments.copies,
        settings: Settings {
            rounds: arguments.rounds,
            margin: arguments.margin,
            least_count: arguments.least,
            orders: arguments.orders,
            ..Settings::default()
        },
    };
    let corpus = arguments.benchmark.read(&arguments.data)?;
    let layers = Layers::built_in()?;
    let mut total = Score::default();
    for fold in 0..arguments.folds {
        let score = corpus.measure_fold(fold, options, &layers);
        eprintln!(
            "fold {fold}: micro F1 {:.4}, macro F1 {:.4}",
            score.micro(|_| true).f1(),
            score.macro_f1()
        );
        total.merge(&score);
    }
    println!("{total}");
    Ok(())
}
