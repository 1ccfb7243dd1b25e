//! Texts for the articles of a run, made from its seed. Each has a word that no other text has.

use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;

use super::history::Content;

const SECTIONS: [&str; 4] = ["경제", "정치", "사회", "IT과학"];
const TITLES: [&str; 4] = [
    "네이버클라우드, 하이퍼클로바X 새 버전 공개",
    "삼성전자 3분기 영업이익 12조 원 넘어",
    "서울시, 내년 예산 48조 원 편성",
    "국회, 반도체 지원법 이달 중 처리하기로",
];
const SENTENCES: [&str; 6] = [
    "회사는 내년까지 1조 2천억 원을 투자한다고 2일 밝혔다.",
    "김민수 대표는 \"시장의 기대에 답하겠다\"고 말했다.",
    "부산과 대전에도 연구소를 세울 계획이다.",
    "업계는 올해 매출이 지난해보다 15% 늘 것으로 본다.",
    "정부는 다음 달 10일까지 의견을 듣는다.",
    "이 사업에는 LG유플러스와 카카오도 함께한다.",
];
/// Sentences of a text that takes the tagger long, so that what follows overtakes it.
const LONG: usize = 900;

/// A source of texts that never repeats one.
#[derive(Debug, Default)]
pub(super) struct Texts(AtomicU64);

impl Texts {
    /// A text that was never given before.
    pub(super) fn next(&self, source: &str, random: &mut Rng) -> Content {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let sentences = if random.u8(0..40) == 0 {
            LONG
        } else {
            random.usize(1..8)
        };
        let body: Vec<&str> = (0..sentences).filter_map(|_| random.choice(SENTENCES)).collect();
        Content {
            source: source.to_owned(),
            section: random.choice(SECTIONS).unwrap_or_default().to_owned(),
            title: format!("{} kx{number:07}", random.choice(TITLES).unwrap_or_default()),
            body: body.join(" "),
        }
    }
}

/// The word that only this content has.
pub(super) fn word(content: &Content) -> &str {
    content.title.rsplit(' ').next().unwrap_or_default()
}
