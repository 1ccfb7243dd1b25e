//! Five-fold cross-validation of the sequence model on KLUE-NER and konec, which annotate the same 4,000 sentences.
//!
//! What a fold learns from: its gold sentences; and the raw sentences of KLUE's training part, annotated by konec's table
//! of forms where it is sure, and by a first model of the fold's gold sentences elsewhere.

use std::collections::HashMap;
use std::path::Path;

use clap::ValueEnum;
use gisa_article_model::EntityType;
use gisa_entity_tagging::model::features::Evidence;

use crate::corpus::{FormTable, Labelled, Sentence, read_klue, read_konec, read_raw};
use crate::labels::{Task, gisa_type_of_konec};
use crate::names::Layers;
use crate::perceptron::{Example, Model, Settings, train};
use crate::score::Score;

/// Number of folds.
pub const FOLDS: usize = 5;

const GOLD: usize = 0;
const PROJECTED: usize = 1;
const DOMAINS: usize = 2;

/// A benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Benchmark {
    /// KLUE-NER: PS LC OG DT TI QT.
    Klue,
    /// konec, its fine types mapped to the project's.
    Konec,
}

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Learn from sentences with projected annotation too.
    pub projected: bool,
    /// Use what dictionary, grammar, common nouns and the table of forms say.
    pub evidence: bool,
    /// Times that a round learns from each gold sentence.
    pub copies: usize,
    /// How to learn; domains are set here.
    pub settings: Settings,
}

/// The sentences of a benchmark.
#[derive(Debug)]
pub struct Corpus {
    task: Task,
    gold: Vec<Sentence>,
    /// The same sentences in konec's fine types.
    fine: Vec<Sentence>,
    /// The gold sentences as the table of forms alone would annotate them.
    formed: Vec<Sentence>,
    /// Raw sentences as the table of forms annotates them.
    projected: Vec<Sentence>,
}

impl Benchmark {
    /// Reads the benchmark from the folder of the public corpora.
    pub fn read(self, data: &Path) -> anyhow::Result<Corpus> {
        let fine = read_konec(data)?;
        let (task, gold) = match self {
            Self::Klue => (Task::Klue, read_klue(data)?),
            Self::Konec => {
                let own = |label: &str| gisa_type_of_konec(label).map(EntityType::as_str);
                (
                    Task::Gisa,
                    fine.iter().map(|sentence| sentence.relabelled(own)).collect(),
                )
            }
        };
        let forms = FormTable::read(data)?;
        Ok(Corpus {
            task,
            gold,
            formed: forms.project(fine.iter().map(|sentence| sentence.text.clone()).collect()),
            fine,
            projected: forms.project(read_raw(data)?),
        })
    }
}

impl Corpus {
    /// Learns from all folds but one and measures on that.
    pub fn measure_fold(&self, fold: usize, options: Options, layers: &Layers) -> Score {
        let settings = Settings {
            domains: DOMAINS,
            ..options.settings
        };
        let types = self.types_of_fine(fold);
        let evidence = |index: usize| self.evidence(index, &types, options, layers);
        let in_training = |index: &usize| index % FOLDS != fold;
        let mut examples: Vec<Example> = (0..self.gold.len())
            .filter(in_training)
            .map(|index| Example {
                sentence: self.gold[index].clone(),
                evidence: vec![evidence(index)],
                domain: GOLD,
                copies: options.copies,
            })
            .collect();
        if options.projected {
            let first = train(&examples, self.task, settings, GOLD);
            let projected = self.projected.iter();
            examples.extend(projected.map(|sentence| self.silver(sentence, &types, &first, options, layers)));
        }
        let model = train(&examples, self.task, settings, GOLD);
        let mut score = Score::default();
        for index in (0..self.gold.len()).filter(|index| !in_training(index)) {
            let sentence = &self.gold[index];
            let gold: Vec<(usize, usize, &str)> = sentence
                .mentions
                .iter()
                .map(|mention| (mention.start, mention.end, mention.label.as_str()))
                .collect();
            score.compare(&gold, &model.mentions(&sentence.text, &evidence(index)));
        }
        score
    }

    /// The type of the task that a fine type mostly goes with in the training part of a fold.
    fn types_of_fine(&self, fold: usize) -> HashMap<&str, &str> {
        let mut votes: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
        for (index, sentence) in self
            .gold
            .iter()
            .enumerate()
            .filter(|(index, _)| index % FOLDS != fold)
        {
            for fine in &self.fine[index].mentions {
                let same = sentence
                    .mentions
                    .iter()
                    .find(|mention| (mention.start, mention.end) == (fine.start, fine.end));
                let label = same.map_or("", |mention| mention.label.as_str());
                *votes.entry(&fine.label).or_default().entry(label).or_default() += 1;
            }
        }
        votes
            .into_iter()
            .filter_map(|(fine, votes)| {
                let (label, _) = votes.into_iter().max_by_key(|&(label, count)| (count, label))?;
                (!label.is_empty()).then_some((fine, label))
            })
            .collect()
    }

    /// A sentence that the table of forms and, between its forms, the first model annotate.
    fn silver(
        &self,
        fine: &Sentence,
        types: &HashMap<&str, &str>,
        first: &Model,
        options: Options,
        layers: &Layers,
    ) -> Example {
        let mut sentence = fine.relabelled(|label| types.get(label).copied());
        let mut evidence = vec![Evidence::default(); sentence.text.len()];
        if options.evidence {
            evidence = layers.evidence_without_dictionary(&sentence);
        }
        for (start, end, label) in first.mentions(&sentence.text, &evidence) {
            let is_free = fine
                .mentions
                .iter()
                .all(|known| known.end <= start || end <= known.start);
            if is_free {
                sentence.mentions.push(Labelled {
                    start,
                    end,
                    label: label.to_owned(),
                });
            }
        }
        sentence.mentions.sort_by_key(|mention| mention.start);
        Example {
            sentence,
            evidence: vec![evidence],
            domain: PROJECTED,
            copies: 1,
        }
    }

    /// What the layers say of a gold sentence; in place of the dictionary's proposals stand those of the table of forms,
    /// whose types are the task's.
    fn evidence(
        &self,
        index: usize,
        types: &HashMap<&str, &str>,
        options: Options,
        layers: &Layers,
    ) -> Vec<Evidence> {
        let sentence = &self.gold[index];
        if !options.evidence {
            return vec![Evidence::default(); sentence.text.len()];
        }
        let mut evidence = layers.evidence(sentence);
        for character in &mut evidence {
            character.dictionary = 0;
        }
        for form in &self.formed[index].mentions {
            let Some(number) = types
                .get(form.label.as_str())
                .and_then(|label| self.task.number(label))
            else {
                continue;
            };
            for (offset, character) in evidence[form.start..form.end].iter_mut().enumerate() {
                character.dictionary = 1 + 2 * number + u8::from(offset == 0);
            }
        }
        evidence
    }
}
