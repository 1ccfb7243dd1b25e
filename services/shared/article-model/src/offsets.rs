//! Text offsets in the three encodings that callers use: UTF-8 bytes, Unicode code points, UTF-16 code units.

/// A half-open range of one text in all three encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Start in UTF-8 bytes.
    pub start_byte: u32,
    /// End in UTF-8 bytes, exclusive.
    pub end_byte: u32,
    /// Start in code points.
    pub start_code_point: u32,
    /// End in code points, exclusive.
    pub end_code_point: u32,
    /// Start in UTF-16 code units.
    pub start_utf16: u32,
    /// End in UTF-16 code units, exclusive.
    pub end_utf16: u32,
}

impl Span {
    /// The text of this span; `None` if it does not fit `text`.
    pub fn slice<'text>(&self, text: &'text str) -> Option<&'text str> {
        text.get(self.start_byte as usize..self.end_byte as usize)
    }

    /// Whether the two share at least one byte.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start_byte < other.end_byte && other.start_byte < self.end_byte
    }
}

/// Turns byte ranges of one text into [`Span`]s in logarithmic time. Built once for a text, in one pass.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    /// One entry every [`OffsetMap::STRIDE`] code points.
    checkpoints: Vec<Checkpoint>,
}

#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    byte: u32,
    code_point: u32,
    utf16: u32,
}

impl OffsetMap {
    /// Code points between two checkpoints: small enough that counting on from one costs little.
    const STRIDE: u32 = 64;

    /// Builds the map of `text`, which must be shorter than 4 GiB.
    pub fn new(text: &str) -> Self {
        let mut checkpoints = Vec::with_capacity(text.len() / (3 * Self::STRIDE as usize) + 1);
        let mut utf16 = 0;
        for (code_point, (byte, character)) in text.char_indices().enumerate() {
            let code_point = code_point as u32;
            if code_point.is_multiple_of(Self::STRIDE) {
                checkpoints.push(Checkpoint {
                    byte: byte as u32,
                    code_point,
                    utf16,
                });
            }
            utf16 += character.len_utf16() as u32;
        }
        if checkpoints.is_empty() {
            checkpoints.push(Checkpoint {
                byte: 0,
                code_point: 0,
                utf16: 0,
            });
        }
        Self { checkpoints }
    }

    /// The span of the byte range `start..end` of `text`, which must be the text the map was built from. `None` if the
    /// range is empty, reversed, outside, or cuts a character.
    pub fn span(&self, text: &str, start: usize, end: usize) -> Option<Span> {
        if start >= end || text.get(start..end).is_none() {
            return None;
        }
        let first = self.locate(text, start);
        let last = self.locate(text, end);
        Some(Span {
            start_byte: first.byte,
            end_byte: last.byte,
            start_code_point: first.code_point,
            end_code_point: last.code_point,
            start_utf16: first.utf16,
            end_utf16: last.utf16,
        })
    }

    fn locate(&self, text: &str, byte: usize) -> Checkpoint {
        let next = self
            .checkpoints
            .partition_point(|checkpoint| checkpoint.byte as usize <= byte);
        let mut found = self.checkpoints[next - 1];
        for character in text[found.byte as usize..byte].chars() {
            found.code_point += 1;
            found.utf16 += character.len_utf16() as u32;
        }
        found.byte = byte as u32;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_round_trip_in_all_encodings(text in "[가-힣a-z😀\u{1F1F0}𠮷 \n]{0,300}", a in 0usize..400, b in 0usize..400) {
            let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (start, end) = (boundaries[a % boundaries.len()], boundaries[b % boundaries.len()]);
            let span = OffsetMap::new(&text).span(&text, start, end);
            if start >= end {
                prop_assert_eq!(span, None);
                return Ok(());
            }
            let span = span.unwrap();
            let surface = &text[start..end];
            prop_assert_eq!(span.slice(&text), Some(surface));
            let code_points: Vec<char> = text.chars().collect();
            let by_code_points: String =
                code_points[span.start_code_point as usize..span.end_code_point as usize].iter().collect();
            prop_assert_eq!(by_code_points, surface);
            let utf16: Vec<u16> = text.encode_utf16().collect();
            let by_utf16 = String::from_utf16(&utf16[span.start_utf16 as usize..span.end_utf16 as usize]).unwrap();
            prop_assert_eq!(by_utf16, surface);
        }
    }

    #[test]
    fn ranges_that_do_not_fit_give_nothing() {
        let text = "가나";
        let map = OffsetMap::new(text);
        for (start, end) in [(0, 0), (3, 0), (0, 4), (0, 7), (1, 3)] {
            assert_eq!(map.span(text, start, end), None, "{start}..{end}");
        }
        assert_eq!(OffsetMap::new("").span("", 0, 0), None);
    }
}
