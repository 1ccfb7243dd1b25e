//! Feeds arbitrary text and publication days to the grammar and checks what must hold for every text.

#![no_main]

use gisa_entity_tagging::grammar::find_expressions;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, String)| {
    let (days, text) = input;
    let first_day = date(1990, 1, 1);
    let published = first_day
        .saturating_add(jiff::Span::new().days(i64::from(days)))
        .at(9, 0, 0, 0);
    let mut last_end = 0;
    for expression in find_expressions(&text, published) {
        let surface = text
            .get(expression.range.clone())
            .expect("a range on character boundaries");
        assert!(!surface.is_empty(), "{expression:?}");
        assert!(
            expression.range.start >= last_end,
            "{expression:?} overlaps or is out of order"
        );
        assert!(!expression.entity_type.is_name(), "{expression:?}");
        last_end = expression.range.end;
    }
});
