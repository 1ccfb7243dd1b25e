//! Suffixes and titles that are glued to a name and end it: 네이버측, 미국발, 대구시장, 분당서울대병원장.

use gisa_article_model::EntityType;
use gisa_article_model::EntityType::{Event, Location, Organization, Person, Product};

use super::particle::is_particle_chain;

/// Suffixes with the types of names that they follow. A derived word is no name: 한국인, 한국어, 충남형 are not here.
const SUFFIXES: &[(&str, &[EntityType])] = &[
    ("측", &[Person, Organization, Location]),
    ("발", &[Organization, Location]),
    ("산", &[Location]),
    ("행", &[Location]),
    ("서", &[Location]),
    ("내", &[Organization, Location]),
    ("간", &[Organization, Location]),
    ("식", &[Person, Organization]),
    ("인", &[Person, Organization, Product, Event]),
    ("사", &[Organization]),
    ("씨", &[Person]),
    ("군", &[Person]),
    ("양", &[Person]),
    ("님", &[Person]),
    ("표", &[Person]),
    ("시장", &[Location]),
    ("지사", &[Location]),
    ("도지사", &[Location]),
    ("군수", &[Location]),
    ("정부", &[Location]),
    ("당국", &[Location]),
    ("총리", &[Location, Person]),
    ("대통령", &[Location, Person]),
    ("대사", &[Location, Person]),
    ("후보", &[Person]),
    ("감독", &[Person]),
    ("선수", &[Person]),
    ("위원장", &[Person]),
    ("대표", &[Person, Organization]),
    ("대표이사", &[Person, Organization]),
    ("회장", &[Person, Organization]),
    ("부회장", &[Person, Organization]),
    ("사장", &[Person, Organization]),
    ("부사장", &[Person, Organization]),
    ("이사장", &[Person, Organization]),
    ("총재", &[Person, Organization]),
    ("총장", &[Person, Organization]),
    ("장관", &[Person, Organization]),
    ("차관", &[Person, Organization]),
    ("의원", &[Person]),
    ("교수", &[Person, Organization]),
    ("대변인", &[Person, Organization]),
    ("관계자", &[Organization]),
    ("임직원", &[Organization]),
    ("직원", &[Organization]),
    ("출신", &[Organization, Location]),
];

/// Last syllables of organizations whose head is called by adding 장. Not 시, 도, 군, 구: 대구시장 is the mayor of 대구.
const HEADED: &[char] = &[
    '원', '청', '처', '국', '소', '관', '단', '회', '터', '서', '점', '행',
];

/// Whether `tail` may follow `name` of this type: nothing, particles, or a suffix and particles.
pub(super) fn is_tail_of(entity_type: EntityType, name: &str, tail: &str) -> bool {
    let Some(last) = name.chars().next_back() else {
        return false;
    };
    if tail.is_empty() || is_particle_chain(last, tail) {
        return true;
    }
    if entity_type == Organization
        && HEADED.contains(&last)
        && let Some(rest) = tail.strip_prefix('장')
    {
        return rest.is_empty() || is_particle_chain('장', rest);
    }
    // The governor of 충남 is 충남도지사.
    if last == '도' && tail.starts_with("지사") {
        return false;
    }
    SUFFIXES.iter().any(|(suffix, types)| {
        types.contains(&entity_type)
            && tail.strip_prefix(suffix).is_some_and(|rest| {
                rest.is_empty()
                    || suffix
                        .chars()
                        .next_back()
                        .is_some_and(|last| is_particle_chain(last, rest))
            })
    })
}

/// Titles that follow a personal name after a space.
pub(crate) fn is_person_title(word: &str) -> bool {
    const MORE: &[&str] = &[
        "씨",
        "기자",
        "작가",
        "연구원",
        "박사",
        "의장",
        "실장",
        "본부장",
        "센터장",
        "팀장",
        "이사",
    ];
    MORE.iter().any(|title| word.starts_with(title))
        || SUFFIXES.iter().any(|(suffix, types)| {
            types.contains(&Person) && suffix.chars().count() > 1 && word.starts_with(suffix)
        })
}
