//! Results for programs: the objects that `--output json` writes.

pub(crate) mod analysis;
pub(crate) mod explanation;

use analysis::AnalysisRecord;
use gisa_article_model::{Article, Author, Mention, TaggedArticle};
use gisa_proto::query::v1::Highlight;
use serde::Serialize;

use super::views::highlight_range;

/// A mention.
#[derive(Debug, Serialize)]
pub(crate) struct MentionRecord<'a> {
    field: &'static str,
    start: u32,
    end: u32,
    surface: &'a str,
    r#type: &'static str,
    value: Option<String>,
    entity_id: Option<&'a str>,
    confidence: f32,
    layer: &'static str,
}

impl<'a> MentionRecord<'a> {
    pub(crate) fn all(mentions: &'a [Mention]) -> Vec<Self> {
        mentions.iter().map(Self::new).collect()
    }

    fn new(mention: &'a Mention) -> Self {
        Self {
            field: mention.field.as_str(),
            start: mention.span.start_code_point,
            end: mention.span.end_code_point,
            surface: &mention.surface,
            r#type: mention.entity_type.as_str(),
            value: mention.value.as_ref().map(ToString::to_string),
            entity_id: mention.link.as_ref().and_then(|link| link.entity_id.as_deref()),
            confidence: mention.confidence,
            layer: mention.layer.as_str(),
        }
    }
}

/// What every result says of an article.
#[derive(Debug, Serialize)]
pub(crate) struct ArticleRecord<'a> {
    article_id: &'a str,
    revision: u32,
    state: &'static str,
    source: &'a str,
    external_id: &'a str,
    url: &'a str,
    section: &'a str,
    title: &'a str,
    published_at: String,
}

impl<'a> ArticleRecord<'a> {
    pub(crate) fn new(article: &'a Article) -> Self {
        Self {
            article_id: article.article_id.as_str(),
            revision: article.revision,
            state: article.state.as_str(),
            source: &article.source,
            external_id: &article.external_id,
            url: &article.url,
            section: &article.section,
            title: &article.title,
            published_at: article.published_at.to_string(),
        }
    }
}

/// An article with everything.
#[derive(Debug, Serialize)]
pub(crate) struct FullArticleRecord<'a> {
    #[serde(flatten)]
    article: ArticleRecord<'a>,
    subtitle: &'a str,
    body: &'a str,
    authors: Vec<AuthorRecord<'a>>,
    language: &'a str,
    reason: &'a str,
    copyright: &'a str,
    tagger_version: TaggerVersionRecord,
    tagged_at: String,
    mentions: Vec<MentionRecord<'a>>,
    #[serde(flatten)]
    analysis: AnalysisRecord<'a>,
}

#[derive(Debug, Serialize)]
struct AuthorRecord<'a> {
    name: &'a str,
    email: &'a str,
}

#[derive(Debug, Serialize)]
struct TaggerVersionRecord {
    engine: u32,
    dictionary: u64,
}

impl<'a> FullArticleRecord<'a> {
    pub(crate) fn new(tagged: &'a TaggedArticle) -> Self {
        let article = &tagged.article;
        let author = |author: &'a Author| AuthorRecord {
            name: &author.name,
            email: &author.email,
        };
        Self {
            article: ArticleRecord::new(article),
            subtitle: &article.subtitle,
            body: &article.body,
            authors: article.authors.iter().map(author).collect(),
            language: &article.language,
            reason: &article.state_reason,
            copyright: &article.copyright,
            tagger_version: TaggerVersionRecord {
                engine: tagged.tagger_version.engine,
                dictionary: tagged.tagger_version.dictionary,
            },
            tagged_at: tagged.tagged_at.to_string(),
            mentions: MentionRecord::all(&tagged.mentions),
            analysis: AnalysisRecord::new(&tagged.analysis),
        }
    }
}

/// A search hit.
#[derive(Debug, Serialize)]
pub(crate) struct HitRecord<'a> {
    #[serde(flatten)]
    article: ArticleRecord<'a>,
    score: f32,
    highlights: Vec<HighlightRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct HighlightRecord<'a> {
    field: &'static str,
    start: u32,
    end: u32,
    surface: &'a str,
}

impl<'a> HitRecord<'a> {
    pub(crate) fn new(tagged: &'a TaggedArticle, score: f32, highlights: &[Highlight]) -> Self {
        let record = |highlight: &Highlight| {
            let (field, range) = highlight_range(tagged, highlight)?;
            let span = highlight.span.as_ref()?;
            Some(HighlightRecord {
                field: field.as_str(),
                start: span.start_code_point,
                end: span.end_code_point,
                surface: &tagged.text(field)[range],
            })
        };
        Self {
            article: ArticleRecord::new(&tagged.article),
            score,
            highlights: highlights.iter().filter_map(record).collect(),
        }
    }
}
