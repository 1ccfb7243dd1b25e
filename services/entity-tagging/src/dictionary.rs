//! The dictionary layer: entities with their names, and where those names stand in a text.
//!
//! ```text
//! TSV rows -> Entity -> Surface (a spelling and its senses) -> automaton
//! text -> all matches -> word boundaries -> longest at each place -> chains and extensions -> link
//! ```

mod agency_chain;
mod boundary;
mod built_in;
mod entity;
mod everyday_words;
mod extension;
mod link;
mod local_government;
mod location_chain;
mod matcher;
mod particle;
mod stop_list;
mod suffix;
mod surface;
mod tsv;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub use entity::Entity;
pub use link::Context;
pub use matcher::NameMatch;
pub use stop_list::is_general_term;
pub use tsv::{DictionaryError, RowProblem};

pub(crate) use boundary::is_whole_name;

use crate::resolver::Candidate;
use matcher::Matcher;
use surface::SurfaceTable;

/// Entities, indexed by their names.
#[derive(Debug)]
pub struct Dictionary {
    entities: Vec<Entity>,
    by_id: BTreeMap<String, usize>,
    surfaces: SurfaceTable,
    matcher: Matcher,
}

impl Dictionary {
    /// The dictionary that ships with the service: all files of `seeds/dictionary`.
    pub fn built_in() -> Result<Self, DictionaryError> {
        let mut entities = Vec::new();
        for (file, text) in built_in::FILES {
            entities.extend(Self::read_tsv(text, file)?);
        }
        Self::from_entities(entities)
    }

    /// A dictionary of `entities`. An entity may come in several parts with one id, because a state-owned company stands
    /// in the file of companies and in that of institutions: type and name must agree, the rest is united.
    pub fn from_entities(entities: Vec<Entity>) -> Result<Self, DictionaryError> {
        let mut by_id = BTreeMap::new();
        let mut united: Vec<Entity> = Vec::with_capacity(entities.len());
        for entity in entities {
            match by_id.entry(entity.id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(united.len());
                    united.push(entity);
                }
                Entry::Occupied(entry) => united[*entry.get()].unite(entity)?,
            }
        }
        let surfaces = SurfaceTable::new(&united);
        let matcher = Matcher::new(&surfaces)?;
        Ok(Self {
            entities: united,
            by_id,
            surfaces,
            matcher,
        })
    }

    /// Reads a dictionary file: `#` comment lines, a header line, then a row an entity with the tab-separated columns
    /// `id`, `type`, `name`, `aliases` and `external_ids` (`key=value`), the last two separated by `|`.
    pub fn read_tsv(text: &str, file: &str) -> Result<Vec<Entity>, DictionaryError> {
        tsv::read(text, file)
    }

    /// All entities, in the order they were given.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entity with this id.
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.by_id.get(id).map(|&index| &self.entities[index])
    }

    /// Spellings that stand for more than one entity, with the ids of those.
    pub fn homonyms(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.surfaces
            .iter()
            .filter(|surface| surface.senses.len() > 1)
            .map(|surface| (surface.text.as_str(), self.ids(&surface.senses)))
    }

    /// The names of the dictionary in `text`, sorted, not overlapping, not yet linked.
    pub fn find_names(&self, text: &str) -> Vec<NameMatch> {
        let found = self.matcher.find(text, &self.surfaces);
        let joined = location_chain::join(text, found);
        let mut names = everyday_words::keep_supported(joined);
        local_government::decide(text, &mut names);
        let mut names = agency_chain::join(text, names);
        extension::extend(text, &mut names);
        names
    }

    /// Chooses what `name`, found in `text`, stands for; `context` is what the whole article says.
    pub fn link(&self, text: &str, name: &NameMatch, context: &Context) -> Candidate {
        link::choose(self, text, name, context)
    }

    fn ids(&self, senses: &[surface::Sense]) -> Vec<&str> {
        senses
            .iter()
            .map(|sense| self.entities[sense.entity].id.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests;
