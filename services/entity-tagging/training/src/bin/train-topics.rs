//! Trains the topic model, measures it by folds and on articles, and writes its file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use gisa_article_model::Topic;
use gisa_entity_tagging::topics::TopicModel;
use gisa_entity_tagging::topics::weights::TOPICS;
use gisa_tagging_training::topics::{
    Headline, Prediction, Report, Settings, fit_scale, read_headlines, read_news_sentences, train,
};
use serde::Deserialize;

#[derive(Parser)]
struct Arguments {
    /// Headlines with their sections, separated by a tab, below a head line.
    #[arg(long, default_value = "../shared/data/ynat-train.tsv")]
    headlines: PathBuf,
    /// Sentences, of which those of news show what prose weighs: id and text, separated by a tab.
    #[arg(long, default_value = "../shared/data/klue-ner-train-raw.tsv")]
    sentences: PathBuf,
    /// Measures by so many folds.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=100))]
    folds: Option<u32>,
    /// Where to write the model.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of articles (.json, .ndjson) to show the sections of; those with a section are counted.
    #[arg(long)]
    articles: Option<PathBuf>,
}

/// Parts that the headlines are cut into to find how sure the scores make; one of them is held out.
const CALIBRATION_PARTS: usize = 10;

/// Sharpness of a model that is not calibrated yet.
const UNCALIBRATED: f32 = 1.0;

/// What prose weighs in a model that never sees any.
const HEADLINES_ONLY: [f32; TOPICS] = [0.0; TOPICS];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let headlines = read_headlines(&arguments.headlines)?;
    let sharpness = calibrate(&headlines)?;
    println!("{} headlines, sharpness {sharpness:.3}", headlines.len());
    if let Some(folds) = arguments.folds {
        println!("{}", cross_validate(&headlines, folds as usize, sharpness)?);
    }
    if arguments.out.is_none() && arguments.articles.is_none() {
        return Ok(());
    }
    let model = train(&headlines.iter().collect::<Vec<_>>(), Settings::default());
    let sentences = read_news_sentences(&arguments.sentences)?;
    let prose = model.prose(sentences.iter().map(String::as_str));
    let file = model.file(sharpness, &prose)?;
    if let Some(out) = &arguments.out {
        std::fs::write(out, &file).with_context(|| format!("writing {}", out.display()))?;
        println!("{}: {} bytes", out.display(), file.len());
    }
    if let Some(folder) = &arguments.articles {
        show_articles(&TopicModel::read(&file)?, folder)?;
    }
    Ok(())
}

/// Trains on all headlines but the `part`-th of each `parts`, and gives the served model with what it was not shown.
fn hold_out(
    headlines: &[Headline],
    part: usize,
    parts: usize,
    sharpness: f32,
) -> anyhow::Result<(TopicModel, Vec<&Headline>)> {
    let (mut training, mut rest) = (Vec::new(), Vec::new());
    for (index, headline) in headlines.iter().enumerate() {
        if index % parts == part {
            rest.push(headline);
        } else {
            training.push(headline);
        }
    }
    let file = train(&training, Settings::default()).file(sharpness, &HEADLINES_ONLY)?;
    Ok((TopicModel::read(&file)?, rest))
}

fn predict(model: &TopicModel, headline: &Headline) -> Prediction {
    Prediction::new(headline.topic, &model.scores(&headline.title, "", ""))
}

fn calibrate(headlines: &[Headline]) -> anyhow::Result<f32> {
    let (model, rest) = hold_out(headlines, 0, CALIBRATION_PARTS, UNCALIBRATED)?;
    let predictions: Vec<Prediction> = rest.iter().map(|headline| predict(&model, headline)).collect();
    Ok(UNCALIBRATED * fit_scale(&predictions))
}

fn cross_validate(headlines: &[Headline], folds: usize, sharpness: f32) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for fold in 0..folds {
        let (model, rest) = hold_out(headlines, fold, folds, sharpness)?;
        for headline in rest {
            report.add(&predict(&model, headline));
        }
    }
    Ok(report)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Article {
    title: String,
    subtitle: String,
    body: String,
    section: Option<String>,
}

fn show_articles(model: &TopicModel, folder: &Path) -> anyhow::Result<()> {
    let (mut right, mut loss, mut sections) = (0, 0.0, 0);
    for article in read_articles(folder)? {
        let scores = model.scores(&article.title, &article.subtitle, &article.body);
        let best: Vec<String> = scores
            .iter()
            .take(3)
            .map(|score| format!("{} {:.2}", score.topic.as_str(), score.score))
            .collect();
        let section = article.section.as_deref().and_then(Topic::parse);
        if let Some(section) = section {
            sections += 1;
            right += usize::from(scores.first().is_some_and(|score| score.topic == section));
            let own = scores.iter().find(|score| score.topic == section);
            loss -= own.map_or(0.0, |score| score.score.max(f32::MIN_POSITIVE).ln());
        }
        let section = section.map_or("-", Topic::as_str);
        println!("{section}\t{}\t{}", best.join(", "), article.title);
    }
    if sections > 0 {
        let loss = loss / sections as f32;
        println!("{right} of {sections} as their section says, mean loss {loss:.3}");
    }
    Ok(())
}

fn read_articles(folder: &Path) -> anyhow::Result<Vec<Article>> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("reading {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    let mut articles = Vec::new();
    for file in files {
        let one_a_line = match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => false,
            Some("ndjson") => true,
            _ => continue,
        };
        let text = std::fs::read_to_string(&file)?;
        let documents: Vec<&str> = if one_a_line {
            text.lines().collect()
        } else {
            vec![&text]
        };
        for document in documents {
            let article = serde_json::from_str(document);
            articles.push(article.with_context(|| format!("reading {}", file.display()))?);
        }
    }
    Ok(articles)
}
