//! Where mentions come from, for people.

use gisa_article_model::{Explanation, Mention, Proposal, TextField};

use super::{
    FAINT,
    analysis::{one_line, write_part},
    style_of, styled,
};
use crate::{failure::Failure, output::Output};

/// Writes, for each mention, what decided and what the layers proposed; then the proposals that led to no mention.
pub(crate) fn write_explanation(
    output: &mut Output,
    texts: [(TextField, &str); 3],
    mentions: &[Mention],
    explanation: &Explanation,
) -> Result<(), Failure> {
    let explained = mentions.iter().zip(&explanation.mentions);
    let lines = explained.flat_map(|(mention, explained)| {
        let style = style_of(mention.entity_type);
        let surface = one_line(&mention.surface);
        let decision = styled(FAINT, explained.decision.as_str());
        let headline = format!("{style}{surface}{style:#}  {decision}");
        let proposals = explained
            .proposals
            .iter()
            .map(|proposal| proposal_line(&texts, proposal));
        std::iter::once(headline).chain(proposals).collect::<Vec<_>>()
    });
    write_part(output, "explanation", lines.collect())?;
    let rejected = explanation
        .rejected
        .iter()
        .map(|proposal| proposal_line(&texts, proposal));
    write_part(output, "rejected", rejected.collect())
}

/// `  dictionary  0.90  ORGANIZATION 해오름전자 (body 0..5)  org:haeoreum via name 해오름전자`.
fn proposal_line(texts: &[(TextField, &str); 3], proposal: &Proposal) -> String {
    let range = proposal.range;
    let text = texts.iter().find(|(field, _)| *field == range.field);
    let surface = text.and_then(|(_, text)| range.span.slice(text)).unwrap_or("");
    let place = format!(
        "({} {}..{})",
        range.field.as_str(),
        range.span.start_code_point,
        range.span.end_code_point
    );
    let line = format!(
        "  {:10}  {:.2}  {} {} {}  {}",
        proposal.layer.as_str(),
        proposal.confidence,
        proposal.entity_type.as_str(),
        one_line(surface),
        styled(FAINT, &place),
        one_line(&proposal.detail)
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gisa_article_model::{EntityType, OffsetMap, TaggerLayer, TextRange};

    #[test]
    fn a_proposal_shows_its_text_and_what_its_layer_goes_by() {
        let body = "해오름\n전자가";
        let span = OffsetMap::new(body).span(body, 0, "해오름\n전자".len()).unwrap();
        let mut proposal = Proposal {
            layer: TaggerLayer::Model,
            range: TextRange {
                field: TextField::Body,
                span,
            },
            entity_type: EntityType::Organization,
            confidence: 0.7,
            detail: String::new(),
        };
        let texts = [
            (TextField::Title, ""),
            (TextField::Subtitle, ""),
            (TextField::Body, body),
        ];
        let line =
            |proposal: &Proposal| anstream::adapter::strip_str(&proposal_line(&texts, proposal)).to_string();
        assert_eq!(
            line(&proposal),
            "  model       0.70  ORGANIZATION 해오름 전자 (body 0..6)"
        );
        proposal.detail = "org:haeoreum".into();
        assert!(line(&proposal).ends_with("(body 0..6)  org:haeoreum"));
    }
}
