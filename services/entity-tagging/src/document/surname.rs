//! Persons by their surname: 백롱민 교수 … 백 교수, 샘 올트먼 … 올트먼.

use std::collections::HashMap;

use gisa_article_model::{EntityType, TaggerLayer};

use super::Field;
use crate::dictionary::is_whole_name;
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
    let mut known: HashMap<&str, &Candidate> = HashMap::new();
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

fn learn<'a>(text: &'a str, name: &'a Candidate, known: &mut HashMap<&'a str, &'a Candidate>) {
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
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn surname_at(
    field: &Field<'_>,
    start: usize,
    word: &str,
    known: &HashMap<&str, &Candidate>,
) -> Option<Candidate> {
    let (surname, full) = prefixes(word).find_map(|prefix| known.get_key_value(prefix))?;
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
        ..(*full).clone()
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
    let ends: Vec<usize> = word
        .char_indices()
        .skip(1)
        .map(|(byte, _)| byte)
        .chain([word.len()])
        .take(LONGEST)
        .collect();
    ends.into_iter().rev().map(|end| &word[..end])
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
