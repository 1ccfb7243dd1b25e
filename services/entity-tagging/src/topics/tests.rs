//! Tests of the model that ships, on invented texts, and of what must hold for every text.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static MODEL: LazyLock<TopicModel> = LazyLock::new(|| TopicModel::built_in().unwrap());

fn best(title: &str, body: &str) -> Topic {
    MODEL.scores(title, "", body)[0].topic
}

#[test]
fn headlines_find_their_sections() {
    let headlines = [
        ("다온전자, 접는 스마트폰 새 모델에 AI 칩 탑재", Topic::ItScience),
        ("코스피 외국인 순매도에 하락 마감…환율은 상승", Topic::Economy),
        ("경찰, 빈집 턴 50대 구속…법원 영장 발부", Topic::Society),
        (
            "가을에 읽는 소설…미술관에서 만나는 옛 그림 전시",
            Topic::LifeCulture,
        ),
        ("美 대통령, 러시아 외무장관과 회담…나토는 우려", Topic::World),
        ("투수 나무길 완봉승…홈런 두 방으로 3연승", Topic::Sports),
        ("여야, 예산안 처리 놓고 공방…원내대표 회동 무산", Topic::Politics),
    ];
    for (title, topic) in headlines {
        assert_eq!(best(title, ""), topic, "{title}");
    }
}

#[test]
fn a_body_tells_what_its_title_hides() {
    let title = "이제는 말할 수 있다";
    let match_report = "나무길은 9회까지 마운드를 지켰다. 타선은 4회 홈런 두 방으로 경기를 뒤집었다. 감독은 선발 투수가 \
                        완벽한 경기를 했다고 말했다. 팀은 정규리그 3연승을 달렸다.";
    let market_report = "코스피는 외국인의 순매도로 이틀째 내렸다. 원/달러 환율은 올랐다. 증권사들은 금리 인하가 늦어지면 \
                         투자 심리가 더 나빠질 것으로 내다봤다. 은행의 대출 금리도 상승했다.";
    assert_eq!(best(title, match_report), Topic::Sports);
    assert_eq!(best(title, market_report), Topic::Economy);
}

#[test]
fn texts_without_letters_have_no_section() {
    assert!(MODEL.scores("", "", "").is_empty());
    assert!(MODEL.scores("2026. 9. 1.", "…", "12 : 30").is_empty());
    assert_eq!(MODEL.scores("", "", "ㄱ").len(), TOPICS);
}

#[test]
fn only_the_beginning_of_a_field_counts() {
    let lead = "경기 ".repeat(FIELD_CHARACTERS / 3 + 1);
    let longer = format!("{lead}코스피 하락");
    assert_eq!(MODEL.scores("", "", &lead), MODEL.scores("", "", &longer));
    assert_eq!(MODEL.scores(&lead, "", ""), MODEL.scores(&longer, "", ""));
}

#[test]
fn files_that_are_no_models_are_refused() {
    assert!(TopicModel::read(b"").is_err());
    assert!(TopicModel::read(&BUILT_IN[..BUILT_IN.len() / 2]).is_err());
}

proptest! {
    #[test]
    fn scores_are_probabilities_best_first(title in "\\PC{0,20}", subtitle: String, body: String) {
        let scores = MODEL.scores(&title, &subtitle, &body);
        prop_assume!(!scores.is_empty());
        prop_assert_eq!(scores.len(), TOPICS);
        prop_assert!(scores.is_sorted_by(|left, right| left.score >= right.score));
        let whole: f32 = scores.iter().map(|score| score.score).sum();
        prop_assert!((whole - 1.0).abs() < 1e-4);
        prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(&score.score)));
    }
}
