//! Article ids: the form of a given one, and the derivation of one that is not given.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

/// Stable id of an article: 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArticleId(String);

/// What an article id is derived from when the publisher gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleKey<'a> {
    /// Publisher.
    pub source: &'a str,
    /// The publisher's own id, empty if none; used first.
    pub external_id: &'a str,
    /// URL, empty if none; used when there is no external id.
    pub url: &'a str,
    /// Title, subtitle and body; used when there is neither.
    pub text: [&'a str; 3],
}

/// A given id that does not have the required form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 128 characters of A-Z a-z 0-9 . _ : -")]
pub struct InvalidArticleId;

impl ArticleId {
    /// Longest id in bytes.
    pub const MAX_LENGTH: usize = 128;

    /// Checks a given id.
    pub fn parse(given: &str) -> Result<Self, InvalidArticleId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if given.is_empty() || given.len() > Self::MAX_LENGTH || !given.bytes().all(allowed) {
            return Err(InvalidArticleId);
        }
        Ok(Self(given.to_owned()))
    }

    /// Derives an id; defined for every key. See `gisa.article.v1.Article.article_id`.
    pub fn derive(key: ArticleKey<'_>) -> Self {
        let (kind, parts): (&str, Vec<String>) = if !key.external_id.is_empty() {
            ("external-id", vec![key.external_id.nfc().collect()])
        } else if !key.url.is_empty() {
            ("url", vec![canonical_url(key.url)])
        } else {
            ("text", key.text.iter().map(|part| part.nfc().collect()).collect())
        };

        let source: String = key.source.nfc().collect();
        let mut hasher = Sha256::new();
        hasher.update("gisa-article-id-v1");
        for part in [source.as_str(), kind]
            .into_iter()
            .chain(parts.iter().map(String::as_str))
        {
            hasher.update([0]);
            hasher.update(part);
        }
        Self(hex::encode(&hasher.finalize()[..16]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One spelling for the many URLs of one page. Text that is no URL is returned as it is, so that the derivation stays
/// total.
fn canonical_url(given: &str) -> String {
    // Parsing lower-cases scheme and host and drops a default port.
    let Ok(mut url) = Url::parse(given) else {
        return given.to_owned();
    };
    url.set_fragment(None);

    let mut parameters: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking_parameter(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    parameters.sort();
    if parameters.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(parameters);
    }

    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let text = url.to_string();
    // A URL with an empty path is still written with a slash.
    if url.path() == "/" && url.query().is_none() {
        text.trim_end_matches('/').to_owned()
    } else {
        text
    }
}

fn is_tracking_parameter(name: &str) -> bool {
    name.starts_with("utm_") || name == "fbclid" || name == "gclid"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key<'a>(external_id: &'a str, url: &'a str) -> ArticleKey<'a> {
        ArticleKey {
            source: "한강일보",
            external_id,
            url,
            text: ["제목", "", "본문"],
        }
    }

    #[test]
    fn given_ids_are_checked() {
        assert!(ArticleId::parse("hangang-ilbo:2026-11.1_a").is_ok());
        for wrong in ["", "a b", "기사", "a/b", "a>b", &"x".repeat(129)] {
            assert_eq!(ArticleId::parse(wrong), Err(InvalidArticleId), "{wrong:?}");
        }
    }

    #[test]
    fn derivation_is_pinned() {
        // Ids are stored by callers: this value must never change.
        assert_eq!(
            ArticleId::derive(key("2026-1102-001", "")).as_str(),
            "354654d49810067c97585d36e511b01d"
        );
    }

    #[test]
    fn spellings_of_one_url_give_one_id() {
        let canonical = ArticleId::derive(key("", "https://news.example/a?id=1&p=2"));
        for spelling in [
            "HTTPS://News.Example:443/a?p=2&id=1#top",
            "https://news.example/a/?id=1&p=2&utm_source=rss",
            "https://news.example/a?fbclid=z&id=1&p=2",
        ] {
            assert_eq!(ArticleId::derive(key("", spelling)), canonical, "{spelling}");
        }
        assert_ne!(
            ArticleId::derive(key("", "https://news.example/b?id=1&p=2")),
            canonical
        );
    }

    #[test]
    fn external_id_goes_before_url_and_kinds_do_not_collide() {
        let with_both = ArticleId::derive(key("7", "https://news.example/a"));
        assert_eq!(with_both, ArticleId::derive(key("7", "")));
        assert_ne!(ArticleId::derive(key("x", "")), ArticleId::derive(key("", "x")));
    }

    proptest! {
        #[test]
        fn derivation_is_total_and_gives_valid_ids(source in ".*", external_id in ".*", url in ".*", title in ".*") {
            let id = ArticleId::derive(ArticleKey {
                source: &source, external_id: &external_id, url: &url, text: [&title, "", ""],
            });
            prop_assert!(ArticleId::parse(id.as_str()).is_ok());
            prop_assert_eq!(id.as_str().len(), 32);
        }
    }
}
