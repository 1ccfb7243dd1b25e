//! Names that the article itself introduces next to a known one, in a bracket.
//!
//! `과학기술정보통신부(과기정통부)`: the known name stands before the bracket, and the bracket holds another name of the
//! same entity. `'별무리'(Byeolmuri)`: the known name stands in the bracket, and the name before it is new. In both cases
//! the new name is a mention of the same entity there and wherever else it stands in the article.

use std::ops::Range;

use gisa_article_model::{EntityType, TaggerLayer};

use super::Field;
use crate::dictionary::{is_general_term, is_whole_name};
use crate::letters::is_alphanumeric;
use crate::resolver::Candidate;

const OPENING: &[char] = &['\'', '"', '‘', '“'];
const CLOSING: &[char] = &['\'', '"', '’', '”'];

/// A bracketed name is at most this long, in bytes.
const LONGEST_ALIAS: usize = 60;
/// At most so many names are looked for in an article, which bounds the work that a text can ask for.
const MOST_ALIASES: usize = 32;
/// Factor on the confidence of the known name.
const CERTAINTY: f32 = 0.9;

/// What a word ends in that stands before a bracket and is no name: 운영사(KT), 인수 후보(SKT).
const GENERAL_ENDINGS: &[&str] = &[
    "사",
    "업체",
    "기업",
    "회사",
    "그룹",
    "기관",
    "대표",
    "교수",
    "의장",
    "회장",
    "사장",
    "위원",
    "후보",
    "고객",
    "업계",
    "계열",
    "서비스",
    "모델",
    "제품",
    "플랫폼",
    "시스템",
    "기술",
    "장치",
    "기준",
];

/// What the Korean name of an organization ends in whose abbreviation follows in a bracket: 세계보건기구(WHO).
const ORGANIZATION_ENDINGS: &[&str] = &[
    "원",
    "청",
    "국",
    "회",
    "기구",
    "기금",
    "은행",
    "센터",
    "재단",
    "공사",
    "공단",
    "대학교",
    "연맹",
    "연합",
    "동맹",
];

/// A name that the article introduces.
struct Alias<'a> {
    text: &'a str,
    like: &'a Candidate,
}

/// Finds the names that brackets introduce and all places of the article where they stand; one list a field.
pub(super) fn find(fields: &[Field<'_>]) -> Vec<Vec<Candidate>> {
    let mut aliases: Vec<Alias<'_>> = Vec::new();
    for field in fields {
        for known in field.names {
            for introduced in [after(field, known), before(field, known)].into_iter().flatten() {
                if aliases.len() < MOST_ALIASES && aliases.iter().all(|alias| alias.text != introduced) {
                    aliases.push(Alias {
                        text: introduced,
                        like: known,
                    });
                }
            }
        }
    }
    fields
        .iter()
        .map(|field| {
            aliases
                .iter()
                .flat_map(|alias| occurrences(field, alias))
                .collect()
        })
        .collect()
}

/// Makes a name and the name in a bracket behind it agree, where the second is another name of the first: they have one
/// type, the dictionary's or else that of the more confident one, and one link.
pub(super) fn agree(text: &str, names: &mut [Candidate]) {
    for second in 1..names.len() {
        let (before, from) = names.split_at_mut(second);
        let (Some(outer), Some(inner)) = (before.last_mut(), from.first_mut()) else {
            continue;
        };
        let between = text[outer.range.end..inner.range.start].trim_start_matches(CLOSING);
        let is_bracketed = between == "(" && text[inner.range.end..].starts_with(')');
        let (outer_text, inner_text) = (&text[outer.range.clone()], &text[inner.range.clone()]);
        let is_another_name =
            is_translation(outer_text, inner_text) || is_abbreviation(inner_text, outer_text);
        if !is_bracketed || !is_another_name {
            continue;
        }
        let stands_apart =
            |name: &Candidate| matches!(name.entity_type, EntityType::Person | EntityType::Location);
        if stands_apart(outer) || stands_apart(inner) {
            continue;
        }
        let weight =
            |name: &Candidate| name.confidence + f32::from(u8::from(name.layer == TaggerLayer::Dictionary));
        let (leader, follower) = if weight(outer) >= weight(inner) {
            (outer, inner)
        } else {
            (inner, outer)
        };
        follower.entity_type = leader.entity_type;
        if !follower.is_linked() {
            follower.link.clone_from(&leader.link);
        }
    }
}

/// Whether one is written in Hangul and the other in Latin letters.
fn is_translation(a: &str, b: &str) -> bool {
    let has_latin = |text: &str| text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let has_hangul = |text: &str| text.contains(is_syllable);
    has_hangul(a) && has_latin(b) && !has_hangul(b) || has_hangul(b) && has_latin(a) && !has_hangul(a)
}

fn occurrences<'a>(field: &'a Field<'_>, alias: &'a Alias<'_>) -> impl Iterator<Item = Candidate> + 'a {
    let whole = move |range: &Range<usize>| {
        is_whole_name(field.text, range.start, range.end, alias.like.entity_type) && !is_known(field, range)
    };
    let ranges = field
        .text
        .match_indices(alias.text)
        .map(|(start, found)| start..start + found.len());
    ranges.filter(whole).map(|range| Candidate {
        range,
        confidence: alias.like.confidence * CERTAINTY,
        layer: TaggerLayer::Document,
        ..alias.like.clone()
    })
}

/// The new name in a bracket right after `known`.
fn after<'a>(field: &Field<'a>, known: &Candidate) -> Option<&'a str> {
    let rest = field.text[known.range.end..].trim_start_matches(CLOSING);
    let start = field.text.len() - rest.len() + 1;
    let inside = rest.strip_prefix('(')?;
    let inside = &inside[..inside.find([')', '(', '\n'])?];
    if !field.text[start + inside.len()..].starts_with(')') {
        return None;
    }
    if inside.len() > LONGEST_ALIAS || is_known(field, &(start..start + inside.len())) {
        return None;
    }
    let alias = inside
        .trim_start_matches("이하")
        .trim_matches([' ', ',', '\'', '"', '‘', '’', '“', '”']);
    let name = &field.text[known.range.clone()];
    let shortened = known.entity_type != EntityType::Person && is_abbreviation(alias, name);
    let another_name = shortened || is_latin_name(alias, known.entity_type);
    (another_name && !is_general_term(alias)).then_some(alias)
}

/// The new name right before a bracket that holds `known` and nothing else.
fn before<'a>(field: &Field<'a>, known: &Candidate) -> Option<&'a str> {
    if matches!(known.entity_type, EntityType::Person | EntityType::Location) {
        return None;
    }
    let head = field.text[..known.range.start].strip_suffix('(')?;
    if !field.text[known.range.end..].starts_with(')') {
        return None;
    }
    let name = &field.text[known.range.clone()];
    let (word, end) = match head.strip_suffix(CLOSING) {
        Some(quoted) => (quoted.rsplit_once(OPENING)?.1, quoted.len()),
        None => (
            head.rsplit(|character: char| !is_alphanumeric(character))
                .next()?,
            head.len(),
        ),
    };
    let another_name = is_abbreviation(name, word)
        || is_latin_name(name, known.entity_type)
            && word.contains(is_syllable)
            && (end < head.len() || is_korean(word) && is_korean_name_of(word, name, known.entity_type));
    let fits = word.len() <= LONGEST_ALIAS && !is_known(field, &(end - word.len()..end));
    (fits && another_name && !is_general_term(word)).then_some(word)
}

/// Whether a name of the dictionary stands in `range` of the field.
fn is_known(field: &Field<'_>, range: &Range<usize>) -> bool {
    let next = field.names.partition_point(|name| name.range.end <= range.start);
    field
        .names
        .get(next)
        .is_some_and(|name| name.range.start < range.end)
}

/// Whether two names next to each other, one of them in a bracket, may be names of the same entity: one abbreviates the
/// other, or writes it in Latin letters.
pub(crate) fn is_other_name(name: &str, other: &str, entity_type: EntityType) -> bool {
    let writes =
        |latin: &str, korean: &str| is_latin_name(latin, entity_type) && korean.contains(is_syllable);
    is_abbreviation(name, other) || is_abbreviation(other, name) || writes(name, other) || writes(other, name)
}

/// Whether `text` looks like a name in Latin letters. People and places are not called by capitals alone; those are
/// agencies and datelines.
fn is_latin_name(text: &str, entity_type: EntityType) -> bool {
    let lower_case = text.bytes().any(|byte| byte.is_ascii_lowercase());
    let needs_lower_case = matches!(entity_type, EntityType::Person | EntityType::Location);
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" .&-+'".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && letters >= 2
        && (lower_case || !needs_lower_case)
}

/// Whether `short` is made of syllables of `long` in their order: 과기정통부 of 과학기술정보통신부.
fn is_abbreviation(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    is_korean(short)
        && short.chars().count() >= 2
        && short.chars().count() < long.chars().count()
        && short.chars().next() == long.chars().next()
        && short.chars().all(|syllable| rest.any(|other| other == syllable))
}

fn is_korean(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_syllable)
}

fn is_syllable(character: char) -> bool {
    ('가'..='힣').contains(&character)
}

/// Whether an unquoted Korean word may be the name that `latin` is in Latin letters: an organization by its ending, any
/// name by its sounds.
fn is_korean_name_of(word: &str, latin: &str, entity_type: EntityType) -> bool {
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if entity_type == EntityType::Organization && ends_in(ORGANIZATION_ENDINGS) {
        return word.chars().count() >= 4;
    }
    word.chars().count() >= 2 && !ends_in(GENERAL_ENDINGS) && sounds_alike(word, latin)
}

/// Whether the initial consonants of a Korean word stand in `latin` in their order: 쿠다 in CUDA.
fn sounds_alike(korean: &str, latin: &str) -> bool {
    /// The Latin letters that each initial consonant may stand for, in the order of Unicode.
    const LETTERS: [&str; 19] = [
        "kgcq", "kgc", "nk", "dt", "dt", "rl", "m", "bvp", "bp", "scx", "scx", "aeiouyw", "jzgc", "jz",
        "cjt", "kcqx", "tp", "pf", "hfw",
    ];
    const SYLLABLES_PER_INITIAL: u32 = 588;
    let mut letters = latin.chars().map(|letter| letter.to_ascii_lowercase());
    korean
        .chars()
        .filter(|character| is_syllable(*character))
        .all(|syllable| {
            let initial = (u32::from(syllable) - u32::from('가')) / SYLLABLES_PER_INITIAL;
            letters.any(|letter| LETTERS[initial as usize].contains(letter))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracketed_translations_have_one_type() {
        let types = |text: &str, found: [(&str, EntityType, f32); 2]| {
            let mut names = found.map(|(surface, entity_type, confidence)| {
                let start = text.find(surface).unwrap();
                Candidate {
                    range: start..start + surface.len(),
                    entity_type,
                    value: None,
                    link: None,
                    confidence,
                    layer: TaggerLayer::Model,
                }
            });
            agree(text, &mut names);
            names.map(|name| name.entity_type)
        };
        use EntityType::{Organization, Person, Product};
        let found = [("해오름랩", Organization, 0.8), ("HORL", Product, 0.6)];
        assert_eq!(types("'해오름랩'(HORL)을", found), [Organization, Organization]);
        let found = [("해오름", Organization, 0.6), ("Haeoreum", Product, 0.8)];
        assert_eq!(types("해오름(Haeoreum)을", found), [Product, Product]);
        assert_eq!(types("해오름, Haeoreum)을", found), [Organization, Product]);
        let found = [("서별", Person, 0.6), ("HORL", Organization, 0.8)];
        assert_eq!(types("서별(HORL)은", found), [Person, Organization]);
    }

    /// Names are marked by square brackets.
    fn introduced(marked: &str, entity_type: EntityType) -> Vec<String> {
        let mut text = String::new();
        let mut names = Vec::new();
        for (index, part) in marked.split(['[', ']']).enumerate() {
            let start = text.len();
            text.push_str(part);
            if index % 2 == 1 {
                names.push(Candidate {
                    range: start..text.len(),
                    entity_type,
                    value: None,
                    link: None,
                    confidence: 1.0,
                    layer: TaggerLayer::Dictionary,
                });
            }
        }
        let found = find(&[Field {
            text: &text,
            names: &names,
        }]);
        found[0]
            .iter()
            .map(|candidate| text[candidate.range.clone()].to_owned())
            .collect()
    }

    #[test]
    fn brackets() {
        use EntityType::{Event, Location, Organization, Person, Product};
        let cases: &[(&str, EntityType, &[&str])] = &[
            (
                "[해오름](Haeoreum)이 나왔다. Haeoreum은 새 모델이다.",
                Product,
                &["Haeoreum", "Haeoreum"],
            ),
            ("'[해오름](Haeoreum)'이 나왔다.", Product, &["Haeoreum"]),
            ("'[해오름]'(Haeoreum)은 새 모델이다.", Product, &["Haeoreum"]),
            (
                "[기후에너지관리부](기에관부)는 기에관부 장관이",
                Organization,
                &["기에관부", "기에관부"],
            ),
            ("[기후에너지관리부](이하 기에부)는", Organization, &["기에부"]),
            (
                "별무리(Byeol), 해오름([HAEOREUM])을 냈다. 해오름은",
                Product,
                &["해오름", "해오름"],
            ),
            ("'새벽빛 2호'([DAWN])를 쏘았다.", Product, &["새벽빛 2호"]),
            ("'새벽빛'([DAWN])을 쏘았다.", Product, &["새벽빛"]),
            ("세계기후기구([WCO])가 밝혔다.", Organization, &["세계기후기구"]),
            (
                "기후에너지관리부([기에부])가",
                Organization,
                &["기후에너지관리부"],
            ),
            ("[유나래](Narae Yoo) 대표", Person, &["Narae Yoo"]),
            ("[가람](Garam)에서", Location, &["Garam"]),
            // Not names.
            ("[해오름](GPU)", Product, &[]),
            ("[해오름](대표 유나래)", Organization, &[]),
            ("[해오름](000123)", Organization, &[]),
            ("[해오름](사진)", Organization, &[]),
            ("[유나래](38)", Person, &[]),
            ("[유나래](CEO)", Person, &[]),
            ("[가람](ABC)에서", Location, &[]),
            ("[해오름]이 (Haeoreum)", Product, &[]),
            ("[해오름](Hae\nOreum)", Product, &[]),
            ("운영사([HAE])", Organization, &[]),
            ("전기차([HAE])", Product, &[]),
            ("인수 후보([HAE])", Organization, &[]),
            ("대표([해오름])", Organization, &[]),
            ("축제([해오름 2026])", Event, &[]),
            ("[해오름]([Haeoreum])", Product, &[]),
        ];
        for (marked, entity_type, expected) in cases {
            assert_eq!(introduced(marked, *entity_type), *expected, "{marked}");
        }
    }
}
