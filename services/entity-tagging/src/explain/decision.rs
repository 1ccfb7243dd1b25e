//! Why a mention prevailed, by the rules of the resolver.

use gisa_article_model::{Decision, Mention, Proposal, Span, TaggerLayer};

/// What speaks for a mention against `proposals`, which are all that share characters with it.
pub(super) fn decide(mention: &Mention, proposals: &[Proposal]) -> Decision {
    let is_chosen = |proposal: &&Proposal| {
        proposal.range.span == mention.span && proposal.entity_type == mention.entity_type
    };
    let (chosen, others): (Vec<&Proposal>, Vec<&Proposal>) = proposals.iter().partition(is_chosen);
    let Some(first) = chosen.first() else {
        return Decision::Revised;
    };
    let agreed = chosen.iter().any(|proposal| proposal.layer != first.layer);
    if others.is_empty() {
        return if agreed {
            Decision::Agreed
        } else {
            Decision::Unopposed
        };
    }
    if others.iter().chain([first]).all(|proposal| is_weighed(proposal)) {
        let best = chosen.iter().map(|proposal| proposal.confidence);
        let best = best.fold(0.0, f32::max);
        if others.iter().all(|other| other.confidence < best) {
            return Decision::Surer;
        }
    } else if others
        .iter()
        .all(|other| length(other.range.span) < length(mention.span))
    {
        return Decision::Longer;
    }
    Decision::Precedence
}

/// Whether the resolver compares confidences: dictionary and model are weighed against each other, all others by length.
fn is_weighed(proposal: &Proposal) -> bool {
    matches!(proposal.layer, TaggerLayer::Dictionary | TaggerLayer::Model)
}

fn length(span: Span) -> u32 {
    span.end_byte - span.start_byte
}
