//! Picks sentences worth annotating by hand: news sentences of KLUE's raw training part in which the model finds other
//! names with the dictionary's evidence than without it. Prints them in the tagged form, as the model would annotate them.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use gisa_entity_tagging::model::features::Evidence;
use gisa_entity_tagging::model::{Model, NameModel};
use gisa_tagging_training::corpus::{Sentence, read_raw_news};
use gisa_tagging_training::names::Layers;

#[derive(Parser)]
struct Arguments {
    /// Folder of the public corpora.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// How many sentences to pick.
    #[arg(long, default_value_t = 600)]
    count: usize,
}

/// Sentences outside of these lengths, in characters, are headlines, stumps or lists.
const LENGTHS: std::ops::RangeInclusive<usize> = 30..=160;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let model = Model::built_in().context("reading the built-in model")?;
    let layers = Layers::built_in()?;
    let mut doubtful: Vec<(usize, String)> = Vec::new();
    for text in read_raw_news(&arguments.data)? {
        if !LENGTHS.contains(&text.len()) {
            continue;
        }
        let sentence = Sentence {
            text,
            mentions: Vec::new(),
        };
        let string = sentence.string();
        let tagged = |evidence: &[Evidence]| -> Vec<String> {
            let names = model.find_names(&string, evidence).into_iter();
            names
                .map(|name| {
                    format!(
                        "<{}:{}>@{}",
                        &string[name.range.clone()],
                        name.entity_type.as_str(),
                        name.range.start
                    )
                })
                .collect()
        };
        let with = tagged(&layers.evidence(&sentence));
        let without = tagged(&layers.evidence_without_dictionary(&sentence));
        let differing = with.iter().filter(|name| !without.contains(name)).count()
            + without.iter().filter(|name| !with.contains(name)).count();
        if differing > 0 {
            let names = model.find_names(&string, &layers.evidence(&sentence));
            let mut line = String::new();
            let mut rest = 0;
            for name in names {
                line.push_str(&string[rest..name.range.start]);
                line.push_str(&format!(
                    "<{}:{}>",
                    &string[name.range.clone()],
                    name.entity_type.as_str()
                ));
                rest = name.range.end;
            }
            line.push_str(&string[rest..]);
            doubtful.push((differing, line));
        }
    }
    doubtful.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, line) in doubtful.into_iter().take(arguments.count) {
        println!("{line}");
    }
    Ok(())
}
