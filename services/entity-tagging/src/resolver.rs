//! The resolver: merges what the layers found in one field into mentions that do not overlap.
//!
//! Order of precedence where two candidates overlap:
//! 1. The longer one wins, whatever the layers: a name over the expression in it (갤럭시 S25, CES 2025, 2024 파리
//!    올림픽), an expression over the name in it.
//! 2. Of two equally long ones the layer decides: dictionary, document, grammar, model. What a person has entered beats
//!    what was inferred, and rules beat statistics.
//! 3. Then the one that starts first.

use std::collections::BTreeMap;
use std::ops::Range;

use gisa_article_model::{EntityLink, EntityType, NormalizedValue, TaggerLayer};

/// A mention that a layer proposes, in bytes of its field.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Bytes of the field.
    pub range: Range<usize>,
    /// What kind of expression it is.
    pub entity_type: EntityType,
    /// Normalised value of an expression.
    pub value: Option<NormalizedValue>,
    /// Link of a name to the dictionary.
    pub link: Option<EntityLink>,
    /// How likely range and type are right, 0 to 1.
    pub confidence: f32,
    /// Which layer proposes it.
    pub layer: TaggerLayer,
}

impl Candidate {
    /// Whether it stands for an entity of the dictionary.
    pub fn is_linked(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.entity_id.is_some())
    }
}

/// Chooses the mentions of a field: sorted by start, not overlapping. Takes O(n log n).
pub fn resolve(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.retain(|candidate| !candidate.range.is_empty());
    candidates.sort_by(|a, b| {
        let length = b.range.len().cmp(&a.range.len());
        length
            .then(priority(a.layer).cmp(&priority(b.layer)))
            .then(a.range.start.cmp(&b.range.start))
    });
    let mut chosen: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        // The chosen ones do not overlap: only the last that starts before the end can reach into this one.
        let nearest = chosen.range(..candidate.range.end).next_back();
        if nearest.is_none_or(|(_, earlier)| earlier.range.end <= candidate.range.start) {
            chosen.insert(candidate.range.start, candidate);
        }
    }
    chosen.into_values().collect()
}

/// A name that only the dictionary proposes, and no model's mention touches, is one from this confidence.
const ALONE: f32 = 0.9;
/// Where dictionary and model differ, the dictionary's confidence has to be higher by this: a name that stands in the
/// dictionary is often part of one that does not.
const LEAD: f32 = 0.3;
/// A name that only the model finds is one from this confidence. Higher than one half, because the sentences it was
/// calibrated on hold more names than articles do.
const LEAST: f32 = 0.6;
/// A name that the model finds around a name of the dictionary of its type (안성시 in 경기 안성시 서운면) is one from this.
const LEAST_AROUND_KNOWN: f32 = 0.4;

/// Makes one list of the names that the dictionary proposes and those that the model finds in a field. Both lists are
/// sorted and free of overlaps, and so is the result.
///
/// * Where both agree on range and type, the mention has the dictionary's link and the higher confidence.
/// * Around a known name of its type the model's longer name wins.
/// * Where they differ otherwise, the dictionary's name needs a lead.
/// * What only one of them says needs a confidence of its own.
pub fn merge_names(known: Vec<Candidate>, modelled: Vec<Candidate>) -> Vec<Candidate> {
    let is_around = |longer: &Candidate, name: &Candidate| {
        longer.entity_type == name.entity_type
            && longer.range.start <= name.range.start
            && name.range.end <= longer.range.end
    };
    let is_around_known = |longer: &Candidate| {
        let first = known.partition_point(|name| name.range.end <= longer.range.start);
        known.get(first).is_some_and(|name| is_around(longer, name))
    };
    let is_likely = |name: &Candidate| {
        name.confidence >= LEAST || name.confidence >= LEAST_AROUND_KNOWN && is_around_known(name)
    };
    let modelled: Vec<Candidate> = modelled.into_iter().filter(is_likely).collect();
    let mut keeps = vec![true; modelled.len()];
    let mut merged = Vec::with_capacity(known.len() + modelled.len());
    for mut name in known {
        let first = modelled.partition_point(|other| other.range.end <= name.range.start);
        let last = modelled.partition_point(|other| other.range.start < name.range.end);
        let touching = &modelled[first..last.max(first)];
        if touching.is_empty() {
            if name.confidence >= ALONE {
                merged.push(name);
            }
            continue;
        }
        let wins = match touching {
            [other] if is_around(other, &name) => other.range == name.range,
            _ => touching
                .iter()
                .all(|other| other.confidence + LEAD <= name.confidence),
        };
        if !wins {
            continue;
        }
        keeps[first..last].fill(false);
        if let [twin] = touching {
            let agrees = twin.range == name.range && twin.entity_type == name.entity_type;
            name.confidence = if agrees {
                name.confidence.max(twin.confidence)
            } else {
                name.confidence
            };
        }
        merged.push(name);
    }
    let kept = modelled.into_iter().zip(keeps).filter(|(_, keep)| *keep);
    merged.extend(kept.map(|(name, _)| name));
    merged.sort_by_key(|name| name.range.start);
    merged
}

fn priority(layer: TaggerLayer) -> u8 {
    match layer {
        TaggerLayer::Dictionary => 0,
        TaggerLayer::Document => 1,
        TaggerLayer::Grammar => 2,
        TaggerLayer::Model => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_dictionary_and_model() {
        use EntityType::{Organization, Product};
        let named = |range: Range<usize>, entity_type, confidence, layer| Candidate {
            entity_type,
            confidence,
            ..candidate(range, layer)
        };
        let known = |range, confidence| named(range, Organization, confidence, TaggerLayer::Dictionary);
        let model =
            |range, entity_type, confidence| named(range, entity_type, confidence, TaggerLayer::Model);
        let merged = |known: &[Candidate], modelled: &[Candidate]| -> Vec<(Range<usize>, TaggerLayer, f32)> {
            let merged = merge_names(known.to_vec(), modelled.to_vec()).into_iter();
            merged
                .map(|name| (name.range, name.layer, name.confidence))
                .collect()
        };
        let (dictionary, by_model) = (TaggerLayer::Dictionary, TaggerLayer::Model);
        // Agreement.
        let found = merged(&[known(0..6, 0.8)], &[model(0..6, Organization, 0.95)]);
        assert_eq!(found, [(0..6, dictionary, 0.95)]);
        // The longer name of the same type.
        let found = merged(&[known(0..6, 0.97)], &[model(0..12, Organization, 0.5)]);
        assert_eq!(found, [(0..12, by_model, 0.5)]);
        // Another type.
        let found = merged(&[known(0..6, 0.97)], &[model(0..6, Product, 0.62)]);
        assert_eq!(found, [(0..6, dictionary, 0.97)]);
        let found = merged(&[known(0..6, 0.85)], &[model(0..6, Product, 0.62)]);
        assert_eq!(found, [(0..6, by_model, 0.62)]);
        // One of them alone.
        assert_eq!(merged(&[known(0..6, 0.8)], &[]), []);
        assert_eq!(merged(&[known(0..6, 0.9)], &[]), [(0..6, dictionary, 0.9)]);
        assert_eq!(merged(&[], &[model(0..6, Product, 0.5)]), []);
        let found = merged(&[known(20..26, 0.9)], &[model(0..6, Product, 0.7)]);
        assert_eq!(found, [(0..6, by_model, 0.7), (20..26, dictionary, 0.9)]);
    }

    proptest! {
        #[test]
        fn merged_names_do_not_overlap(
            known in names(TaggerLayer::Dictionary),
            modelled in names(TaggerLayer::Model),
        ) {
            let merged = merge_names(known, modelled);
            for pair in merged.windows(2) {
                prop_assert!(pair[0].range.end <= pair[1].range.start);
            }
        }
    }

    /// Sorted names that do not overlap.
    fn names(layer: TaggerLayer) -> impl Strategy<Value = Vec<Candidate>> {
        prop::collection::vec((0usize..4, 1usize..6, 0.0f32..1.0), 0..12).prop_map(move |parts| {
            let mut at = 0;
            let name = |(gap, length, confidence): (usize, usize, f32)| {
                let start = at + gap;
                at = start + length;
                Candidate {
                    confidence,
                    ..candidate(start..at, layer)
                }
            };
            parts.into_iter().map(name).collect()
        })
    }

    fn candidate(range: Range<usize>, layer: TaggerLayer) -> Candidate {
        Candidate {
            range,
            entity_type: EntityType::Event,
            value: None,
            link: None,
            confidence: 1.0,
            layer,
        }
    }

    type Place = (Range<usize>, TaggerLayer);

    fn resolved(candidates: &[Place]) -> Vec<Place> {
        let candidates = candidates
            .iter()
            .map(|(range, layer)| candidate(range.clone(), *layer))
            .collect();
        resolve(candidates)
            .into_iter()
            .map(|chosen| (chosen.range, chosen.layer))
            .collect()
    }

    #[test]
    fn precedence() {
        use TaggerLayer::{Dictionary, Document, Grammar, Model};
        let cases: &[(&[Place], &[Place])] = &[
            (&[], &[]),
            (&[(5..5, Dictionary)], &[]),
            (&[(4..8, Grammar), (0..8, Dictionary)], &[(0..8, Dictionary)]),
            (&[(0..8, Grammar), (4..8, Dictionary)], &[(0..8, Grammar)]),
            (
                &[
                    (0..4, Model),
                    (0..4, Grammar),
                    (0..4, Document),
                    (0..4, Dictionary),
                ],
                &[(0..4, Dictionary)],
            ),
            (
                &[(0..4, Model), (0..4, Grammar), (0..4, Document)],
                &[(0..4, Document)],
            ),
            (&[(0..4, Model), (0..4, Grammar)], &[(0..4, Grammar)]),
            (&[(2..6, Dictionary), (0..4, Dictionary)], &[(0..4, Dictionary)]),
            (&[(0..4, Dictionary), (2..7, Model)], &[(2..7, Model)]),
            (
                &[(6..9, Grammar), (0..3, Dictionary), (3..6, Model)],
                &[(0..3, Dictionary), (3..6, Model), (6..9, Grammar)],
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(resolved(given), *expected, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_free_is_lost(ranges in prop::collection::vec((0usize..60, 0usize..12), 0..40)) {
            let given: Vec<_> = ranges.iter().map(|&(start, length)| start..start + length).collect();
            let candidates = given.iter().map(|range| candidate(range.clone(), TaggerLayer::Model)).collect();
            let chosen = resolve(candidates);
            prop_assert!(chosen.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
            for range in given.iter().filter(|range| !range.is_empty()) {
                let covered = |c: &Candidate| c.range.start < range.end && range.start < c.range.end;
                prop_assert!(chosen.iter().any(covered));
            }
        }
    }
}
