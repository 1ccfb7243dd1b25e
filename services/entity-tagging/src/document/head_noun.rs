//! Names in quotes that their last noun gives away: 'AI 연구센터'를 신설했다, '별빛 공모전'을 연다.
//!
//! News introduce what is new in quotes, so that no dictionary has it; its head noun says what it is.

use std::ops::Range;

use gisa_article_model::{EntityLink, EntityType, TaggerLayer};

use super::Field;
use crate::dictionary::is_general_term;
use crate::resolver::Candidate;

/// Confidence of a name that only this rule finds.
const CONFIDENCE: f32 = 0.75;

/// Longest name in quotes, in characters.
const LONGEST: usize = 24;

/// Quotes that enclose names; longer stretches in double quotes are speech, which is too long.
const QUOTES: &[(char, char)] = &[('\'', '\''), ('‘', '’'), ('"', '"'), ('“', '”')];

/// Last nouns of organizations and their units.
const ORGANIZATION_HEADS: &[&str] = &[
    "연구센터",
    "기술센터",
    "혁신센터",
    "지원센터",
    "연구소",
    "연구원",
    "연구실",
    "사업단",
    "사업부",
    "사업본부",
    "사업담당",
    "본부",
    "위원회",
    "협의체",
    "협의회",
    "얼라이언스",
    "컨소시엄",
    "추진단",
    "지원단",
    "태스크포스",
    "협회",
    "학회",
    "재단",
    "조합",
    "연합회",
];

/// Last nouns of events.
const EVENT_HEADS: &[&str] = &[
    "엑스포",
    "페스티벌",
    "페스타",
    "포럼",
    "컨퍼런스",
    "콘퍼런스",
    "서밋",
    "어워드",
    "어워즈",
    "공모전",
    "경진대회",
    "해커톤",
    "박람회",
    "축제",
    "비엔날레",
    "심포지엄",
    "올림피아드",
    "산업전",
];

/// The type that the head noun of a quoted phrase gives it. A head alone is no name.
fn type_of(phrase: &str) -> Option<EntityType> {
    let ends_in = |heads: &[&str]| {
        heads.iter().any(|head| {
            phrase
                .strip_suffix(head)
                .is_some_and(|rest| rest.trim_end().chars().count() >= 2)
        })
    };
    if is_general_term(phrase) {
        return None;
    }
    if ends_in(ORGANIZATION_HEADS) {
        return Some(EntityType::Organization);
    }
    ends_in(EVENT_HEADS).then_some(EntityType::Event)
}

/// Corrects the types of the model's names that fill their quotes.
pub(super) fn agree(text: &str, names: &mut [Candidate]) {
    for name in names.iter_mut().filter(|name| name.layer == TaggerLayer::Model) {
        let before = text[..name.range.start].chars().next_back();
        let after = text[name.range.end..].chars().next();
        let is_quoted = QUOTES
            .iter()
            .any(|&(open, close)| before == Some(open) && after == Some(close));
        if let Some(entity_type) = type_of(&text[name.range.clone()]).filter(|_| is_quoted) {
            name.entity_type = entity_type;
        }
    }
}

/// Finds the quoted names that nothing else has found, one list a field.
pub(super) fn find(fields: &[Field<'_>]) -> Vec<Vec<Candidate>> {
    let find = |field: &Field<'_>| {
        quoted(field.text)
            .into_iter()
            .filter(|range| !field.has_name_in(range))
            .filter_map(|range| {
                let entity_type = type_of(&field.text[range.clone()])?;
                Some(Candidate {
                    range,
                    entity_type,
                    value: None,
                    link: Some(EntityLink::default()),
                    confidence: CONFIDENCE,
                    layer: TaggerLayer::Document,
                })
            })
            .collect()
    };
    fields.iter().map(find).collect()
}

/// The short stretches between quotes.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char, usize)> = None;
    for (at, character) in text.char_indices() {
        if let Some((start, close, characters)) = open {
            if character == close {
                if characters > 0 {
                    found.push(start..at);
                }
                open = None;
                continue;
            }
            let is_over = characters == LONGEST || character == '\n';
            open = (!is_over).then_some((start, close, characters + 1));
        }
        if open.is_none()
            && let Some(&(_, close)) = QUOTES.iter().find(|&&(quote, _)| quote == character)
        {
            open = Some((at + character.len_utf8(), close, 0));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_introduced_in_quotes() {
        let cases: &[(&str, &[(&str, EntityType)])] = &[
            (
                "지난달 'AI 연구센터'를 신설했다.",
                &[("AI 연구센터", EntityType::Organization)],
            ),
            (
                "‘별빛 공모전’과 “한들 기술 포럼”을 연다.",
                &[
                    ("별빛 공모전", EntityType::Event),
                    ("한들 기술 포럼", EntityType::Event),
                ],
            ),
            ("그는 \"연구소\"라고 했다.", &[]),
            ("'연구소를 세우겠다'는 말", &[]),
            (
                "'아주 길게 이어지는 말 속에 있으면 이름이 아니라 인용일 뿐인 연구소'",
                &[],
            ),
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

    #[test]
    fn corrects_the_type_of_what_fills_its_quotes() {
        let text = "'새빛 사업단'이 출범했다.";
        let mut names = [Candidate {
            range: 1..text.find("단'").unwrap() + 3,
            entity_type: EntityType::Product,
            value: None,
            link: None,
            confidence: 0.6,
            layer: TaggerLayer::Model,
        }];
        agree(text, &mut names);
        assert_eq!(names[0].entity_type, EntityType::Organization);
    }
}
