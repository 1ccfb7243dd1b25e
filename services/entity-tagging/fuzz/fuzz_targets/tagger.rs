//! Tags arbitrary texts with all layers: spans must be sound, and the analysis must name mentions that are there.

#![no_main]

use std::sync::LazyLock;

use gisa_article_model::{TextField, ZonedTime};
use gisa_entity_tagging::tagger::{Tagger, TextToTag};
use libfuzzer_sys::fuzz_target;

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::built_in().expect("the built-in files are sound"));

fuzz_target!(|input: (String, String)| {
    let (title, body) = input;
    let published_at = "2026-09-01T08:00:00+09:00".parse().expect("a time");
    let tagged = TAGGER.tag(&TextToTag {
        title: &title,
        subtitle: "",
        body: &body,
        published_at: ZonedTime::in_korea(published_at),
    });
    for mention in &tagged.mentions {
        let text = if mention.field == TextField::Title { &title } else { &body };
        assert_eq!(mention.span.slice(text), Some(mention.surface.as_str()));
    }
    let count = tagged.mentions.len() as u32;
    for entity in &tagged.analysis.entities {
        assert!(entity.mentions.iter().all(|&mention| mention < count));
    }
    for relation in &tagged.analysis.relations {
        let arguments = relation.arguments.iter();
        assert!(arguments.filter_map(|argument| argument.mention).all(|mention| mention < count));
    }
});
