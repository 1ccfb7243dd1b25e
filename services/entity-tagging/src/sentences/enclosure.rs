//! Quotes and brackets: which sign opens and which one closes it.
//!
//! One pass with a stack. Straight quotes look alike at both ends; what stands beside them decides. A pair must close
//! within [`LONGEST`] bytes and on its line, so that a quote that nobody closed cannot swallow the text.

use std::ops::Range;

/// What a pair of signs is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnclosureKind {
    /// Double quotes: speech.
    DoubleQuote,
    /// Single quotes: names, titles, emphasis.
    SingleQuote,
    /// Round brackets.
    Parenthesis,
    /// All other brackets; the sign that closes.
    Bracket(char),
}

/// A pair of signs around a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Enclosure {
    /// What it is for.
    pub kind: EnclosureKind,
    /// Byte where the opening sign begins.
    pub open: usize,
    /// Byte where the part inside begins.
    pub inner_start: usize,
    /// Byte where the closing sign begins.
    pub inner_end: usize,
    /// Byte behind the closing sign.
    pub end: usize,
}

impl Enclosure {
    /// The part inside, in bytes.
    pub fn inner(&self) -> Range<usize> {
        self.inner_start..self.inner_end
    }
}

/// How far the two signs of a pair may stand apart, in bytes: some 500 Hangul syllables, a long speech.
const LONGEST: usize = 1500;
/// How deep pairs may stand in each other. Deeper signs are ignored, which bounds the work for each sign.
const DEEPEST: usize = 6;

/// What a sign does.
#[derive(Clone, Copy)]
enum Sign {
    Opens(EnclosureKind),
    Closes(EnclosureKind),
    /// A straight quote.
    Either(EnclosureKind),
}

/// The enclosures of a text, by where they open. Those in others are listed too.
pub(crate) fn find(text: &str) -> Vec<Enclosure> {
    let mut opened: Vec<Opened> = Vec::new();
    let mut stack: Vec<usize> = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut previous = '\n';
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map_or('\n', |&(_, next)| next);
        if character == '\n' {
            stack.clear();
        } else if let Some(sign) = sign(character, previous, next) {
            let place = Place {
                at,
                length: character.len_utf8(),
                previous,
                next,
            };
            apply(sign, place, &mut opened, &mut stack);
        }
        previous = character;
    }
    opened.iter().filter_map(Opened::closed).collect()
}

/// A sign that opens, with the one that closes it once that is found.
struct Opened {
    kind: EnclosureKind,
    open: usize,
    inner_start: usize,
    close: Option<Range<usize>>,
}

impl Opened {
    fn closed(&self) -> Option<Enclosure> {
        let close = self.close.clone()?;
        Some(Enclosure {
            kind: self.kind,
            open: self.open,
            inner_start: self.inner_start,
            inner_end: close.start,
            end: close.end,
        })
    }
}

/// A sign in the text with what stands beside it.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    length: usize,
    previous: char,
    next: char,
}

impl Place {
    /// An opening sign touches what it encloses.
    fn may_open(self) -> bool {
        !self.next.is_whitespace()
    }

    /// A straight quote behind white space does not close.
    fn may_close(self) -> bool {
        !self.previous.is_whitespace()
    }
}

fn apply(sign: Sign, place: Place, opened: &mut Vec<Opened>, stack: &mut Vec<usize>) {
    let (kind, closes, opens) = match sign {
        Sign::Opens(kind) => (kind, false, true),
        Sign::Closes(kind) => (kind, true, false),
        Sign::Either(kind) => (kind, place.may_close(), place.may_open()),
    };
    let partner = stack.iter().rposition(|&index| opened[index].kind == kind);
    let near = partner.filter(|&depth| place.at - opened[stack[depth]].inner_start <= LONGEST);
    if let (true, Some(depth)) = (closes, near) {
        opened[stack[depth]].close = Some(place.at..place.at + place.length);
        stack.truncate(depth);
        return;
    }
    if !opens {
        return;
    }
    // Quotes of one kind do not stand in each other, and what is too far back stays open.
    let is_quote = matches!(kind, EnclosureKind::DoubleQuote | EnclosureKind::SingleQuote);
    if let Some(depth) = partner.filter(|_| is_quote || near.is_none()) {
        stack.truncate(depth);
    }
    if stack.len() < DEEPEST {
        stack.push(opened.len());
        opened.push(Opened {
            kind,
            open: place.at,
            inner_start: place.at + place.length,
            close: None,
        });
    }
}

fn sign(character: char, previous: char, next: char) -> Option<Sign> {
    use EnclosureKind::{Bracket, DoubleQuote, Parenthesis, SingleQuote};
    Some(match character {
        '"' => Sign::Either(DoubleQuote),
        '“' | '„' => Sign::Opens(DoubleQuote),
        '”' => Sign::Closes(DoubleQuote),
        // The apostrophe of don't.
        '\'' | '’' if previous.is_ascii_alphabetic() && next.is_ascii_alphabetic() => return None,
        '\'' => Sign::Either(SingleQuote),
        '‘' => Sign::Opens(SingleQuote),
        '’' => Sign::Closes(SingleQuote),
        '(' | '\u{FF08}' => Sign::Opens(Parenthesis),
        ')' | '\u{FF09}' => Sign::Closes(Parenthesis),
        '[' => Sign::Opens(Bracket(']')),
        '<' if !next.is_whitespace() => Sign::Opens(Bracket('>')),
        '{' => Sign::Opens(Bracket('}')),
        '「' => Sign::Opens(Bracket('」')),
        '『' => Sign::Opens(Bracket('』')),
        '《' => Sign::Opens(Bracket('》')),
        '〈' => Sign::Opens(Bracket('〉')),
        '【' => Sign::Opens(Bracket('】')),
        ']' | '>' | '}' | '」' | '』' | '》' | '〉' | '】' => Sign::Closes(Bracket(character)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(text: &str) -> Vec<&str> {
        find(text).iter().map(|pair| &text[pair.inner()]).collect()
    }

    #[test]
    fn pairs() {
        let cases: &[(&str, &[&str])] = &[
            ("그는 \"간다\"고 했다", &["간다"]),
            (
                "“별 '하늘' 바다”라고 (강 [산] 들)",
                &["별 '하늘' 바다", "하늘", "강 [산] 들", "산"],
            ),
            ("'하늘’ 그리고 ‘바다'", &["하늘", "바다"]),
            ("it's 'don't' '90년대", &["don't"]),
            // The first quote was never closed.
            ("\"간다 그리고 \"온다\"고", &["온다"]),
            ("간다\"고 말했다. \"온다\"고", &["온다"]),
            ("\"간다\n온다\"", &[]),
            ("(가 \"나) 다", &["가 \"나"]),
            ("3 < 5, 7 > 2", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(inner(text), *expected, "{text}");
        }
    }

    #[test]
    fn pairs_too_deep_are_ignored() {
        let text = format!("{}깊다{}", "(".repeat(99), ")".repeat(99));
        assert_eq!(find(&text).len(), DEEPEST);
    }

    #[test]
    fn a_pair_too_long_is_none() {
        let text = |length: usize| format!("\"{}\" \"짧다\"", "a".repeat(length));
        assert_eq!(find(&text(LONGEST)).len(), 2);
        assert_eq!(inner(&text(LONGEST + 1)), ["짧다"]);
    }
}
