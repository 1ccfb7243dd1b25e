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

/// Turns byte ranges of one text into [`Span`]s in constant time. Built once for a text, in one pass.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    /// What stands in front of every [`OffsetMap::STRIDE`]th byte.
    checkpoints: Vec<Count>,
}

/// Characters that begin in a part of a text.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    code_points: u32,
    utf16: u32,
}

impl Count {
    /// Counts by first bytes. At most [`OffsetMap::STRIDE`] of them, so that bytes hold the counts, of which the compiler
    /// adds many at once.
    fn of(bytes: &[u8]) -> Self {
        let (mut code_points, mut pairs) = (0u8, 0u8);
        for byte in bytes {
            code_points += u8::from(byte & 0b1100_0000 != 0b1000_0000);
            pairs += u8::from(*byte >= 0b1111_0000);
        }
        Self {
            code_points: code_points.into(),
            utf16: u32::from(code_points) + u32::from(pairs),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            code_points: self.code_points + other.code_points,
            utf16: self.utf16 + other.utf16,
        }
    }
}

impl OffsetMap {
    /// Bytes between two checkpoints: few enough that counting on from one costs little, and that a byte holds the count.
    const STRIDE: usize = 192;

    /// Builds the map of `text`, which must be shorter than 4 GiB.
    pub fn new(text: &str) -> Self {
        let mut before = Count::default();
        let checkpoints = text.as_bytes().chunks(Self::STRIDE).map(|part| {
            let checkpoint = before;
            before = before.plus(Count::of(part));
            checkpoint
        });
        Self {
            checkpoints: checkpoints.collect(),
        }
    }

    /// The span of the byte range `start..end` of `text`, which must be the text the map was built from. `None` if the
    /// range is empty, reversed, outside, or cuts a character.
    pub fn span(&self, text: &str, start: usize, end: usize) -> Option<Span> {
        if start >= end || text.get(start..end).is_none() {
            return None;
        }
        let before_start = self.count_before(text, start);
        let before_end = self.count_before(text, end);
        Some(Span {
            start_byte: start as u32,
            end_byte: end as u32,
            start_code_point: before_start.code_points,
            end_code_point: before_end.code_points,
            start_utf16: before_start.utf16,
            end_utf16: before_end.utf16,
        })
    }

    fn count_before(&self, text: &str, byte: usize) -> Count {
        // The end of a text may lie on a stride that no part begins at.
        let nearest = (byte / Self::STRIDE).min(self.checkpoints.len() - 1);
        let rest = &text.as_bytes()[nearest * Self::STRIDE..byte];
        self.checkpoints[nearest].plus(Count::of(rest))
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
