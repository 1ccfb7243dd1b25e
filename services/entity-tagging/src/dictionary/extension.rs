//! Lengthens a name by what belongs to it and stands in no dictionary: a year, a number of the series, a version, a
//! unit.
//!
//! `CES` + `2027`, `제38회` + an event, `갤럭시` + `S27`, `서울대` + `의대`. The link stays that of the known part.

use std::ops::RangeInclusive;

use gisa_article_model::EntityType;

use super::NameMatch;
use super::boundary::{is_word_character, may_begin, may_end, tail};
use super::location_chain::Level;
use super::particle::is_particle_chain;

/// Units of universities and hospitals that stand alone after the name.
const FACULTIES: &[&str] = &[
    "의대",
    "의과대학",
    "의과대",
    "치대",
    "치과대학",
    "한의대",
    "약대",
    "약학대학",
    "간호대",
    "간호대학",
    "수의대",
    "공대",
    "공과대학",
    "공과대",
    "법대",
    "상대",
    "사범대",
    "농대",
    "음대",
    "미대",
    "자연대",
    "자연과학대학",
    "경영대",
    "경영대학",
    "사회대",
    "인문대",
    "인문대학",
    "로스쿨",
    "대학원",
];

/// Endings of the names of university departments.
const DEPARTMENTS: &[&str] = &["학과", "학부", "대학원"];

/// Endings of the names of units of any organization.
const UNITS: &[&str] = &["연구소", "사업부", "사업단", "사업본부"];

/// What a university is called by.
const UNIVERSITIES: &[&str] = &[
    "대",
    "대학교",
    "대학",
    "KAIST",
    "카이스트",
    "포스텍",
    "POSTECH",
    "유니스트",
    "UNIST",
];

/// Endings of neighbourhoods and villages after 시, 군, 구.
const NEIGHBOURHOODS: &[&str] = &["동", "읍"];

/// Everyday words with these endings.
const NO_NEIGHBOURHOODS: &[&str] = &[
    "활동", "운동", "이동", "행동", "노동", "공동", "감동", "자동", "작동", "변동", "아동", "협동", "연동",
    "가동", "진동", "합동", "소동", "충동", "출동", "수동", "난동", "파동", "격동", "선동", "역동", "유동",
    "태동", "원동", "구동", "발동",
];

/// Endings of venues with a first part of their own: 동탄호수공원.
const VENUES: &[&str] = &[
    "공원",
    "호수",
    "미술관",
    "박물관",
    "체육관",
    "경기장",
    "야구장",
    "컨벤션센터",
    "산업단지",
    "산단",
];

/// Venues that a town has one of.
const HALLS: &[&str] = &["문예회관", "예술회관", "문화예술회관", "종합운동장"];

/// How long the first word of a department or unit may be, in characters.
const LONGEST_UNIT: usize = 14;

/// Lengthens `names`, which are sorted, where the text goes on with a part of the name. A product whose name goes on in
/// a way that cannot be cut off (갤럭시 S27프로) is dropped rather than cut.
pub(super) fn extend(text: &str, names: &mut Vec<NameMatch>) {
    let mut kept: Vec<NameMatch> = Vec::with_capacity(names.len());
    let mut following = std::mem::take(names).into_iter().peekable();
    while let Some(mut name) = following.next() {
        let limit = following.peek().map_or(text.len(), |next| next.range.start);
        let floor = kept.last().map_or(0, |previous| previous.range.end);
        let end = match name.only_type() {
            Some(EntityType::Event) => {
                name.range.start = series_start(text, name.range.start, floor);
                year_end(text, name.range.end)
            }
            Some(EntityType::Product) => match version_end(text, name.range.end) {
                Version::None => None,
                Version::Until(end) => Some(end),
                Version::Fused => continue,
            },
            Some(EntityType::Organization) => unit_end(text, &name),
            Some(EntityType::Location) if !name.acts => name
                .level()
                .and_then(|level| place_end(text, name.range.end, level)),
            _ => None,
        };
        name.range.end = end.filter(|&end| end <= limit).unwrap_or(name.range.end);
        kept.push(name);
    }
    *names = kept;
}

/// Where an event begins whose year or number stands in front: `2024 `, `제38회 `.
fn series_start(text: &str, start: usize, floor: usize) -> usize {
    let Some(before) = text[floor..start].strip_suffix(' ') else {
        return start;
    };
    let word = before.rsplit(char::is_whitespace).next().unwrap_or(before);
    let word = word.trim_start_matches(['\'', '"', '‘', '“', '(']);
    let ordinal = word
        .strip_prefix('제')
        .and_then(|word| word.strip_suffix('회').or_else(|| word.strip_suffix('차')))
        .is_some_and(|number| (1..=3).contains(&number.len()) && is_number(number));
    let begin = start - 1 - word.len();
    if (ordinal || is_year(word)) && may_begin(text, begin) {
        begin
    } else {
        start
    }
}

/// Where an event ends whose year stands behind: ` 2025`.
fn year_end(text: &str, end: usize) -> Option<usize> {
    let year = text[end..]
        .strip_prefix(' ')?
        .get(..4)
        .filter(|year| is_year(year))?;
    let year_end = end + 1 + year.len();
    ends_here(text, year_end).then_some(year_end)
}

enum Version {
    None,
    Until(usize),
    Fused,
}

/// Where a product ends whose version stands behind: ` S27`, ` 17`, ` 2.5`.
fn version_end(text: &str, end: usize) -> Version {
    let Some(rest) = text[end..].strip_prefix(' ') else {
        return Version::None;
    };
    let length = rest
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '.')
        .unwrap_or(rest.len());
    let version = rest[..length].trim_end_matches('.');
    let version_end = end + 1 + version.len();
    let after = tail(text, version_end);
    if is_letter_version(version) {
        return if ends_here(text, version_end) {
            Version::Until(version_end)
        } else {
            Version::Fused
        };
    }
    // A bare number is a version only where nothing counts with it: not 3만, 2대로, 4~6월, 5%.
    let counts = after.starts_with('만') || after.starts_with("대로");
    let next = text[version_end + after.len()..].chars().next();
    let ends = next.is_none_or(|sign| sign.is_whitespace() || ".,'\"’”)]』」·…!?".contains(sign));
    if is_number_version(version) && !counts && ends && ends_here(text, version_end) {
        return Version::Until(version_end);
    }
    Version::None
}

/// One or two capitals, digits, perhaps letters: S27, V4, GB300.
fn is_letter_version(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = word.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&letters)
        && (1..=4).contains(&digits)
        && word.len() <= letters + digits + 2
        && !word.contains('.')
}

/// A number below 100, perhaps with a decimal or a letter: 17, 2.5, 4o.
fn is_number_version(word: &str) -> bool {
    let (whole, rest) = word.split_once('.').unwrap_or((word, ""));
    let digits = whole.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits)
        && whole.len() <= digits + 1
        && rest.len() <= 2
        && (rest.is_empty() || is_number(rest))
}

/// Where an organization ends whose unit stands behind: ` 의대`, ` 컴퓨터공학부`, ` 연구소`.
fn unit_end(text: &str, name: &NameMatch) -> Option<usize> {
    let start = name.range.end + 1;
    if !text[name.range.end..].starts_with(' ') {
        return None;
    }
    let word = tail(text, start);
    let organization = &text[name.range.clone()];
    let is_university = UNIVERSITIES.iter().any(|ending| organization.ends_with(ending));
    let unit = |unit: &&str, may_have_first_part: bool| {
        let at = word.rfind(*unit)?;
        let fits = at == 0 || may_have_first_part && word[..at].chars().count() <= LONGEST_UNIT;
        let unit_end = start + at + unit.len();
        (fits && ends_here(text, unit_end)).then_some(unit_end)
    };
    let faculties = FACULTIES
        .iter()
        .filter(|_| is_university)
        .filter_map(|ending| unit(ending, false));
    let departments = DEPARTMENTS
        .iter()
        .filter(|_| is_university)
        .filter_map(|ending| unit(ending, true));
    faculties
        .chain(departments)
        .chain(UNITS.iter().filter_map(|ending| unit(ending, true)))
        .max()
}

/// Where a chain of places ends that goes on with a neighbourhood or a venue: 강남구 + ` 역삼동`, 예산군 + ` 문예회관`.
pub(super) fn place_end(text: &str, end: usize, level: Level) -> Option<usize> {
    if level == Level::Country || !text[end..].starts_with(' ') {
        return None;
    }
    let start = end + 1;
    let word = tail(text, start);
    let place = |ending: &str, first_part: RangeInclusive<usize>| {
        let at = word.rfind(ending)?;
        let end = at + ending.len();
        let fits =
            first_part.contains(&word[..at].chars().count()) && !NO_NEIGHBOURHOODS.contains(&&word[..end]);
        (fits && ends_here(text, start + end)).then_some(start + end)
    };
    let is_administrative = matches!(level, Level::City | Level::District);
    let neighbourhoods = NEIGHBOURHOODS
        .iter()
        .filter(|_| is_administrative)
        .find_map(|ending| place(ending, 1..=3));
    neighbourhoods
        .or_else(|| VENUES.iter().find_map(|ending| place(ending, 2..=8)))
        .or_else(|| HALLS.iter().find_map(|hall| place(hall, 0..=8)))
}

/// Whether a lengthened name may end at `end`: before a sign or a chain of particles.
fn ends_here(text: &str, end: usize) -> bool {
    let tail = tail(text, end);
    let Some(last) = text[..end].chars().next_back() else {
        return false;
    };
    may_end(text, end) && (tail.is_empty() || is_word_character(last) && is_particle_chain(last, tail))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.starts_with("20") && is_number(word)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}
