//! What becomes of proposals, on mentions made by hand.

use gisa_article_model::{Decision, EntityCandidate, EntityType, Span};

use super::*;

fn span(start: u32, end: u32) -> Span {
    Span {
        start_byte: start,
        end_byte: end,
        start_code_point: start,
        end_code_point: end,
        start_utf16: start,
        end_utf16: end,
    }
}

fn mention(field: TextField, start: u32, end: u32) -> Mention {
    Mention {
        field,
        span: span(start, end),
        surface: String::new(),
        entity_type: EntityType::Organization,
        value: None,
        link: None,
        confidence: 0.9,
        salience: 0.0,
        layer: TaggerLayer::Dictionary,
    }
}

fn proposal(layer: TaggerLayer, field: TextField, start: u32, end: u32, confidence: f32) -> Proposal {
    Proposal {
        layer,
        range: TextRange {
            field,
            span: span(start, end),
        },
        entity_type: EntityType::Organization,
        confidence,
        detail: String::new(),
    }
}

#[test]
fn decisions() {
    use TaggerLayer::{Dictionary, Document, Grammar, Model};
    let body = TextField::Body;
    let of_type = |entity_type, mut proposal: Proposal| {
        proposal.entity_type = entity_type;
        proposal
    };
    let chosen = proposal(Dictionary, body, 4, 8, 0.9);
    let cases = [
        (vec![chosen.clone()], Decision::Unopposed),
        (
            vec![chosen.clone(), proposal(Model, body, 4, 8, 0.5)],
            Decision::Agreed,
        ),
        (
            vec![chosen.clone(), proposal(Grammar, body, 5, 8, 0.97)],
            Decision::Longer,
        ),
        (
            vec![chosen.clone(), proposal(Model, body, 2, 9, 0.6)],
            Decision::Surer,
        ),
        (
            vec![
                chosen.clone(),
                of_type(EntityType::Product, proposal(Model, body, 4, 8, 0.6)),
            ],
            Decision::Surer,
        ),
        (
            vec![chosen.clone(), proposal(Model, body, 5, 7, 0.6)],
            Decision::Surer,
        ),
        (
            vec![chosen.clone(), proposal(Model, body, 5, 7, 0.95)],
            Decision::Precedence,
        ),
        (
            vec![chosen.clone(), proposal(Document, body, 2, 9, 0.95)],
            Decision::Precedence,
        ),
        (vec![proposal(Model, body, 4, 9, 0.9)], Decision::Revised),
        (vec![of_type(EntityType::Person, chosen)], Decision::Revised),
        (Vec::new(), Decision::Revised),
    ];
    for (proposals, expected) in cases {
        assert_eq!(
            decide(&mention(body, 4, 8), &proposals),
            expected,
            "{proposals:?}"
        );
    }
}

#[test]
fn proposals_go_to_all_mentions_they_touch_and_only_to_them() {
    use TaggerLayer::{Grammar, Model};
    use TextField::{Body, Title};
    let mentions = [mention(Title, 0, 3), mention(Body, 2, 4), mention(Body, 4, 8)];
    let proposals = vec![
        proposal(TaggerLayer::Dictionary, Title, 0, 3, 0.9),
        proposal(Model, Title, 3, 5, 0.4),
        proposal(Grammar, Body, 0, 2, 0.9),
        proposal(TaggerLayer::Dictionary, Body, 2, 4, 0.9),
        proposal(Model, Body, 3, 5, 0.9),
        proposal(Grammar, Body, 7, 9, 0.9),
        proposal(Model, Body, 8, 9, 0.9),
    ];
    let explanation = explain(proposals.clone(), &mentions);
    let of = |numbers: &[usize]| -> Vec<Proposal> {
        numbers.iter().map(|&number| proposals[number].clone()).collect()
    };
    let found: Vec<_> = explanation
        .mentions
        .into_iter()
        .map(|explained| (explained.mention, explained.proposals))
        .collect();
    assert_eq!(found, [(0, of(&[0])), (1, of(&[3, 4])), (2, of(&[5, 4]))]);
    assert_eq!(explanation.rejected, of(&[1, 2, 6]));
    assert_eq!(explain(Vec::new(), &[]), Explanation::default());
}

#[test]
fn details_name_the_entry_of_the_dictionary() {
    let file = "id\ttype\tname\taliases\texternal_ids\n\
                org:haeoreum\tORGANIZATION\t해오름전자\t해오름|HAEOREUM\t\n";
    let entities = Dictionary::read_tsv(file, "test").unwrap();
    let dictionary = Dictionary::from_entities(entities).unwrap();
    let candidate = |layer, entity_id: Option<&str>| Candidate {
        range: 0..1,
        entity_type: EntityType::Organization,
        value: None,
        link: Some(EntityLink {
            entity_id: entity_id.map(str::to_owned),
            candidates: ["org:haeoreum", "loc:haeoreum"]
                .map(|id| EntityCandidate {
                    entity_id: id.to_owned(),
                    score: 0.5,
                })
                .to_vec(),
        }),
        confidence: 0.9,
        layer,
    };
    let known = Some("org:haeoreum");
    let cases = [
        (
            TaggerLayer::Dictionary,
            known,
            "해오름전자",
            "org:haeoreum via name 해오름전자",
        ),
        (
            TaggerLayer::Dictionary,
            known,
            "해오름 연구소",
            "org:haeoreum via alias 해오름",
        ),
        (TaggerLayer::Dictionary, known, "다른 이름", "org:haeoreum"),
        (
            TaggerLayer::Dictionary,
            Some("loc:elsewhere"),
            "해오름",
            "loc:elsewhere",
        ),
        (
            TaggerLayer::Dictionary,
            None,
            "해오름",
            "one of org:haeoreum, loc:haeoreum",
        ),
        (
            TaggerLayer::Document,
            known,
            "해오름",
            "known in the text as org:haeoreum",
        ),
        (TaggerLayer::Document, None, "해오름", "known in the text"),
        (TaggerLayer::Model, None, "해오름", ""),
    ];
    for (layer, entity_id, surface, expected) in cases {
        assert_eq!(
            detail(&dictionary, &candidate(layer, entity_id), surface),
            expected
        );
    }
}
