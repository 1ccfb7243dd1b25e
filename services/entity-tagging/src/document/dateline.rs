//! Datelines of wire copy: (서울ㆍ부산=새벽통신) 도래솔 기자 = …

use std::ops::Range;

use gisa_article_model::{EntityLink, EntityType, TaggerLayer};

use super::Field;
use crate::resolver::Candidate;

/// The form is fixed; only a place may be something else (국회=).
const CONFIDENCE: f32 = 0.93;

/// Longest dateline and longest list of reporters, in bytes.
const LONGEST: usize = 90;

/// Syllables of a reporter's name.
const NAME: std::ops::RangeInclusive<usize> = 2..=4;

/// What follows the names of reporters.
const REPORTERS: &[&str] = &[
    " 기자",
    " 특파원",
    " 통신원",
    " 인턴기자",
    " 선임기자",
    " 객원기자",
];

/// Finds the places, agencies and reporters of the datelines at the beginning of lines, one list a field.
pub(super) fn find(fields: &[Field<'_>]) -> Vec<Vec<Candidate>> {
    let find = |field: &Field<'_>| {
        let mut found = Vec::new();
        let mut start = 0;
        for line in field.text.split_inclusive('\n') {
            found.extend(names_of(line).into_iter().map(|(range, entity_type)| Candidate {
                range: start + range.start..start + range.end,
                entity_type,
                value: None,
                link: Some(EntityLink::default()),
                confidence: CONFIDENCE,
                layer: TaggerLayer::Document,
            }));
            start += line.len();
        }
        found.retain(|name| !field.has_name_in(&name.range));
        found
    };
    fields.iter().map(find).collect()
}

/// The names in the dateline of a line, in bytes.
fn names_of(line: &str) -> Vec<(Range<usize>, EntityType)> {
    let parts = || {
        let inside = line.strip_prefix('(')?;
        let close = inside.find(')').filter(|&close| close <= LONGEST)?;
        let (places, agency) = inside[..close].split_once('=')?;
        let is_plain = |text: &str| !text.is_empty() && !text.contains(['=', '(', '\'', '"']);
        (is_plain(places) && is_plain(agency)).then_some((places, agency, &inside[close + 1..]))
    };
    let Some((places, agency, rest)) = parts() else {
        return Vec::new();
    };
    let range_of = |part: &str| {
        let start = part.as_ptr() as usize - line.as_ptr() as usize;
        start..start + part.len()
    };
    let mut names: Vec<(Range<usize>, EntityType)> = list(places)
        .map(|place| (range_of(place), EntityType::Location))
        .collect();
    names.push((range_of(agency.trim()), EntityType::Organization));
    names.extend(reporters(rest).map(|reporter| (range_of(reporter), EntityType::Person)));
    names
}

/// The items of a list with middle dots or commas.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(['ㆍ', '·', ','])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The names before 기자.
fn reporters(rest: &str) -> impl Iterator<Item = &str> {
    let end = REPORTERS
        .iter()
        .filter_map(|word| rest.find(word))
        .min()
        .filter(|&end| end <= LONGEST);
    let names = end.map_or("", |end| &rest[..end]);
    list(names).filter(|name| {
        let is_hangul = name.chars().all(|character| ('가'..='힣').contains(&character));
        is_hangul && NAME.contains(&name.chars().count())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines() {
        use EntityType::{Location, Organization, Person};
        let cases: &[(&str, &[(&str, EntityType)])] = &[
            (
                "(서울=새벽통신) 도래솔 기자 = 해가 떴다.",
                &[("서울", Location), ("새벽통신", Organization), ("도래솔", Person)],
            ),
            (
                "제목\n(성남ㆍ춘천=한들뉴스) 이솔·박가람 인턴기자 = 비가 왔다.",
                &[
                    ("성남", Location),
                    ("춘천", Location),
                    ("한들뉴스", Organization),
                    ("이솔", Person),
                    ("박가람", Person),
                ],
            ),
            (
                "(서울=새벽통신) 해가 떴다.",
                &[("서울", Location), ("새벽통신", Organization)],
            ),
            ("값은 (a=b)이다.", &[]),
            ("(서울) 도래솔 기자", &[]),
            ("(=새벽통신) 기자", &[]),
        ];
        for (text, expected) in cases {
            let found = find(&[Field { text, names: &[] }]).remove(0);
            let found: Vec<_> = found
                .iter()
                .map(|name| (&text[name.range.clone()], name.entity_type))
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }
}
