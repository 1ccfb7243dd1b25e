//! When a found relation is the same as a fact of the gold.
//!
//! They are when the type is equal, the evidence overlaps by more than half of the shorter, and the main participants
//! agree:
//! * where the gold names an agent, one of its agents is an agent of the relation;
//! * where the gold names an object, partner, amount or quotation, one of them is one of the relation's;
//! * the parties of a PARTNERSHIP are equal: agents and partners count as both.
//!
//! Two surfaces agree when one contains the other, quotes, brackets and spaces aside; a single letter has to be equal.

use std::ops::Range;

use gisa_article_model::{ArgumentRole, Relation, RelationType};

/// A fact of the gold.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What happened.
    pub relation_type: RelationType,
    /// Who and what takes part: role and surface.
    pub participants: Vec<(ArgumentRole, String)>,
    /// Where the body says so, in bytes.
    pub evidence: Range<usize>,
}

/// Roles that are main participants beside the agent.
const MAIN_ROLES: [ArgumentRole; 4] = [
    ArgumentRole::Object,
    ArgumentRole::Partner,
    ArgumentRole::Amount,
    ArgumentRole::Quotation,
];

impl Fact {
    /// Whether `relation` is this fact.
    pub fn is(&self, relation: &Relation) -> bool {
        let found = relation.evidence.span;
        let found = found.start_byte as usize..found.end_byte as usize;
        self.relation_type == relation.relation_type
            && overlaps_mostly(&self.evidence, &found)
            && self.agree(relation, self.agent_roles())
            && self.agree(relation, &MAIN_ROLES)
    }

    fn agent_roles(&self) -> &'static [ArgumentRole] {
        match self.relation_type {
            RelationType::Partnership => &[ArgumentRole::Agent, ArgumentRole::Partner],
            _ => &[ArgumentRole::Agent],
        }
    }

    fn agree(&self, relation: &Relation, roles: &[ArgumentRole]) -> bool {
        let mut wanted = self
            .participants
            .iter()
            .filter(|(role, _)| roles.contains(role))
            .peekable();
        wanted.peek().is_none()
            || wanted.any(|(_, surface)| {
                relation.arguments.iter().any(|argument| {
                    roles.contains(&argument.role) && surfaces_agree(surface, &argument.surface)
                })
            })
    }
}

fn overlaps_mostly(a: &Range<usize>, b: &Range<usize>) -> bool {
    let common = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    2 * common > a.len().min(b.len())
}

fn surfaces_agree(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|surface| {
        surface
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect::<String>()
    });
    if a.chars().count().min(b.chars().count()) < 2 {
        return a == b;
    }
    a.contains(&b) || b.contains(&a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surfaces() {
        for (a, b, expected) in [
            ("'달나라'", "달나라", true),
            ("새 앱 달 나라", "달나라", true),
            ("별빛", "달빛", false),
            ("나", "나하늘", false),
            ("나", "나", true),
        ] {
            assert_eq!(surfaces_agree(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn evidence_overlaps_by_half_of_the_shorter() {
        assert!(overlaps_mostly(&(0..100), &(40..60)));
        assert!(overlaps_mostly(&(0..10), &(4..20)));
        assert!(!overlaps_mostly(&(0..10), &(5..20)));
        assert!(!overlaps_mostly(&(0..10), &(20..30)));
    }
}
