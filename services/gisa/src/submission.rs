//! From what a file says of an article to what ingest is asked to do.

use gisa_article_codec::{
    article::{encode_author, encode_state},
    time::encode_zoned,
};
use gisa_article_model::{ArticleId, ArticleKey, PublicationState, ZonedTime};
use gisa_proto::ingest::v1::{ArticleSubmission, Retraction, ingest_articles_request::Operation};

use crate::article_file::{ArticleFields, Location, ReadArticle};

/// One operation on one article.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    /// Where the article was read.
    pub(crate) location: Location,
    /// What is asked for.
    pub(crate) operation: Operation,
    /// The article it is about, as ingest will name it.
    pub(crate) article_id: ArticleId,
}

/// What is filled in where a file says nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) source: Option<String>,
    pub(crate) published_at: Option<ZonedTime>,
}

impl Submission {
    /// Fails, in words, when something that is required is missing.
    pub(crate) fn new(article: ReadArticle, defaults: &Defaults) -> Result<Self, String> {
        let mut fields = article.fields;
        fields.source = fields.source.or_else(|| defaults.source.clone());
        fields.published_at = fields.published_at.or(defaults.published_at);
        let article_id = article_id(&fields);
        let operation = if fields.status == Some(PublicationState::Retracted) {
            Operation::Retraction(retraction(fields)?)
        } else {
            Operation::Article(submission(fields)?)
        };
        Ok(Self {
            location: article.location,
            operation,
            article_id,
        })
    }
}

/// The id that ingest derives, see `gisa.article.v1.Article.article_id`.
fn article_id(fields: &ArticleFields) -> ArticleId {
    if let Some(Ok(given)) = fields.article_id.as_deref().map(ArticleId::parse) {
        return given;
    }
    let text = |field: &'_ Option<String>| field.as_deref().unwrap_or("").to_owned();
    ArticleId::derive(ArticleKey {
        source: fields
            .source
            .as_deref()
            .filter(|source| !source.is_empty())
            .unwrap_or("unknown"),
        external_id: &text(&fields.external_id),
        url: &text(&fields.url),
        text: [&text(&fields.title), &text(&fields.subtitle), &text(&fields.body)],
    })
}

fn submission(fields: ArticleFields) -> Result<ArticleSubmission, String> {
    let required = |key: &str, value: Option<String>| {
        value
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| format!("`{key}` is missing or empty"))
    };
    Ok(ArticleSubmission {
        article_id: fields.article_id.unwrap_or_default(),
        source: fields.source.unwrap_or_default(),
        external_id: fields.external_id.unwrap_or_default(),
        url: fields.url.unwrap_or_default(),
        section: fields.section.unwrap_or_default(),
        title: required("title", fields.title)?,
        subtitle: fields.subtitle.unwrap_or_default(),
        body: required("body", fields.body)?,
        authors: fields.authors.iter().map(encode_author).collect(),
        language: fields.language.unwrap_or_default(),
        published_at: fields.published_at.map(encode_zoned),
        state: fields.status.map(encode_state).unwrap_or_default().into(),
        state_reason: fields.reason.unwrap_or_default(),
        copyright: fields.copyright.unwrap_or_default(),
    })
}

fn retraction(fields: ArticleFields) -> Result<Retraction, String> {
    let reason = fields.reason.unwrap_or_default();
    if let Some(article_id) = fields.article_id {
        return Ok(Retraction {
            article_id,
            reason,
            ..Retraction::default()
        });
    }
    if fields.external_id.is_none() && fields.url.is_none() {
        return Err("a retraction needs an `article_id`, `external_id`, `id` or `url`".to_owned());
    }
    Ok(Retraction {
        article_id: String::new(),
        source: fields.source.unwrap_or_default(),
        external_id: fields.external_id.unwrap_or_default(),
        url: fields.url.unwrap_or_default(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article_file::{ArticleFile, Format};

    fn submission_of(json: &str) -> Result<Submission, String> {
        let mut file = ArticleFile::new("test", json.as_bytes(), Format::Ndjson).unwrap();
        let defaults = Defaults {
            source: Some("default".to_owned()),
            published_at: None,
        };
        Submission::new(file.next().unwrap().unwrap(), &defaults)
    }

    #[test]
    fn ids_are_those_of_ingest() {
        let by_number = submission_of(r#"{"id": 12, "title": "제목", "body": "본문"}"#).unwrap();
        let Operation::Article(article) = by_number.operation else {
            panic!("not an article");
        };
        assert_eq!(
            (article.external_id.as_str(), article.source.as_str()),
            ("12", "default")
        );
        assert_eq!(article.published_at, None);

        let retraction =
            submission_of(r#"{"external_id": "12", "status": "retracted", "reason": "오보"}"#).unwrap();
        assert_eq!(retraction.article_id, by_number.article_id);
        let given = submission_of(r#"{"article_id": "a:1", "title": "제목", "body": "본문"}"#).unwrap();
        assert_eq!(given.article_id.as_str(), "a:1");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            submission_of(r#"{"body": "본문"}"#).unwrap_err(),
            "`title` is missing or empty"
        );
        assert_eq!(
            submission_of(r#"{"title": "제목", "body": " "}"#).unwrap_err(),
            "`body` is missing or empty"
        );
        assert!(
            submission_of(r#"{"status": "retracted"}"#)
                .unwrap_err()
                .contains("needs")
        );
    }
}
