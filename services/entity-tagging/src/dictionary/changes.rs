//! What has changed since the dictionary was built, laid over it: a change takes milliseconds, not the half second of a
//! build.
//!
//! The curated spellings are made anew and compared with those of the build; only the ones that differ are kept, in a
//! small trie of their own. A spelling in it stands in the place of the one that was built.

use std::collections::{BTreeMap, BTreeSet};

use super::gazetteer::GazetteerClasses;
use super::matcher::{Matcher, spellings_at};
use super::surface::{EntityPlace, Sense, Surface, SurfaceTable, curated_surfaces};
use super::{Built, DictionaryError, Entity, Trust};

/// Entities and spellings that differ from those of the build.
#[derive(Debug)]
pub(super) struct Changes {
    /// Positions of entities of the build that are deleted or replaced.
    hidden: BTreeSet<usize>,
    /// Entities that are new or replace one of the build; their positions follow those of the build.
    added: Vec<Entity>,
    spellings: ChangedSpellings,
}

/// Spellings that differ from those of the build.
#[derive(Debug)]
pub(super) struct ChangedSpellings {
    /// By their numbers in the trie.
    spellings: Vec<ChangedSpelling>,
    matcher: Matcher,
}

/// A spelling that is new, stands for other entities than before, or for none.
#[derive(Debug)]
pub(super) struct ChangedSpelling {
    pub(super) classes: GazetteerClasses,
    known: Known,
}

#[derive(Debug)]
enum Known {
    Curated(Surface),
    /// No curated entity has it any more: what is left are the imported ones, maybe none.
    Imported(Vec<Sense>),
}

impl Changes {
    /// `changed` has the entities that differ from the build by id, `None` for those that are deleted.
    pub(super) fn new(
        built: &Built,
        changed: &BTreeMap<&str, Option<&Entity>>,
    ) -> Result<Self, DictionaryError> {
        let hidden: BTreeSet<usize> = changed
            .keys()
            .filter_map(|id| built.by_id.get(*id).copied())
            .collect();
        let added: Vec<Entity> = changed.values().filter_map(|entity| entity.cloned()).collect();
        let kept = built
            .entities
            .iter()
            .enumerate()
            .filter(|(position, _)| !hidden.contains(position));
        let (positions, entities): (Vec<usize>, Vec<&Entity>) =
            kept.chain((built.entities.len()..).zip(&added)).unzip();
        let mut surfaces = curated_surfaces(&entities);
        for sense in surfaces.iter_mut().flat_map(|surface| &mut surface.senses) {
            if let EntityPlace::Curated(position) = &mut sense.entity {
                *position = positions[*position];
            }
        }
        let spellings = ChangedSpellings::new(surfaces, &built.surfaces)?;
        Ok(Self {
            hidden,
            added,
            spellings,
        })
    }

    /// Whether the entity of the build at this position is deleted or replaced.
    pub(super) fn hides(&self, position: usize) -> bool {
        self.hidden.contains(&position)
    }

    /// The entities that are new or replace one of the build, by id.
    pub(super) fn added(&self) -> &[Entity] {
        &self.added
    }

    /// The spellings that differ.
    pub(super) fn spellings(&self) -> &ChangedSpellings {
        &self.spellings
    }
}

impl ChangedSpellings {
    /// Those in which `now`, the curated spellings of today, sorted, differs from `built`.
    fn new(now: Vec<Surface>, built: &SurfaceTable) -> Result<Self, DictionaryError> {
        let mut texts = Vec::new();
        let mut spellings = Vec::new();
        let mut add = |text: String, spelling| {
            texts.push(text);
            spellings.push(spelling);
        };
        let mut before = built.curated().iter().peekable();
        for surface in now {
            while let Some(gone) = before.next_if(|before| before.text < surface.text) {
                add(gone.text.clone(), ChangedSpelling::gone(&gone.text, built));
            }
            let same = before
                .next_if(|before| before.text == surface.text)
                .is_some_and(|before| before.senses == surface.senses);
            if !same {
                add(surface.text.clone(), ChangedSpelling::curated(surface, built));
            }
        }
        for gone in before {
            add(gone.text.clone(), ChangedSpelling::gone(&gone.text, built));
        }
        let matcher = Matcher::new(texts.iter().map(String::as_str))?;
        Ok(Self { spellings, matcher })
    }

    /// The changed spellings that begin at `start`, short ones first, with where they end.
    pub(super) fn at<'d>(
        &'d self,
        text: &'d str,
        start: usize,
    ) -> impl Iterator<Item = (usize, &'d ChangedSpelling)> {
        let trie = self.matcher.trie().into_iter();
        trie.flat_map(move |trie| spellings_at(trie, text, start))
            .map(|(end, number)| (end, &self.spellings[number as usize]))
    }
}

impl ChangedSpelling {
    fn curated(surface: Surface, built: &SurfaceTable) -> Self {
        let (mut classes, _) = built.imported_only(&surface.text);
        for sense in &surface.senses {
            classes.insert(sense.entity_type, Trust::Curated);
        }
        Self {
            classes,
            known: Known::Curated(surface),
        }
    }

    fn gone(text: &str, built: &SurfaceTable) -> Self {
        let (classes, senses) = built.imported_only(text);
        Self {
            classes,
            known: Known::Imported(senses),
        }
    }

    /// Whether nothing at all is spelt like this any more.
    pub(super) fn is_gone(&self) -> bool {
        self.classes == GazetteerClasses::default()
    }

    /// The senses that may be proposed as mentions.
    pub(super) fn senses(&self) -> &[Sense] {
        match &self.known {
            Known::Curated(surface) => &surface.senses,
            Known::Imported(senses) => senses,
        }
    }

    /// The curated spelling, if it is one.
    pub(super) fn surface(&self) -> Option<&Surface> {
        match &self.known {
            Known::Curated(surface) => Some(surface),
            Known::Imported(_) => None,
        }
    }
}
