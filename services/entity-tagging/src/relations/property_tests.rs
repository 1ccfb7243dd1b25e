//! What holds for any text: ranges that fit, and time that grows with the length.

use std::time::{Duration, Instant};

use gisa_article_model::{
    EntityLink, EntityType, Mention, OffsetMap, Relation, TaggerLayer, TextField, ZonedTime,
};
use proptest::prelude::*;

use super::find_relations;
use crate::tagger::TextToTag;

fn relations(body: &str, mentions: &[Mention]) -> Vec<Relation> {
    let published_at = ZonedTime::in_korea("2026-09-01T08:00:00+09:00".parse().unwrap());
    let text = TextToTag {
        title: "",
        subtitle: "",
        body,
        published_at,
    };
    find_relations(&text, mentions)
}

fn mention(
    body: &str,
    offsets: &OffsetMap,
    start: usize,
    end: usize,
    entity_type: EntityType,
) -> Option<Mention> {
    let span = offsets.span(body, start, end)?;
    Some(Mention {
        field: TextField::Body,
        span,
        surface: body[start..end].to_owned(),
        entity_type,
        value: None,
        link: entity_type.is_name().then(EntityLink::default),
        confidence: 0.9,
        salience: 0.5,
        layer: TaggerLayer::Model,
    })
}

fn assert_sound(body: &str, mentions: &[Mention], relations: &[Relation]) {
    let mut last = 0;
    for relation in relations {
        let evidence = relation.evidence.span;
        assert!(evidence.slice(body).is_some() && evidence.start_byte >= last);
        last = evidence.start_byte;
        assert!((0.0..=1.0).contains(&relation.confidence));
        assert!(!relation.arguments.is_empty());
        let mut end = 0;
        for argument in &relation.arguments {
            let span = argument.place.span;
            assert_eq!(span.slice(body), Some(argument.surface.as_str()));
            assert!(span.start_byte >= end, "arguments overlap or are out of order");
            end = span.end_byte;
            if let Some(index) = argument.mention {
                assert_eq!(mentions[index as usize].surface, argument.surface);
            }
        }
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let parts = [
        "별빛은",
        "나래가",
        "달님을",
        "가람과",
        "의",
        " ",
        ", ",
        ".",
        "\n",
        "\"",
        "'",
        "(",
        ")",
        "“",
        "”",
        "출시",
        "했다",
        "하는",
        "할 예정이다",
        "계약을 맺었다",
        "선임",
        "됐다",
        "말했다",
        "라고",
        "밝혔다",
        "투자",
        "3억 원",
        "30%",
        "1위",
        "기록",
        "목표다",
        "따르면",
        "것으로",
        "손잡고",
        "😀",
        "다.",
        "①",
    ];
    prop_oneof![
        4 => prop::sample::select(parts.to_vec()).prop_map(|part| format!("{part} ")),
        4 => prop::sample::select(parts.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_with_any_mentions_gives_sound_relations(
        fragments in prop::collection::vec(fragment(), 0..40),
        places in prop::collection::vec((0usize..200, 1usize..12, 0usize..11), 0..16),
    ) {
        let body = fragments.concat();
        let boundaries: Vec<usize> = body.char_indices().map(|(at, _)| at).chain([body.len()]).collect();
        let offsets = OffsetMap::new(&body);
        let mentions: Vec<Mention> = places
            .into_iter()
            .filter_map(|(start, length, kind)| {
                let start = start % boundaries.len();
                let end = (start + length).min(boundaries.len() - 1);
                mention(&body, &offsets, boundaries[start], boundaries[end], EntityType::ALL[kind])
            })
            .collect();
        assert_sound(&body, &mentions, &relations(&body, &mentions));
    }
}

/// Bytes: long enough that a quadratic step would take minutes.
const LENGTH: usize = 300_000;

#[test]
fn no_text_takes_more_than_linear_time() {
    // Many triggers, many phrases, many mentions, without an end of a clause in sight.
    let parts = [
        "말했다 ",
        "\"",
        "\"말했다\"고 ",
        "은 ",
        "는 이 가 을 를 와 과 ",
        "출시했다고 ",
        "가와 ",
        "계약 ",
        "공동 ",
        "(",
        "따르면 ",
        "1위를 기록했고 ",
        "목표로 ",
        "말",
        "별빛과, ",
        "할 계획이다 ",
        "'가나'를 출시하고 ",
        "의 ",
        "3억 투자해 ",
        "3억 ",
        "별을 출시해 ",
        "별과 손잡아 ",
        "출시해 ",
        "임명해 별을 ",
    ];
    let giant_word = "별빛".repeat(LENGTH / 12);
    let after_giant = format!("{giant_word}을 {}", "출시해 투자해 ".repeat(LENGTH / 80));
    let texts = parts
        .into_iter()
        .map(|part| (part.repeat(LENGTH / part.len()), part))
        .chain([(after_giant, "별빛")]);
    for (body, part) in texts {
        let offsets = OffsetMap::new(&body);
        let mentions: Vec<Mention> = body
            .match_indices(part.split(' ').next().unwrap_or(part))
            .zip(EntityType::ALL.iter().cycle())
            .filter_map(|((start, found), &kind)| mention(&body, &offsets, start, start + found.len(), kind))
            .collect();
        for mentions in [&[][..], &mentions] {
            let begin = Instant::now();
            let found = relations(&body, mentions).len();
            // Less than a second without optimisation; quadratic would be hours.
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{part}: {found} relations"
            );
        }
    }
}
