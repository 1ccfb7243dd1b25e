//! Where mentions come from.

use gisa_article_model::{Explanation, MentionExplanation, Proposal};
use serde::Serialize;

use super::analysis::RangeRecord;

/// What the layers proposed, and what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct ExplanationRecord<'a> {
    mentions: Vec<MentionExplanationRecord<'a>>,
    rejected: Vec<ProposalRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct MentionExplanationRecord<'a> {
    mention: u32,
    decision: &'static str,
    proposals: Vec<ProposalRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct ProposalRecord<'a> {
    layer: &'static str,
    #[serde(flatten)]
    range: RangeRecord,
    r#type: &'static str,
    confidence: f32,
    detail: &'a str,
}

impl<'a> ExplanationRecord<'a> {
    pub(crate) fn new(explanation: &'a Explanation) -> Self {
        Self {
            mentions: explanation
                .mentions
                .iter()
                .map(MentionExplanationRecord::new)
                .collect(),
            rejected: explanation.rejected.iter().map(ProposalRecord::new).collect(),
        }
    }
}

impl<'a> MentionExplanationRecord<'a> {
    fn new(explanation: &'a MentionExplanation) -> Self {
        Self {
            mention: explanation.mention,
            decision: explanation.decision.as_str(),
            proposals: explanation.proposals.iter().map(ProposalRecord::new).collect(),
        }
    }
}

impl<'a> ProposalRecord<'a> {
    fn new(proposal: &'a Proposal) -> Self {
        Self {
            layer: proposal.layer.as_str(),
            range: RangeRecord::new(proposal.range),
            r#type: proposal.entity_type.as_str(),
            confidence: proposal.confidence,
            detail: &proposal.detail,
        }
    }
}
