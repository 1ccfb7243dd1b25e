//! Trains the model by which the index splits Korean text into morphemes, measures it and writes it compressed.
//!
//! ```text
//! cargo run --release -p gisa-query --features train --bin train-analyzer -- SILVER.txt OUT.model.zst
//! ```
//!
//! SILVER.txt is the output of `analyzer-model/make_silver.py`: a text per line in vaporetto's tagged format, spaces
//! kept as tokens. Every 50th line is held out: the model is not trained on it but measured with it, and the figures go
//! to standard error. Lines behind the first empty line are trained on and never measured with. Needs about
//! 6 GB of memory for 8 MB of text.
//!
//! Exit status: 0 the model is written, 1 reading, training or writing failed, 2 wrong usage.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use vaporetto::{CharacterBoundary, Predictor, Sentence, SolverType, Trainer};

/// Lines are held out at this distance; `make_silver.py` has the same number.
const HELD_OUT_EVERY: usize = 50;
/// Characters on each side of a boundary that the model looks at, and the longest n-gram among them.
const WINDOW: u8 = 3;
const NGRAM: u8 = 3;
/// Stopping criterion and cost of the solver. A higher cost gives a larger model: 1.0 adds a quarter and 0.15 points of F1.
const EPSILON: f64 = 0.01;
const COST: f64 = 0.5;
const COMPRESSION_LEVEL: i32 = 19;
/// The tag of a word that the model has no tag for: the words it does not know are nouns in nearly every case.
const UNKNOWN_WORD_TAG: &str = "NNG";

type Span = (usize, usize);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [silver, output] = arguments.as_slice() else {
        eprintln!("usage: train-analyzer SILVER.txt OUT.model.zst");
        return ExitCode::from(2);
    };
    match run(Path::new(silver), Path::new(output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train-analyzer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(silver: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(silver).map_err(|error| format!("{}: {error}", silver.display()))?;
    let (training, held_out) = split(&text)?;
    eprintln!(
        "{} lines to train on, {} held out",
        training.len(),
        held_out.len()
    );

    let started = Instant::now();
    let mut trainer = Trainer::new(WINDOW, NGRAM, WINDOW, NGRAM, Vec::new(), 0, &[])?;
    for sentence in &training {
        trainer.add_example(sentence);
    }
    let model = trainer.train(EPSILON, COST, SolverType::L1RegularizedL2LossSVC)?;
    let bytes = model.to_vec()?;
    let compressed = zstd::encode_all(bytes.as_slice(), COMPRESSION_LEVEL)?;
    eprintln!(
        "trained in {:.0} s: {} bytes, {} compressed, {} words with tags",
        started.elapsed().as_secs_f64(),
        bytes.len(),
        compressed.len(),
        model.tag_models().len()
    );

    let predictor = Predictor::new(model, true)?;
    let mut score = Score::default();
    for reference in &held_out {
        score.add(reference, &predictor)?;
    }
    score.report();
    fs::write(output, compressed).map_err(|error| format!("{}: {error}", output.display()))?;
    Ok(())
}

/// The sentences to train on and those held out.
fn split(text: &str) -> Result<(Vec<Sentence<'_, '_>>, Vec<Sentence<'_, '_>>), Box<dyn Error>> {
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    let mut measured = true;
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() {
            measured = false;
            continue;
        }
        let sentence =
            Sentence::from_tokenized(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        if measured && number % HELD_OUT_EVERY == 0 {
            held_out.push(sentence);
        } else {
            training.push(sentence);
        }
    }
    if training.is_empty() || held_out.is_empty() {
        return Err("no text to train on".into());
    }
    Ok((training, held_out))
}

/// Agreement with the silver data, white space left out.
#[derive(Default)]
struct Score {
    boundaries: Agreement,
    tokens: Agreement,
    tags: Agreement,
    function_words: Agreement,
}

#[derive(Default)]
struct Agreement {
    agreed: usize,
    predicted: usize,
    expected: usize,
}

impl Agreement {
    fn add(&mut self, predicted: bool, expected: bool) {
        self.agreed += usize::from(predicted && expected);
        self.predicted += usize::from(predicted);
        self.expected += usize::from(expected);
    }

    /// Harmonic mean of precision and recall.
    fn f1(&self) -> f64 {
        200.0 * self.agreed as f64 / (self.predicted + self.expected).max(1) as f64
    }
}

impl Score {
    fn add(&mut self, reference: &Sentence<'_, '_>, predictor: &Predictor) -> Result<(), Box<dyn Error>> {
        let text = reference.as_raw_text();
        let mut sentence = Sentence::from_raw(text)?;
        predictor.predict(&mut sentence);
        split_at_white_space(&mut sentence);
        sentence.fill_tags();

        let characters: Vec<char> = text.chars().collect();
        let both = reference.boundaries().iter().zip(sentence.boundaries());
        for (pair, (&expected, &predicted)) in characters.windows(2).zip(both) {
            if !pair.iter().any(|c| c.is_whitespace()) {
                let [predicted, expected] =
                    [predicted, expected].map(|b| b == CharacterBoundary::WordBoundary);
                self.boundaries.add(predicted, expected);
            }
        }

        let expected = tokens(reference);
        let predicted = tokens(&sentence);
        self.tokens.expected += expected.len();
        self.tokens.predicted += predicted.len();
        for (span, tag) in &predicted {
            let Some(expected_tag) = expected.get(span) else {
                continue;
            };
            self.tokens.agreed += 1;
            // A reading too rare to be learnt has no tag in the silver data.
            if let Some(expected_tag) = expected_tag {
                let tag = tag.as_deref().unwrap_or(UNKNOWN_WORD_TAG);
                self.tags.add(true, tag == expected_tag);
                self.function_words
                    .add(true, is_function_word(tag) == is_function_word(expected_tag));
            }
        }
        Ok(())
    }

    fn report(&self) {
        let share =
            |agreement: &Agreement| 100.0 * agreement.agreed as f64 / agreement.predicted.max(1) as f64;
        eprintln!("boundary F1 {:.2} % (inside the eojeols)", self.boundaries.f1());
        eprintln!("token F1 {:.2} %", self.tokens.f1());
        eprintln!("tag accuracy {:.2} % (of the tokens found)", share(&self.tags));
        eprintln!("function or content word {:.2} %", share(&self.function_words));
    }
}

/// Ends a token before and after each white-space character, whatever the model says.
fn split_at_white_space(sentence: &mut Sentence<'_, '_>) {
    let white: Vec<bool> = sentence.as_raw_text().chars().map(char::is_whitespace).collect();
    for (boundary, pair) in sentence.boundaries_mut().iter_mut().zip(white.windows(2)) {
        if pair[0] || pair[1] {
            *boundary = CharacterBoundary::WordBoundary;
        }
    }
}

/// The tokens that are not white space, with their tags.
fn tokens(sentence: &Sentence<'_, '_>) -> HashMap<Span, Option<String>> {
    sentence
        .iter_tokens()
        .filter(|token| !token.surface().trim().is_empty())
        .map(|token| {
            let tag = token
                .tags()
                .first()
                .and_then(|tag| tag.as_deref())
                .map(str::to_owned);
            ((token.start(), token.end()), tag)
        })
        .collect()
}

/// Particles, endings, the copula, verb-making suffixes and punctuation: what a search index drops.
fn is_function_word(tag: &str) -> bool {
    matches!(tag, "J" | "E" | "VCP" | "XSV" | "XSA" | "SF" | "SY")
}
