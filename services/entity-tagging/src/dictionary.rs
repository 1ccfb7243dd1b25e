//! The dictionary layer: entities with their names, and where those names stand in a text.
//!
//! ```text
//! curated TSV rows -> Entity -> Surface (a spelling and its senses) \
//! imported rows ------------------> spelling ------------------------> trie
//! text -> matches at the beginnings of words -> word boundaries -> longest at each place -> chains and extensions -> link
//! ```
//!
//! Changes of the curated entities while the service runs are laid over what was built ([`Dictionary::changed`]).
//!
//! Curated names are trusted. Imported ones are of mixed quality: each has a [`Trust`] that says whether it proposes a
//! mention or is only evidence for a model ([`Dictionary::spellings`]).

mod agency_chain;
mod boundary;
mod built_in;
mod changes;
mod entity;
mod everyday_words;
mod extension;
mod gazetteer;
mod imported;
mod link;
mod local_government;
mod location_chain;
mod matcher;
mod particle;
mod stop_list;
mod suffix;
mod surface;
mod trust;
mod tsv;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

pub use entity::Entity;
pub use gazetteer::{GazetteerClasses, GazetteerHit};
pub use link::Context;
pub use matcher::NameMatch;
pub use stop_list::is_general_term;
pub use trust::Trust;
pub use tsv::{DictionaryError, RowProblem, type_of_id};

pub(crate) use boundary::is_whole_name;
pub(crate) use particle::{is_particle_chain, stem_length};

use crate::resolver::Candidate;
use changes::Changes;
use imported::ImportedNames;
use matcher::{Lexicon, Matcher};
use surface::{EntityPlace, Sense, SurfaceTable};

/// Entities, indexed by their names.
#[derive(Debug)]
pub struct Dictionary {
    built: Arc<Built>,
    /// `None` for a dictionary as it was built.
    changes: Option<Changes>,
}

/// What a dictionary was built of; never changes.
#[derive(Debug)]
struct Built {
    entities: Vec<Entity>,
    by_id: BTreeMap<String, usize>,
    surfaces: SurfaceTable,
    matcher: Matcher,
}

impl Dictionary {
    /// The dictionary that ships with the service: all files of `seeds/dictionary`, curated and imported.
    pub fn built_in() -> Result<Self, DictionaryError> {
        let mut entities = Vec::new();
        for (file, text) in built_in::FILES {
            entities.extend(Self::read_tsv(text, file)?);
        }
        Self::new(entities, ImportedNames::unpack(built_in::COLLECTIONS)?)
    }

    /// A dictionary of `entities`, all of them curated. An entity may come in several parts with one id, because a state-owned company stands
    /// in the file of companies and in that of institutions: type and name must agree, the rest is united.
    pub fn from_entities(entities: Vec<Entity>) -> Result<Self, DictionaryError> {
        Self::new(entities, ImportedNames::default())
    }

    fn new(entities: Vec<Entity>, imported: ImportedNames) -> Result<Self, DictionaryError> {
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
        let surfaces = SurfaceTable::new(&united, imported)?;
        let matcher = Matcher::new(surfaces.texts())?;
        let built = Built {
            entities: united,
            by_id,
            surfaces,
            matcher,
        };
        Ok(Self {
            built: Arc::new(built),
            changes: None,
        })
    }

    /// The dictionary as it was built but for `changed`: by id, the entity as it is now, `None` if it is deleted. What this
    /// dictionary has changed itself is forgotten. Takes some ten milliseconds of computation.
    pub fn changed(&self, changed: &BTreeMap<&str, Option<&Entity>>) -> Result<Self, DictionaryError> {
        let changes = match changed.is_empty() {
            true => None,
            false => Some(Changes::new(&self.built, changed)?),
        };
        Ok(Self {
            built: Arc::clone(&self.built),
            changes,
        })
    }

    /// Reads a dictionary file: `#` comment lines, a header line, then a row an entity with the tab-separated columns
    /// `id`, `type`, `name`, `aliases` and `external_ids` (`key=value`), the last two separated by `|`.
    pub fn read_tsv(text: &str, file: &str) -> Result<Vec<Entity>, DictionaryError> {
        tsv::read(text, file)
    }

    /// The curated entities: those it was built with in the order they were given, then those that have changed.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        let hidden = |position| {
            let changes = self.changes.as_ref();
            changes.is_some_and(|changes| changes.hides(position))
        };
        let built = (0..).zip(&self.built.entities);
        let kept = built.filter(move |(position, _)| !hidden(*position));
        kept.map(|(_, entity)| entity).chain(self.added())
    }

    /// The curated entity with this id.
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        if let Some(added) = self.added().iter().find(|entity| entity.id == id) {
            return Some(added);
        }
        let position = *self.built.by_id.get(id)?;
        let hidden = self
            .changes
            .as_ref()
            .is_some_and(|changes| changes.hides(position));
        self.built.entities.get(position).filter(|_| !hidden)
    }

    /// The curated entity with this id as the dictionary was built with it, whatever has changed since.
    pub fn built_entity(&self, id: &str) -> Option<&Entity> {
        self.built
            .by_id
            .get(id)
            .map(|&position| &self.built.entities[position])
    }

    fn added(&self) -> &[Entity] {
        self.changes.as_ref().map_or(&[], Changes::added)
    }

    /// The curated entity at a position: that of the build, or, behind them, one that has changed.
    fn curated(&self, position: usize) -> &Entity {
        let built = &self.built.entities;
        built
            .get(position)
            .unwrap_or_else(|| &self.added()[position - built.len()])
    }

    fn lexicon(&self) -> Lexicon<'_> {
        Lexicon {
            surfaces: &self.built.surfaces,
            matcher: &self.built.matcher,
            changes: self.changes.as_ref().map(Changes::spellings),
        }
    }

    /// How many spellings it was built with, curated and imported.
    pub fn spelling_count(&self) -> usize {
        self.built.surfaces.len()
    }

    /// Curated spellings of the build that stand for more than one entity, with the ids of those.
    pub fn homonyms(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        self.built
            .surfaces
            .curated()
            .iter()
            .filter(|surface| surface.senses.len() > 1)
            .map(|surface| {
                let ids = surface.senses.iter().map(|sense| self.id_of(sense));
                (surface.text.as_str(), ids.collect())
            })
    }

    /// The names of the dictionary in `text`, sorted, not overlapping, not yet linked.
    pub fn find_names(&self, text: &str) -> Vec<NameMatch> {
        let found = self.lexicon().find(text);
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

    /// The whole names of any trust in `text`, from the left, not overlapping; where several begin, the longest. This is
    /// evidence for a model, not a list of mentions: most weak spellings are something else most of the time.
    pub fn spellings(&self, text: &str) -> Vec<GazetteerHit> {
        self.lexicon().whole_spellings(text)
    }

    /// The id of the entity of a sense.
    fn id_of(&self, sense: &Sense) -> String {
        match sense.entity {
            EntityPlace::Curated(position) => self.curated(position).id.clone(),
            EntityPlace::Imported(row) => self.built.surfaces.imported().id(row).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod changes_tests;
#[cfg(test)]
mod imported_tests;
#[cfg(test)]
mod tests;
