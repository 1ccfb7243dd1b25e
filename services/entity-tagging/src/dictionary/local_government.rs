//! Tells a place from its authority: 대구시 that acts is an organization, 수원시 where something is is a location.

use std::collections::HashMap;

use gisa_article_model::EntityType;

use super::boundary::tail;
use super::extension::place_end;
use super::location_chain::Level;
use super::{Entity, NameMatch};

/// What the ids of local governments end in.
const GOVERNMENT: &str = "-government";

/// What the names of authorities add to the name of the place, long ones first.
const ADMINISTRATIVE_ENDINGS: &[&str] = &[
    "특별자치도",
    "특별자치시",
    "특별시",
    "광역시",
    "특례시",
    "시",
    "도",
    "군",
    "구",
];

/// Particles after a place where something is or goes.
const PLACE_PARTICLES: &[&str] = &["에서", "로", "으로", "까지", "부터", "내", "서", "산", "발", "행"];

/// Words after a place, and not after an authority.
const PLACE_WORDS: &[&str] = &[
    "외곽", "지역", "일대", "소재", "시내", "도심", "전역", "곳곳", "인근", "관내", "내 ", "동부", "서부",
    "남부", "북부", "중부", "거주", "주민", "출신", "한 ", "산간", "해안",
];

/// Verbs that make a person or body of the word before 에: 대구시에 따르면, 대구시에 요청했다.
const ADDRESSING: &[&str] = &[
    "따르면",
    "의하면",
    "요청",
    "요구",
    "건의",
    "제출",
    "전달",
    "촉구",
    "통보",
    "보고",
    "제안",
    "기부",
    "기탁",
    "의뢰",
];

/// Positions of the places that a local government's names stand for too: (name of the government, place).
pub(super) fn places<'entities>(
    entities: &[&'entities Entity],
) -> impl Iterator<Item = (&'entities str, usize)> {
    let is_place = |entity: &&Entity| entity.entity_type == EntityType::Location;
    let names = |(index, entity): (usize, &'entities Entity)| entity.names().map(move |name| (name, index));
    let by_name: HashMap<&str, usize> = entities
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, entity)| is_place(entity))
        .flat_map(names)
        .collect();
    let governments = entities
        .iter()
        .copied()
        .filter(|entity| entity.id.ends_with(GOVERNMENT));
    let governments: Vec<&Entity> = governments.collect();
    governments
        .into_iter()
        .flat_map(Entity::names)
        .filter_map(move |name| {
            let stem = ADMINISTRATIVE_ENDINGS
                .iter()
                .find_map(|ending| name.strip_suffix(ending))?;
            by_name
                .get(name)
                .or_else(|| by_name.get(stem))
                .map(|&place| (name, place))
        })
}

/// Decides for each name that may be a place or its authority.
pub(super) fn decide(text: &str, names: &mut [NameMatch]) {
    for name in names
        .iter_mut()
        .filter(|name| !name.chained && name.may_be(EntityType::Location))
    {
        let end = name.range.end;
        if name.may_be(EntityType::Organization) {
            let goes_on = name.level().and_then(|level| place_end(text, end, level));
            let is_place = goes_on.is_some() || is_place_here(text, end);
            name.restrict_to(if is_place {
                EntityType::Location
            } else {
                EntityType::Organization
            });
        } else if is_administrative(name, &text[name.range.clone()]) {
            name.acts = acts_here(text, end);
        }
    }
}

fn is_administrative(name: &NameMatch, surface: &str) -> bool {
    surface.chars().count() > 2
        && surface.ends_with(['시', '군', '구', '도'])
        && name
            .senses
            .iter()
            .any(|sense| matches!(sense.level, Some(Level::Region | Level::City | Level::District)))
}

fn is_place_here(text: &str, end: usize) -> bool {
    let particle = tail(text, end);
    let following = text[end + particle.len()..].trim_start();
    let follows = |words: &[&str]| words.iter().any(|word| following.starts_with(word));
    match particle {
        "" => text[end..].starts_with(' ') && follows(PLACE_WORDS),
        "에" => !follows(ADDRESSING),
        _ => PLACE_PARTICLES.iter().any(|place| particle.starts_with(place)),
    }
}

fn acts_here(text: &str, end: usize) -> bool {
    match tail(text, end) {
        "은" | "는" | "이" | "가" | "측은" | "측이" => true,
        "에" => text[end..].starts_with("에 따르면"),
        _ => false,
    }
}
