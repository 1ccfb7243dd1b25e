//! Distant supervision: lays the table of the forms that konec's training part annotates over the raw sentences of
//! KLUE-NER's training part.
//!
//! The choice of forms in a sentence is the best sum over spans that do not overlap; a span is worth its length times
//! how much oftener its form is annotated than not.

use std::{collections::HashMap, fs, path::Path};

use anyhow::Context as _;

use super::{Labelled, Sentence};

/// A span must be annotated at least so often among its occurrences to be chosen.
const LEAST_CONFIDENCE: f64 = 0.45;
/// Factor for spans that begin inside of a word.
const INSIDE_WORD: f64 = 0.7;
/// Rounds in which the confidence of a form is counted again from what was chosen.
const ROUNDS: usize = 2;

/// Reads `klue-ner-train-raw.tsv`: sentences without labels.
pub fn read_raw(data: &Path) -> anyhow::Result<Vec<Vec<char>>> {
    read_raw_if(data, |_| true)
}

/// Reads the sentences of `klue-ner-train-raw.tsv` that come from news; the others are film reviews.
pub fn read_raw_news(data: &Path) -> anyhow::Result<Vec<Vec<char>>> {
    read_raw_if(data, |id| id.ends_with("wikitree"))
}

fn read_raw_if(data: &Path, include: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Vec<char>>> {
    let path = data.join("klue-ner-train-raw.tsv");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(id, _)| include(id))
        .map(|(_, sentence)| sentence.chars().collect())
        .collect())
}

/// The forms of konec's training part, with the number of mentions that have each fine type.
#[derive(Debug)]
pub struct FormTable {
    forms: HashMap<Vec<char>, Form>,
    longest: usize,
}

#[derive(Debug)]
struct Form {
    label: String,
    mentions: f64,
}

impl FormTable {
    /// Reads `konec-train-form-label-freq.tsv`.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("konec-train-form-label-freq.tsv");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let mut forms: HashMap<Vec<char>, Form> = HashMap::new();
        let mut best: HashMap<Vec<char>, f64> = HashMap::new();
        for line in text.lines().skip(1) {
            let mut columns = line.split('\t');
            let (Some(form), Some(label), Some(count)) = (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            let form: Vec<char> = form.chars().collect();
            let count: f64 = count
                .parse()
                .with_context(|| format!("a count in {}", path.display()))?;
            let known = forms.entry(form.clone()).or_insert_with(|| Form {
                label: label.to_owned(),
                mentions: 0.0,
            });
            known.mentions += count;
            let most = best.entry(form).or_default();
            if count > *most {
                *most = count;
                label.clone_into(&mut known.label);
            }
        }
        let longest = forms.keys().map(Vec::len).max().unwrap_or(0);
        Ok(Self { forms, longest })
    }

    /// The most frequent fine type of a form.
    pub fn label(&self, form: &[char]) -> Option<&str> {
        self.forms.get(form).map(|form| form.label.as_str())
    }

    /// Annotates `sentences` with fine types; what the table cannot tell stays unmarked.
    pub fn project(&self, sentences: Vec<Vec<char>>) -> Vec<Sentence> {
        let spans: Vec<Vec<(usize, usize)>> = sentences.iter().map(|text| self.spans(text)).collect();
        let mut occurrences: HashMap<&[char], f64> = HashMap::new();
        for (text, spans) in sentences.iter().zip(&spans) {
            for &(start, end) in spans {
                *occurrences.entry(&text[start..end]).or_default() += 1.0;
            }
        }
        let mentions = |form: &[char]| self.forms.get(form).map_or(0.0, |form| form.mentions);
        let at_all =
            |form: &[char]| (mentions(form) / occurrences.get(form).copied().unwrap_or(1.0)).min(1.0);
        let mut chosen: Vec<Vec<(usize, usize)>> = sentences
            .iter()
            .zip(&spans)
            .map(|(text, spans)| choose(text, spans, at_all))
            .collect();
        for _ in 0..ROUNDS {
            let mut counts: HashMap<&[char], f64> = HashMap::new();
            for (text, spans) in sentences.iter().zip(&chosen) {
                for &(start, end) in spans {
                    *counts.entry(&text[start..end]).or_default() += 1.0;
                }
            }
            let confidence = |form: &[char]| {
                let first = at_all(form);
                let among_chosen = counts
                    .get(form)
                    .map_or(first, |&count| (mentions(form) / count).min(1.0));
                0.5 * first + 0.5 * among_chosen
            };
            chosen = sentences
                .iter()
                .zip(&spans)
                .map(|(text, spans)| choose(text, spans, confidence))
                .collect();
        }
        let labelled = |text: &[char], &(start, end): &(usize, usize)| {
            self.label(&text[start..end]).map(|label| Labelled {
                start,
                end,
                label: label.to_owned(),
            })
        };
        sentences
            .iter()
            .zip(&chosen)
            .map(|(text, spans)| Sentence {
                mentions: spans.iter().filter_map(|span| labelled(text, span)).collect(),
                text: text.clone(),
            })
            .collect()
    }

    fn spans(&self, text: &[char]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for start in 0..text.len() {
            if cuts_latin_word(text, start) {
                continue;
            }
            for end in start + 1..=(start + self.longest).min(text.len()) {
                if self.forms.contains_key(&text[start..end]) && !cuts_latin_word(text, end) {
                    spans.push((start, end));
                }
            }
        }
        spans
    }
}

/// Whether `at` lies inside of a Latin word: A as in A씨 must not be found in AI.
fn cuts_latin_word(text: &[char], at: usize) -> bool {
    at > 0 && at < text.len() && text[at - 1].is_ascii_alphabetic() && text[at].is_ascii_alphabetic()
}

fn choose(
    text: &[char],
    spans: &[(usize, usize)],
    confidence: impl Fn(&[char]) -> f64,
) -> Vec<(usize, usize)> {
    let mut ending: Vec<Vec<usize>> = vec![Vec::new(); text.len() + 1];
    for &(start, end) in spans {
        ending[end].push(start);
    }
    let mut best = vec![0.0; text.len() + 1];
    let mut from: Vec<Option<usize>> = vec![None; text.len() + 1];
    for end in 1..=text.len() {
        best[end] = best[end - 1];
        for &start in &ending[end] {
            let inside_word = start > 0 && ('가'..='힣').contains(&text[start - 1]);
            let factor = if inside_word { INSIDE_WORD } else { 1.0 };
            let length = (end - start) as f64;
            let value = best[start] + (confidence(&text[start..end]) * factor - LEAST_CONFIDENCE) * length;
            if value > best[end] {
                best[end] = value;
                from[end] = Some(start);
            }
        }
    }
    let mut chosen = Vec::new();
    let mut end = text.len();
    while end > 0 {
        match from[end] {
            Some(start) => {
                chosen.push((start, end));
                end = start;
            }
            None => end -= 1,
        }
    }
    chosen.reverse();
    chosen
}
