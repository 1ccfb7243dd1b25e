//! Endings of words, looked up by the last syllable.

use super::hangul;

/// Whether an ending has to be the whole word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The word is this.
    Whole,
    /// The word ends in this.
    End,
}

#[derive(Debug)]
struct Ending<T> {
    text: &'static str,
    extent: Extent,
    value: T,
}

/// Endings with what each means.
#[derive(Debug)]
pub(super) struct Endings<T> {
    /// For each syllable of Hangul the number of its bucket; 0 is the empty one.
    buckets_of: Vec<u16>,
    buckets: Vec<Vec<Ending<T>>>,
}

impl<T: Copy> Endings<T> {
    /// A table of endings, each made of Hangul. Of those with one last syllable, the first that fits a word counts.
    pub(super) fn new(entries: impl IntoIterator<Item = (&'static str, Extent, T)>) -> Self {
        let mut endings = Self {
            buckets_of: vec![0; hangul::SYLLABLES],
            buckets: vec![Vec::new()],
        };
        for (text, extent, value) in entries {
            let Some(slot) = text.chars().next_back().and_then(hangul::index_of) else {
                continue;
            };
            if endings.buckets_of[slot] == 0 {
                endings.buckets_of[slot] = u16::try_from(endings.buckets.len()).unwrap_or(0);
                endings.buckets.push(Vec::new());
            }
            let bucket = usize::from(endings.buckets_of[slot]);
            endings.buckets[bucket].push(Ending { text, extent, value });
        }
        endings
    }

    /// The endings that fit a word, in the order of the table.
    pub(super) fn of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = (&'static str, T)> + 'a {
        let slot = word.chars().next_back().and_then(hangul::index_of);
        let bucket = slot.map_or(0, |slot| usize::from(self.buckets_of[slot]));
        self.buckets[bucket]
            .iter()
            .filter(move |ending| match ending.extent {
                Extent::Whole => word == ending.text,
                Extent::End => word.ends_with(ending.text),
            })
            .map(|ending| (ending.text, ending.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits_comes_first() {
        let endings = Endings::new([
            ("결과", Extent::Whole, 0),
            ("과", Extent::End, 1),
            ("는", Extent::End, 2),
        ]);
        let values = |word| endings.of(word).map(|(_, value)| value).collect::<Vec<i32>>();
        assert_eq!(values("결과"), [0, 1]);
        assert_eq!(values("별과"), [1]);
        for word in ["별", "CEO", ""] {
            assert!(values(word).is_empty(), "{word}");
        }
    }
}
