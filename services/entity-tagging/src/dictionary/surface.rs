//! Spellings of the dictionary and what each of them may stand for.

use std::collections::BTreeMap;

use gisa_article_model::EntityType;

use super::everyday_words::is_everyday_word;
use super::location_chain::{Level, levels};
use super::{Entity, is_general_term, local_government};

/// Latin spellings with fewer letters than this are not folded: short ones are too often other words.
const MIN_FOLDED_LETTERS: usize = 4;

/// Spellings of up to this many characters are short.
const SHORT: usize = 2;

/// A spelling.
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Sense {
    /// Position in the dictionary's entities.
    pub(super) entity: usize,
    pub(super) entity_type: EntityType,
    /// The spelling is the entity's name, not an alias.
    pub(super) canonical: bool,
    /// How narrow a place it is; `None` unless it is one.
    pub(super) level: Option<Level>,
}

/// All spellings, numbered.
#[derive(Debug)]
pub(super) struct SurfaceTable(Vec<Surface>);

impl SurfaceTable {
    pub(super) fn new(entities: &[Entity]) -> Self {
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
                    entity: index,
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
                entity: place,
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
        Self(
            spellings
                .into_iter()
                .map(|(text, senses)| Surface::new(text, senses))
                .collect(),
        )
    }

    pub(super) fn get(&self, number: u32) -> &Surface {
        &self.0[number as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Surface> {
        self.0.iter()
    }
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
