//! Persons by their surname: 백롱민 교수 … 백 교수, 샘 올트먼 … 올트먼.

use hashbrown::HashMap;

use gisa_article_model::{EntityType, TaggerLayer};

use super::Field;
use crate::dictionary::is_whole_name;
use crate::letters::is_alphanumeric;
use crate::resolver::Candidate;
use crate::titles::is_person_title;

/// A Korean name has so many syllables: surname and one or two more, or one of the surnames of two syllables.
const KOREAN_NAME: std::ops::RangeInclusive<usize> = 2..=4;

/// Factor on the confidence of the full name.
const CERTAINTY: f32 = 0.95;

/// Surnames of two syllables.
const LONG_SURNAMES: &[&str] = &["남궁", "황보", "제갈", "선우", "사공", "서문", "독고", "동방"];

/// The least confident full name that makes its surname known.
const LEAST_CONFIDENCE: f32 = 0.6;

/// Finds the surnames with a title, one list a field. Where persons of one surname are in the article, the surname stands
/// for the one named last before it.
pub(super) fn find(fields: &[Field<'_>]) -> Vec<Vec<Candidate>> {
    let mut known = Surnames::default();
    let mut found = Vec::with_capacity(fields.len());
    for field in fields {
        let mut here = Vec::new();
        let mut names = field.names.iter().peekable();
        for (start, word) in words(field.text) {
            while let Some(name) = names.next_if(|name| name.range.start < start) {
                learn(field.text, name, &mut known);
            }
            here.extend(surname_at(field, start, word, &known));
        }
        for name in names {
            learn(field.text, name, &mut known);
        }
        found.push(here);
    }
    found
}

/// Surnames with the full name that each stands for.
#[derive(Default)]
struct Surnames<'a> {
    full: HashMap<&'a str, &'a Candidate>,
    /// A bit for each of their first characters, by its number modulo the number of bits: nearly all words are told by it
    /// to begin with none of them.
    firsts: [u64; 16],
}

impl<'a> Surnames<'a> {
    fn insert(&mut self, surname: &'a str, full: &'a Candidate) {
        let (word, bit) = Self::place(surname);
        self.firsts[word] |= bit;
        self.full.insert(surname, full);
    }

    /// The longest surname that `word` begins with, and whom it stands for.
    fn at_start_of(&self, word: &str) -> Option<(&'a str, &'a Candidate)> {
        let (place, bit) = Self::place(word);
        if self.firsts[place] & bit == 0 {
            return None;
        }
        prefixes(word).find_map(|prefix| self.full.get_key_value(prefix).map(|(key, full)| (*key, *full)))
    }

    fn place(word: &str) -> (usize, u64) {
        let first = word.chars().next().map_or(0, u32::from);
        (first as usize / 64 % 16, 1 << (first % 64))
    }
}

fn learn<'a>(text: &'a str, name: &'a Candidate, known: &mut Surnames<'a>) {
    if name.entity_type != EntityType::Person || name.confidence < LEAST_CONFIDENCE {
        return;
    }
    let full = &text[name.range.clone()];
    if let Some(surname) = surname_of(full) {
        known.insert(surname, name);
    }
}

/// The part of a full name that stands for it later: the surname of a Korean, the last word of others.
pub(crate) fn surname_of(full: &str) -> Option<&str> {
    if let Some((_, last)) = full.rsplit_once(' ') {
        return (last.chars().count() >= 2).then_some(last);
    }
    let is_korean = full.chars().all(|character| ('가'..='힣').contains(&character));
    if !is_korean || !KOREAN_NAME.contains(&full.chars().count()) {
        return None;
    }
    let long = LONG_SURNAMES
        .iter()
        .find(|surname| full.starts_with(**surname) && full.len() > surname.len());
    let length = long.map_or_else(
        || full.chars().next().map_or(0, char::len_utf8),
        |surname| surname.len(),
    );
    Some(&full[..length])
}

/// The words of a text between white space and signs, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|character: char| !is_alphanumeric(character))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn surname_at(field: &Field<'_>, start: usize, word: &str, known: &Surnames<'_>) -> Option<Candidate> {
    let (surname, full) = known.at_start_of(word)?;
    let end = start + surname.len();
    let syllables = surname.chars().count();
    let stands_alone = syllables >= 2 && is_whole_name(field.text, start, end, EntityType::Person);
    let is_titled = is_titled(&field.text[end..]);
    let range = start..end;
    if !(stands_alone || is_titled) || field.has_name_in(&range) || follows_person(field, start) {
        return None;
    }
    Some(Candidate {
        range,
        confidence: full.confidence * CERTAINTY,
        layer: TaggerLayer::Document,
        ..full.clone()
    })
}

/// Whether a person's name stands right before `start`: in 유나래 전 대표 the 전 is no surname.
fn follows_person(field: &Field<'_>, start: usize) -> bool {
    let before = field.names.partition_point(|name| name.range.end < start);
    let last = before.checked_sub(1).and_then(|last| field.names.get(last));
    last.is_some_and(|name| {
        name.entity_type == EntityType::Person && &field.text[name.range.end..start] == " "
    })
}

/// The prefixes of a word that may be a surname, long ones first.
fn prefixes(word: &str) -> impl Iterator<Item = &str> {
    const LONGEST: usize = 8;
    let longest = word
        .char_indices()
        .nth(LONGEST)
        .map_or(word.len(), |(end, _)| end);
    let ends = (1..=longest).rev().filter(|&end| word.is_char_boundary(end));
    ends.map(|end| &word[..end])
}

/// Whether a title follows: ` 교수`, `씨`.
fn is_titled(rest: &str) -> bool {
    rest.starts_with('씨') || rest.strip_prefix(' ').is_some_and(is_person_title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, persons: &[&str]) -> Vec<String> {
        let names: Vec<Candidate> = persons
            .iter()
            .map(|person| {
                let start = text.find(person).unwrap();
                Candidate {
                    range: start..start + person.len(),
                    entity_type: EntityType::Person,
                    value: None,
                    link: None,
                    confidence: 0.9,
                    layer: TaggerLayer::Model,
                }
            })
            .collect();
        let field = Field { text, names: &names };
        let found = find(&[field]).remove(0);
        found
            .iter()
            .map(|name| format!("{}@{}", &text[name.range.clone()], name.range.start))
            .collect()
    }

    #[test]
    fn surnames() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("유나래 교수가 왔다. 유 교수는 말했다.", &["유나래"], &["유@28"]),
            ("유나래 교수가 왔다. 유씨는 말했다.", &["유나래"], &["유@28"]),
            ("유 교수는 유나래 교수다.", &["유나래"], &[]),
            ("전별 교수와 유나래 전 교수", &["전별", "유나래"], &[]),
            ("유나래 교수가 왔다. 유 있는 말.", &["유나래"], &[]),
            (
                "남궁별 대표가 왔다. 남궁 대표는 말했다.",
                &["남궁별"],
                &["남궁@28"],
            ),
            ("로라 벨먼이 왔다. 벨먼은 말했다.", &["로라 벨먼"], &["벨먼@25"]),
            ("로라 벨먼이 왔다. 벨먼트는 말했다.", &["로라 벨먼"], &[]),
        ];
        for (text, persons, expected) in cases {
            assert_eq!(found(text, persons), *expected, "{text}");
        }
    }
}
