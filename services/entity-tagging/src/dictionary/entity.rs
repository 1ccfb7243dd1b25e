//! One entity of the dictionary.

use std::collections::BTreeMap;

use gisa_article_model::EntityType;

use super::DictionaryError;

/// One entity of the dictionary, known under one or more names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Stable id, for example `org:naver-cloud`.
    pub id: String,
    /// What kind of name it has.
    pub entity_type: EntityType,
    /// The name that Korean news use first.
    pub name: String,
    /// Other names, abbreviations and spellings.
    pub aliases: Vec<String>,
    /// Ids elsewhere, by scheme: `wikidata`, `krx`, `iso3166`.
    pub external_ids: BTreeMap<String, String>,
}

impl Entity {
    /// The name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name)
            .chain(&self.aliases)
            .map(String::as_str)
    }

    /// Takes over aliases and external ids of another part of the same entity.
    pub(super) fn unite(&mut self, other: Self) -> Result<(), DictionaryError> {
        if self.entity_type != other.entity_type || self.name != other.name {
            return Err(DictionaryError::ConflictingParts { id: other.id });
        }
        for alias in other.aliases {
            if !self.aliases.contains(&alias) {
                self.aliases.push(alias);
            }
        }
        self.external_ids.extend(other.external_ids);
        Ok(())
    }
}
