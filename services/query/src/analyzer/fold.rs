//! Folding: the form in which text is compared, with the way back to the source.

use std::ops::Range;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _,
    char::{canonical_combining_class, decompose_compatible},
    is_nfc_quick,
};

/// A text in NFKC and lower case that knows which bytes of the source each of its characters comes from.
#[derive(Debug)]
pub(super) struct Folded {
    text: String,
    /// For each character: where it starts in `text`, and its source.
    origins: Vec<Origin>,
}

#[derive(Clone, Copy, Debug)]
struct Origin {
    at: usize,
    start: usize,
    end: usize,
}

impl Folded {
    pub(super) fn new(source: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(source.len()),
            origins: Vec::with_capacity(source.len() / 3 + 1),
        };
        let mut characters = source.char_indices().peekable();
        while let Some((start, first)) = characters.next() {
            // What may join with the characters before it is normalised together with them.
            while characters.next_if(|(_, next)| !starts_cluster(*next)).is_some() {}
            let end = characters.peek().map_or(source.len(), |(next, _)| *next);
            folded.add_cluster(first, &source[start..end], start);
        }
        folded
    }

    fn add_cluster(&mut self, first: char, cluster: &str, start: usize) {
        let end = start + cluster.len();
        let mut add = |character: char| {
            if !is_ignorable(character) {
                self.origins.push(Origin {
                    at: self.text.len(),
                    start,
                    end,
                });
                self.text.push(character);
            }
        };
        if cluster.len() == first.len_utf8() && (first.is_ascii() || is_syllable(first)) {
            add(first.to_ascii_lowercase());
        } else {
            cluster.nfkc().flat_map(char::to_lowercase).nfc().for_each(add);
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The source of a range of `text` that is not empty.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let index = |at: usize| self.origins.partition_point(|origin| origin.at < at);
        let first = index(range.start).min(self.origins.len() - 1);
        let last = index(range.end).clamp(1, self.origins.len()) - 1;
        self.origins[first].start..self.origins[last].end
    }
}

fn is_syllable(character: char) -> bool {
    ('가'..='힣').contains(&character)
}

/// Whether normalisation never joins this character with one before it.
fn starts_cluster(character: char) -> bool {
    if character < '\u{300}' || is_syllable(character) {
        return true;
    }
    let mut first = None;
    decompose_compatible(character, |part| first = first.or(Some(part)));
    first.is_none_or(|part| {
        canonical_combining_class(part) == 0 && is_nfc_quick(std::iter::once(part)) != IsNormalized::Maybe
    })
}

/// Characters that are not seen: soft hyphen, zero-width spaces and joiners, direction marks, variation selectors,
/// Hangul fillers.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_of_one_text_fold_alike() {
        for (source, expected) in [
            ("ＫＡＩＳＴ", "kaist"),
            ("\u{1112}\u{1161}\u{11ab}글", "한글"),
            ("㈜두레", "(주)두레"),
            ("12㎡", "12m2"),
            ("네이\u{200b}버", "네이버"),
        ] {
            assert_eq!(Folded::new(source).text(), expected);
        }
    }

    #[test]
    fn the_way_back_is_exact() {
        let source = "㈜\u{1112}\u{1161}\u{11ab}글Ａ";
        let folded = Folded::new(source);
        assert_eq!(folded.text(), "(주)한글a");
        let at = |part: &str| {
            let start = folded.text().find(part).unwrap();
            &source[folded.source(start..start + part.len())]
        };
        assert_eq!(at("주"), "㈜");
        assert_eq!(at("한"), "\u{1112}\u{1161}\u{11ab}");
        assert_eq!(at("글a"), "글Ａ");
    }

    proptest! {
        #[test]
        fn composed_text_folds_alike(source in any::<String>()) {
            let composed: String = source.nfc().collect();
            let (given, composed) = (Folded::new(&source), Folded::new(&composed));
            prop_assert_eq!(given.text(), composed.text());
        }
    }
}
