//! Highlights: where the words of a search stand in a hit, exactly.

use std::{collections::HashMap, ops::Range};

use gisa_article_model::{OffsetMap, Span, TaggedArticle, TextField};

use super::{QueryTerms, QueryUnit};
use crate::analyzer::{Analyzer, Token, fold_name};

/// Most highlights of one hit.
pub const MAX_HIGHLIGHTS: usize = 100;

/// One matched word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Field that `span` counts in.
    pub field: TextField,
    /// Where it stands.
    pub span: Span,
}

/// The words of an article that match, in reading order. The text is analysed as it was for the index, so what is found
/// here is what matched there.
pub fn highlights(analyzer: &Analyzer, tagged: &TaggedArticle, terms: &QueryTerms) -> Vec<Highlight> {
    let QueryTerms::All(units) = terms else {
        return Vec::new();
    };
    let mut highlights = Vec::new();
    for field in [TextField::Title, TextField::Subtitle, TextField::Body] {
        let text = tagged.text(field);
        let mut ranges = matching_tokens(&analyzer.tokens(text), units);
        ranges.extend(matching_names(tagged, field, units));
        if ranges.is_empty() {
            continue;
        }
        let map = OffsetMap::new(text);
        let spans = merge(ranges)
            .into_iter()
            .filter_map(|range| map.span(text, range.start, range.end));
        highlights.extend(spans.map(|span| Highlight { field, span }));
        if highlights.len() >= MAX_HIGHLIGHTS {
            break;
        }
    }
    highlights.truncate(MAX_HIGHLIGHTS);
    highlights
}

fn matching_tokens(tokens: &[Token], units: &[QueryUnit]) -> Vec<Range<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, token) in tokens.iter().enumerate() {
        places.entry(&token.text).or_default().push(index);
    }
    let mut ranges = Vec::new();
    for terms in units.iter().flat_map(|unit| &unit.alternatives) {
        let Some((first, rest)) = terms.split_first() else {
            continue;
        };
        for &start in places.get(first.as_str()).into_iter().flatten() {
            if let Some(matched) = sequence_at(tokens, start, rest) {
                ranges.extend(matched.into_iter().map(|index| tokens[index].span.clone()));
            }
        }
    }
    ranges
}

/// The tokens of a sequence whose first term is token `start`, if the rest follows.
fn sequence_at(tokens: &[Token], start: usize, rest: &[String]) -> Option<Vec<usize>> {
    let mut matched = vec![start];
    let mut index = start;
    for (distance, term) in rest.iter().enumerate() {
        let position = tokens[start].position + distance + 1;
        index += tokens[index..]
            .iter()
            .position(|token| token.position >= position)?;
        let at_position = tokens[index..]
            .iter()
            .take_while(|token| token.position == position);
        index += at_position
            .map(|token| &token.text)
            .position(|text| text == term)?;
        matched.push(index);
    }
    Some(matched)
}

fn matching_names(tagged: &TaggedArticle, field: TextField, units: &[QueryUnit]) -> Vec<Range<usize>> {
    let matches = |surface: &str| {
        let name = fold_name(surface);
        units.iter().any(|unit| unit.name == name)
    };
    tagged
        .mentions
        .iter()
        .filter(|mention| {
            mention.field == field && mention.entity_type.is_name() && matches(&mention.surface)
        })
        .map(|mention| mention.span.start_byte as usize..mention.span.end_byte as usize)
        .collect()
}

/// Makes one range of those that touch, ascending.
fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
