//! Computes signatures of arbitrary texts and checks that white space and signs do not matter.

#![no_main]

use gisa_entity_tagging::signature::content_signature;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, String)| {
    let (title, body) = input;
    let signature = content_signature(&title, &body);
    let spaced = format!("  \n{title} … ");
    assert_eq!(signature, content_signature(&spaced, &body));
    let again = format!("{body}\n");
    assert_eq!(signature, content_signature(&title, &again));
});
