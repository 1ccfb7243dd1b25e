//! Explains mentions: what each layer proposed, and why the mentions came out as they are.
//!
//! The same code tags with and without an explanation; a [`Witness`] writes down what the layers propose.

mod decision;

use gisa_article_model::{
    EntityLink, Explanation, Mention, MentionExplanation, OffsetMap, Proposal, TaggerLayer, TextField,
    TextRange,
};

use crate::dictionary::Dictionary;
use crate::resolver::Candidate;
use crate::tagger::{TaggedText, Tagger, TextToTag};
use decision::decide;

/// Is told what the layers propose while a text is tagged. `()` does not listen, so that tagging alone costs no more.
pub(crate) trait Witness {
    /// A layer proposes these candidates for a field.
    fn propose(&mut self, field: TextField, candidates: &[Candidate]);
}

impl Witness for () {
    fn propose(&mut self, _: TextField, _: &[Candidate]) {}
}

/// All that was proposed.
#[derive(Debug, Default)]
struct Record(Vec<(TextField, Candidate)>);

impl Witness for Record {
    fn propose(&mut self, field: TextField, candidates: &[Candidate]) {
        let candidates = candidates.iter().cloned();
        self.0.extend(candidates.map(|candidate| (field, candidate)));
    }
}

impl Tagger {
    /// Tags a text like [`Tagger::tag`], and says where each mention comes from. Takes longer.
    pub fn explain(&self, text: &TextToTag<'_>) -> (TaggedText, Explanation) {
        let mut record = Record::default();
        let tagged = self.tag_witnessed(text, &mut record);
        let explanation = explain(proposals(record, text, self.dictionary()), &tagged.mentions);
        (tagged, explanation)
    }
}

/// The candidates as proposals: by field, then by start, then by layer.
fn proposals(record: Record, text: &TextToTag<'_>, dictionary: &Dictionary) -> Vec<Proposal> {
    let fields = text
        .fields()
        .map(|(field, text)| (field, text, OffsetMap::new(text)));
    let proposal = |(field, candidate): (TextField, Candidate)| {
        let (_, text, offsets) = fields.iter().find(|(known, ..)| *known == field)?;
        let span = offsets.span(text, candidate.range.start, candidate.range.end)?;
        Some(Proposal {
            layer: candidate.layer,
            range: TextRange { field, span },
            entity_type: candidate.entity_type,
            confidence: candidate.confidence,
            detail: detail(dictionary, &candidate, &text[candidate.range.clone()]),
        })
    };
    let mut proposals: Vec<Proposal> = record.0.into_iter().filter_map(proposal).collect();
    proposals.sort_by_key(|proposal| {
        (
            proposal.range.field,
            proposal.range.span.start_byte,
            proposal.layer,
        )
    });
    proposals
}

/// Gives each mention the proposals that it shares characters with. Both are sorted by field, then by start; mentions do
/// not overlap.
fn explain(proposals: Vec<Proposal>, mentions: &[Mention]) -> Explanation {
    let mut by_mention: Vec<Vec<Proposal>> = vec![Vec::new(); mentions.len()];
    let mut rejected = Vec::new();
    for proposal in proposals {
        let TextRange { field, span } = proposal.range;
        let first = mentions
            .partition_point(|mention| (mention.field, mention.span.end_byte) <= (field, span.start_byte));
        let touched = mentions[first..]
            .iter()
            .take_while(|mention| mention.field == field && mention.span.start_byte < span.end_byte)
            .count();
        if touched == 0 {
            rejected.push(proposal);
            continue;
        }
        for list in &mut by_mention[first..first + touched] {
            list.push(proposal.clone());
        }
    }
    let explanation = |((number, mention), mut proposals): ((u32, &Mention), Vec<Proposal>)| {
        // Keeps the order by start within a layer.
        proposals.sort_by_key(|proposal| proposal.layer);
        MentionExplanation {
            mention: number,
            decision: decide(mention, &proposals),
            proposals,
        }
    };
    Explanation {
        mentions: (0..).zip(mentions).zip(by_mention).map(explanation).collect(),
        rejected,
    }
}

/// What a layer goes by.
fn detail(dictionary: &Dictionary, candidate: &Candidate, surface: &str) -> String {
    match (candidate.layer, &candidate.link, &candidate.value) {
        (TaggerLayer::Grammar, _, Some(value)) => value.to_string(),
        (TaggerLayer::Dictionary, Some(link), _) => entry(dictionary, link, surface),
        (TaggerLayer::Document, Some(link), _) => match &link.entity_id {
            Some(id) => format!("known in the text as {id}"),
            None => "known in the text".to_owned(),
        },
        _ => String::new(),
    }
}

/// The entity of a link and the spelling that it was found by, or the entities that could not be told apart.
fn entry(dictionary: &Dictionary, link: &EntityLink, surface: &str) -> String {
    let Some(id) = &link.entity_id else {
        let candidates: Vec<&str> = link.candidates.iter().map(|c| c.entity_id.as_str()).collect();
        return format!("one of {}", candidates.join(", "));
    };
    // A name may be joined with what stands around it (갤럭시 S25), so the spelling is a part of the surface.
    let spelling = dictionary.entity(id).and_then(|entity| {
        let spelling = entity
            .names()
            .filter(|name| surface.contains(name))
            .max_by_key(|name| name.len())?;
        let kind = if spelling == entity.name { "name" } else { "alias" };
        Some(format!(" via {kind} {spelling}"))
    });
    format!("{id}{}", spelling.unwrap_or_default())
}

#[cfg(test)]
mod tests;
