//! Spellings of the dictionary and what each of them may stand for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use gisa_article_model::EntityType;

use super::everyday_words::is_everyday_word;
use super::imported::{ImportedName, ImportedNames, RowPlace};
use super::location_chain::{Level, level_of_name, levels};
use super::{DictionaryError, Entity, GazetteerClasses, Trust, is_general_term, local_government};

/// Latin spellings with fewer letters than this are not folded: short ones are too often other words.
const MIN_FOLDED_LETTERS: usize = 4;

/// Spellings of up to this many characters are short.
const SHORT: usize = 2;

/// A curated spelling.
#[derive(Debug)]
pub(super) struct Surface {
    pub(super) text: String,
    pub(super) senses: Vec<Sense>,
    /// Is a word of the language too, and needs support from its surroundings.
    pub(super) everyday: bool,
    /// Has at most [`SHORT`] characters.
    pub(super) short: bool,
}

impl Surface {
    fn new(text: String, senses: Vec<Sense>) -> Self {
        Self {
            everyday: is_everyday_word(&text),
            short: text.chars().count() <= SHORT,
            text,
            senses,
        }
    }
}

/// An entity that a spelling may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sense {
    pub(super) entity: EntityPlace,
    pub(super) entity_type: EntityType,
    /// The spelling is the entity's name, not an alias.
    pub(super) canonical: bool,
    /// How narrow a place it is; `None` unless it is one.
    pub(super) level: Option<Level>,
}

/// Where an entity is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityPlace {
    /// Position of a curated entity; see `Dictionary::curated`.
    Curated(usize),
    /// A row that names it.
    Imported(RowPlace),
}

/// All spellings, numbered in their order.
#[derive(Debug)]
pub(super) struct SurfaceTable {
    spellings: Vec<Spelling>,
    curated: Vec<Surface>,
    imported: ImportedNames,
    /// The rows of `imported` in the order of their spellings.
    rows: Vec<RowPlace>,
}

#[derive(Debug)]
struct Spelling {
    classes: GazetteerClasses,
    known: Known,
}

/// How a spelling is known. What a person has entered is not mixed with imports: whether both mean the same entity is
/// not known.
#[derive(Debug)]
enum Known {
    /// Position in `SurfaceTable::curated`.
    Curated(u32),
    /// Positions in `SurfaceTable::rows`.
    Imported(Range<u32>),
}

impl SurfaceTable {
    pub(super) fn new(entities: &[Entity], imported: ImportedNames) -> Result<Self, DictionaryError> {
        let curated = curated_surfaces(&entities.iter().collect::<Vec<_>>());
        let mut named: Vec<(RowPlace, ImportedName<'_>)> = imported.rows().collect::<Result<_, _>>()?;
        named.retain(|(_, name)| !is_general_term(name.text));
        // Quick, because every collection is sorted already.
        named.sort_by_key(|(_, name)| name.text);
        let rows = named.iter().map(|(place, _)| *place).collect();
        let spellings = number(&curated, &named);
        Ok(Self {
            spellings,
            curated,
            imported,
            rows,
        })
    }

    /// All spellings in the order of their numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.spellings
            .iter()
            .filter_map(|spelling| match &spelling.known {
                Known::Curated(position) => Some(self.curated[*position as usize].text.as_str()),
                Known::Imported(range) => self.row(range.start).map(|(_, row)| row.text),
            })
    }

    /// How many spellings there are.
    pub(super) fn len(&self) -> usize {
        self.spellings.len()
    }

    /// What the spelling with this number may be.
    pub(super) fn classes(&self, number: u32) -> GazetteerClasses {
        self.spellings[number as usize].classes
    }

    /// The curated spelling with this number, if it is one.
    pub(super) fn curated_spelling(&self, number: u32) -> Option<&Surface> {
        match self.spellings[number as usize].known {
            Known::Curated(position) => Some(&self.curated[position as usize]),
            Known::Imported(_) => None,
        }
    }

    /// The senses of the spelling with this number that may be proposed as mentions.
    pub(super) fn senses(&self, number: u32) -> Cow<'_, [Sense]> {
        match &self.spellings[number as usize].known {
            Known::Curated(position) => Cow::Borrowed(&self.curated[*position as usize].senses),
            Known::Imported(range) => {
                let rows = range.clone().filter_map(|position| self.row(position));
                let strong = rows.filter(|(_, row)| row.trust == Trust::Strong);
                strong.map(|(place, row)| Sense::imported(place, &row)).collect()
            }
        }
    }

    /// What a spelling is without any curated entity: its types and trusts, and the senses that may be proposed.
    pub(super) fn imported_only(&self, text: &str) -> (GazetteerClasses, Vec<Sense>) {
        let text_at = |place: &RowPlace| self.imported.get(*place).map_or("", |row| row.text);
        let start = self.rows.partition_point(|place| text_at(place) < text);
        let mut classes = GazetteerClasses::default();
        let mut senses = Vec::new();
        let places = self.rows[start..].iter();
        let rows = places.map_while(|place| Some((*place, self.imported.get(*place)?)));
        for (place, row) in rows.take_while(|(_, row)| row.text == text) {
            classes.insert(row.entity_type, row.trust);
            if row.trust == Trust::Strong {
                senses.push(Sense::imported(place, &row));
            }
        }
        (classes, senses)
    }

    /// The curated spellings, sorted.
    pub(super) fn curated(&self) -> &[Surface] {
        &self.curated
    }

    /// The imported names.
    pub(super) fn imported(&self) -> &ImportedNames {
        &self.imported
    }

    fn row(&self, position: u32) -> Option<(RowPlace, ImportedName<'_>)> {
        let place = self.rows[position as usize];
        Some((place, self.imported.get(place)?))
    }
}

impl Spelling {
    fn curated((position, surface): (u32, &Surface)) -> Self {
        let mut classes = GazetteerClasses::default();
        for sense in &surface.senses {
            classes.insert(sense.entity_type, Trust::Curated);
        }
        Self {
            classes,
            known: Known::Curated(position),
        }
    }
}

impl Sense {
    fn imported(place: RowPlace, row: &ImportedName<'_>) -> Self {
        Self {
            entity: EntityPlace::Imported(place),
            entity_type: row.entity_type,
            canonical: row.is_canonical(),
            level: (row.entity_type == EntityType::Location).then(|| level_of_name(row.text)),
        }
    }
}

/// Merges curated and imported spellings, both sorted.
fn number(curated: &[Surface], imported: &[(RowPlace, ImportedName<'_>)]) -> Vec<Spelling> {
    let mut spellings = Vec::with_capacity(curated.len() + imported.len());
    let mut surfaces = (0u32..).zip(curated).peekable();
    let mut end = 0;
    for rows in imported.chunk_by(|(_, name), (_, other)| name.text == other.text) {
        let text = rows[0].1.text;
        let start = end;
        end += rows.len() as u32;
        while let Some(surface) = surfaces.next_if(|(_, surface)| surface.text.as_str() < text) {
            spellings.push(Spelling::curated(surface));
        }
        let mut spelling = match surfaces.next_if(|(_, surface)| surface.text == text) {
            Some(surface) => Spelling::curated(surface),
            None => Spelling {
                classes: GazetteerClasses::default(),
                known: Known::Imported(start..end),
            },
        };
        for (_, name) in rows {
            spelling.classes.insert(name.entity_type, name.trust);
        }
        spellings.push(spelling);
    }
    spellings.extend(surfaces.map(Spelling::curated));
    spellings
}

/// The spellings of `entities`, sorted; their senses name them by position.
pub(super) fn curated_surfaces(entities: &[&Entity]) -> Vec<Surface> {
    let mut spellings: BTreeMap<String, Vec<Sense>> = BTreeMap::new();
    let mut folded: BTreeMap<String, Vec<Sense>> = BTreeMap::new();
    let levels = levels(entities);
    for (index, entity) in entities.iter().enumerate() {
        let level = levels[index];
        for (position, name) in entity.names().enumerate() {
            if is_general_term(name) {
                continue;
            }
            let canonical = position == 0;
            let sense = Sense {
                entity: EntityPlace::Curated(index),
                entity_type: entity.entity_type,
                canonical,
                level,
            };
            add(&mut spellings, name.into(), sense);
            for variant in case_variants(name) {
                add(&mut folded, variant, sense);
            }
        }
    }
    for (name, place) in local_government::places(entities) {
        let level = levels[place];
        let sense = Sense {
            entity: EntityPlace::Curated(place),
            entity_type: EntityType::Location,
            canonical: false,
            level,
        };
        add(&mut spellings, name.into(), sense);
    }
    // A spelling that is given beats one that only comes about by folding.
    for (text, senses) in folded {
        spellings.entry(text).or_insert(senses);
    }
    spellings
        .into_iter()
        .map(|(text, senses)| Surface::new(text, senses))
        .collect()
}

/// An entity that has a spelling twice has it once, as the name if it is that.
fn add(spellings: &mut BTreeMap<String, Vec<Sense>>, text: String, sense: Sense) {
    let senses = spellings.entry(text).or_default();
    if senses.iter().all(|known| known.entity != sense.entity) {
        senses.push(sense);
    }
}

fn case_variants(name: &str) -> impl Iterator<Item = String> {
    let letters = name.bytes().filter(u8::is_ascii_alphabetic).count();
    let folds = name.is_ascii() && letters >= MIN_FOLDED_LETTERS;
    let variants = folds.then(|| [name.to_ascii_uppercase(), name.to_ascii_lowercase()]);
    variants.into_iter().flatten()
}
