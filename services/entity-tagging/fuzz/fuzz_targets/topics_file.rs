//! Reads arbitrary bytes as a topics file, as they are and as what the file's frame holds, and scores a text with what is
//! a model.

#![no_main]

use gisa_entity_tagging::topics::TopicModel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, String)| {
    let (bytes, text) = input;
    let packed = zstd::stream::encode_all(bytes.as_slice(), 1).expect("memory takes what is written");
    // Most inputs lack the magic of the file; with it they get further.
    let with_magic = [b"GISATPC1", bytes.as_slice()].concat();
    let packed_with_magic =
        zstd::stream::encode_all(with_magic.as_slice(), 1).expect("memory takes what is written");
    for file in [bytes, packed, packed_with_magic] {
        let Ok(model) = TopicModel::read(&file) else {
            continue;
        };
        let scores = model.scores(&text, "", &text);
        let whole: f32 = scores.iter().map(|score| score.score).sum();
        assert!(scores.is_empty() || (whole - 1.0).abs() < 1e-3, "{scores:?}");
        assert!(scores.is_sorted_by(|left, right| left.score >= right.score));
    }
});
