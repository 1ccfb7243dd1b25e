//! The analyzer as a tokenizer of tantivy.

use std::{fmt, sync::Arc, vec};

use tantivy::tokenizer::{Token as IndexToken, TokenStream, Tokenizer};

use super::{Analyzer, Token};

/// Cheap to clone.
#[derive(Clone)]
pub struct KoreanTokenizer(Arc<Analyzer>);

impl KoreanTokenizer {
    /// A tokenizer that gives the analyzer's tokens.
    pub fn new(analyzer: Arc<Analyzer>) -> Self {
        Self(analyzer)
    }
}

impl fmt::Debug for KoreanTokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KoreanTokenizer")
    }
}

impl Tokenizer for KoreanTokenizer {
    type TokenStream<'a> = KoreanTokenStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        KoreanTokenStream {
            tokens: self.0.tokens(text).into_iter(),
            current: IndexToken::default(),
        }
    }
}

/// The tokens of one text.
#[derive(Debug)]
pub struct KoreanTokenStream {
    tokens: vec::IntoIter<Token>,
    current: IndexToken,
}

impl TokenStream for KoreanTokenStream {
    fn advance(&mut self) -> bool {
        let Some(token) = self.tokens.next() else {
            return false;
        };
        self.current = IndexToken {
            offset_from: token.span.start,
            offset_to: token.span.end,
            position: token.position,
            text: token.text,
            position_length: token.length,
        };
        true
    }

    fn token(&self) -> &IndexToken {
        &self.current
    }

    fn token_mut(&mut self) -> &mut IndexToken {
        &mut self.current
    }
}
