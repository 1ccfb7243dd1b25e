//! Roles of persons with the organization or place that they hold them in: 네이버클라우드 김별 대표, 가수 한별.
//!
//! * [`after`]: the role stands behind the name: 김별 새론 대표, 김별(42) 고성능 컴퓨팅 담당 이사, 김별(전 새론 부사장).
//! * [`before`]: it stands before the name: 새론의 최고경영자(CEO)인 제이 밀러, 새론(대표 김별).
//!
//! A phrase of both kinds is a row of bare nouns that ends in a title; particles, commas and other persons end it.

mod after;
mod before;
mod phrase;
#[cfg(test)]
mod tests;
mod word;

use gisa_article_model::{EntityType, Mention, OffsetMap, PersonRole, TextField, TextRange};

use crate::tagger::TextToTag;
use phrase::Phrase;

/// Persons in a row share a role up to this many: 김별·이한 공동대표.
const MOST_SHARING: usize = 4;

/// The roles of persons, with the position of the person's mention, in the order of the mentions. `mentions` are sorted
/// as the tagger sorts them.
pub(crate) fn find_roles(text: &TextToTag<'_>, mentions: &[Mention]) -> Vec<(usize, PersonRole)> {
    let mut roles = Vec::new();
    for (field, text) in text.fields() {
        let first = mentions.partition_point(|mention| mention.field < field);
        let length = mentions[first..].partition_point(|mention| mention.field == field);
        let field = Field {
            field,
            text,
            mentions: &mentions[first..first + length],
            first,
        };
        field.add_roles(&mut roles);
    }
    roles
}

/// A field with its mentions.
struct Field<'a> {
    field: TextField,
    text: &'a str,
    mentions: &'a [Mention],
    /// Position of the first of the mentions in the article's list.
    first: usize,
}

impl<'a> Field<'a> {
    fn add_roles(&self, roles: &mut Vec<(usize, PersonRole)>) {
        let offsets = OffsetMap::new(self.text);
        let mut floor = 0;
        for (index, person) in self.mentions.iter().enumerate() {
            if person.entity_type != EntityType::Person || person.span.slice(self.text).is_none() {
                continue;
            }
            let before = before::read(self, index, floor);
            let after = after::read(self, index);
            floor = floor.max(person.span.end_byte as usize);
            for phrase in before.into_iter().chain(after) {
                floor = floor.max(phrase.title.end);
                if let Some(role) = self.role(&phrase, &offsets) {
                    roles.push((self.first + index, role));
                }
            }
        }
    }

    fn role(&self, phrase: &Phrase, offsets: &OffsetMap) -> Option<PersonRole> {
        let written = self.text.get(phrase.title.clone())?;
        let title = match &phrase.former {
            Some(former) => format!("{} {written}", self.text.get(former.clone())?),
            None => written.to_owned(),
        };
        let affiliation = phrase.affiliation.map(|index| &self.mentions[index].span);
        let mut evidence = phrase.title.clone();
        for range in affiliation
            .map(|span| span.start_byte as usize..span.end_byte as usize)
            .into_iter()
            .chain(phrase.former.clone())
        {
            evidence = evidence.start.min(range.start)..evidence.end.max(range.end);
        }
        Some(PersonRole {
            title,
            affiliation: phrase.affiliation.map(|index| (self.first + index) as u32),
            evidence: TextRange {
                field: self.field,
                span: offsets.span(self.text, evidence.start, evidence.end)?,
            },
        })
    }

    /// The text from `byte` on; nothing where mentions do not fit the text.
    fn from(&self, byte: usize) -> &'a str {
        self.text.get(byte..).unwrap_or_default()
    }

    /// The first mention that starts at or behind `byte`.
    fn next_from(&self, byte: usize) -> Option<(usize, &'a Mention)> {
        let index = self
            .mentions
            .partition_point(|mention| (mention.span.start_byte as usize) < byte);
        Some((index, self.mentions.get(index)?))
    }

    /// The mention that starts at `byte`.
    fn starting_at(&self, byte: usize) -> Option<(usize, &'a Mention)> {
        self.next_from(byte)
            .filter(|(_, mention)| mention.span.start_byte as usize == byte)
    }

    /// The last mention that starts before `byte`.
    fn last_before(&self, byte: usize) -> Option<(usize, &'a Mention)> {
        let index = self
            .mentions
            .partition_point(|mention| (mention.span.start_byte as usize) < byte)
            .checked_sub(1)?;
        Some((index, &self.mentions[index]))
    }
}

/// Whether persons may belong to what has this type.
fn is_affiliation(entity_type: EntityType) -> bool {
    matches!(entity_type, EntityType::Organization | EntityType::Location)
}
