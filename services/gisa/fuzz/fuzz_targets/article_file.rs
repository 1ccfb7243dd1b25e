//! Any bytes are read as articles or reported; the first byte chooses the format.
//!
//! `cargo +nightly fuzz run article_file` in `services/gisa`.

#![no_main]

use gisa::article_file::{ArticleFile, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let format = match choice % 4 {
        0 => Format::Auto,
        1 => Format::Ndjson,
        2 => Format::Json,
        _ => Format::Text,
    };
    // Reading from memory does not fail; that the iterator ends is part of what is tested.
    if let Ok(file) = ArticleFile::new("-", bytes, format) {
        let lines = bytes.len() as u64 + 1;
        for article in file {
            let line = match &article {
                Ok(article) => article.location.line,
                Err(unreadable) => unreadable.location.line,
            };
            assert!((1..=lines).contains(&line));
        }
    }
});
