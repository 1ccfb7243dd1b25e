//! TagText and TagTexts.

use gisa_proto::{
    article::v1::ZonedTime,
    entity::v1::{EntityType, TaggerLayer, normalized_value::Value},
    tagging::v1::{Decision, TagTextRequest, TagTextsRequest, TextToTag, tag_texts_response::Outcome},
};
use tonic::{Code, Status};
use tonic_types::{RpcStatusExt, StatusExt as _};

use crate::Service;

fn text(body: &str) -> TextToTag {
    TextToTag {
        body: body.to_owned(),
        published_at: Some(ZonedTime {
            // 3 November 2026 in Korea, still the 2nd in UTC.
            instant: Some("2026-11-02T20:00:00Z".parse().unwrap()),
            utc_offset_seconds: 9 * 3600,
        }),
        ..TextToTag::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_tagged_with_values_in_korean_time() {
    let mut service = Service::start().await;
    let request = TagTextRequest {
        text: Some(text("SK하이닉스는 어제 3만 달러를 냈다.")),
        explain: false,
        min_dictionary_version: 0,
    };
    let answer = service.client.tag_text(request).await.unwrap().into_inner();
    assert!(answer.explanation.is_none());
    let tags = answer.tags.unwrap();
    assert!(tags.analysis.is_some());
    let value = |kind: EntityType| {
        let mention = tags
            .mentions
            .iter()
            .find(|mention| mention.r#type() == kind)
            .unwrap();
        mention.value.clone().unwrap().value.unwrap()
    };
    assert!(matches!(value(EntityType::Date), Value::Date(date) if date.iso8601 == "2026-11-02"));
    assert!(
        matches!(value(EntityType::Money), Value::Money(money) if money.amount == "30000" && money.currency_code == "USD")
    );
    let company = tags
        .mentions
        .iter()
        .find(|mention| mention.r#type() == EntityType::Organization)
        .unwrap();
    assert_eq!(company.surface, "SK하이닉스");
    assert!(!company.link.as_ref().unwrap().entity_id.is_empty());
    assert!(tags.tagger_version.unwrap().engine >= 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_says_where_each_mention_comes_from() {
    let mut service = Service::start().await;
    let request = |explain| TagTextRequest {
        text: Some(text("네이버는 어제 3만 달러를 냈다.")),
        explain,
        min_dictionary_version: 0,
    };
    let plain = service
        .client
        .tag_text(request(false))
        .await
        .unwrap()
        .into_inner();
    let explained = service.client.tag_text(request(true)).await.unwrap().into_inner();
    assert_eq!(explained.tags, plain.tags, "an explanation changes nothing");

    let mentions = explained.tags.unwrap().mentions;
    let explanation = explained.explanation.unwrap();
    let numbers: Vec<u32> = explanation.mentions.iter().map(|of| of.mention).collect();
    assert_eq!(numbers, (0..mentions.len() as u32).collect::<Vec<_>>());
    let proposed = |surface: &str, layer: TaggerLayer| {
        let position = mentions
            .iter()
            .position(|mention| mention.surface == surface)
            .unwrap();
        let mut proposals = explanation.mentions[position].proposals.iter();
        proposals
            .find(|proposal| proposal.layer() == layer && proposal.span == mentions[position].span)
            .unwrap()
    };
    let company = proposed("네이버", TaggerLayer::Dictionary);
    assert_eq!(company.r#type(), EntityType::Organization);
    assert!(company.detail.starts_with("org:naver via "), "{company:?}");
    let date = proposed("어제", TaggerLayer::Grammar);
    assert_eq!(date.detail, "2026-11-02");
    let decisions = explanation.mentions.iter().map(|of| of.decision());
    assert!(
        decisions
            .into_iter()
            .all(|decision| decision != Decision::Unspecified)
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_texts_are_explained() {
    let mut service = Service::start().await;
    let mut refused = async |text: Option<TextToTag>| -> Status {
        service
            .client
            .tag_text(TagTextRequest {
                text,
                explain: true,
                min_dictionary_version: 0,
            })
            .await
            .unwrap_err()
    };
    let reason = |status: &Status| status.get_error_details().error_info().unwrap().reason.clone();

    for (given, field) in [
        (None, "text"),
        (Some(text("  ")), "text"),
        // Decomposed Hangul: offsets would count in another text than the caller's.
        (Some(text("\u{1109}\u{1161}\u{11b7}성")), "text.body"),
    ] {
        let status = refused(given).await;
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "INVALID_FIELD")
        );
        assert_eq!(
            status.get_error_details().bad_request().unwrap().field_violations[0].field,
            field
        );
    }
    let status = refused(Some(text(&"가".repeat(175_000)))).await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "BODY_TOO_LARGE")
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_answered_in_order_and_a_bad_text_disturbs_no_other() {
    let mut service = Service::start().await;
    let requests: Vec<TagTextsRequest> = (0..50)
        .map(|number| TagTextsRequest {
            correlation_id: number.to_string(),
            text: (number != 25).then(|| text(&format!("네이버는 {number}억 원을 투자했다."))),
        })
        .collect();
    let mut answers = service
        .client
        .tag_texts(tokio_stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    for number in 0..50 {
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(answer.correlation_id, number.to_string());
        match answer.outcome.unwrap() {
            Outcome::Tags(tags) => assert_eq!(tags.mentions[0].surface, "네이버"),
            Outcome::Error(error) => {
                assert_eq!(number, 25, "{error:?}");
                assert_eq!(
                    error.get_error_details().error_info().unwrap().reason,
                    "INVALID_FIELD"
                );
            }
        }
    }
    assert!(answers.message().await.unwrap().is_none());
    service.stop().await;
}
