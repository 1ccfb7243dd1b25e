//! Texts with marked mentions, for tests: `<김별:P> <새론:O> 대표`.

use gisa_article_model::{EntityLink, EntityType, Mention, OffsetMap, TaggerLayer, TextField, ZonedTime};

use crate::tagger::TextToTag;

/// An article whose title and body are marked.
pub(crate) struct Marked {
    title: String,
    body: String,
    pub(crate) mentions: Vec<Mention>,
}

impl Marked {
    /// Reads a body with mentions `<surface:type>` or `<surface:type:entity id>`; types are P(erson), O(rganization),
    /// L(ocation), (p)R(oduct), E(vent) and D(ate).
    pub(crate) fn body(body: &str) -> Self {
        Self::article("", body)
    }

    /// Reads a title and a body.
    pub(crate) fn article(title: &str, body: &str) -> Self {
        let mut mentions = Vec::new();
        let title = read(title, TextField::Title, &mut mentions);
        let body = read(body, TextField::Body, &mut mentions);
        Self {
            title,
            body,
            mentions,
        }
    }

    pub(crate) fn text(&self) -> TextToTag<'_> {
        TextToTag {
            title: &self.title,
            subtitle: "",
            body: &self.body,
            published_at: ZonedTime::in_korea("2026-09-01T08:00:00+09:00".parse().unwrap()),
        }
    }

    pub(crate) fn surface(&self, mention: usize) -> &str {
        &self.mentions[mention].surface
    }
}

fn read(marked: &str, field: TextField, mentions: &mut Vec<Mention>) -> String {
    let mut text = String::new();
    let mut found = Vec::new();
    for (index, part) in marked.split(['<', '>']).enumerate() {
        if index % 2 == 0 {
            text.push_str(part);
            continue;
        }
        let mut parts = part.split(':');
        let surface = parts.next().unwrap();
        let entity_type = match parts.next().unwrap() {
            "P" => EntityType::Person,
            "O" => EntityType::Organization,
            "L" => EntityType::Location,
            "R" => EntityType::Product,
            "E" => EntityType::Event,
            "D" => EntityType::Date,
            other => panic!("no type {other}"),
        };
        let start = text.len();
        text.push_str(surface);
        let id = parts.next().map(str::to_owned);
        found.push((start..text.len(), entity_type, id));
    }
    let offsets = OffsetMap::new(&text);
    mentions.extend(found.into_iter().map(|(range, entity_type, id)| Mention {
        field,
        span: offsets.span(&text, range.start, range.end).unwrap(),
        surface: text[range].to_owned(),
        entity_type,
        value: None,
        link: entity_type.is_name().then_some(EntityLink {
            entity_id: id,
            candidates: Vec::new(),
        }),
        confidence: 0.9,
        salience: 0.0,
        layer: TaggerLayer::Model,
    }));
    text
}
