//! Titles of persons, the one list of the crate: 대표, 교수, 가수, 대통령, CEO.
//!
//! A title stands behind a name (김별 대표, 김별대표), before it (가수 김별), or behind a surname (김 대표), and many end
//! a compound (특임|교수, 스마트농업|팀장).

mod list;

use std::sync::LazyLock;

use gisa_article_model::EntityType;
use rustc_hash::FxHashMap;

use crate::dictionary::is_particle_chain;
use crate::letters::is_alphanumeric;
use list::TITLES;

/// A title.
#[derive(Debug)]
pub(crate) struct Title {
    /// How it is written.
    pub(crate) text: &'static str,
    /// Whether it also ends longer titles: 교수 in 특임교수.
    pub(crate) ends_compounds: bool,
    /// Whether it is used to call a person by surname: 김 대표, but not 김 가수.
    pub(crate) calls: bool,
    /// Types of names that it is glued to: 김별대표, 대구시장.
    pub(crate) glued_to: &'static [EntityType],
    /// Whether its holder acts for a place: 미국 대통령, 대구시장.
    of_place: bool,
}

const fn title(text: &'static str) -> Title {
    Title {
        text,
        ends_compounds: true,
        calls: true,
        glued_to: &[],
        of_place: false,
    }
}

impl Title {
    /// It is also spelt like the end of other words.
    const fn whole(mut self) -> Self {
        self.ends_compounds = false;
        self
    }

    /// Nobody is called by it.
    const fn describes(mut self) -> Self {
        self.calls = false;
        self
    }

    const fn glued(mut self, to: &'static [EntityType]) -> Self {
        self.glued_to = to;
        self
    }

    const fn of_place(mut self) -> Self {
        self.of_place = true;
        self
    }

    /// Whether a place that is named with it is what its holder acts for: 미국 대통령, 전남 수산과장, but not 미국 가수.
    pub(crate) fn may_serve_place(&self) -> bool {
        self.of_place || self.text.ends_with(['장', '관'])
    }
}

/// Words of courtesy: they show that a name is a person's and name no role.
pub(crate) const COURTESIES: &[&str] = &["씨", "군", "양", "님"];

/// Words that end like a title and name a place or a firm.
const NO_TITLES: &[&str] = &[
    "행사장",
    "공사장",
    "농사장",
    "주차장",
    "운동장",
    "회의장",
    "대회장",
    "전시회장",
    "박람회장",
    "연회장",
    "입국장",
    "출국장",
    "출판사",
    "한의원",
];

/// A title at the end of a word's stem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TitleWord<'word> {
    /// The entry of the list.
    pub(crate) title: &'static Title,
    /// The stem with all that the title is compounded with: 스마트농업팀장.
    pub(crate) stem: &'word str,
    /// What is glued behind it: particles, 팀, 님.
    pub(crate) tail: &'word str,
}

/// What stands between a title and its particles: 대표님, 교수팀, 장관급.
const AFTER_TITLES: &[&str] = &["님", "팀", "측", "직", "급", "들"];

/// Longest word that is looked at, in bytes: longer ones are no titles, and the work for a text stays linear.
pub(crate) const LONGEST_WORD: usize = 120;

/// Reads a word as a title with particles: 특임교수는.
pub(crate) fn read_title(word: &str) -> Option<TitleWord<'_>> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let read = |start: usize, title: &'static Title| {
        let tail = word[start..].strip_prefix(title.text)?;
        let stem = &word[..word.len() - tail.len()];
        let whole = start == 0 || title.ends_compounds;
        let fits = whole && is_tail(stem, tail) && !NO_TITLES.iter().any(|other| stem.ends_with(other));
        fits.then_some(TitleWord { title, stem, tail })
    };
    word.char_indices()
        .flat_map(|(start, first)| {
            let titles = INDEX.beginning_with(first).iter();
            titles.filter_map(move |title| read(start, title))
        })
        .max_by_key(|found| (found.stem.len(), found.title.text.len()))
}

fn is_tail(stem: &str, tail: &str) -> bool {
    let after = |stem: &str, tail: &str| {
        let last = stem.chars().next_back();
        tail.is_empty() || last.is_some_and(|last| is_particle_chain(last, tail))
    };
    after(stem, tail)
        || AFTER_TITLES
            .iter()
            .any(|suffix| tail.strip_prefix(suffix).is_some_and(|rest| after(suffix, rest)))
}

/// Whether `text`, which stands behind a surname, begins with a word that shows it to be one: 교수는, 수석연구원, 씨.
pub(crate) fn is_person_title(text: &str) -> bool {
    let first = text.chars().next();
    let titles = first.map_or(&[][..], |first| INDEX.beginning_with(first));
    first == Some('씨')
        || titles
            .iter()
            .any(|title| title.calls && text.starts_with(title.text))
}

/// The titles that are glued to names.
pub(crate) fn glued_titles() -> &'static [&'static Title] {
    &INDEX.glued
}

/// The list arranged for quick answers.
struct Index {
    by_first: FxHashMap<char, Vec<&'static Title>>,
    glued: Vec<&'static Title>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut by_first: FxHashMap<char, Vec<&Title>> = FxHashMap::default();
    for title in TITLES {
        by_first
            .entry(title.text.chars().next().unwrap_or_default())
            .or_default()
            .push(title);
    }
    let glued = TITLES.iter().filter(|title| !title.glued_to.is_empty()).collect();
    Index { by_first, glued }
});

impl Index {
    fn beginning_with(&self, first: char) -> &[&'static Title] {
        self.by_first.get(&first).map_or(&[], Vec::as_slice)
    }
}

/// The letters and digits that `text` begins with; not all of them if they are too many for a title.
pub(crate) fn first_word(text: &str) -> &str {
    let end = text
        .char_indices()
        .find(|&(byte, character)| byte > LONGEST_WORD || !is_alphanumeric(character))
        .map_or(text.len(), |(byte, _)| byte);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_titles() {
        let cases = [
            ("교수는", Some(("교수", "는"))),
            ("특임교수와", Some(("특임교수", "와"))),
            ("교수팀은", Some(("교수", "팀은"))),
            ("스마트농업팀장은", Some(("스마트농업팀장", "은"))),
            ("CEO가", Some(("CEO", "가"))),
            ("대표이사로서는", Some(("대표이사", "로서는"))),
            ("담당관", Some(("담당관", ""))),
            ("시장에게", Some(("시장", "에게"))),
            ("주식시장은", None),
            ("행사장은", None),
            ("주차장", None),
            ("대표했다", None),
            ("의원실", None),
            ("", None),
        ];
        for (word, expected) in cases {
            let found = read_title(word).map(|found| (found.stem, found.tail));
            assert_eq!(found, expected, "{word}");
        }
        assert!(read_title(&"대표".repeat(100)).is_none());
    }

    #[test]
    fn callings() {
        for word in ["교수는 말했다", "수석연구원이", "씨", "연구위원", "의원실"] {
            assert!(is_person_title(word), "{word}");
        }
        for word in ["가수", "시장은", "사무국장", "있는 교수", "주차장", ""] {
            assert!(!is_person_title(word), "{word}");
        }
    }

    #[test]
    fn no_title_twice() {
        let mut texts: Vec<&str> = TITLES.iter().map(|title| title.text).collect();
        texts.sort_unstable();
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
