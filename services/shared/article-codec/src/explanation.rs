//! Explanations. They only go out: no service reads one.

use gisa_article_model::{Decision, Explanation, MentionExplanation, Proposal};
use gisa_proto::tagging::v1 as proto;

use crate::mention::{encode_entity_type, encode_field, encode_layer, encode_span};

/// An explanation as protobuf.
pub fn encode_explanation(explanation: &Explanation) -> proto::Explanation {
    proto::Explanation {
        mentions: explanation.mentions.iter().map(encode_mention).collect(),
        rejected: explanation.rejected.iter().map(encode_proposal).collect(),
    }
}

fn encode_mention(explanation: &MentionExplanation) -> proto::MentionExplanation {
    proto::MentionExplanation {
        mention: explanation.mention,
        proposals: explanation.proposals.iter().map(encode_proposal).collect(),
        decision: encode_decision(explanation.decision).into(),
    }
}

fn encode_proposal(proposal: &Proposal) -> proto::Proposal {
    proto::Proposal {
        layer: encode_layer(proposal.layer).into(),
        field: encode_field(proposal.range.field).into(),
        span: Some(encode_span(proposal.range.span)),
        r#type: encode_entity_type(proposal.entity_type).into(),
        confidence: proposal.confidence,
        detail: proposal.detail.clone(),
    }
}

fn encode_decision(decision: Decision) -> proto::Decision {
    match decision {
        Decision::Unopposed => proto::Decision::Unopposed,
        Decision::Agreed => proto::Decision::Agreed,
        Decision::Longer => proto::Decision::Longer,
        Decision::Surer => proto::Decision::Surer,
        Decision::Precedence => proto::Decision::Precedence,
        Decision::Revised => proto::Decision::Revised,
    }
}
