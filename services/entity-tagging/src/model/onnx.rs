//! Token classification models in ONNX, as Hugging Face tools export them, in the place of the built-in model.
//!
//! ```text
//! sentences -> tokens -> windows of a fixed length -> scores of the labels -> names, as sure as their least sure token
//! ```

mod config;
mod graph;
#[cfg(test)]
mod tests;
mod tokens;

use std::io;
use std::path::{Path, PathBuf};

use gisa_article_model::{EntityLink, TaggerLayer};
use thiserror::Error;

use super::NameModel;
use super::features::Evidence;
use crate::resolver::Candidate;
use config::{Config, Label};
use graph::Graph;
use tokens::{Cutter, Token};

/// Why a model cannot be used.
#[derive(Debug, Error)]
pub enum OnnxError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The model and its configuration do not belong together.
    #[error("the model gives {scores} scores a token, but config.json names {labels} labels")]
    LabelCount {
        /// Scores that the model gives for each token.
        scores: usize,
        /// Labels in `id2label`.
        labels: usize,
    },
}

impl OnnxError {
    fn content(path: &Path, reason: impl ToString) -> Self {
        Self::Content {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// A token classification model. Has no mutable state.
#[derive(Debug)]
pub struct OnnxModel {
    labels: Vec<Label>,
    cutter: Cutter,
    graph: Graph,
}

impl OnnxModel {
    /// Reads `model.onnx`, `tokenizer.json` and `config.json` of a directory, and tries the model on an empty text.
    pub fn read(directory: &Path) -> Result<Self, OnnxError> {
        let config = Config::read(&directory.join("config.json"))?;
        let cutter = Cutter::read(&directory.join("tokenizer.json"), config.window)?;
        let path = directory.join("model.onnx");
        let graph = Graph::read(&path, config.window, config.padding)?;
        let ids = cutter.frame(&[]);
        let scores = graph
            .scores(&ids)
            .map_err(|reason| OnnxError::content(&path, reason))?;
        let (scores, labels) = (scores.labels(), config.labels.len());
        if scores != labels {
            return Err(OnnxError::LabelCount { scores, labels });
        }
        Ok(Self {
            labels: config.labels,
            cutter,
            graph,
        })
    }

    /// The names in one window of tokens.
    fn names_in(&self, window: &[Token], found: &mut Vec<Candidate>) {
        let ids = self.cutter.frame(window);
        let scores = match self.graph.scores(&ids) {
            Ok(scores) => scores,
            Err(reason) => {
                // It worked when the model was read, on input of the same size.
                tracing::error!(%reason, "the ONNX model failed; its names are missing here");
                return;
            }
        };
        let mut open: Option<Candidate> = None;
        for (place, token) in window.iter().enumerate() {
            let (label, confidence) = scores.best(self.cutter.prefix() + place);
            let (entity_type, begins) = match self.labels[label] {
                Label::Outside => {
                    found.extend(open.take());
                    continue;
                }
                Label::Begin(entity_type) => (entity_type, true),
                Label::Inside(entity_type) => (entity_type, token.begins_sentence),
            };
            match &mut open {
                Some(name) if name.entity_type == entity_type && !begins => {
                    name.range.end = token.range.end;
                    name.confidence = name.confidence.min(confidence);
                }
                _ => {
                    found.extend(open.replace(Candidate {
                        range: token.range.clone(),
                        entity_type,
                        value: None,
                        link: Some(EntityLink::default()),
                        confidence,
                        layer: TaggerLayer::Model,
                    }));
                }
            }
        }
        found.extend(open);
    }
}

impl NameModel for OnnxModel {
    fn find_names(&self, text: &str, _evidence: &[Evidence]) -> Vec<Candidate> {
        let tokens = self.cutter.tokens(text);
        let mut found = Vec::new();
        for window in self.cutter.windows(&tokens) {
            self.names_in(window, &mut found);
        }
        tidy(text, &mut found);
        found
    }
}

/// Trims names, since some tokenizers count the space before a word to its first token, and makes them disjoint, since
/// tokens of bytes may share a character.
fn tidy(text: &str, names: &mut Vec<Candidate>) {
    let mut end = 0;
    for name in names.iter_mut() {
        let start = name.range.start.max(end).min(name.range.end);
        let surface = &text[start..name.range.end];
        let start = name.range.end - surface.trim_start().len();
        name.range = start..start + surface.trim().len();
        end = end.max(name.range.end);
    }
    names.retain(|name| !name.range.is_empty());
}
