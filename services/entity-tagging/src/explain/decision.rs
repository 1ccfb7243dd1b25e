//! Why a mention prevailed.

use gisa_article_model::{Decision, Mention, Proposal, Span};

/// What speaks for a mention against `proposals`, which are all that share characters with it.
pub(super) fn decide(mention: &Mention, proposals: &[Proposal]) -> Decision {
    let is_chosen = |proposal: &&Proposal| {
        proposal.range.span == mention.span && proposal.entity_type == mention.entity_type
    };
    let (chosen, others): (Vec<&Proposal>, Vec<&Proposal>) = proposals.iter().partition(is_chosen);
    let Some(first) = chosen.first() else {
        return Decision::Revised;
    };
    if others.is_empty() {
        let alone = chosen.iter().all(|proposal| proposal.layer == first.layer);
        return if alone {
            Decision::Unopposed
        } else {
            Decision::Agreed
        };
    }
    let confidence = chosen
        .iter()
        .map(|proposal| proposal.confidence)
        .fold(0.0, f32::max);
    if others
        .iter()
        .all(|other| length(other.range.span) < length(mention.span))
    {
        Decision::Longer
    } else if others.iter().all(|other| other.confidence < confidence) {
        Decision::Surer
    } else {
        Decision::Precedence
    }
}

fn length(span: Span) -> u32 {
    span.end_byte - span.start_byte
}
