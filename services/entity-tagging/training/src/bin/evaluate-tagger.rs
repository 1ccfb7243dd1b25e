//! Measures the whole tagger, all layers merged: on the development articles, which are not part of the project, and on
//! the project's own sentences.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use gisa_article_model::{EntityType, Mention, TextField, ZonedTime};
use gisa_entity_tagging::model::Model;
use gisa_entity_tagging::tagger::{Tagger, TextToTag};
use gisa_tagging_training::names::{Part, read_sentences};
use gisa_tagging_training::score::Score;
use serde::Deserialize;

#[derive(Parser)]
struct Arguments {
    /// What to measure on.
    #[arg(value_enum)]
    texts: Texts,
    /// Folder of the public corpora and the development articles.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Folder of the project's own sentences.
    #[arg(long, default_value = "seeds/sentences")]
    sentences: PathBuf,
    /// Names model to use instead of the built-in one.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Shows what is wrong.
    #[arg(long)]
    errors: bool,
    /// Shows how often mentions of each confidence are right.
    #[arg(long)]
    reliability: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Texts {
    /// The ten development articles.
    Articles,
    /// The project's sentences for development.
    Development,
    /// The project's sentences for testing.
    Test,
}

/// A text with its gold mentions, by field: (start, end, type) in characters, and the value if the gold has one.
struct Annotated {
    name: String,
    title: String,
    body: String,
    published_at: ZonedTime,
    gold: BTreeMap<TextField, Vec<Gold>>,
}

struct Gold {
    start: usize,
    end: usize,
    label: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct ArticleFile {
    published_at: String,
    title: String,
    body: String,
}

/// Confidences are counted in steps of a tenth, the last of them in halves.
const RELIABILITY_STEPS: [f32; 9] = [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let texts = match arguments.texts {
        Texts::Articles => articles(&arguments)?,
        Texts::Development => sentences(&arguments, Part::Development)?,
        Texts::Test => sentences(&arguments, Part::Test)?,
    };
    let tagger = match &arguments.model {
        Some(path) => Tagger::with_model(Box::new(Model::read(&fs::read(path)?)?))?,
        None => Tagger::built_in()?,
    };
    let mut score = Score::default();
    let (mut values_right, mut values) = (0, 0);
    let mut reliability = [(0usize, 0usize); RELIABILITY_STEPS.len()];
    for text in &texts {
        let tagged = tagger.tag(&TextToTag {
            title: &text.title,
            subtitle: "",
            body: &text.body,
            published_at: text.published_at,
        });
        for (field, content) in [(TextField::Title, &text.title), (TextField::Body, &text.body)] {
            let no_gold = Vec::new();
            let gold = text.gold.get(&field).unwrap_or(&no_gold);
            let wanted: Vec<(usize, usize, &str)> = gold
                .iter()
                .map(|mention| (mention.start, mention.end, mention.label.as_str()))
                .collect();
            let of_field: Vec<&Mention> = tagged
                .mentions
                .iter()
                .filter(|mention| mention.field == field)
                .collect();
            let found: Vec<(usize, usize, &str)> = of_field.iter().map(|mention| place(mention)).collect();
            score.compare(&wanted, &found);
            for mention in &of_field {
                let step = RELIABILITY_STEPS
                    .iter()
                    .rposition(|&least| mention.confidence >= least)
                    .unwrap_or(0);
                reliability[step].1 += 1;
                reliability[step].0 += usize::from(wanted.contains(&place(mention)));
            }
            for mention in gold.iter().filter(|mention| mention.value.is_some()) {
                let same =
                    |other: &&&Mention| place(other) == (mention.start, mention.end, mention.label.as_str());
                if let Some(other) = of_field.iter().find(same) {
                    values += 1;
                    let right = other.value.as_ref().map(ToString::to_string) == mention.value;
                    values_right += usize::from(right);
                }
            }
            if arguments.errors {
                show_errors(&text.name, content, &wanted, &of_field);
            }
        }
    }
    println!("{score}");
    let part = |name: &str, names: bool| {
        let counts = score.micro(|label| EntityType::parse(label).is_some_and(|t| t.is_name() == names));
        println!(
            "{name:14} {:>6} {:>6.3} {:>6.3} {:>6.3}",
            counts.right + counts.missed,
            counts.precision(),
            counts.recall(),
            counts.f1()
        );
    };
    part("names", true);
    part("expressions", false);
    if values > 0 {
        println!(
            "values         {values:>6} {:>27.3}",
            values_right as f64 / values as f64
        );
    }
    if arguments.reliability {
        println!("\nconfidence  mentions  right");
        for (step, window) in RELIABILITY_STEPS.windows(2).enumerate() {
            let (right, all) = reliability[step];
            println!(
                "{:.2}-{:.2}   {all:>8}  {:.3}",
                window[0],
                window[1].min(1.0),
                right as f64 / all.max(1) as f64
            );
        }
    }
    Ok(())
}

fn place(mention: &Mention) -> (usize, usize, &'static str) {
    let span = mention.span;
    (
        span.start_code_point as usize,
        span.end_code_point as usize,
        mention.entity_type.as_str(),
    )
}

fn show_errors(name: &str, text: &str, wanted: &[(usize, usize, &str)], found: &[&Mention]) {
    let cut = |start: usize, end: usize| text.chars().skip(start).take(end - start).collect::<String>();
    for &(start, end, label) in wanted {
        if !found.iter().any(|mention| place(mention) == (start, end, label)) {
            println!(
                "{name}\tmissed\t{label}\t{}\t| {}",
                cut(start, end),
                cut(start.saturating_sub(15), end + 12)
            );
        }
    }
    for mention in found {
        let (start, end, label) = place(mention);
        if !wanted.contains(&(start, end, label)) {
            println!(
                "{name}\tspurious\t{label}\t{}\t{} {:.2} | {}",
                mention.surface,
                mention.layer.as_str(),
                mention.confidence,
                cut(start.saturating_sub(15), end + 12)
            );
        }
    }
}

fn articles(arguments: &Arguments) -> anyhow::Result<Vec<Annotated>> {
    let folder = arguments.data.join("articles-dev");
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("articles"))
        .with_context(|| format!("reading {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    files.iter().map(|path| article(path, &folder)).collect()
}

fn article(path: &std::path::Path, folder: &std::path::Path) -> anyhow::Result<Annotated> {
    let name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let article: ArticleFile = serde_json::from_slice(&fs::read(path)?)?;
    let gold_text = fs::read_to_string(folder.join(format!("gold/{name}.offsets.tsv")))?;
    let mut gold: BTreeMap<TextField, Vec<Gold>> = BTreeMap::new();
    for line in gold_text.lines().filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [field, start, end, _, label, value] = columns[..] else {
            anyhow::bail!("a gold line of {name} has not six columns");
        };
        let field = if field == "title" {
            TextField::Title
        } else {
            TextField::Body
        };
        gold.entry(field).or_default().push(Gold {
            start: start.parse()?,
            end: end.parse()?,
            label: label.to_owned(),
            value: Some(value.to_owned()).filter(|value| value != "-"),
        });
    }
    let published_at = format!("{}T09:00:00+09:00", article.published_at);
    Ok(Annotated {
        name,
        title: article.title,
        body: article.body,
        published_at: ZonedTime::in_korea(published_at.parse()?),
        gold,
    })
}

fn sentences(arguments: &Arguments, part: Part) -> anyhow::Result<Vec<Annotated>> {
    let published_at = ZonedTime::in_korea("2024-04-10T08:00:00+09:00".parse()?);
    let mut texts = Vec::new();
    for (name, sentences) in read_sentences(&arguments.sentences)? {
        if Part::of(&name) != part {
            continue;
        }
        for sentence in sentences {
            let gold = sentence.mentions.iter().map(|mention| Gold {
                start: mention.start,
                end: mention.end,
                label: mention.label.clone(),
                value: None,
            });
            texts.push(Annotated {
                name: name.clone(),
                title: String::new(),
                body: sentence.string(),
                published_at,
                gold: BTreeMap::from([(TextField::Body, gold.collect())]),
            });
        }
    }
    Ok(texts)
}
