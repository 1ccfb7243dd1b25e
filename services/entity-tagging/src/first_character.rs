//! Lists of words that are asked for by the first character of a text: most characters begin none of them.

/// Entries by the first character of their words, in their order.
#[derive(Debug)]
pub(crate) struct ByFirstCharacter<T> {
    entries: Vec<(char, T)>,
}

impl<T> ByFirstCharacter<T> {
    /// The entries with their words; one without characters is never found.
    pub(crate) fn new<'a>(entries: impl Iterator<Item = (&'a str, T)>) -> Self {
        let with_first = |(word, entry): (&str, T)| Some((word.chars().next()?, entry));
        let mut entries: Vec<(char, T)> = entries.filter_map(with_first).collect();
        entries.sort_by_key(|(first, _)| *first);
        Self { entries }
    }

    /// The entries whose words begin with the first character of `text`.
    pub(crate) fn of(&self, text: &str) -> impl Iterator<Item = &T> {
        let first = text.chars().next().unwrap_or_default();
        let start = self.entries.partition_point(|(other, _)| *other < first);
        let entries = self.entries[start..].iter();
        entries
            .take_while(move |(other, _)| *other == first)
            .map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entries_with_the_first_character() {
        let words = ["이다", "은", "이", "", "는"];
        let table = ByFirstCharacter::new(words.into_iter().map(|word| (word, word)));
        assert_eq!(table.of("이라고").copied().collect::<Vec<_>>(), ["이다", "이"]);
        assert_eq!(table.of("은").copied().collect::<Vec<_>>(), ["은"]);
        for other in ["", "가", "힣", "a"] {
            assert_eq!(table.of(other).count(), 0, "{other:?}");
        }
    }
}
