//! Amounts of money: with a currency word or sign, or bare 억 and 조 where money is meant.

use gisa_article_model::{Amount, EntityType, NormalizedValue};
use rust_decimal::Decimal;

use super::decision::{CERTAIN, GUESSED, LIKELY, Match};
use super::number::{self, NumberStyle, Quantified, Start};
use super::percent::eat_minus;
use super::scan::Cursor;

/// Words for currencies; a longer one stands before what it starts with.
const CURRENCIES: &[(&str, &str)] = &[
    ("원", "KRW"),
    ("미국달러", "USD"),
    ("미국 달러", "USD"),
    ("미달러", "USD"),
    ("미 달러", "USD"),
    ("달러", "USD"),
    ("불", "USD"),
    ("유로", "EUR"),
    ("엔", "JPY"),
    ("위안", "CNY"),
    ("파운드", "GBP"),
    ("홍콩달러", "HKD"),
    ("홍콩 달러", "HKD"),
    ("대만달러", "TWD"),
    ("대만 달러", "TWD"),
    ("호주달러", "AUD"),
    ("호주 달러", "AUD"),
    ("캐나다달러", "CAD"),
    ("캐나다 달러", "CAD"),
    ("싱가포르달러", "SGD"),
    ("싱가포르 달러", "SGD"),
    ("뉴질랜드달러", "NZD"),
    ("스위스프랑", "CHF"),
    ("스위스 프랑", "CHF"),
    ("프랑", "CHF"),
    ("루피아", "IDR"),
    ("루피", "INR"),
    ("루블", "RUB"),
    ("바트", "THB"),
    ("페소", "MXN"),
    ("헤알", "BRL"),
    ("리라", "TRY"),
    ("링깃", "MYR"),
    ("디르함", "AED"),
    ("리얄", "SAR"),
    ("즐로티", "PLN"),
    ("크로나", "SEK"),
    ("크로네", "NOK"),
    ("랜드", "ZAR"),
    ("셰켈", "ILS"),
    ("동", "VND"),
    (CENT, "USD"),
];

/// A hundredth of a dollar, the only part of a currency that news counts in.
const CENT: &str = "센트";

const SIGNS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("HK$", "HKD"),
    ("A$", "AUD"),
    ("$", "USD"),
    ("₩", "KRW"),
    ("￦", "KRW"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("￥", "JPY"),
];

/// Words in front of an amount that say it is money.
const MONEY_WORDS: &[&str] = &[
    "매출",
    "영업이익",
    "영업익",
    "영업손실",
    "순이익",
    "순익",
    "순손실",
    "당기순",
    "이익",
    "적자",
    "흑자",
    "손실",
    "투자",
    "예산",
    "자금",
    "시총",
    "시가총액",
    "기업가치",
    "몸값",
    "가치",
    "비용",
    "금액",
    "자산",
    "부채",
    "거래액",
    "거래대금",
    "거래 규모",
    "수수료",
    "펀드",
    "대출",
    "융자",
    "지원금",
    "보조금",
    "기금",
    "계약",
    "인수",
    "연봉",
    "상금",
    "과징금",
    "벌금",
    "사업비",
    "국비",
    "재원",
    "급여",
    "보증",
    "유치",
    "조달",
    "출자",
    "배당",
    "세금",
    "세수",
    "수주",
    "시장 규모",
    "실적",
    "가격",
    "빚",
    "수익",
    "잔액",
    "공모",
    "증자",
    "매각",
    "낙찰",
    "보험료",
    "임금",
    "월급",
    "분양가",
    "집값",
    "전세",
    "몫",
    "수출액",
    "수입액",
    "지급",
    "손해",
    "배상",
    "추경",
    "재정",
    "R&D",
];

/// Words behind an amount that say it is money.
const MONEY_FOLLOWERS: &[&str] = &[
    "규모",
    "투자",
    "유치",
    "투입",
    "지원",
    "적자",
    "흑자",
    "매출",
    "영업익",
    "영업이익",
    "이익",
    "손실",
    "예산",
    "펀드",
    "배상",
    "과징금",
    "벌금",
    "시장",
    "클럽",
    "조달",
    "출자",
    "들여",
    "들인",
    "쏟아",
    "자금",
    "대출",
    "빚",
    "기부",
    "수주",
    "계약",
    "순매수",
    "순매도",
    "자산",
    "확보",
    "몸값",
    "인수",
    "베팅",
    "쾌척",
    "썼",
    "번다",
    "받은",
    "받는",
    "받아",
    "매수",
    "매도",
    "지분",
    "배당",
    "채무",
    "부채",
    "순익",
    "순이익",
    "연봉",
    "비용",
    "보상",
    "보조금",
    "탈세",
    "횡령",
    "사기",
];

/// Words in front of an amount of 억 that count something else.
const OTHER_COUNTS: &[&str] = &[
    "인구",
    "매개변수",
    "파라미터",
    "이용자",
    "사용자",
    "가입자",
    "회원",
    "조회",
    "토큰",
    "다운로드",
    "면적",
    "관객",
    "누적 판매",
    "인류",
    "시청자",
    "유저",
    "구독자",
];

/// An amount of money at the cursor.
pub(super) fn money(start: &Start<'_>) -> Option<Match> {
    if start.cursor.previous() == Some('제') {
        return None;
    }
    signed(start.cursor)
        .or_else(|| worded(start))
        .or_else(|| bare(start))
}

fn matched(amount: Amount, currency_code: &str, end: Cursor<'_>, confidence: f32) -> Match {
    let value = NormalizedValue::Money {
        amount,
        currency_code: currency_code.to_owned(),
    };
    Match {
        end: end.position(),
        entity_type: EntityType::Money,
        value: Some(value),
        confidence,
    }
}

/// $1.2, ₩3만, $1.2B.
fn signed(cursor: Cursor<'_>) -> Option<Match> {
    let (_, code, after) = SIGNS
        .iter()
        .find_map(|(sign, code)| Some((sign, *code, cursor.eat(sign)?)))?;
    let (quantified, end) = number::quantified(after.skip_space())?;
    for (suffix, power) in [("B", 1_000_000_000_u64), ("M", 1_000_000), ("K", 1_000)] {
        if let Some(end) = end.eat(suffix).filter(|end| end.ends_latin()) {
            return Some(matched(
                scaled(quantified.amount, Decimal::from(power))?,
                code,
                end,
                CERTAIN,
            ));
        }
    }
    end.ends_latin()
        .then(|| matched(quantified.amount, code, end, CERTAIN))
}

fn scaled(amount: Amount, factor: Decimal) -> Option<Amount> {
    Some(match amount {
        Amount::Exact(value) => Amount::Exact(value.checked_mul(factor)?),
        Amount::Range(low, high) => Amount::Range(low.checked_mul(factor)?, high.checked_mul(factor)?),
    })
}

/// 12만3,000달러, 8,000억 원, 100만 원~200만 원.
fn worded(start: &Start<'_>) -> Option<Match> {
    let (negative, at) = eat_minus(start.cursor);
    let (first, code, mut end) = with_currency(start.quantified_at(at)?)?;
    let mut amount = if negative { first.negated() } else { first }.amount;
    if let Some((upper, upper_code, after)) = end
        .eat_range_mark()
        .and_then(number::quantified)
        .and_then(with_currency)
        && let Some(range) = first.joined(&upper).filter(|_| !negative && code == upper_code)
    {
        (amount, end) = (range, after);
    }
    let end = eat_magnitude_suffix(end);
    Some(matched(amount, code, end, CERTAIN))
}

/// 대 of 3만 원대 and 여 of 3만 원여 belong to the amount.
fn eat_magnitude_suffix(end: Cursor<'_>) -> Cursor<'_> {
    ["대", "여"]
        .iter()
        .find_map(|suffix| end.eat(suffix).filter(|after| after.ends_word()))
        .unwrap_or(end)
}

fn with_currency<'text>(
    (quantified, after): (Quantified, Cursor<'text>),
) -> Option<(Quantified, &'static str, Cursor<'text>)> {
    let spaced = after.skip_space();
    let is_spaced = spaced.position() != after.position();
    let (word, code, end) = CURRENCIES
        .iter()
        .find_map(|(word, code)| Some((*word, *code, spaced.eat(word)?)))?;
    let ends = eat_magnitude_suffix(end).ends_amount() || end.eat("화").is_some_and(Cursor::ends_amount);
    if !ends || !can_count_money(&quantified, word, is_spaced) {
        return None;
    }
    if word == CENT {
        let amount = scaled(quantified.amount, Decimal::new(1, 2))?;
        return Some((Quantified { amount, ..quantified }, code, end));
    }
    Some((quantified, code, end))
}

/// Keeps particles and other words apart from currencies: 2024년엔, 네 동, 한 불.
fn can_count_money(quantified: &Quantified, word: &str, is_spaced: bool) -> bool {
    let number = &quantified.last;
    let large = number.scale > 0 || number.punctuated || quantified.is_range();
    match (word, number.style) {
        (_, NumberStyle::Native) => false,
        ("불" | "동" | "랜드", _) => number.scale > 0,
        ("엔", NumberStyle::Digits) => {
            large
                || number
                    .plain()
                    .is_some_and(|value| value >= 100 && !is_year(value))
        }
        ("원", NumberStyle::Sino) => is_spaced || number.value >= Decimal::from(100_000),
        ("원", NumberStyle::Digits) => large || !is_spaced || number.value >= Decimal::from(10),
        _ => true,
    }
}

fn is_year(value: u32) -> bool {
    (1900..2100).contains(&value)
}

/// 830억 and 6.6조 without a currency, when the words around them speak of money.
fn bare(start: &Start<'_>) -> Option<Match> {
    let cursor = start.cursor;
    let (quantified, end) = start.quantified_at(cursor)?;
    if quantified.last.style != NumberStyle::Digits || quantified.last.scale < 8 {
        return None;
    }
    let end = eat_magnitude_suffix(end);
    if !end.ends_amount() {
        return None;
    }
    let before = cursor.sentence_before(100);
    let word_at = |words: &[&str]| words.iter().filter_map(|word| before.rfind(word)).max();
    let counts_other = word_at(OTHER_COUNTS);
    if let Some(at) = word_at(MONEY_WORDS).filter(|at| counts_other.is_none_or(|other| other < *at)) {
        let near = before.len() - at < 60;
        return Some(matched(
            quantified.amount,
            "KRW",
            end,
            if near { LIKELY } else { GUESSED },
        ));
    }
    let after = end.sentence_after(36);
    let followed = MONEY_FOLLOWERS.iter().any(|word| after.contains(word));
    let counts_other = counts_other.is_some() || OTHER_COUNTS.iter().any(|word| after.contains(word));
    // 조 is also a group; 억 counts money unless something else is named.
    let is_usual = quantified.last.scale == 8;
    (!counts_other && (followed || is_usual)).then(|| matched(quantified.amount, "KRW", end, GUESSED))
}
