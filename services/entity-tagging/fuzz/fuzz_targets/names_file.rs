//! Reads arbitrary bytes as a names model, as they are and as what the file's frame holds, and finds names with what is a
//! model.

#![no_main]

use gisa_entity_tagging::model::features::Evidence;
use gisa_entity_tagging::model::{Model, NameModel as _};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, String)| {
    let (bytes, text) = input;
    let packed = zstd::stream::encode_all(bytes.as_slice(), 1).expect("memory takes what is written");
    // Most inputs lack the magic of the file; with it they get further.
    let with_magic = [b"GISAMDL2", bytes.as_slice()].concat();
    let packed_with_magic =
        zstd::stream::encode_all(with_magic.as_slice(), 1).expect("memory takes what is written");
    let evidence = vec![Evidence::default(); text.chars().count()];
    for file in [bytes, packed, packed_with_magic] {
        let Ok(model) = Model::read(&file) else {
            continue;
        };
        let mut end = 0;
        for name in model.find_names(&text, &evidence) {
            assert!(name.range.start >= end && text.get(name.range.clone()).is_some());
            end = name.range.end;
        }
    }
});
