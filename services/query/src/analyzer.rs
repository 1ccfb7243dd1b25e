//! The Korean analyzer: the one way in which text becomes index terms, for articles, queries and highlights.
//!
//! Text is cut at white space into eojeols, these at punctuation into words, and each word by a trained model into
//! morphemes. Particles and endings are dropped where something else of the eojeol remains. A word's analysis depends on
//! nothing around it, so an article always matches the words it is made of; and how a stem is cut depends on the stem
//! alone, so `쿠버네티스` and `쿠버네티스를` are cut alike.

mod fold;
mod morphemes;
mod tokenizer;
mod word;

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use self::tokenizer::KoreanTokenizer;
use self::{fold::Folded, morphemes::MorphemeModel, word::WordAnalyzer};

/// Raised with every change of the rules in this module: an index has to be rebuilt with it.
const RULES_VERSION: u32 = 1;

const MODEL: &[u8] = include_bytes!("../analyzer-model/korean-morphemes.model.zst");

/// Particles and short forms of the copula that follow a closing bracket or quotation mark as a word of their own. The
/// model sees such a word without what it belongs to and takes some of them for nouns.
#[rustfmt::skip] // One a line would be longer than all the rest.
const DETACHED_PARTICLES: &[&str] = &[
    "가", "같은", "고", "과", "까지", "께서", "나", "는", "다", "도", "든", "라", "라고", "라는",
    "라며", "란", "로", "로는", "로도", "로서", "로써", "를", "만", "만의", "며", "면서", "밖에", "보다",
    "부터", "뿐", "에", "에게", "에게서", "에는", "에도", "에만", "에서", "에서는", "에서도", "에서의", "와",
    "와의", "으로", "으로는", "으로도", "으로서", "으로써", "은", "을", "의", "이", "이고", "이나", "이다",
    "이라", "이라고", "이라는", "이라며", "이란", "이며", "인", "일", "입니다", "처럼", "하고", "한테",
];

/// What particles follow directly without being part of the word before, after normalisation.
const CLOSING: &[char] = &[
    '"', '\'', '’', '”', ')', ']', '}', '>', '〉', '》', '」', '』', '】', '%', '!', '?',
];

/// A term of a text, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The term: normalised (NFKC) and in lower case.
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub span: Range<usize>,
    /// Counted in morphemes from the start of the text.
    pub position: usize,
    /// How many morphemes it covers: 1, or more for the stem of a compound, which stands beside its parts.
    pub length: usize,
}

/// The analyzer cannot be loaded: the model compiled in is damaged.
#[derive(Clone, Debug, Error)]
#[error("the analyzer's model cannot be loaded: {0}")]
pub struct LoadError(String);

/// The analyzer.
pub struct Analyzer {
    words: WordAnalyzer,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Analyzer").finish_non_exhaustive()
    }
}

impl Analyzer {
    /// The analyzer of this process. The first call loads the model, which takes half a second.
    pub fn shared() -> Result<Arc<Self>, LoadError> {
        static SHARED: OnceLock<Result<Arc<Analyzer>, LoadError>> = OnceLock::new();
        let load = || {
            let model = MorphemeModel::load(MODEL).map_err(LoadError)?;
            Ok(Arc::new(Self {
                words: WordAnalyzer::new(model),
            }))
        };
        SHARED.get_or_init(load).clone()
    }

    /// Names rules and model: an index made with another fingerprint has other terms.
    pub fn fingerprint() -> String {
        let digest = Sha256::digest(MODEL);
        let model = hex::encode(&digest[..8]);
        format!("{RULES_VERSION}-{model}")
    }

    /// The terms of a text, by position; at the same position a compound comes before its first part.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(text.len() / 6);
        let mut position = 0;
        for eojeol in eojeols(text) {
            self.add_eojeol(text, eojeol, &mut position, &mut tokens);
        }
        tokens
    }

    /// Whether a text that directly follows a quotation is only the particle of what is quoted.
    pub fn is_detached_particle(&self, text: &str) -> bool {
        self.whole_word(text).is_some_and(|word| self.is_particle(&word))
    }

    fn is_particle(&self, word: &str) -> bool {
        self.words.analyze(word).only_function || DETACHED_PARTICLES.contains(&word)
    }

    /// The one word that `text` consists of, uncut; `None` if it is several or none.
    pub fn whole_word(&self, text: &str) -> Option<String> {
        let folded = Folded::new(text.trim());
        let words = word::words(folded.text());
        let [word] = words.as_slice() else {
            return None;
        };
        Some(word::term(&folded.text()[word.clone()]))
    }

    fn add_eojeol(&self, text: &str, eojeol: Range<usize>, position: &mut usize, tokens: &mut Vec<Token>) {
        let folded = Folded::new(&text[eojeol.clone()]);
        let mut has_content = false;
        for range in word::words(folded.text()) {
            let word = &folded.text()[range.clone()];
            if has_content && folded.text()[..range.start].ends_with(CLOSING) && self.is_particle(word) {
                continue;
            }
            has_content = true;
            let analysis = self.words.analyze(word);
            for piece in &analysis.pieces {
                let within = range.start + piece.start as usize..range.start + piece.end as usize;
                let source = folded.source(within.clone());
                tokens.push(Token {
                    text: word::term(&folded.text()[within]),
                    span: eojeol.start + source.start..eojeol.start + source.end,
                    position: *position + piece.position as usize,
                    length: piece.length as usize,
                });
            }
            *position += analysis.positions as usize;
        }
    }
}

/// Folds a name for comparison as a whole: normalised, in lower case, white space as single spaces.
pub fn fold_name(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| Folded::new(word).text().to_owned())
        .collect();
    words.join(" ")
}

/// The maximal runs without white space.
fn eojeols(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().map(|eojeol| {
        let start = eojeol.as_ptr() as usize - text.as_ptr() as usize;
        start..start + eojeol.len()
    })
}

#[cfg(test)]
mod tests;
