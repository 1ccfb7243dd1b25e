//! Search texts and tokens: whatever a caller sends, reading it neither panics nor gives offsets that do not fit.

#![no_main]

use gisa_query::{analyzer::Analyzer, search::parse_query, watch::resume_token::ResumePoint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let analyzer = Analyzer::shared().expect("the model is compiled in");
    for token in analyzer.tokens(text) {
        assert!(text.get(token.span).is_some_and(|surface| !surface.is_empty()));
    }
    let _ = parse_query(text, &analyzer);
    let _ = ResumePoint::decode(text);
});
