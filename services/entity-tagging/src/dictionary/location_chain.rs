//! Joins places that are written from wide to narrow into one mention: 서울 송파구 석촌호수, 대구 엑스코.

use gisa_article_model::EntityType;

use super::surface::Sense;
use super::{Entity, NameMatch, local_government};

/// How narrow a place is. Only a narrower place continues a chain, so that lists (미국 일본, 부산 대구) stay lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// A country.
    Country,
    /// A province, a state, a metropolitan city.
    Region,
    /// 시 or 군.
    City,
    /// 구.
    District,
    /// A neighbourhood, or not known.
    Area,
    /// A park, a station, a building.
    Venue,
}

const VENUE_ENDINGS: &[&str] = &[
    "공원",
    "호수",
    "역",
    "공항",
    "항",
    "광장",
    "센터",
    "타워",
    "빌딩",
    "미술관",
    "박물관",
    "도서관",
    "전시장",
    "체육관",
    "경기장",
    "야구장",
    "월드컵경기장",
    "터미널",
    "시장",
    "대교",
    "산단",
    "산업단지",
    "밸리",
    "길",
    "거리",
    "회관",
    "궁",
];

/// Islands and castles, not provinces (강원도, 광둥성).
const NO_REGIONS: &[&str] = &[
    "산성",
    "화성",
    "열도",
    "반도",
    "울릉도",
    "여의도",
    "거제도",
    "강화도",
    "고속도",
    "인도",
];

/// The levels of all entities, `None` for those that are no places: by external id, else by the endings of their names
/// and of those of their governments.
pub(super) fn levels(entities: &[&Entity]) -> Vec<Option<Level>> {
    let mut levels: Vec<Option<Level>> = entities.iter().map(|entity| level(entity)).collect();
    for (government, place) in local_government::places(entities) {
        if levels[place] == Some(Level::Area) {
            levels[place] = Some(level_of_name(government));
        }
    }
    levels
}

fn level(entity: &Entity) -> Option<Level> {
    if entity.entity_type != EntityType::Location {
        return None;
    }
    if entity.external_ids.contains_key("iso3166") {
        return Some(Level::Country);
    }
    if entity.external_ids.contains_key("iso3166-2") {
        return Some(Level::Region);
    }
    let levels = entity.names().map(level_of_name);
    levels.reduce(|first, other| if first == Level::Area { other } else { first })
}

/// The level that the ending of a name says.
pub(super) fn level_of_name(name: &str) -> Level {
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match () {
        () if ends_in(VENUE_ENDINGS) => Level::Venue,
        () if ends_in(&["시", "군"]) => Level::City,
        () if ends_in(&["구"]) => Level::District,
        () if name.chars().count() >= 3 && ends_in(&["도", "성"]) && !ends_in(NO_REGIONS) => Level::Region,
        () => Level::Area,
    }
}

/// Joins neighbours one space apart whose level grows narrower. The chain stands for its last, narrowest place. In a
/// chain 수원시 is a place, not the authority.
pub(super) fn join(text: &str, names: Vec<NameMatch>) -> Vec<NameMatch> {
    let mut joined: Vec<NameMatch> = Vec::with_capacity(names.len());
    for mut name in names {
        if let Some(wider) = joined.last()
            && text.get(wider.range.end..name.range.start) == Some(" ")
            && let Some(wider_level) = place_level(wider)
            && let Some(level) = place_level(&name)
            && wider_level < level
        {
            name.range.start = wider.range.start;
            name.chained = true;
            name.restrict_to(EntityType::Location);
            joined.pop();
        }
        joined.push(name);
    }
    joined
}

/// The level of a name that is a place, or the authority of one.
fn place_level(name: &NameMatch) -> Option<Level> {
    let place_or_authority =
        |sense: &Sense| sense.level.is_some() || sense.entity_type == EntityType::Organization;
    if !name.senses.iter().all(place_or_authority) {
        return None;
    }
    name.level()
}
