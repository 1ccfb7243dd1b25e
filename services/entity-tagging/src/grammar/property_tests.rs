//! Property tests: whatever the text, the grammar does not panic and its ranges are in order.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Expression, find_expressions};

/// Pieces that expressions are made of, to get deep into the rules by chance.
const PIECES: &[&str] = &[
    "지난",
    "오는",
    "올해",
    "지난해",
    "이달",
    "다음 주",
    "3월",
    "12월",
    "31일",
    "2024년",
    "년",
    "월",
    "일",
    "분기",
    "상반기",
    "만",
    "억",
    "조",
    "천",
    "백",
    "여",
    "원",
    "달러",
    "%",
    "%포인트",
    "명",
    "개",
    "국",
    "대",
    "시",
    "분",
    "초",
    "시간",
    "오후",
    "부터",
    "까지",
    "~",
    "∼",
    "-",
    "·",
    ", ",
    ".",
    "(",
    ")",
    "'",
    "$",
    " ",
    " ",
    "1",
    "2",
    "30",
    "1,300",
    "0",
    "99999999999999",
    "10:30",
    "두",
    "세",
    "하루",
    "전",
    "뒤",
    "만에",
    "간",
    "영하",
    "도",
    "제",
    "약",
    "매출",
    "A",
    "㎡",
    "km",
    "😀",
    "①",
    "이날",
    "전날",
    "마지막 주",
    "말",
    "의",
    "\n",
    "같은 기간",
];

fn assert_in_order(text: &str, found: &[Expression]) {
    let mut last_end = 0;
    for expression in found {
        let surface = text.get(expression.range.clone());
        assert!(
            surface.is_some_and(|surface| !surface.trim().is_empty()),
            "{text:?} {expression:?}"
        );
        assert!(expression.range.start >= last_end, "{text:?} {expression:?}");
        assert!(!expression.entity_type.is_name(), "{text:?} {expression:?}");
        assert!(
            (0.0..=1.0).contains(&expression.confidence),
            "{text:?} {expression:?}"
        );
        last_end = expression.range.end;
    }
}

fn any_date() -> impl Strategy<Value = Date> {
    prop_oneof![
        (1900i16..2100, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day)),
        Just(date(2024, 2, 29)),
        Just(date(2024, 12, 31)),
        Just(Date::MIN),
        Just(Date::MAX),
    ]
}

proptest! {
    #[test]
    fn any_text(text in any::<String>(), day in any_date()) {
        assert_in_order(&text, &find_expressions(&text, day.at(9, 0, 0, 0)));
    }

    #[test]
    fn text_of_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40), day in any_date()) {
        let text = pieces.concat();
        assert_in_order(&text, &find_expressions(&text, day.at(9, 0, 0, 0)));
    }

    #[test]
    fn korean_text(text in "[가-힣0-9 .,~%()'년월일시분초만억조원명개대전후말초-]{0,120}", day in any_date()) {
        assert_in_order(&text, &find_expressions(&text, day.at(23, 59, 0, 0)));
    }

    #[test]
    fn what_stands_behind_a_paragraph_changes_no_span_in_front(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20),
    ) {
        let text = pieces.concat() + ".\n\n";
        let longer = text.clone() + "그는 책을 읽었다.";
        let reference = date(2024, 4, 2).at(9, 0, 0, 0);
        let spans = |text: &str| -> Vec<_> {
            find_expressions(text, reference).into_iter().map(|found| (found.range, found.entity_type)).collect()
        };
        prop_assert_eq!(spans(&text), spans(&longer));
    }
}
