//! Joins an authority and its institute into one mention: 통계청 통계개발원, 산림청 국립산림과학원.

use gisa_article_model::EntityType;

use super::NameMatch;

const AUTHORITIES: &[&str] = &["부", "청", "처", "국회"];
const INSTITUTES: &[&str] = &[
    "연구원",
    "연구소",
    "개발원",
    "과학원",
    "평가원",
    "교육원",
    "본부",
    "정책처",
    "상황실",
    "특별위원회",
];
/// Institutes that are called after the country are bodies of their own.
const INDEPENDENT: &str = "한국";

/// Joins neighbours one space apart. The mention stands for the institute.
pub(super) fn join(text: &str, names: Vec<NameMatch>) -> Vec<NameMatch> {
    let mut joined: Vec<NameMatch> = Vec::with_capacity(names.len());
    for mut name in names {
        if let Some(authority) = joined.last()
            && text.get(authority.range.end..name.range.start) == Some(" ")
            && is_organization(authority)
            && is_organization(&name)
            && AUTHORITIES
                .iter()
                .any(|ending| text[authority.range.clone()].ends_with(ending))
            && INSTITUTES
                .iter()
                .any(|ending| text[name.range.clone()].ends_with(ending))
            && !text[name.range.clone()].starts_with(INDEPENDENT)
        {
            name.range.start = authority.range.start;
            joined.pop();
        }
        joined.push(name);
    }
    joined
}

fn is_organization(name: &NameMatch) -> bool {
    name.only_type() == Some(EntityType::Organization)
}
