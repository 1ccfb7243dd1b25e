//! Tokens and the windows that the model sees.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use tokenizers::Tokenizer;

use super::OnnxError;
use crate::sentences;

/// Longest piece of a sentence that is tokenised at once, in bytes: some tokenizers take more than linear time.
const LONGEST_PIECE: usize = 4096;

/// A token of a text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// Its number in the vocabulary.
    id: u32,
    /// Bytes of the text.
    pub(super) range: Range<usize>,
    /// It is the first of a sentence.
    pub(super) begins_sentence: bool,
    /// It is the first of a sentence or stands behind white space.
    begins_word: bool,
}

/// Cuts texts into windows of tokens.
pub(super) struct Cutter {
    tokenizer: Tokenizer,
    /// Tokens before each window: `[CLS]`.
    prefix: Vec<u32>,
    /// Tokens behind each window: `[SEP]`.
    suffix: Vec<u32>,
    /// Tokens of a text that fit into a window.
    capacity: usize,
}

impl fmt::Debug for Cutter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cutter")
            .field("prefix", &self.prefix)
            .field("suffix", &self.suffix)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Cutter {
    /// Reads `tokenizer.json` for windows of `window` tokens.
    pub(super) fn read(path: &Path, window: usize) -> Result<Self, OnnxError> {
        let content = std::fs::read(path).map_err(|source| OnnxError::File {
            path: path.to_owned(),
            source,
        })?;
        let fail = |error: tokenizers::Error| OnnxError::content(path, error);
        let mut tokenizer = Tokenizer::from_bytes(content).map_err(fail)?;
        // Windows are cut here.
        tokenizer.with_truncation(None).map_err(fail)?;
        tokenizer.with_padding(None);
        let framed = tokenizer.encode("가", true).map_err(fail)?;
        let special: Vec<bool> = framed
            .get_special_tokens_mask()
            .iter()
            .map(|&mark| mark == 1)
            .collect();
        let ids = framed.get_ids();
        let (Some(first), Some(last)) = (
            special.iter().position(|special| !special),
            special.iter().rposition(|special| !special),
        ) else {
            return Err(OnnxError::content(
                path,
                "the tokenizer gives no token for a letter",
            ));
        };
        let (prefix, suffix) = (ids[..first].to_vec(), ids[last + 1..].to_vec());
        let capacity = window
            .checked_sub(prefix.len() + suffix.len())
            .filter(|&capacity| capacity > 0)
            .ok_or_else(|| OnnxError::content(path, "the tokens around a text fill the window"))?;
        Ok(Self {
            tokenizer,
            prefix,
            suffix,
            capacity,
        })
    }

    /// Tokens before those of the text.
    pub(super) fn prefix(&self) -> usize {
        self.prefix.len()
    }

    /// The input for a window.
    pub(super) fn frame(&self, window: &[Token]) -> Vec<i64> {
        let tokens = window.iter().map(|token| token.id);
        let ids = self
            .prefix
            .iter()
            .copied()
            .chain(tokens)
            .chain(self.suffix.iter().copied());
        ids.map(i64::from).collect()
    }

    /// The tokens of a text.
    pub(super) fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        for sentence in sentences::split(text) {
            let mut begins_sentence = true;
            for piece in pieces(text, sentence) {
                let encoding = match self.tokenizer.encode(&text[piece.clone()], false) {
                    Ok(encoding) => encoding,
                    Err(error) => {
                        tracing::error!(%error, "the tokenizer failed; names are missing here");
                        continue;
                    }
                };
                for (&id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
                    let range = whole_characters(text, piece.start + start..piece.start + end);
                    let begins_word = begins_sentence
                        || text[range.clone()].starts_with(char::is_whitespace)
                        || text[..range.start].ends_with(char::is_whitespace);
                    tokens.push(Token {
                        id,
                        range,
                        begins_sentence,
                        begins_word,
                    });
                    begins_sentence = false;
                }
            }
        }
        tokens
    }

    /// Windows of as many whole sentences as fit; a sentence that fits into none is cut between words.
    pub(super) fn windows<'t>(&self, tokens: &'t [Token]) -> Vec<&'t [Token]> {
        let mut windows = Vec::new();
        let mut rest = tokens;
        while rest.len() > self.capacity {
            let last = |begins: fn(&Token) -> bool| rest[1..=self.capacity].iter().rposition(begins);
            let length = last(|token| token.begins_sentence)
                .or_else(|| last(|token| token.begins_word))
                .map_or(self.capacity, |position| position + 1);
            let (window, others) = rest.split_at(length);
            windows.push(window);
            rest = others;
        }
        if !rest.is_empty() {
            windows.push(rest);
        }
        windows
    }
}

/// Parts of a sentence that are short enough for the tokenizer, cut at white space where there is some.
fn pieces(text: &str, sentence: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = sentence.start;
    while sentence.end - start > LONGEST_PIECE {
        let mut end = start + LONGEST_PIECE;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let space = text[start..end]
            .rfind(char::is_whitespace)
            .filter(|&space| space > 0);
        let end = space.map_or(end, |space| start + space);
        pieces.push(start..end);
        start = end;
    }
    pieces.push(start..sentence.end);
    pieces
}

/// The smallest range of whole characters around a range, which tokenizers of bytes may cut within one.
fn whole_characters(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = range.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
