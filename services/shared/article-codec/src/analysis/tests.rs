//! Analyses come back as they were, and messages that break the contract do not come through.

use gisa_article_model::{CalendarGranularity, CalendarInterval, EntityType, Span, TextField};
use jiff::civil::date;
use proptest::{array::uniform32, collection::vec, option, prelude::*, sample::select};

use super::*;

/// Mentions of the text whose analyses are made here.
const MENTIONS: u32 = 5;

fn ranges() -> impl Strategy<Value = TextRange> {
    let fields = select(vec![TextField::Title, TextField::Subtitle, TextField::Body]);
    (fields, 0..9000_u32, 1..90_u32).prop_map(|(field, start, length)| TextRange {
        field,
        span: Span {
            start_byte: 3 * start,
            end_byte: 3 * (start + length),
            start_code_point: start,
            end_code_point: start + length,
            start_utf16: start,
            end_utf16: start + length,
        },
    })
}

fn roles() -> impl Strategy<Value = PersonRole> {
    ("[가-힣 ]{1,8}", option::of(0..MENTIONS), ranges()).prop_map(|(title, affiliation, evidence)| {
        PersonRole {
            title,
            affiliation,
            evidence,
        }
    })
}

fn entities() -> impl Strategy<Value = EntitySummary> {
    let names = EntityType::ALL.iter().copied().filter(|kind| kind.is_name());
    let ids = option::of("org:[a-z]{1,8}");
    let parts = (
        select(names.collect::<Vec<_>>()),
        "[가-힣]{1,8}",
        ids,
        vec(0..MENTIONS, 1..4),
        0.0..1.0_f32,
        vec(roles(), 0..3),
    );
    parts.prop_map(
        |(entity_type, name, entity_id, mentions, salience, roles)| EntitySummary {
            entity_type,
            name,
            entity_id,
            mentions,
            salience,
            roles,
        },
    )
}

fn arguments() -> impl Strategy<Value = Argument> {
    let parts = (
        select(ArgumentRole::ALL),
        "[가-힣 ]{1,12}",
        ranges(),
        option::of(0..MENTIONS),
    );
    parts.prop_map(|(role, surface, place, mention)| Argument {
        role,
        surface,
        place,
        mention,
    })
}

fn relations() -> impl Strategy<Value = Relation> {
    let days = (1900..2100_i16, 1..13_i8, 1..29_i8).prop_map(|(year, month, day)| CalendarInterval {
        first_day: date(year, month, day),
        last_day: date(year, month, day),
        granularity: CalendarGranularity::Day,
    });
    let parts = (
        select(RelationType::ALL),
        vec(arguments(), 0..4),
        ranges(),
        option::of(days),
        0.0..1.0_f32,
    );
    parts.prop_map(
        |(relation_type, arguments, evidence, date, confidence)| Relation {
            relation_type,
            arguments,
            evidence,
            date,
            confidence,
        },
    )
}

fn signatures() -> impl Strategy<Value = ContentSignature> {
    (uniform32(any::<u32>()), uniform32(any::<u32>())).prop_map(|(first, second)| ContentSignature {
        minima: std::array::from_fn(|index| {
            if index < 32 {
                first[index]
            } else {
                second[index - 32]
            }
        }),
    })
}

fn analyses() -> impl Strategy<Value = Analysis> {
    let topics = vec((select(Topic::ALL), 0.0..1.0_f32), 0..8);
    let parts = (
        vec(entities(), 0..4),
        vec(relations(), 0..4),
        topics,
        option::of(signatures()),
    );
    parts.prop_map(|(entities, relations, topics, signature)| Analysis {
        entities,
        relations,
        topics: topics
            .into_iter()
            .map(|(topic, score)| TopicScore { topic, score })
            .collect(),
        signature,
    })
}

proptest! {
    #[test]
    fn analyses_round_trip(analysis in analyses()) {
        prop_assert_eq!(decode_analysis(encode_analysis(&analysis), MENTIONS as usize), Ok(analysis));
    }
}

/// A message with one of everything, which the contract allows for a text with one mention.
fn message() -> proto::Analysis {
    let range = || {
        Some(proto::TextRange {
            field: proto::TextField::Body.into(),
            span: Some(proto::Span::default()),
        })
    };
    proto::Analysis {
        entities: vec![proto::EntitySummary {
            r#type: proto::EntityType::Person.into(),
            mentions: vec![0],
            roles: vec![proto::PersonRole {
                affiliation: Some(0),
                evidence: range(),
                ..Default::default()
            }],
            ..Default::default()
        }],
        relations: vec![proto::Relation {
            r#type: proto::RelationType::Hire.into(),
            arguments: vec![proto::RelationArgument {
                role: proto::ArgumentRole::Agent.into(),
                place: range(),
                mention: Some(0),
                ..Default::default()
            }],
            evidence: range(),
            ..Default::default()
        }],
        topics: vec![proto::TopicScore {
            topic: proto::Topic::Economy.into(),
            score: 1.0,
        }],
        signature: Some(proto::ContentSignature { minima: vec![0; 64] }),
    }
}

#[test]
fn what_breaks_the_contract_is_refused() {
    assert!(decode_analysis(message(), 1).is_ok());

    type Damage = fn(&mut proto::Analysis);
    let out_of_range = |field, value: i64| DecodeError::out_of_range(field, value);
    let cases: &[(Damage, DecodeError)] = &[
        (
            |analysis| analysis.entities[0].r#type = 0,
            out_of_range("entities.type", 0),
        ),
        (
            |analysis| analysis.entities[0].r#type = 99,
            out_of_range("entities.type", 99),
        ),
        (
            |analysis| analysis.entities[0].mentions = vec![0, 1],
            out_of_range("entities.mentions", 1),
        ),
        (
            |analysis| analysis.entities[0].roles[0].affiliation = Some(1),
            out_of_range("roles.affiliation", 1),
        ),
        (
            |analysis| analysis.entities[0].roles[0].evidence = None,
            DecodeError::Missing("roles.evidence"),
        ),
        (
            |analysis| analysis.relations[0].r#type = 0,
            out_of_range("relations.type", 0),
        ),
        (
            |analysis| analysis.relations[0].r#type = 99,
            out_of_range("relations.type", 99),
        ),
        (
            |analysis| {
                analysis.relations[0].evidence = Some(proto::TextRange {
                    span: Some(proto::Span::default()),
                    ..Default::default()
                });
            },
            out_of_range("relations.evidence", 0),
        ),
        (
            |analysis| analysis.relations[0].date = Some(proto::CalendarInterval::default()),
            out_of_range("granularity", 0),
        ),
        (
            |analysis| analysis.relations[0].arguments[0].role = 0,
            out_of_range("arguments.role", 0),
        ),
        (
            |analysis| analysis.relations[0].arguments[0].mention = Some(7),
            out_of_range("arguments.mention", 7),
        ),
        (
            |analysis| analysis.relations[0].arguments[0].place = None,
            DecodeError::Missing("arguments.place"),
        ),
        (
            |analysis| analysis.topics[0].topic = 0,
            out_of_range("topics.topic", 0),
        ),
        (
            |analysis| analysis.topics[0].topic = -3,
            out_of_range("topics.topic", -3),
        ),
        (
            |analysis| analysis.signature = Some(proto::ContentSignature { minima: vec![0; 63] }),
            out_of_range("signature.minima", 63),
        ),
    ];
    for (damage, error) in cases {
        let mut damaged = message();
        damage(&mut damaged);
        assert_eq!(decode_analysis(damaged, 1).as_ref(), Err(error));
    }
}
