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

/// P
pub fn merge_names(names: Vec<Candidate>, model: Vec<Candidate>) -> Vec<Candidate> {
    let policy = std::env::var("POLICY").unwrap_or_default();
    let number = |name: &str, default: f32| {
        std::env::var(name)
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let overlaps = |a: &Candidate, b: &Candidate| a.range.start < b.range.end && b.range.start < a.range.end;
    match policy.as_str() {
        "dict" => names,
        "model" => model,
        "longest" => {
            let mut all = names;
            all.extend(model);
            resolve(all)
        }
        _ => {
            let alone = number("ALONE", 0.9);
            let bonus = number("BONUS", 0.0);
            let least = number("LEAST", 0.0);
            let mut chosen = Vec::new();
            let mut model: Vec<Candidate> = model.into_iter().filter(|m| m.confidence >= least).collect();
            for name in &names {
                if let Some(twin) = model
                    .iter_mut()
                    .find(|m| m.range == name.range && m.entity_type == name.entity_type)
                {
                    twin.link.clone_from(&name.link);
                    twin.layer = TaggerLayer::Dictionary;
                    twin.confidence = twin.confidence.max(name.confidence);
                    continue;
                }
                let against: Vec<&Candidate> = model.iter().filter(|m| overlaps(m, name)).collect();
                if against.is_empty() {
                    if name.confidence >= alone {
                        chosen.push(name.clone());
                    }
                } else if against.iter().all(|m| m.confidence < name.confidence + bonus) {
                    chosen.push(name.clone());
                    model.retain(|m| !overlaps(m, name));
                }
            }
            chosen.extend(model);
            chosen.sort_by_key(|c| c.range.start);
            chosen
        }
    }
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
