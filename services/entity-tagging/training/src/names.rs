//! The corpora that the names model learns from, and the layers whose proposals are among its features.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use gisa_article_model::{EntityType, ZonedTime};
use gisa_entity_tagging::common_nouns::CommonNouns;
use gisa_entity_tagging::dictionary::{self, Dictionary};
use gisa_entity_tagging::grammar::find_expressions;
use gisa_entity_tagging::model::{evidence_of, features::Evidence};
use gisa_entity_tagging::resolver::Candidate;

use crate::augmentation::NamePool;
use crate::corpus::{FormTable, Labelled, Sentence, read_konec, read_raw, read_tagged};
use crate::labels::{Task, gisa_type_of_konec};
use crate::perceptron::{Example, Settings, train};

/// Domains of the names model, by number: the one that is served comes first.
pub const DOMAINS: usize = 3;
const NEWS: usize = 0;
const KONEC: usize = 1;
const PROJECTED: usize = 2;

/// Which names are swapped in; any number will do.
const SWAP_SEED: u64 = 7;

/// How the project's own sentences are divided: by file, so that the parts share no passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// To learn from.
    Training,
    /// To choose settings and to calibrate by.
    Development,
    /// Looked at when everything is decided.
    Test,
}

impl Part {
    /// The part of a file, by the number at its end: the seventh of a series is for testing, the sixth for development.
    pub fn of(file_stem: &str) -> Self {
        match file_stem.rsplit_once('-').map(|(_, number)| number) {
            Some("7") => Self::Test,
            Some("6") => Self::Development,
            _ => Self::Training,
        }
    }
}

/// Reads all files of tagged sentences in `folder`, by name.
pub fn read_sentences(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<Sentence>>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|extension| extension == "txt") {
            files.insert(stem, read_tagged(&path)?);
        }
    }
    Ok(files)
}

/// Keeps the mentions of names.
pub fn only_names(sentence: &Sentence) -> Sentence {
    sentence.relabelled(|label| {
        EntityType::parse(label)
            .filter(|label| label.is_name())
            .map(EntityType::as_str)
    })
}

/// The names of a sentence of konec. Fine types that are mostly general terms in our sense count as none.
fn konec_names(sentence: &Sentence) -> Sentence {
    sentence.relabelled(|fine| match fine {
        "AF_TRANSPORT" | "AF_WEAPON" | "TMI_HW" => None,
        _ => gisa_type_of_konec(fine)
            .filter(|entity_type| entity_type.is_name())
            .map(EntityType::as_str),
    })
}

/// The layers before the model.
#[derive(Debug)]
pub struct Layers {
    dictionary: Dictionary,
    nouns: CommonNouns,
    reference: jiff::civil::DateTime,
}

impl Layers {
    /// The built-in ones.
    pub fn built_in() -> anyhow::Result<Self> {
        // Any day will do: only where expressions stand matters.
        let published_at = ZonedTime::in_korea("2024-04-10T08:00:00+09:00".parse()?);
        Ok(Self {
            dictionary: Dictionary::built_in()?,
            nouns: CommonNouns::built_in()?,
            reference: published_at.korean_datetime(),
        })
    }

    /// What the dictionary proposes.
    pub fn names(&self, text: &str) -> Vec<Candidate> {
        let names = self.dictionary.find_names(text);
        let context = dictionary::Context::new(&self.dictionary, names.iter());
        names
            .iter()
            .map(|name| self.dictionary.link(text, name, &context))
            .collect()
    }

    /// Evidence with the dictionary's proposals.
    pub fn evidence(&self, sentence: &Sentence) -> Vec<Evidence> {
        let text = sentence.string();
        evidence_of(
            &text,
            &self.names(&text),
            &self.expressions(&text),
            &self.dictionary.spellings(&text),
            &self.nouns,
        )
    }

    /// Evidence as if the dictionary knew nothing: half of what the model learns from, so that it does not lean on the
    /// dictionary and learns to find names that are in none.
    pub fn evidence_without_dictionary(&self, sentence: &Sentence) -> Vec<Evidence> {
        let text = sentence.string();
        evidence_of(&text, &[], &self.expressions(&text), &[], &self.nouns)
    }

    fn expressions(&self, text: &str) -> Vec<Candidate> {
        find_expressions(text, self.reference)
            .into_iter()
            .map(Candidate::from)
            .collect()
    }
}

/// What to learn from: the steps of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingredients {
    /// The project's own sentences.
    pub news: bool,
    /// konec's annotated sentences.
    pub konec: bool,
    /// Raw sentences with projected annotation.
    pub projected: bool,
    /// Features from the dictionary.
    pub dictionary: bool,
    /// How often a round learns from each of the project's own sentences.
    pub copies: usize,
    /// Sentences with swapped names that are made from each of the project's own.
    pub swaps: usize,
}

/// Prepares the examples to learn from.
pub fn examples(
    data: &Path,
    news: &[Sentence],
    ingredients: Ingredients,
    layers: &Layers,
    settings: Settings,
) -> anyhow::Result<Vec<Example>> {
    let example = |sentence: Sentence, domain, copies| {
        let mut evidence = vec![layers.evidence_without_dictionary(&sentence)];
        if ingredients.dictionary {
            evidence.push(layers.evidence(&sentence));
        }
        Example {
            sentence,
            evidence,
            domain,
            copies,
        }
    };
    let mut examples = Vec::new();
    if ingredients.news {
        examples.extend(
            news.iter()
                .map(|sentence| example(only_names(sentence), NEWS, ingredients.copies)),
        );
        let pool = NamePool::new(&layers.dictionary, news);
        let mut random = SWAP_SEED;
        for _ in 0..ingredients.swaps {
            for sentence in news
                .iter()
                .map(only_names)
                .filter(|sentence| !sentence.mentions.is_empty())
            {
                examples.push(example(pool.swap(&sentence, &mut random), NEWS, 1));
            }
        }
    }
    if ingredients.konec {
        let sentences = read_konec(data)?;
        examples.extend(
            sentences
                .iter()
                .map(|sentence| example(konec_names(sentence), KONEC, 1)),
        );
    }
    if ingredients.projected {
        let gold_model = train(&examples, Task::Names, settings, KONEC);
        for fine in FormTable::read(data)?.project(read_raw(data)?) {
            let mut silver = example(konec_names(&fine), PROJECTED, 1);
            let sentence = &mut silver.sentence;
            for (start, end, label) in gold_model.mentions(&sentence.text, &silver.evidence[0]) {
                if fine
                    .mentions
                    .iter()
                    .all(|known| known.end <= start || end <= known.start)
                {
                    sentence.mentions.push(Labelled {
                        start,
                        end,
                        label: label.to_owned(),
                    });
                }
            }
            sentence.mentions.sort_by_key(|mention| mention.start);
            examples.push(silver);
        }
    }
    Ok(examples)
}
