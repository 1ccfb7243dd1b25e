//! Where sentences begin and end.

use std::ops::Range;

/// The sentences of `text`, in bytes, without surrounding white space.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut previous = ' ';
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '“' => quoted = true,
            '”' => quoted = false,
            _ => {}
        }
        let ends = character == '\n' || !quoted && character == '.' && ('가'..='힣').contains(&previous);
        if ends {
            found.push(start..at + character.len_utf8());
            start = at + character.len_utf8();
            quoted = false;
        }
        previous = character;
    }
    found.push(start..text.len());
    found
        .into_iter()
        .filter(|r| !text[r.clone()].trim().is_empty())
        .map(|r| {
            let p = &text[r.clone()];
            let s = r.start + p.len() - p.trim_start().len();
            s..s + p.trim().len()
        })
        .collect()
}
