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
/// Where dictionary and model differ, the dictionary's confidence has to be higher by this.
const LEAD: f32 = 0.1;
/// A name that only the model finds is one from this confidence.
const LEAST: f32 = 0.55;

fn tune(name: &str, default: f32) -> f32 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

/// Makes one list of the names that the dictionary proposes and those that the model finds in a field. Both lists are
/// sorted and free of overlaps, and so is the result.
///
/// Where both agree on range and type, the mention has the dictionary's link and the higher confidence. Where they
/// differ, the more confident one stays. What only one of them says needs a confidence of its own.
pub fn merge_names(known: Vec<Candidate>, modelled: Vec<Candidate>) -> Vec<Candidate> {
    let (alone, lead, least) = (tune("ALONE", ALONE), tune("LEAD", LEAD), tune("LEAST", LEAST));
    let mut modelled: Vec<Option<Candidate>> = modelled
        .into_iter()
        .filter(|name| name.confidence >= least)
        .map(Some)
        .collect();
    let ends: Vec<usize> = modelled.iter().flatten().map(|name| name.range.end).collect();
    let starts: Vec<usize> = modelled.iter().flatten().map(|name| name.range.start).collect();
    let mut merged = Vec::with_capacity(known.len() + modelled.len());
    for mut name in known {
        let first = ends.partition_point(|&end| end <= name.range.start);
        let last = starts.partition_point(|&start| start < name.range.end);
        let touching = &mut modelled[first..last.max(first)];
        let best = touching
            .iter()
            .flatten()
            .map(|other| other.confidence)
            .max_by(f32::total_cmp);
        let Some(best) = best else {
            if name.confidence >= alone {
                merged.push(name);
            }
            continue;
        };
        if let [Some(twin)] = touching
            && twin.range == name.range
            && twin.entity_type == name.entity_type
        {
            name.confidence = name.confidence.max(twin.confidence);
        } else if name.confidence < best + lead {
            continue;
        }
        touching.fill(None);
        merged.push(name);
    }
    merged.extend(modelled.into_iter().flatten());
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
