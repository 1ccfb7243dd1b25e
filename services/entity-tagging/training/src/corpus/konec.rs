//! The konec and KLUE-NER files: a character and its IOB2 label a line, `##` lines before and empty lines between
//! sentences.

use std::{fs, path::Path};

use anyhow::Context as _;

use super::{Labelled, Sentence};

/// Reads `konec-dev-4000.tsv` with its 150 fine types.
pub fn read_konec(data: &Path) -> anyhow::Result<Vec<Sentence>> {
    read_bio(&data.join("konec-dev-4000.tsv"))
}

/// Reads `klue-ner-dev-4000.tsv`: the same sentences in the same order with KLUE's six types.
pub fn read_klue(data: &Path) -> anyhow::Result<Vec<Sentence>> {
    read_bio(&data.join("klue-ner-dev-4000.tsv"))
}

fn read_bio(path: &Path) -> anyhow::Result<Vec<Sentence>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut sentences = Vec::new();
    let mut current = Sentence {
        text: Vec::new(),
        mentions: Vec::new(),
    };
    for line in text.split('\n') {
        if line.starts_with("##") || line.is_empty() {
            if !current.text.is_empty() {
                sentences.push(std::mem::replace(
                    &mut current,
                    Sentence {
                        text: Vec::new(),
                        mentions: Vec::new(),
                    },
                ));
            }
            continue;
        }
        let Some((character, label)) = line.split_once('\t') else {
            continue;
        };
        let position = current.text.len();
        current.text.push(character.chars().next().unwrap_or(' '));
        if let Some(label) = label.strip_prefix("B-") {
            current.mentions.push(Labelled {
                start: position,
                end: position + 1,
                label: label.to_owned(),
            });
        } else if label.starts_with("I-")
            && let Some(open) = current.mentions.last_mut()
        {
            open.end = position + 1;
        }
    }
    if !current.text.is_empty() {
        sentences.push(current);
    }
    Ok(sentences)
}
