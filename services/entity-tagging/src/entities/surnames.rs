//! Persons who are called by a part of their name: 김 대표, 올트먼.

use hashbrown::{HashMap, HashSet};

use gisa_article_model::{EntityType, Mention, PersonRole};

use super::field_text;
use super::grouping::Grouping;
use crate::document::surname_of;
use crate::tagger::TextToTag;

/// Of the persons with one surname, so many are looked at from the last one named backwards for one with the same title.
const MOST_NAMESAKES: usize = 8;

/// The persons of an article, by what may stand for them.
pub(super) struct Surnames<'a> {
    mentions: &'a [Mention],
    /// Mentions of full names by the part that stands for them, in the order of the text.
    full: HashMap<&'a str, Vec<usize>>,
    /// Mentions that are such a part alone.
    short: Vec<usize>,
    /// Those of them that speak of an unnamed person: 김모씨.
    unnamed: HashSet<usize>,
}

impl<'a> Surnames<'a> {
    pub(super) fn new(text: &TextToTag<'_>, mentions: &'a [Mention]) -> Self {
        let persons = || {
            mentions
                .iter()
                .enumerate()
                .filter(|(_, mention)| mention.entity_type == EntityType::Person)
        };
        let mut full: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, person) in persons() {
            if let Some(part) = surname_of(&person.surface) {
                full.entry(part).or_default().push(index);
            }
        }
        let is_short = |surface: &str| full.contains_key(surface) || is_syllable(surface);
        let short: Vec<usize> = persons()
            .filter(|(_, person)| is_short(&person.surface))
            .map(|(index, _)| index)
            .collect();
        let is_unnamed = |index: &usize| {
            let mention = &mentions[*index];
            let rest = field_text(text, mention.field).get(mention.span.end_byte as usize..);
            rest.is_some_and(|rest| rest.starts_with("모씨") || rest.starts_with("모 씨"))
        };
        Self {
            mentions,
            unnamed: short.iter().copied().filter(is_unnamed).collect(),
            full,
            short,
        }
    }

    /// Whether the mention at `index` is a part of a name, which does not tell one person from another.
    pub(super) fn is_short(&self, index: usize) -> bool {
        self.short.binary_search(&index).is_ok()
    }

    /// Joins the short forms with the full names: with the last one before that has the same title, else the last one
    /// before, else the only one behind. Those that stand for nobody are one person by spelling.
    pub(super) fn join(&self, roles: &[(usize, PersonRole)], grouping: &mut Grouping<'_>) {
        let titles: HashSet<(usize, &str)> = roles
            .iter()
            .map(|(person, role)| (grouping.first(*person), last_word(&role.title)))
            .collect();
        let mut own: HashMap<usize, Vec<&str>> = HashMap::new();
        for (person, role) in roles {
            own.entry(*person).or_default().push(last_word(&role.title));
        }
        let mut nobody: HashMap<(&str, bool), usize> = HashMap::new();
        for &index in &self.short {
            let surface = self.mentions[index].surface.as_str();
            let unnamed = self.unnamed.contains(&index);
            let own = own.get(&index).map_or(&[][..], Vec::as_slice);
            let full = self.full.get(surface).filter(|_| !unnamed);
            let person = full.and_then(|full| self.full_name(full, index, own, &titles, grouping));
            let other = person.unwrap_or_else(|| *nobody.entry((surface, unnamed)).or_insert(index));
            grouping.join(other, index);
        }
    }

    fn full_name(
        &self,
        full: &[usize],
        index: usize,
        own: &[&str],
        titles: &HashSet<(usize, &str)>,
        grouping: &mut Grouping<'_>,
    ) -> Option<usize> {
        let before = &full[..full.partition_point(|&full| full < index)];
        let same_title = before.iter().rev().take(MOST_NAMESAKES).find(|&&full| {
            let first = grouping.first(full);
            own.iter().any(|title| titles.contains(&(first, *title)))
        });
        if let Some(&full) = same_title.or(before.last()) {
            return Some(full);
        }
        let first = grouping.first(*full.first()?);
        let others = full.iter().take(MOST_NAMESAKES);
        let is_only = others
            .map(|&full| grouping.first(full))
            .all(|other| other == first);
        is_only.then_some(first)
    }
}

fn is_syllable(surface: &str) -> bool {
    let mut characters = surface.chars();
    characters
        .next()
        .is_some_and(|first| ('가'..='힣').contains(&first))
        && characters.next().is_none()
}

fn last_word(title: &str) -> &str {
    title.rsplit(' ').next().unwrap_or(title)
}
