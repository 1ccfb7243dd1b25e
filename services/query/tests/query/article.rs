//! Tagged articles to test with.

use gisa_article_codec::{ArticleTagged, LogPosition};
use gisa_article_model::{
    Analysis, Article, ArticleId, ContentHash, EntityLink, EntityType, Mention, OffsetMap, PublicationState,
    TaggedArticle, TaggerLayer, TaggerVersion, TextField, Topic, TopicScore, ZonedTime,
};
use jiff::Timestamp;

/// A usable first revision with a title and a text.
pub(crate) fn article(id: &str, title: &str, body: &str) -> TaggedArticle {
    TaggedArticle {
        article: Article {
            article_id: ArticleId::parse(id).unwrap(),
            source: "hangang-ilbo".into(),
            external_id: id.into(),
            url: String::new(),
            section: "경제".into(),
            title: title.into(),
            subtitle: String::new(),
            body: body.into(),
            authors: Vec::new(),
            language: "ko".into(),
            published_at: ZonedTime::in_korea(at(0)),
            revision: 1,
            state: PublicationState::Usable,
            state_reason: String::new(),
            content_hash: ContentHash([7; 32]),
            copyright: String::new(),
        },
        mentions: Vec::new(),
        analysis: Analysis::default(),
        tagger_version: TaggerVersion {
            engine: 1,
            dictionary: 0,
        },
        tagged_at: at(0),
    }
}

/// Some minutes after a fixed time.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minutes * 60).unwrap()
}

/// Changes of an article, one after the other.
pub(crate) trait Change: Sized {
    fn changed(self, change: impl FnOnce(&mut TaggedArticle)) -> Self;

    fn published(self, minutes: i64) -> Self {
        self.changed(|tagged| tagged.article.published_at = ZonedTime::in_korea(at(minutes)))
    }

    fn source(self, source: &str) -> Self {
        self.changed(|tagged| tagged.article.source = source.into())
    }

    fn section(self, section: &str) -> Self {
        self.changed(|tagged| tagged.article.section = section.into())
    }

    fn revision(self, revision: u32) -> Self {
        self.changed(|tagged| tagged.article.revision = revision)
    }

    fn state(self, state: PublicationState) -> Self {
        self.changed(|tagged| {
            tagged.article.state = state;
            tagged.article.state_reason = "사유".into();
            if state == PublicationState::Retracted {
                let article = &mut tagged.article;
                for text in [&mut article.title, &mut article.subtitle, &mut article.body] {
                    text.clear();
                }
                tagged.mentions.clear();
                tagged.analysis = Analysis::default();
            }
        })
    }

    /// Gives topics, best first.
    fn topics(self, topics: &[Topic]) -> Self {
        self.changed(|tagged| {
            let scores = topics.iter().map(|&topic| TopicScore { topic, score: 0.5 });
            tagged.analysis.topics = scores.collect();
        })
    }

    fn tagger(self, engine: u32, dictionary: u64) -> Self {
        self.changed(|tagged| tagged.tagger_version = TaggerVersion { engine, dictionary })
    }

    /// Mentions the first occurrence of `surface` in the text.
    fn mention(self, surface: &str, entity_type: EntityType, entity_id: Option<&str>) -> Self {
        self.changed(|tagged| {
            let body = &tagged.article.body;
            let start = body.find(surface).unwrap();
            tagged.mentions.push(Mention {
                field: TextField::Body,
                span: OffsetMap::new(body)
                    .span(body, start, start + surface.len())
                    .unwrap(),
                surface: surface.into(),
                entity_type,
                value: None,
                link: entity_id.map(|id| EntityLink {
                    entity_id: Some(id.into()),
                    candidates: Vec::new(),
                }),
                confidence: 0.9,
                salience: 0.5,
                layer: TaggerLayer::Dictionary,
            });
        })
    }
}

impl Change for TaggedArticle {
    fn changed(mut self, change: impl FnOnce(&mut TaggedArticle)) -> Self {
        change(&mut self);
        self
    }
}

/// The event that tells a tagged article.
pub(crate) fn event(tagged: &TaggedArticle) -> ArticleTagged {
    ArticleTagged {
        tagged_article: tagged.clone(),
        source_position: LogPosition {
            stream_identity: "articles".into(),
            sequence: 1,
        },
        accepted_at: at(0),
    }
}

/// The articles of `seeds/articles`.
pub(crate) fn seeds() -> Vec<TaggedArticle> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/articles");
    let mut articles = Vec::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ndjson") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let seed: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |field: &str| seed[field].as_str().unwrap_or_default().to_owned();
            if text("title").is_empty() {
                continue;
            }
            let id = format!("seed-{}", articles.len());
            articles.push(article(&id, &text("title"), &text("body")).changed(|tagged| {
                tagged.article.subtitle = text("subtitle");
                tagged.article.source = text("source");
                tagged.article.section = text("section");
                let published: Timestamp = text("published_at").parse().unwrap();
                tagged.article.published_at = ZonedTime::in_korea(published);
            }));
        }
    }
    assert!(articles.len() > 50);
    articles
}
