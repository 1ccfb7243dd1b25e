//! The fields of an article in a file.

use gisa_article_model::{Author, PublicationState, ZonedTime};
use serde_json::{Map, Number, Value};

use super::parse_published_at;

/// What a file says of an article; what it does not say is absent. See `gisa ingest --help` for the keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArticleFields {
    /// Key `id`, as given: the publisher's own id.
    pub id: Option<GivenId>,
    /// Key `article_id`: the id in Gisa.
    pub article_id: Option<String>,
    /// Publisher.
    pub source: Option<String>,
    /// Key `external_id`, or else `id`: the publisher's own id.
    pub external_id: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// Section or desk.
    pub section: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Second headline.
    pub subtitle: Option<String>,
    /// Text.
    pub body: Option<String>,
    /// Byline.
    pub authors: Vec<Author>,
    /// Language tag.
    pub language: Option<String>,
    /// When it was published.
    pub published_at: Option<ZonedTime>,
    /// Key `status`.
    pub status: Option<PublicationState>,
    /// Why it was corrected, withheld or retracted.
    pub reason: Option<String>,
    /// Copyright line.
    pub copyright: Option<String>,
}

/// An id as a file gives it: a number stays one.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenId {
    /// An integer.
    Number(Number),
    /// A string.
    Text(String),
}

impl GivenId {
    fn as_text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl serde::Serialize for GivenId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
        }
    }
}

impl ArticleFields {
    /// An article of a plain text file.
    pub(super) fn from_text(title: String, body: String) -> Self {
        Self {
            title: Some(title),
            body: Some(body),
            ..Self::default()
        }
    }

    /// An article as a JSON value, and the keys in it that mean nothing.
    pub(super) fn from_json(value: Value) -> Result<(Self, Vec<String>), String> {
        let Value::Object(object) = value else {
            return Err("not a JSON object".to_owned());
        };
        Self::from_object(object)
    }

    fn from_object(object: Map<String, Value>) -> Result<(Self, Vec<String>), String> {
        let mut fields = Self::default();
        let mut unknown_keys = Vec::new();
        // `null` means absent.
        for (key, value) in object.into_iter().filter(|(_, value)| !value.is_null()) {
            match key.as_str() {
                "id" => fields.id = Some(given_id(&key, value)?),
                "article_id" => fields.article_id = Some(text(&key, value)?),
                "source" => fields.source = Some(text(&key, value)?),
                "external_id" => fields.external_id = Some(given_id(&key, value)?.as_text()),
                "url" => fields.url = Some(text(&key, value)?),
                "section" => fields.section = Some(text(&key, value)?),
                "title" => fields.title = Some(text(&key, value)?),
                "subtitle" => fields.subtitle = Some(text(&key, value)?),
                "body" => fields.body = Some(text(&key, value)?),
                "authors" => fields.authors = authors(value)?,
                "language" => fields.language = Some(text(&key, value)?),
                "published_at" => fields.published_at = Some(time(&key, value)?),
                "status" => fields.status = Some(status(&text(&key, value)?)?),
                "reason" => fields.reason = Some(text(&key, value)?),
                "copyright" => fields.copyright = Some(text(&key, value)?),
                _ => unknown_keys.push(key),
            }
        }
        let id = fields.id.as_ref().map(GivenId::as_text);
        if let (Some(id), Some(external_id)) = (&id, &fields.external_id)
            && id != external_id
        {
            return Err(format!(
                "`id` ({id}) and `external_id` ({external_id}) both name the publisher's id and differ"
            ));
        }
        fields.external_id = fields.external_id.or(id);
        Ok((fields, unknown_keys))
    }
}

fn text(key: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("`{key}` must be a string, not {}", kind(&other))),
    }
}

fn given_id(key: &str, value: Value) -> Result<GivenId, String> {
    match value {
        Value::String(text) => Ok(GivenId::Text(text)),
        Value::Number(number) if !number.is_f64() => Ok(GivenId::Number(number)),
        other => Err(format!(
            "`{key}` must be a string or an integer, not {}",
            kind(&other)
        )),
    }
}

fn time(key: &str, value: Value) -> Result<ZonedTime, String> {
    parse_published_at(&text(key, value)?).map_err(|problem| format!("`{key}`: {problem}"))
}

fn status(name: &str) -> Result<PublicationState, String> {
    use PublicationState::{Corrected, Retracted, Usable, Withheld};
    [Usable, Corrected, Withheld, Retracted]
        .into_iter()
        .find(|state| state.as_str() == name)
        .ok_or_else(|| format!("`status` is `{name}`: use usable, corrected, withheld or retracted"))
}

fn authors(value: Value) -> Result<Vec<Author>, String> {
    let Value::Array(items) = value else {
        return Err(format!("`authors` must be an array, not {}", kind(&value)));
    };
    items.into_iter().map(author).collect()
}

fn author(value: Value) -> Result<Author, String> {
    match value {
        Value::String(name) => Ok(Author {
            name,
            email: String::new(),
        }),
        Value::Object(mut object) => {
            let mut take = |key: &str| match object.remove(key) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => text(&format!("authors.{key}"), value).map(Some),
            };
            Ok(Author {
                name: take("name")?.ok_or("an author has no `name`")?,
                email: take("email")?.unwrap_or_default(),
            })
        }
        other => Err(format!(
            "an author must be a string or an object, not {}",
            kind(&other)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
