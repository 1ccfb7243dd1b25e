//! Tests of the signature on an invented wire story and its copies, and of what must hold for every text.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const TITLE: &str = "새솔로봇, 물류창고용 집게 로봇 '두리손' 공개";

const PARAGRAPHS: [&str; 5] = [
    "새솔로봇이 크기가 제각각인 상자를 알아서 집어 옮기는 물류창고용 로봇 '두리손'을 3일 공개했다. 이 회사가 손이 두 \
     개인 로봇을 내놓은 것은 이번이 처음이다.",
    "두리손은 무게 18㎏까지 들 수 있고 한 시간에 상자 640개를 나른다. 손바닥에 달린 촉각 감지기로 상자가 찌그러지는지를 \
     살펴 힘을 조절한다. 배터리는 한 번 충전하면 9시간을 버틴다.",
    "회사는 지난 6개월 동안 경기 이천의 창고에서 로봇 12대를 시험했다. 사람이 하던 야간 분류 작업의 73%를 로봇이 맡았고, \
     떨어뜨린 상자는 만 개에 두 개꼴이었다.",
    "나무길 새솔로봇 대표는 \"창고마다 선반과 상자가 달라 로봇을 새로 가르치는 데 오래 걸렸다\"며 \"두리손은 하루면 새 \
     창고를 익힌다\"고 말했다.",
    "판매는 오는 11월에 시작한다. 값은 한 대에 4,200만 원이며 월 95만 원에 빌릴 수도 있다. 회사는 내년까지 국내 창고 \
     서른 곳에 300대를 놓고, 하반기에는 동남아시아로 나갈 계획이다.",
];

fn body() -> String {
    PARAGRAPHS.join("\n")
}

fn similarity(title: &str, body: &str) -> f32 {
    let original = content_signature(TITLE, &self::body()).unwrap();
    original.similarity(&content_signature(title, body).unwrap())
}

#[test]
fn copies_of_a_wire_story_are_similar() {
    let body = body();
    let with_credits = format!(
        "(이천=가나다통신) 도토리 기자 = {body}\n도토리 기자 acorn@ganada.example\n[사진 새솔로봇 제공]\n무단 전재 및 재배포 금지"
    );
    let shortened = [&PARAGRAPHS[..2], &PARAGRAPHS[3..]].concat().join("\n");
    let requoted = body
        .replace('"', "")
        .replace('\'', "‘")
        .replace("고 말했다", "고 설명했다");
    let reordered = [0, 3, 2, 1, 4].map(|number| PARAGRAPHS[number]).join("\n");
    let copies = [
        ("credits", TITLE, &with_credits),
        ("a paragraph less", TITLE, &shortened),
        (
            "another title",
            "상자 안 찌그러뜨리는 로봇 나왔다… 한 시간에 640개",
            &body,
        ),
        ("other quotation marks", TITLE, &requoted),
        ("another order", TITLE, &reordered),
    ];
    for (change, title, body) in copies {
        let similarity = similarity(title, body);
        assert!(similarity >= 0.7, "{change}: {similarity}");
    }
}

#[test]
fn another_article_on_the_subject_is_not_similar() {
    let other = "물류 로봇을 만드는 새솔로봇이 3분기에 매출 118억 원을 올렸다고 9일 공시했다. 지난해 같은 기간보다 41% 늘었다. \
                 물류창고용 로봇 '두리손'의 예약이 몰린 덕이다.\n영업손실은 7억 원으로 한 해 전의 절반으로 줄었다. 회사는 \
                 로봇을 빌려 주는 사업이 자리를 잡아 내년에는 흑자로 돌아설 것으로 본다. 나무길 대표는 \"이천 공장의 \
                 생산 능력을 두 배로 늘리겠다\"고 말했다.";
    let similarity = similarity("새솔로봇 3분기 매출 41% 증가… '두리손' 예약 몰려", other);
    assert!(similarity <= 0.15, "{similarity}");
}

#[test]
fn short_texts_have_no_signature() {
    assert_eq!(content_signature("", ""), None);
    assert_eq!(content_signature("[속보] 새솔로봇 두리손 공개", ""), None);
    let letters = "가나다라마바사아자".repeat(4);
    assert!(content_signature("", &letters).is_some());
    assert_eq!(content_signature("", &letters[3..]), None);
    assert_eq!(content_signature("", &"…! ".repeat(1_000)), None);
}

/// Signatures are stored: these numbers must never change.
#[test]
fn signatures_are_stable_for_ever() {
    let signature = content_signature(
        TITLE,
        "Ａ社 한국 ½ ㎡ İstanbul; 새솔로봇이 로봇 '두리손'을 3일 공개했다.",
    )
    .unwrap();
    assert_eq!(signature.minima[..6], GOLDEN_FIRST);
    let sum = signature.minima.iter().fold(0u64, |sum, &least| {
        sum.wrapping_mul(31).wrapping_add(u64::from(least))
    });
    assert_eq!(sum, GOLDEN_SUM);
}

const GOLDEN_FIRST: [u32; 6] = [
    37_513_948,
    41_175_436,
    238_320_325,
    4_312_730,
    5_682_052,
    270_288_981,
];
const GOLDEN_SUM: u64 = 5_074_043_892_739_890_351;

/// Of shingles that are shared or not, as numbers.
fn minima_of(shingles: impl Iterator<Item = u64>) -> ContentSignature {
    let mut minima = [u32::MAX; FUNCTIONS];
    shingles.for_each(|shingle| lower(&mut minima, &[hash(u128::from(shingle))]));
    ContentSignature { minima }
}

#[test]
fn the_estimate_has_the_stated_error() {
    for (shared, own) in [(10, 10), (40, 40), (300, 100), (100, 300)] {
        let exact = shared as f32 / (shared + 2 * own) as f32;
        let rounds = 250;
        let (mut sum, mut squares) = (0.0, 0.0);
        for round in 0..rounds {
            let first = round * 1_000_000;
            let left = minima_of(first..first + shared + own);
            let right =
                minima_of((first..first + shared).chain(first + shared + own..first + shared + 2 * own));
            let error = left.similarity(&right) - exact;
            sum += error;
            squares += error * error;
        }
        let (bias, deviation) = (sum / rounds as f32, (squares / rounds as f32).sqrt());
        assert!(bias.abs() < 0.01, "{shared} + {own}: bias {bias}");
        assert!(deviation < 0.068, "{shared} + {own}: standard error {deviation}");
    }
}

/// The exact Jaccard similarity of two bodies.
fn jaccard(left: &str, right: &str) -> f32 {
    let shingles = |text: &str| -> HashSet<String> {
        let mut letters = Vec::new();
        for_each_letter(text, |letter| letters.extend(letter));
        letters.windows(SHINGLE).map(String::from_iter).collect()
    };
    let (left, right) = (shingles(left), shingles(right));
    let shared = left.intersection(&right).count();
    shared as f32 / (left.len() + right.len() - shared) as f32
}

fn sentences() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[가-힣a-z0-9]{1,4}( [가-힣]{1,5}){5,9}\\.", 4..10)
}

proptest! {
    #[test]
    fn spaces_and_signs_do_not_matter(sentences in sentences(), glue in "[ \n\t·…\"'‘”(),.!?]{0,4}") {
        let plain = sentences.concat().replace([' ', '.'], "");
        let spaced = sentences.join(&glue);
        prop_assert_eq!(content_signature("", &plain), content_signature("", &spaced));
    }

    #[test]
    fn the_order_of_paragraphs_hardly_matters(sentences in sentences(), turn in 0usize..10) {
        let mut turned = sentences.clone();
        turned.rotate_left(turn % sentences.len());
        let left = content_signature("", &sentences.join("\n")).unwrap();
        let right = content_signature("", &turned.join("\n")).unwrap();
        prop_assert!(left.similarity(&right) > 0.6);
    }

    #[test]
    fn the_estimate_is_near_the_exact_similarity(left in sentences(), right in sentences(), shared in sentences()) {
        let left = [shared.clone(), left].concat().join(" ");
        let right = [shared, right].concat().join(" ");
        let estimate = content_signature("", &left).unwrap().similarity(&content_signature("", &right).unwrap());
        // More than five standard errors.
        prop_assert!((estimate - jaccard(&left, &right)).abs() < 0.33);
    }

    #[test]
    fn any_text_is_like_itself(title: String, body: String) {
        if let Some(signature) = content_signature(&title, &body) {
            prop_assert_eq!(signature.similarity(&signature), 1.0);
        }
    }
}
