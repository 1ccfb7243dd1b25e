//! Where names of any trust stand in a text, as evidence for a model: without the decisions that turn names into mentions.

use std::ops::Range;

use gisa_article_model::EntityType;

use super::Trust;

/// The types that a name may have, a bit each.
const TYPES: [EntityType; 5] = [
    EntityType::Person,
    EntityType::Organization,
    EntityType::Location,
    EntityType::Product,
    EntityType::Event,
];

/// What a spelling may be: pairs of type and trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GazetteerClasses(u16);

impl GazetteerClasses {
    /// How many pairs there are, and so how many bits [`GazetteerClasses::bits`] uses.
    pub const COUNT: usize = TYPES.len() * Trust::ALL.len();

    /// Adds a type of name, known with this trust. Expressions (dates, amounts) are not names and add nothing.
    pub(super) fn insert(&mut self, entity_type: EntityType, trust: Trust) {
        self.0 |= bit(entity_type, trust);
    }

    /// Whether the spelling is known with this type and trust.
    pub fn contains(self, entity_type: EntityType, trust: Trust) -> bool {
        self.0 & bit(entity_type, trust) != 0
    }

    /// One bit for each pair: bit `5 * trust + type`, with trust in the order of [`Trust::ALL`] and types in that of
    /// PERSON, ORGANIZATION, LOCATION, PRODUCT, EVENT.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Whether the spelling may be proposed as a mention.
    pub(super) fn proposes(self) -> bool {
        self.0 >> (Trust::Strong as usize * TYPES.len()) != 0
    }

    /// The types that the spelling is known with, whatever the trust.
    pub fn types(self) -> impl Iterator<Item = EntityType> {
        TYPES.into_iter().filter(move |&entity_type| {
            Trust::ALL
                .into_iter()
                .any(|trust| self.contains(entity_type, trust))
        })
    }
}

fn bit(entity_type: EntityType, trust: Trust) -> u16 {
    let position = TYPES.iter().position(|&known| known == entity_type);
    position.map_or(0, |position| 1 << (trust as usize * TYPES.len() + position))
}

/// A spelling of the dictionary in a text, where a name of one of its types may begin and end by word boundaries,
/// particles and suffixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GazetteerHit {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What the spelling may be.
    pub classes: GazetteerClasses,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_spellings_propose_nothing() {
        let mut classes = GazetteerClasses::default();
        assert!(!classes.proposes());
        classes.insert(EntityType::Event, Trust::Weak);
        assert!(!classes.proposes());
        let mut strong = classes;
        strong.insert(EntityType::Person, Trust::Strong);
        classes.insert(EntityType::Person, Trust::Curated);
        assert!(strong.proposes() && classes.proposes());
    }

    #[test]
    fn each_pair_has_a_bit_of_its_own() {
        let mut all = GazetteerClasses::default();
        for trust in Trust::ALL {
            for entity_type in TYPES {
                assert!(!all.contains(entity_type, trust));
                all.insert(entity_type, trust);
                assert!(all.contains(entity_type, trust));
            }
        }
        assert_eq!(all.bits().count_ones() as usize, GazetteerClasses::COUNT);
        let mut none = GazetteerClasses::default();
        none.insert(EntityType::Date, Trust::Curated);
        assert_eq!(none, GazetteerClasses::default());
        all.insert(EntityType::Date, Trust::Curated);
        assert_eq!(all.types().count(), TYPES.len());
    }
}
