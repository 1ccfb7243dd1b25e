//! The grammar layer: rules that find dates, times, durations, money, percentages and quantities and normalise them.
//!
//! The text is read once from left to right. Wherever an expression can start, every part of the grammar is tried, the
//! longest match wins, and reading goes on behind it; each part looks only a bounded distance around its start, so the
//! whole takes linear time. What a bare date means depends on the dates before it, which [`timeline`] remembers.

mod calendar;
mod calendar_parts;
mod calendar_words;
mod clock;
mod decision;
mod duration;
mod money;
mod number;
mod percent;
mod phrase;
mod quantity;
mod resolution;
mod scan;
mod starts;
mod tense;
mod timeline;
mod units;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::ops::Range;

use gisa_article_model::{EntityType, NormalizedValue};
use jiff::civil::DateTime;

use self::decision::longest;
use self::scan::{Cursor, is_hangul, is_tilde};
use self::timeline::Timeline;
use crate::letters::is_alphanumeric;

/// An expression that the grammar found.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Where it stands, in UTF-8 bytes.
    pub range: Range<usize>,
    /// What kind it is: one of the types with a value.
    pub entity_type: EntityType,
    /// What it stands for, if that could be resolved.
    pub value: Option<NormalizedValue>,
    /// How likely span and type are right, 0 to 1.
    pub confidence: f32,
}

/// Finds the expressions of `text`, sorted and without overlap. `reference` is when the text was published, in Korean
/// time; relative dates count from it.
pub fn find_expressions(text: &str, reference: DateTime) -> Vec<Expression> {
    let mut timeline = Timeline::new(reference.date());
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text, 0);
    while let Some(next) = cursor.peek() {
        let continues = found
            .last()
            .is_some_and(|last: &Expression| last.range.end == cursor.position());
        if (continues || can_start(cursor, next))
            && let Some(matched) = longest(cursor, &timeline)
        {
            timeline.note(&matched);
            found.push(Expression {
                range: cursor.position()..matched.end,
                entity_type: matched.entity_type,
                value: matched.value,
                confidence: matched.confidence,
            });
            cursor = cursor.moved_to(matched.end);
        } else {
            cursor = skip(cursor, next);
        }
    }
    found
}

/// Whether an expression can start with `next`: not inside a Latin word, a longer number, a model name or a Hangul
/// word. A digit may follow Hangul (`약300명`), each part of the grammar decides behind which.
fn can_start(cursor: Cursor<'_>, next: char) -> bool {
    let previous = cursor.previous();
    if next.is_ascii_digit() {
        return !continues_token(cursor, previous);
    }
    let behind_word = previous.is_some_and(is_alphanumeric);
    if is_hangul(next) {
        return !behind_word && starts::can_start(next, cursor.advance().peek());
    }
    match next {
        '$' | '₩' | '￦' | '€' | '£' | '¥' | '￥' | '-' | '−' | '–' | '\'' | '’' | '‘' => {
            !behind_word
        }
        'U' | 'H' | 'A' => !behind_word,
        _ => false,
    }
}

/// Whether digits at the cursor belong to what stands in front of them: H100, GPT-4, 02-123, 1/3.
fn continues_token(cursor: Cursor<'_>, previous: Option<char>) -> bool {
    let Some(previous) = previous else { return false };
    if is_hangul(previous) {
        return false;
    }
    if is_alphanumeric(previous) {
        return !is_enumeration_mark(previous);
    }
    if is_tilde(previous) {
        return cursor
            .text_before(8)
            .chars()
            .rev()
            .nth(1)
            .is_some_and(|before| before.is_ascii_digit());
    }
    if !matches!(
        previous,
        '-' | '.' | ',' | '/' | ':' | '_' | '+' | '–' | '#' | '\'' | '’'
    ) {
        return false;
    }
    let before = cursor.text_before(8).chars().rev().nth(1);
    match previous {
        '#' | '_' => true,
        // A sentence may end without a space behind it; a number may not go on.
        '.' | ',' => before.is_some_and(|before| before.is_ascii_digit()),
        ':' => before.is_some_and(|before| before.is_ascii_digit()),
        '\'' | '’' => before.is_some_and(|before| before.is_ascii_alphanumeric()),
        _ => before.is_some_and(is_alphanumeric),
    }
}

/// Circled numbers and the like in front of a list's items.
fn is_enumeration_mark(character: char) -> bool {
    ('①'..='⓿').contains(&character) || ('❶'..='➓').contains(&character) || ('㈀'..='㋿').contains(&character)
}

/// The cursor behind what cannot start an expression: a whole number, the rest of a Hangul word, or one character.
fn skip<'text>(cursor: Cursor<'text>, next: char) -> Cursor<'text> {
    let is_same: fn(char) -> bool = match next {
        '0'..='9' => |character| character.is_ascii_digit(),
        _ if is_hangul(next) => is_hangul,
        _ => return cursor.advance(),
    };
    let rest = cursor.rest();
    let length = rest.find(|character| !is_same(character)).unwrap_or(rest.len());
    cursor.moved_to(cursor.position() + length)
}
