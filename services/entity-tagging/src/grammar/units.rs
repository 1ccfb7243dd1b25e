//! The units that a quantity is counted or measured in.

use std::sync::LazyLock;

use crate::first_character::ByFirstCharacter;

/// How freely a unit may stand behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// A counter that hardly is anything else: 명, 개. Native number words and Hangul in front may be glued to it.
    Counter,
    /// A counter that is also the start of other words: 점, 사. Counts digits only and stands directly behind them, or
    /// behind a space after a large number.
    ShortCounter,
    /// A noun that is counted without a counter when the number is large: 1,300만 다운로드.
    LargeNoun,
    /// A Korean measure: 킬로미터, 평.
    Measure,
    /// A measure in Latin letters or signs: km, ㎡.
    Symbol,
}

/// The longest unit that `text` starts with.
pub(super) fn longest_unit(text: &str) -> Option<(&'static str, UnitKind)> {
    UNITS
        .of(text)
        .filter(|(unit, _)| text.starts_with(unit))
        .max_by_key(|(unit, _)| unit.len())
        .copied()
}

static UNITS: LazyLock<ByFirstCharacter<(&str, UnitKind)>> = LazyLock::new(|| {
    let tables = [
        (COUNTERS, UnitKind::Counter),
        (SHORT_COUNTERS, UnitKind::ShortCounter),
        (LARGE_NOUNS, UnitKind::LargeNoun),
        (MEASURES, UnitKind::Measure),
        (SYMBOLS, UnitKind::Symbol),
    ];
    let units = tables
        .into_iter()
        .flat_map(|(table, kind)| table.iter().map(move |unit| (*unit, kind)));
    ByFirstCharacter::new(units.map(|unit| (unit.0, unit)))
});

/// Bound nouns that follow 개 with or without a space: 30개 국, 200개사.
pub(super) const AFTER_GAE: &[&str] = &["국", "사", "소", "교", "점", "주"];

/// Nouns that follow 개 without a space: 12개팀.
pub(super) const GLUED_AFTER_GAE: &[&str] = &[
    "팀", "동", "실", "반", "조", "부", "시", "군", "구", "도", "종", "과", "역", "노선", "기관", "업체",
    "기업", "대학", "학교", "과제",
];

const COUNTERS: &[&str] = &[
    "명",
    "개",
    "건",
    "곳",
    "가지",
    "번",
    "차례",
    "종",
    "종류",
    "편",
    "권",
    "마리",
    "그루",
    "채",
    "척",
    "잔",
    "사람",
    "벌",
    "켤레",
    "쌍",
    "통",
    "송이",
    "포기",
    "세트",
    "팀",
    "대",
    "장",
    "병",
    "점",
    "곡",
    "컷",
    "칸",
    "줄",
    "마디",
    "글자",
    "쪽",
    "페이지",
    "박스",
    "상자",
    "가구",
    "가마",
    "자루",
    "모금",
    "그릇",
    "판",
    "알",
    "갈래",
    "군데",
    "꼭지",
    "경기",
];

const SHORT_COUNTERS: &[&str] = &[
    "사", "인", "회", "대", "도", "석", "표", "량", "층", "단", "부", "매", "정", "필지", "필", "발", "기",
    "문", "면", "실", "병상", "객실", "주", "자", "선석", "세대", "구좌", "계좌", "호실", "끼", "인분",
    "문항", "과목", "학점", "회선", "구", "득점", "타석", "이닝", "종목", "학급", "품목", "인승", "부작",
    "호",
];

const LARGE_NOUNS: &[&str] = &[
    "다운로드",
    "파라미터",
    "매개변수",
    "토큰",
    "화소",
    "구독자",
    "가입자",
    "이용자",
    "사용자",
    "회원",
    "관객",
    "뷰",
    "조회",
    "유저",
    "팔로워",
    "좌석",
    "계정",
    "콜",
    "사이클",
    "코어",
    "안타",
    "스텝",
    "단어",
    "문장",
];

const MEASURES: &[&str] = &[
    "평",
    "평방미터",
    "제곱미터",
    "제곱킬로미터",
    "세제곱미터",
    "입방미터",
    "킬로미터",
    "미터",
    "센티미터",
    "센티",
    "밀리미터",
    "밀리",
    "마이크로미터",
    "나노미터",
    "나노",
    "옹스트롬",
    "킬로그램",
    "그램",
    "밀리그램",
    "킬로",
    "톤",
    "리터",
    "밀리리터",
    "킬로리터",
    "와트",
    "킬로와트",
    "메가와트",
    "기가와트",
    "테라와트",
    "킬로와트시",
    "메가와트시",
    "기가와트시",
    "테라와트시",
    "와트시",
    "볼트",
    "암페어",
    "밀리암페어시",
    "헤르츠",
    "킬로헤르츠",
    "메가헤르츠",
    "기가헤르츠",
    "바이트",
    "킬로바이트",
    "메가바이트",
    "기가바이트",
    "테라바이트",
    "페타바이트",
    "엑사바이트",
    "비트",
    "기가비트",
    "테라비트",
    "기가",
    "테라",
    "메가",
    "큐비트",
    "픽셀",
    "화소",
    "코어",
    "인치",
    "피트",
    "야드",
    "마일",
    "해리",
    "광년",
    "헥타르",
    "에이커",
    "배럴",
    "온스",
    "갤런",
    "파운드",
    "캐럿",
    "마력",
    "칼로리",
    "킬로칼로리",
    "데시벨",
    "니트",
    "페타플롭스",
    "엑사플롭스",
    "테라플롭스",
    "플롭스",
    "톱스",
    "포인트",
    "노트",
    "기압",
    "룩스",
    "뉴턴",
    "파스칼",
    "채널",
    "세그먼트",
    "됫박",
    "마지기",
    "TEU",
    "디옵터",
];

const SYMBOLS: &[&str] = &[
    "km", "Km", "KM", "m", "cm", "mm", "nm", "μm", "µm", "um", "㎞", "㎝", "㎜", "㎚", "㎛", "㎡", "㎢",
    "㎥", "m²", "km²", "m³", "m2", "km2", "m3", "kg", "Kg", "KG", "g", "mg", "μg", "㎏", "㎎", "㎍", "t",
    "kt", "L", "l", "mL", "ml", "ℓ", "㎖", "㏄", "cc", "kL", "kW", "KW", "MW", "GW", "TW", "W", "mW", "㎾",
    "㎿", "Wh", "kWh", "KWh", "MWh", "GWh", "TWh", "V", "kV", "mAh", "Ah", "mA", "Hz", "kHz", "KHz", "MHz",
    "GHz", "THz", "㎐", "㎒", "㎓", "KB", "kB", "MB", "GB", "TB", "PB", "EB", "Kb", "Mb", "Gb", "Tb", "kbps",
    "Kbps", "Mbps", "Gbps", "Tbps", "bps", "MB/s", "GB/s", "TB/s", "Gb/s", "fps", "FPS", "rpm", "RPM",
    "TOPS", "FLOPS", "GFLOPS", "TFLOPS", "PFLOPS", "EFLOPS", "PF", "℃", "°C", "℉", "°F", "°", "ha", "㏊",
    "km/h", "㎞/h", "km/L", "km/l", "m/s", "km/kWh", "Wh/kg", "Wh/L", "g/km", "dB", "㏈", "dpi", "ppi",
    "nit", "nits", "kcal", "㎉", "cal", "Nm", "kgf·m", "kg·m", "hp", "PS", "bp", "bps", "ppm", "ppb", "TEU",
    "GT", "DWT", "CGT", "psi", "bar", "lx", "mSv", "Bq", "kN", "kPa", "MPa", "GPa", "inch", "in", "ft", "lb",
    "oz", "μg/m³", "㎍/㎥", "mg/L", "mg/dL", "TPS", "ms", "㎳", "ns",
];
