//! Counted and measured amounts: `3,000명`, `200개 사`, `영하 10도`. Ranks, ages, multiples and names are no amounts.

use gisa_article_model::{EntityType, NormalizedValue};
use rust_decimal::Decimal;

use super::decision::{CERTAIN, GUESSED, LIKELY, Match};
use super::number::{self, Number, NumberStyle, Quantified, Start};
use super::percent::eat_minus;
use super::scan::{Cursor, is_hangul};
use super::units::{AFTER_GAE, GLUED_AFTER_GAE, UnitKind, longest_unit};

/// A number with its unit.
struct Counted<'text> {
    quantified: Quantified,
    unit: String,
    kind: UnitKind,
    end: Cursor<'text>,
}

/// A quantity at the cursor.
pub(super) fn quantity(start: &Start<'_>) -> Option<Match> {
    let (below_zero, at) = eat_sign(start.cursor);
    let first = counted(start.quantified_at(at)?)?;
    if !is_amount(start.cursor, at, &first) {
        return None;
    }
    let signed = if below_zero {
        first.quantified.negated()
    } else {
        first.quantified
    };
    let (mut amount, mut end) = (signed.amount, first.end);
    if let Some(upper) = end
        .eat_range_mark()
        .and_then(number::quantified)
        .and_then(counted)
        && let Some(range) = first
            .quantified
            .joined(&upper.quantified)
            .filter(|_| upper.unit == first.unit && !below_zero)
    {
        (amount, end) = (range, upper.end);
    }
    let end = eat_magnitude_suffix(end);
    let confidence = match first.kind {
        UnitKind::Counter | UnitKind::Symbol => CERTAIN,
        UnitKind::Measure | UnitKind::LargeNoun => LIKELY,
        UnitKind::ShortCounter => GUESSED,
    };
    let value = NormalizedValue::Quantity {
        amount,
        unit: first.unit,
    };
    Some(Match {
        end: end.position(),
        entity_type: EntityType::Quantity,
        value: Some(value),
        confidence,
    })
}

/// 여 of 3시간여 and 대 of 300명대 belong to the amount.
fn eat_magnitude_suffix(end: Cursor<'_>) -> Cursor<'_> {
    ["대", "여"]
        .iter()
        .find_map(|suffix| end.eat(suffix).filter(|after| after.ends_word()))
        .unwrap_or(end)
}

/// 영하, 영상 and 섭씨 belong to a temperature; a minus sign to any measure.
fn eat_sign(cursor: Cursor<'_>) -> (bool, Cursor<'_>) {
    if let Some((word, after)) = cursor.eat_any(SIGN_WORDS) {
        return (word.ends_with("영하"), after.skip_space());
    }
    eat_minus(cursor)
}

/// Calls `see` with the words that an expression of this part can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    SIGN_WORDS.iter().copied().for_each(see);
}

const SIGN_WORDS: &[&str] = &["섭씨 영하", "영하", "영상", "섭씨", "화씨"];

/// A number with its unit behind it.
fn counted<'text>((quantified, after): (Quantified, Cursor<'text>)) -> Option<Counted<'text>> {
    let spaced = after.skip_space();
    let is_spaced = spaced.position() != after.position();
    let (unit, kind) = longest_unit(spaced.rest())?;
    let mut end = spaced.eat(unit)?;
    if unit == "개" {
        end = eat_behind_gae(end)?;
    }
    let unit_text = spaced.rest().get(..end.position() - spaced.position())?;
    let counted = Counted {
        quantified,
        unit: unit_text.to_owned(),
        kind,
        end,
    };
    (fits_style(&quantified.last, unit, kind, is_spaced) && ends_here(&counted)).then_some(counted)
}

/// The noun that goes with 개, as in 30개 국. `None` where 개 is the start of 개월.
fn eat_behind_gae(end: Cursor<'_>) -> Option<Cursor<'_>> {
    if end.eat("월").is_some() || end.eat("년").is_some() {
        return None;
    }
    let spaced = end.skip_space();
    let bound = AFTER_GAE.iter().find_map(|noun| spaced.eat(noun));
    // 30개 국가 is 30개 of 국가, and 3개 주요 is no 개 주.
    if let Some(after) = bound.filter(|after| after.ends_word() && spaced.eat("국가").is_none()) {
        return Some(after);
    }
    let glued = GLUED_AFTER_GAE.iter().find_map(|noun| end.eat(noun));
    Some(glued.filter(|after| after.ends_word()).unwrap_or(end))
}

fn ends_here(counted: &Counted<'_>) -> bool {
    match counted.kind {
        UnitKind::Symbol => counted.end.ends_latin(),
        UnitKind::ShortCounter => counted.end.ends_word(),
        _ => {
            let is_native = counted.quantified.last.style == NumberStyle::Native;
            eat_magnitude_suffix(counted.end).ends_amount() || !is_native && is_unmistakable(&counted.unit)
        }
    }
}

/// Units behind which any word may be glued (14개모델).
fn is_unmistakable(unit: &str) -> bool {
    matches!(unit, "개" | "명") || unit.chars().count() > 3
}

/// Whether a number written this way can stand in front of this kind of unit.
fn fits_style(number: &Number, unit: &str, kind: UnitKind, is_spaced: bool) -> bool {
    let large = number.scale > 0 || number.punctuated || number.about || number.value >= Decimal::from(100);
    match (number.style, kind) {
        // 두 명, but 세대 and 한번 are words.
        (NumberStyle::Native, UnitKind::Counter) => {
            is_spaced || matches!(unit, "명" | "곳" | "가지" | "사람")
        }
        (NumberStyle::Native, _) => false,
        // 백만 명, 만명 is a word more often than not.
        (NumberStyle::Sino, UnitKind::Counter | UnitKind::Measure) => {
            is_spaced || number.scale > 0 && unit == "명"
        }
        (NumberStyle::Sino, UnitKind::LargeNoun) => is_spaced && number.scale > 0,
        (NumberStyle::Sino, _) => false,
        (NumberStyle::Digits, UnitKind::ShortCounter) => !is_spaced || large && number.plain().is_none(),
        (NumberStyle::Digits, UnitKind::LargeNoun) => number.scale > 0 || number.punctuated,
        (NumberStyle::Digits, _) => true,
    }
}

/// Whether the number and its unit are an amount where they stand. `expression` is where a sign in front starts.
fn is_amount(expression: Cursor<'_>, cursor: Cursor<'_>, counted: &Counted<'_>) -> bool {
    if !may_follow_hangul(expression, counted) || is_fraction(counted.end) {
        return false;
    }
    let signed = expression.position() != cursor.position();
    let number = &counted.quantified.last;
    let small = number.plain().filter(|value| *value < 100);
    let context = Context {
        before: cursor.sentence_before(60),
        after: counted.end.sentence_after(40),
    };
    if number.style == NumberStyle::Native {
        return is_native_count(number, &counted.unit, &context);
    }
    match counted.unit.as_str() {
        "도" => signed || counted.quantified.is_range() || context.any(DEGREE_WORDS),
        "대" => is_count_of_machines(number, counted.end, &context),
        "인" => {
            number.value.is_integer() && number.plain().is_none_or(|value| value >= 5)
                || context.starts(&["이상", "이하", "미만", "초과"])
        }
        "번" => !context.starts(NUMBERED_NOUNS),
        "단" => {
            small.is_none_or(|value| value >= 10) && !context.starts(&["계"]) || context.any(LAYER_WORDS)
        }
        "층" => context.starts(&["규모", "짜리", "건물", "높이", "아파트", "빌딩", "이하", "이상"]),
        "기" => small.is_none_or(|value| value >= 20) || context.any(INSTALLATION_WORDS),
        "부" => number.plain().is_none_or(|value| value >= 10),
        "호" => number.scale > 0 || number.punctuated,
        "세대" => number.plain().is_none_or(|value| value >= 30),
        "정" if counted.end.eat("도").is_some() => false,
        "구" if context.before_any(&["시신", "사체", "유해"]) => true,
        "구" | "정" | "문" | "필" | "자" | "면" | "매" => {
            number.plain().is_none_or(|value| value >= 10)
        }
        "주" => {
            number.scale > 0 || number.punctuated || context.before_any(&["주식", "보통주", "자사주", "주당"])
        }
        "회" => !context.starts(&["대회", "말", "초", "째", "차"]),
        "사" => number.plain().is_some_and(|value| value >= 3) || number.about,
        "점" | "장" | "판" | "권" | "편" => !follows_ordinal(cursor),
        "기가" | "테라" | "메가" | "나노" | "노트" | "톱스" | "줄" => !is_model_number(cursor),
        "g" | "t" | "m" | "L" | "l" | "W" | "V" | "in" | "PS" | "PF" | "°" => {
            !is_spaced_unit(cursor, counted)
        }
        _ => true,
    }
}

const DEGREE_WORDS: &[&str] = &[
    "기온", "온도", "체온", "수온", "영하", "영상", "섭씨", "화씨", "각도", "북위", "남위", "동경", "서경",
    "회전", "기울", "경사", "더위", "추위", "폭염", "한파", "고온", "저온", "열",
];
const LAYER_WORDS: &[&str] = &["HBM", "적층", "쌓", "낸드", "D램", "변속"];
const INSTALLATION_WORDS: &[&str] = &[
    "원전",
    "위성",
    "충전기",
    "미사일",
    "발사체",
    "엔진",
    "발전기",
    "풍력",
    "터빈",
    "원자로",
    "로켓",
    "헬기",
    "전투기",
    "엘리베이터",
    "승강기",
    "타워",
    "크레인",
    "보일러",
    "무덤",
    "고분",
    "SMR",
    "발전소",
];
const MACHINE_WORDS: &[&str] = &[
    "차량",
    "자동차",
    "전기차",
    "수소차",
    "로봇",
    "서버",
    "헬기",
    "버스",
    "택시",
    "트럭",
    "항공기",
    "비행기",
    "드론",
    "충전기",
    "GPU",
    "PC",
    "컴퓨터",
    "장비",
    "TV",
    "카메라",
    "태블릿",
    "스마트폰",
    "휴대폰",
    "단말",
    "기기",
    "설비",
    "오토바이",
    "자전거",
    "킥보드",
    "전투기",
    "기계",
    "노트북",
    "냉장고",
    "에어컨",
    "세탁기",
    "선풍기",
    "칩",
    "모니터",
    "프린터",
    "굴착기",
    "열차",
    "피아노",
    "키오스크",
    "CCTV",
    "슈퍼컴",
];
/// What a round number before 대 ranks: 10대 그룹, 500대 기업.
const RANKED_NOUNS: &[&str] = &[
    "기업",
    "그룹",
    "부자",
    "명산",
    "명소",
    "맛집",
    "관광지",
    "상품",
    "작가",
    "과제",
    "대학",
    "브랜드",
    "도시",
    "건설",
    "은행",
    "로펌",
    "병원",
    "뉴스",
    "국정",
    "핵심",
    "전략",
    "분야",
    "산업",
    "기술",
    "품목",
    "수출",
    "강국",
    "제약",
    "증권",
    "재벌",
    "회계",
    "공약",
    "개혁",
    "원칙",
    "요소",
    "사회",
    "종합",
    "금융",
    "시중",
    "정책",
    "프로젝트",
    "사업",
    "협력",
    "트렌드",
    "키워드",
    "메이저",
    "국회",
    "총선",
    "대통령",
    "의회",
    "여성",
    "남성",
    "청소년",
    "소녀",
    "소년",
    "초반",
    "중반",
    "후반",
    "이하",
    "가수",
    "이용자",
    "고객",
    "부부",
    "직장인",
    "대표",
];

/// What 번 numbers instead of counting: 3번 국도, 3번째.
const NUMBERED_NOUNS: &[&str] = &[
    "째",
    "출구",
    "국도",
    "버스",
    "시내버스",
    "타자",
    "홀",
    "게이트",
    "문제",
    "지",
    "선발",
    "마",
];

/// Counters that 한 counts with; with others it is an article (한 팀) or an idiom (한 번, 한 가지).
const COUNTED_BY_ONE: &[&str] = &[
    "명", "개", "곳", "대", "건", "권", "마리", "그루", "채", "척", "병", "종", "장", "편", "켤레", "벌",
    "차례", "쌍",
];

/// 두 명, 세 번, but not 두 번째 and 한 번.
fn is_native_count(number: &Number, unit: &str, context: &Context<'_>) -> bool {
    let is_ordinal = context.starts(&["째"]);
    !is_ordinal && (number.value > Decimal::ONE || COUNTED_BY_ONE.contains(&unit))
}

/// The sentence around a quantity.
struct Context<'text> {
    before: &'text str,
    after: &'text str,
}

impl Context<'_> {
    fn any(&self, words: &[&str]) -> bool {
        words
            .iter()
            .any(|word| self.before.contains(word) || self.after.contains(word))
    }

    fn before_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.before.contains(word))
    }

    /// Whether one of `words` stands at most so many bytes before the quantity.
    fn ends_near(&self, words: &[&str], bytes: usize) -> bool {
        let near = |word: &&str| {
            self.before
                .rfind(*word)
                .map(|at| self.before.len() - at - word.len())
        };
        words.iter().filter_map(near).any(|distance| distance <= bytes)
    }

    fn starts(&self, words: &[&str]) -> bool {
        words
            .iter()
            .any(|word| self.after.trim_start_matches(' ').starts_with(word))
    }
}

/// 대 counts machines, but 20대 is an age, 10대 그룹 a rank and 22대 국회 an ordinal.
fn is_count_of_machines(number: &Number, end: Cursor<'_>, context: &Context<'_>) -> bool {
    let is_rank = end.peek() == Some(' ') && context.starts(RANKED_NOUNS)
        || context.before.trim_end().ends_with("세계");
    // 100대 1 is a ratio, 1천억대 money, 코스피 2,700대 an index.
    let is_ratio = end.skip_space().peek().is_some_and(|next| next.is_ascii_digit());
    if is_rank || is_ratio || number.scale >= 8 || context.before_any(&["코스피", "코스닥", "지수", "환율"])
    {
        return false;
    }
    match number.plain() {
        None => true,
        Some(value) if value >= 100 => true,
        Some(value) if value % 10 == 0 => context.ends_near(MACHINE_WORDS, 24),
        Some(_) => end.peek() != Some(' ') || context.ends_near(MACHINE_WORDS, 12),
    }
}

/// 제3자 is an ordinal and 코로나19 a name, while 약300명 is an amount.
fn may_follow_hangul(cursor: Cursor<'_>, counted: &Counted<'_>) -> bool {
    match cursor.previous().filter(|previous| is_hangul(*previous)) {
        None => !follows_ordinal(cursor),
        Some('제') => false,
        Some('약' | '총' | '각' | '등' | '단' | '만' | '및') => true,
        Some(_) => matches!(counted.kind, UnitKind::Counter) && is_unmistakable(&counted.unit),
    }
}

/// 제 2장: an ordinal with a space.
fn follows_ordinal(cursor: Cursor<'_>) -> bool {
    cursor.follows_word(&["제"])
}

/// 3분의 1, whatever the unit looked like.
fn is_fraction(end: Cursor<'_>) -> bool {
    end.eat("의").is_some_and(|after| {
        after
            .skip_space()
            .peek()
            .is_some_and(|next| next.is_ascii_digit())
    }) && end.previous() == Some('분')
}

/// 갤럭시 탭 9 메가: a space before a unit that is also a name.
fn is_model_number(cursor: Cursor<'_>) -> bool {
    cursor
        .rest()
        .find(' ')
        .is_some_and(|at| cursor.rest()[..at].bytes().all(|byte| byte.is_ascii_digit()))
}

/// 5 g and 16 V may be letters of a name.
fn is_spaced_unit(cursor: Cursor<'_>, counted: &Counted<'_>) -> bool {
    let start = counted.end.position() - counted.unit.len();
    cursor.moved_to(start).previous() == Some(' ') && counted.quantified.last.plain().is_some()
}
