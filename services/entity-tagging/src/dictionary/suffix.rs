//! Suffixes that are glued to a name and end it, titles among them: 네이버측, 미국발, 대구시장, 분당서울대병원장.

use std::sync::LazyLock;

use gisa_article_model::EntityType;
use gisa_article_model::EntityType::{Event, Location, Organization, Person, Product};

use super::particle::is_particle_chain;
use crate::first_character::ByFirstCharacter;
use crate::titles::{COURTESIES, glued_titles};

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
    ("표", &[Person]),
    ("정부", &[Location]),
    ("당국", &[Location]),
    ("관계자", &[Organization]),
    ("임직원", &[Organization]),
    ("직원", &[Organization]),
    ("출신", &[Organization, Location]),
];

/// A suffix with the types of names that it follows.
type Suffix = (&'static str, &'static [EntityType]);

/// Suffixes, titles and words of courtesy.
static ALL: LazyLock<ByFirstCharacter<Suffix>> = LazyLock::new(|| {
    let titles = glued_titles().iter().map(|title| (title.text, title.glued_to));
    let courtesies = COURTESIES.iter().map(|&word| (word, [Person].as_slice()));
    let all = SUFFIXES.iter().copied().chain(titles).chain(courtesies);
    ByFirstCharacter::new(all.map(|suffix| (suffix.0, suffix)))
});

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
    ALL.of(tail).any(|(suffix, types)| {
        types.contains(&entity_type)
            && tail.strip_prefix(*suffix).is_some_and(|rest| {
                rest.is_empty()
                    || suffix
                        .chars()
                        .next_back()
                        .is_some_and(|last| is_particle_chain(last, rest))
            })
    })
}
