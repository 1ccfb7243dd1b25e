//! The trained model: cuts a word into morphemes and says which of them carry no content.

use std::fmt;

use vaporetto::{CharacterBoundary, Model, Predictor, Sentence};

/// Tags that carry no content; see `analyzer-model/README.md`.
const FUNCTION_TAGS: &[&str] = &["J", "E", "VCP", "XSV", "XSA", "VX", "SF", "SY", "SP"];

pub(super) struct MorphemeModel(Predictor);

/// A morpheme; ends and starts meet without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Morpheme {
    /// Where it ends, in characters.
    pub(super) end: usize,
    /// Whether it is a particle, an ending or the like.
    pub(super) is_function: bool,
    /// Whether the model has seen it.
    pub(super) is_known: bool,
}

impl fmt::Debug for MorphemeModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MorphemeModel").finish_non_exhaustive()
    }
}

impl MorphemeModel {
    pub(super) fn load(compressed: &[u8]) -> Result<Self, String> {
        let bytes = zstd::decode_all(compressed).map_err(|error| error.to_string())?;
        let (model, _) = Model::read_slice(&bytes).map_err(|error| error.to_string())?;
        Ok(Self(
            Predictor::new(model, true).map_err(|error| error.to_string())?,
        ))
    }

    /// Cuts a word. Where `cut(i)` says something, the boundary before character `i + 1` is as it says.
    pub(super) fn split(&self, word: &str, cut: impl Fn(usize) -> Option<bool>) -> Vec<Morpheme> {
        // The model has learnt from running text, where a word stands between spaces.
        let Ok(mut sentence) = Sentence::from_raw(format!(" {word} ")) else {
            // Only NUL is refused, which no word contains.
            return vec![Morpheme {
                end: word.chars().count(),
                is_function: false,
                is_known: false,
            }];
        };
        self.0.predict(&mut sentence);
        let boundaries = sentence.boundaries_mut();
        let last = boundaries.len() - 1;
        for (index, boundary) in boundaries.iter_mut().enumerate() {
            let cut_here = if index == 0 || index == last {
                Some(true)
            } else {
                cut(index - 1)
            };
            match cut_here {
                Some(true) => *boundary = CharacterBoundary::WordBoundary,
                Some(false) => *boundary = CharacterBoundary::NotWordBoundary,
                None => (),
            }
        }
        sentence.fill_tags();
        let inner = sentence
            .iter_tokens()
            .filter(|token| token.start() > 0 && token.start() <= last);
        inner
            .map(|token| {
                let tag = token.tags().first().and_then(|tag| tag.as_deref());
                Morpheme {
                    end: token.end() - 1,
                    is_function: tag.is_some_and(|tag| FUNCTION_TAGS.contains(&tag)),
                    is_known: tag.is_some(),
                }
            })
            .collect()
    }
}
