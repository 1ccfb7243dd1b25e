//! Search text: words that must all occur, and phrases in double quotes.
//!
//! `"` begins and ends a phrase. `“` does too when a `”` follows; else curly quotes are punctuation, because they come
//! with text copied from articles. All other punctuation is read as in articles. A text of which nothing but punctuation
//! remains finds nothing; an empty one finds everything.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

use crate::analyzer::{Analyzer, Token, fold_name};

/// Longest search text in characters.
pub const MAX_QUERY_CHARACTERS: usize = 1000;

/// What a search text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryTerms {
    /// No text: every article.
    Everything,
    /// Text without any letter or digit: no article.
    Nothing,
    /// Words and phrases that must all occur.
    All(Vec<QueryUnit>),
}

/// A word or phrase of a search text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryUnit {
    /// The text as given, folded: it also finds a name that is mentioned.
    pub name: String,
    /// Each is a sequence of terms that must stand side by side; one of them must occur.
    pub alternatives: Vec<Vec<String>>,
}

/// A search text that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct QueryError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where, in code points.
    pub position: usize,
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (character {})", self.problem, self.position)
    }
}

/// Reads a search text.
pub fn parse_query(text: &str, analyzer: &Analyzer) -> Result<QueryTerms, QueryError> {
    if text.chars().nth(MAX_QUERY_CHARACTERS).is_some() {
        return Err(QueryError {
            problem: "the search text is longer than 1,000 characters",
            position: MAX_QUERY_CHARACTERS,
        });
    }
    if text.trim().is_empty() {
        return Ok(QueryTerms::Everything);
    }
    let parts = parts(text)?;
    let meant = parts
        .iter()
        .filter(|part| !(part.after_quotation && analyzer.is_detached_particle(&part.text)));
    let units: Vec<QueryUnit> = meant.filter_map(|part| unit(&part.text, analyzer)).collect();
    Ok(if units.is_empty() {
        QueryTerms::Nothing
    } else {
        QueryTerms::All(units)
    })
}

/// A word or phrase as it stands in the text.
#[derive(Debug, Default)]
struct Part {
    text: String,
    /// Whether it directly follows a quotation, as particles do.
    after_quotation: bool,
}

/// The words and phrases of a text.
fn parts(text: &str) -> Result<Vec<Part>, QueryError> {
    let characters: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    let mut part = Part::default();
    let mut index = 0;
    while let Some(&character) = characters.get(index) {
        let closing = match character {
            '"' => Some('"'),
            '“' => Some('”'),
            _ => None,
        };
        let end = closing.and_then(|closing| {
            characters[index + 1..]
                .iter()
                .position(|c| *c == closing)
                .map(|length| index + 1 + length)
        });
        match (character, end) {
            (_, Some(end)) => {
                parts.push(std::mem::take(&mut part));
                let text = characters[index + 1..end].iter().collect();
                parts.push(Part {
                    text,
                    after_quotation: false,
                });
                part.after_quotation = true;
                index = end;
            }
            ('"', None) => {
                return Err(QueryError {
                    problem: "the quotation mark is not closed",
                    position: index,
                });
            }
            _ if character.is_whitespace() => parts.push(std::mem::take(&mut part)),
            _ => part.text.push(character),
        }
        index += 1;
    }
    parts.push(part);
    parts.retain(|part| !part.text.is_empty());
    // Articles are in this form.
    for part in &mut parts {
        part.text = part.text.nfc().collect();
    }
    Ok(parts)
}

fn unit(part: &str, analyzer: &Analyzer) -> Option<QueryUnit> {
    let tokens = analyzer.tokens(part);
    let morphemes: Vec<&Token> = tokens.iter().filter(|token| token.length == 1).collect();
    if morphemes.is_empty() {
        return None;
    }
    let name = fold_name(part);
    let mut alternatives = vec![morphemes.iter().map(|token| token.text.clone()).collect()];
    let mut add = |term: String| {
        let alternative = vec![term];
        if !alternatives.contains(&alternative) {
            alternatives.push(alternative);
        }
    };
    tokens
        .iter()
        .filter(|token| token.length > 1 && token.length == morphemes.len())
        .for_each(|token| add(token.text.clone()));
    // Where the end of a word looks like a particle (`가나`), the word may be the stem of what stands in an article
    // (`가나를`).
    if let Some(word) = analyzer.whole_word(part) {
        add(word);
    }
    Some(QueryUnit { name, alternatives })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_phrases_are_told_apart() {
        let parts = |text: &str| {
            parts(text)
                .unwrap()
                .into_iter()
                .map(|part| part.text)
                .collect::<Vec<_>>()
        };
        assert_eq!(parts("가 나  다"), ["가", "나", "다"]);
        assert_eq!(parts("가 \"나 다\" 라"), ["가", "나 다", "라"]);
        assert_eq!(parts("“나 다”라"), ["나 다", "라"]);
        assert_eq!(parts("“나 다"), ["“나", "다"]);
        assert_eq!(parts("나” 다"), ["나”", "다"]);
        assert_eq!(parts("\"\""), Vec::<String>::new());
    }

    #[test]
    fn an_open_quotation_mark_is_refused() {
        for (text, position) in [("\"", 0), ("가 \"나", 2), ("\"가\" \"나\" \"", 8)] {
            assert_eq!(parts(text).unwrap_err().position, position, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parts(&text);
        }
    }
}
