//! Characters of text fields: which are allowed, how text is normalised, and when it is blank.

use std::{borrow::Cow, fmt};

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// Which control characters a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// None.
    One,
    /// Line ends.
    Many,
    /// Line ends and tabs.
    ManyWithTabs,
}

/// A control character where none is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ForbiddenControl {
    character: char,
    offset: usize,
}

impl fmt::Display for ForbiddenControl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "has the control character U+{:04X} at offset {} (in code points)",
            u32::from(self.character),
            self.offset
        )
    }
}

/// The first control character that the field may not have.
pub(super) fn forbidden_control(text: &str, lines: Lines) -> Option<ForbiddenControl> {
    if !may_have_forbidden_control(text, lines) {
        return None;
    }
    let allowed = |character: char| match character {
        '\n' | '\r' => lines != Lines::One,
        '\t' => lines == Lines::ManyWithTabs,
        _ => false,
    };
    text.chars()
        .enumerate()
        .find(|(_, character)| character.is_control() && !allowed(*character))
        .map(|(offset, character)| ForbiddenControl { character, offset })
}

/// Whether there is a byte that a control character could begin with; quick, for nearly no text has one.
fn may_have_forbidden_control(text: &str, lines: Lines) -> bool {
    let allowed: [u8; 3] = match lines {
        Lines::One => [b' '; 3],
        Lines::Many => [b'\n', b'\r', b' '],
        Lines::ManyWithTabs => [b'\n', b'\r', b'\t'],
    };
    let suspicious = |byte: &u8| {
        let allowed = (*byte == allowed[0]) | (*byte == allowed[1]) | (*byte == allowed[2]);
        // U+0080 to U+009F begin with C2, as do some other characters.
        ((*byte < 0x20) & !allowed) | (*byte == 0x7F) | (*byte == 0xC2)
    };
    // In pieces, which the compiler turns into wide instructions.
    text.as_bytes()
        .chunks(64)
        .any(|piece| piece.iter().fold(false, |found, byte| found | suspicious(byte)))
}

/// NFC with `\n` line ends. Text that is like this already, as nearly all is, is not copied.
pub(super) fn normalize(text: String) -> String {
    let with_line_feeds: Cow<'_, str> = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(&text)
    };
    let normalized = is_never_changed_anywhere(&with_line_feeds)
        || is_nfc_quick(with_line_feeds.chars()) == IsNormalized::Yes;
    if !normalized {
        return with_line_feeds.nfc().collect();
    }
    match with_line_feeds {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => text,
    }
}

/// Whether all characters are such that NFC leaves alone.
fn is_never_changed_anywhere(text: &str) -> bool {
    /// Bytes that are looked at together, with wide instructions.
    const PIECE: usize = 64;
    let bytes = text.as_bytes();
    (0..bytes.len()).step_by(PIECE).all(|start| {
        let end = (start + PIECE).min(bytes.len());
        // The last byte of a text begins no character that is longer.
        let pairs = bytes[start..end].iter().zip(&bytes[start + 1..]);
        !pairs.fold(false, |found, (byte, next)| found | may_be_changed(*byte, *next))
            || characters_around(text, start, end).all(is_never_changed)
    })
}

/// Whether a character that NFC does not leave alone may begin with these bytes; quick, and right for most of what Korean
/// text consists of.
fn may_be_changed(byte: u8, next: u8) -> bool {
    // All but ASCII, U+0080 to U+02FF, the middles of characters, U+4000 to U+9FFF, and from U+AC00 to U+D7FF.
    (0xCC..0xE4).contains(&byte) | (byte >= 0xEE) | ((byte == 0xEA) & (next < 0xB0))
}

/// The characters that have a byte between these offsets.
fn characters_around(text: &str, start: usize, end: usize) -> impl Iterator<Item = char> {
    let is_boundary = |offset: &usize| text.is_char_boundary(*offset);
    let start = (0..=start).rev().find(is_boundary).unwrap_or(0);
    let end = (end..=text.len()).find(is_boundary).unwrap_or(text.len());
    text[start..end].chars()
}

/// Characters that NFC neither changes nor combines with others: the ones that nearly all text consists of. A shortcut;
/// those of other kinds are looked up.
fn is_never_changed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{2FF}'
            | '\u{2010}'..='\u{2027}'
            | '\u{3001}'..='\u{3029}'
            | '\u{4000}'..='\u{9FFF}'
            | '가'..='\u{D7FF}'
    )
}

/// Whether a reader would see nothing.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_whitespace() || is_invisible(character))
}

/// Soft hyphen, zero-width and direction marks, Hangul and Braille fillers.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
    )
}

#[cfg(test)]
mod tests {
    use unicode_normalization::char::canonical_combining_class;

    use super::*;

    #[test]
    fn the_shortcuts_agree_with_the_tables() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            if is_never_changed(character) {
                assert_eq!(is_nfc_quick(text.chars()), IsNormalized::Yes, "{character:?}");
                assert_eq!(canonical_combining_class(character), 0, "{character:?}");
            }
            for padding in [0, 21] {
                // At the beginning, and across the border of two pieces.
                let text = format!("{}{text}{}", "가".repeat(padding), "a".repeat(64));
                assert_eq!(
                    is_never_changed_anywhere(&text),
                    is_never_changed(character),
                    "{character:?} behind {padding}"
                );
            }
            for (lines, allowed) in [
                (Lines::One, ""),
                (Lines::Many, "\n\r"),
                (Lines::ManyWithTabs, "\n\r\t"),
            ] {
                let forbidden = character.is_control() && !allowed.contains(character);
                for padding in [0, 63, 64, 100] {
                    let text = format!("{}{text}", "가".repeat(padding));
                    let found = forbidden_control(&text, lines).map(|found| found.offset);
                    assert_eq!(found, forbidden.then_some(padding), "{character:?} {lines:?}");
                }
            }
        }
    }
}
