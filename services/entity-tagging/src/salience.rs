//! Salience: how central an entity is to its article, from 0 to 1.
//!
//! `salience = 0.4 · headline + 0.3 · position + 0.3 · frequency` over all mentions of the same entity:
//! * headline: 1 if it stands in the title, 0.5 if only in the subtitle, else 0;
//! * position: 1 at the start of the body (or in title or subtitle), falling to 0 at its end, by the first mention;
//! * frequency: `ln(1 + mentions) / ln(1 + mentions of the most frequent entity)`.
//!
//! The same entity is the same id, or the same type and surface where the link is NIL. Expressions have salience 0.

use hashbrown::HashMap;

use gisa_article_model::{EntityType, Mention, TextField};

const HEADLINE: f32 = 0.4;
const POSITION: f32 = 0.3;
const FREQUENCY: f32 = 0.3;
const SUBTITLE_ONLY: f32 = 0.5;

#[derive(Clone, Default)]
struct Presence {
    headline: f32,
    position: f32,
    mentions: u16,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Linked(String),
    Nil(EntityType, String),
}

/// Sets the salience of all `mentions` of an article whose body has `body_length` bytes.
pub fn assign(mentions: &mut [Mention], body_length: usize) {
    let mut presences: HashMap<Key, Presence> = HashMap::new();
    for mention in mentions.iter() {
        let Some(key) = key(mention) else {
            continue;
        };
        let presence = presences.entry(key).or_default();
        presence.headline = presence.headline.max(headline(mention.field));
        presence.position = presence.position.max(position(mention, body_length));
        presence.mentions = presence.mentions.saturating_add(1);
    }
    let most = presences
        .values()
        .map(|presence| presence.mentions)
        .max()
        .unwrap_or_default();
    for mention in mentions {
        mention.salience = key(mention)
            .and_then(|key| presences.get(&key))
            .map_or(0.0, |presence| {
                let frequency = f32::from(presence.mentions).ln_1p() / f32::from(most).ln_1p();
                HEADLINE * presence.headline + POSITION * presence.position + FREQUENCY * frequency
            });
    }
}

fn key(mention: &Mention) -> Option<Key> {
    if !mention.entity_type.is_name() {
        return None;
    }
    let id = mention.link.as_ref().and_then(|link| link.entity_id.clone());
    Some(id.map_or_else(
        || Key::Nil(mention.entity_type, mention.surface.clone()),
        Key::Linked,
    ))
}

fn headline(field: TextField) -> f32 {
    match field {
        TextField::Title => 1.0,
        TextField::Subtitle => SUBTITLE_ONLY,
        TextField::Body => 0.0,
    }
}

fn position(mention: &Mention, body_length: usize) -> f32 {
    if mention.field != TextField::Body || body_length == 0 {
        return 1.0;
    }
    1.0 - mention.span.start_byte as f32 / body_length as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use gisa_article_model::{EntityLink, Span, TaggerLayer};

    fn mention(
        field: TextField,
        start: u32,
        id: Option<&str>,
        surface: &str,
        entity_type: EntityType,
    ) -> Mention {
        let (start_byte, end_byte) = (start, start + 1);
        Mention {
            field,
            span: Span {
                start_byte,
                end_byte,
                start_code_point: start,
                end_code_point: end_byte,
                start_utf16: start,
                end_utf16: end_byte,
            },
            surface: surface.into(),
            entity_type,
            value: None,
            link: Some(EntityLink {
                entity_id: id.map(Into::into),
                candidates: Vec::new(),
            }),
            confidence: 1.0,
            salience: 0.0,
            layer: TaggerLayer::Dictionary,
        }
    }

    #[test]
    fn formula() {
        use EntityType::{Organization, Person, Quantity};
        let mut mentions = vec![
            mention(TextField::Title, 0, Some("org:a"), "가", Organization),
            mention(TextField::Body, 0, Some("org:a"), "가그룹", Organization),
            mention(TextField::Body, 50, None, "나", Person),
            mention(TextField::Body, 60, None, "나", Organization),
            mention(TextField::Body, 75, Some("org:a"), "가", Organization),
            mention(TextField::Body, 90, None, "3명", Quantity),
        ];
        assign(&mut mentions, 100);
        let found: Vec<f32> = mentions.iter().map(|mention| mention.salience).collect();
        let once = 2f32.ln() / 4f32.ln();
        let expected = [1.0, 1.0, 0.3 * 0.5 + 0.3 * once, 0.3 * 0.4 + 0.3 * once, 1.0, 0.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assign(&mut [], 0);
    }
}
