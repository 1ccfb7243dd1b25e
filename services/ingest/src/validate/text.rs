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

/// NFC with `\n` line ends. Text that is like this already, as nearly all is, is not copied.
pub(super) fn normalize(text: String) -> String {
    let with_line_feeds: Cow<'_, str> = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(&text)
    };
    if is_nfc_quick(with_line_feeds.chars()) != IsNormalized::Yes {
        return with_line_feeds.nfc().collect();
    }
    match with_line_feeds {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => text,
    }
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
