//! What a sender gave, checked against the rules of the contract and normalised.
//!
//! The limits are those of the comments in `gisa.article.v1` and `gisa.ingest.v1`; characters are code points, counted
//! after normalisation. Where the contract leaves it open:
//!
//! - **Normalisation** of every text field: NFC, and `\r\n` or `\r` become `\n`. Nothing else is altered, nothing trimmed.
//! - **Control characters** (general category Cc, so also U+0085) are refused, except `\n` in body, subtitle and reasons,
//!   and `\t` in the body. The violation names the first one and its offset in code points of the text as sent.
//! - **Invisible characters** that are no control characters (U+FEFF, zero-width and direction marks, U+2028) are kept:
//!   web text is full of them, some carry meaning (U+200D in emoji), and offsets refer to the text as sent. They do not
//!   count as text, though: a title or body that is only white space, invisible characters and fillers is refused.
//! - **URLs** start with `http://` or `https://`, parse, have a host, and contain no white space.
//! - **Languages** have the shape of a BCP 47 tag and at most 64 characters; subtags are not looked up.
//! - **Publication times** lie between 1883, when the first Korean newspaper appeared, and 24 hours from now: beyond what
//!   wrong clocks and wrong zones explain, a date in the future is a mistake, and it would resolve the dates in the text
//!   wrongly.
//! - The body limit holds for the normalised text: decomposed Hangul takes up to three times as many bytes as composed.

mod text;

use gisa_article_model::{ArticleId, ArticleKey, Author, ZonedTime};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::decide::{RequestedState, Retraction, Submission};
use text::Lines;

/// Most violations that are listed, so that the answer fits into the trailers of a response.
pub const MAX_VIOLATIONS: usize = 32;

const MAX_AUTHORS: usize = 32;
const MAX_URL_BYTES: usize = 2048;
const MAX_CORRELATION_ID_BYTES: usize = 128;
const MAX_LANGUAGE_CHARACTERS: usize = 64;
const DEFAULT_SOURCE: &str = "unknown";
const DEFAULT_LANGUAGE: &str = "ko";

/// 1883-01-01T00:00:00Z, the year of the Hansong Sunbo.
const EARLIEST_PUBLICATION: Timestamp = Timestamp::constant(-2_745_446_400, 0);
/// How far in the future a publication time may lie.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// An article as given, not yet checked. Fields as in `gisa.ingest.v1.ArticleSubmission`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in the contract")]
pub struct GivenArticle {
    pub article_id: String,
    pub source: String,
    pub external_id: String,
    pub url: String,
    pub section: String,
    pub title: String,
    pub subtitle: String,
    pub body: String,
    pub authors: Vec<Author>,
    pub language: String,
    pub published_at: Option<GivenTime>,
    pub state: GivenState,
    pub state_reason: String,
    pub copyright: String,
}

/// A retraction as given, not yet checked. Fields as in `gisa.ingest.v1.Retraction`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in the contract")]
pub struct GivenRetraction {
    pub article_id: String,
    pub source: String,
    pub external_id: String,
    pub url: String,
    pub reason: String,
}

/// A publication time as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenTime {
    /// Seconds and nanoseconds since 1970, if given.
    pub instant: Option<(i64, i32)>,
    /// Offset from UTC.
    pub utc_offset_seconds: i32,
}

/// A publication state as given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GivenState {
    /// Usable, or not given.
    #[default]
    Usable,
    /// Corrected.
    Corrected,
    /// Withheld.
    Withheld,
    /// Retracted, which only a retraction can do.
    Retracted,
    /// A number that the contract does not define.
    Unknown(i32),
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, for example `article.authors[2].name`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What is wrong with a request: all of it, at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid {
    /// The violations, one for each field, at most [`MAX_VIOLATIONS`].
    pub violations: Vec<Violation>,
    /// Set when one of them is that the body is too large.
    pub oversized_body: Option<OversizedBody>,
}

/// A body that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OversizedBody {
    /// Its size in bytes.
    pub size: usize,
    /// The limit in bytes.
    pub limit: usize,
}

impl Invalid {
    /// One violation.
    pub fn field(field: &str, problem: impl Into<String>) -> Self {
        Self {
            violations: vec![Violation {
                field: field.to_owned(),
                problem: problem.into(),
            }],
            oversized_body: None,
        }
    }
}

/// Checks and normalises an article. `now` is the time of acceptance.
pub fn article(given: GivenArticle, max_body_bytes: usize, now: Timestamp) -> Result<Submission, Invalid> {
    let mut checker = Checker::new("article");
    let source = checker.source(given.source);
    let external_id = checker.text("external_id", given.external_id, 256, Lines::One);
    let url = checker.url(given.url);
    let section = checker.text("section", given.section, 64, Lines::One);
    let title = checker.text("title", given.title, 1000, Lines::One);
    checker.require("title", &title);
    let subtitle = checker.text("subtitle", given.subtitle, 2000, Lines::Many);
    let body = checker.body(given.body, max_body_bytes);
    let authors = checker.authors(given.authors);
    let language = checker.language(given.language);
    let published_at = checker.published_at(given.published_at, now);
    let state = checker.state(given.state);
    let state_reason = checker.text("state_reason", given.state_reason, 1000, Lines::Many);
    let copyright = checker.text("copyright", given.copyright, 500, Lines::One);
    let article_id = checker.article_id(&given.article_id).unwrap_or_else(|| {
        ArticleId::derive(ArticleKey {
            source: &source,
            external_id: &external_id,
            url: &url,
            text: [&title, &subtitle, &body],
        })
    });
    checker.finish()?;
    Ok(Submission {
        article_id,
        source,
        external_id,
        url,
        section,
        title,
        subtitle,
        body,
        authors,
        language,
        published_at,
        state,
        state_reason,
        copyright,
    })
}

/// Checks and normalises a retraction.
pub fn retraction(given: GivenRetraction) -> Result<Retraction, Invalid> {
    let mut checker = Checker::new("retraction");
    let given_id = checker.article_id(&given.article_id);
    if !given.article_id.is_empty() {
        for (field, value) in [
            ("source", &given.source),
            ("external_id", &given.external_id),
            ("url", &given.url),
        ] {
            if !value.is_empty() {
                checker.refuse(field, "must be empty when article_id is set");
            }
        }
    } else if given.external_id.is_empty() && given.url.is_empty() {
        checker.refuse("article_id", "must be set, or else external_id or url");
    }

    let source = checker.source(given.source);
    let external_id = checker.text("external_id", given.external_id, 256, Lines::One);
    let url = checker.url(given.url);
    let reason = checker.text("reason", given.reason, 1000, Lines::Many);
    checker.finish()?;
    let article_id = given_id.unwrap_or_else(|| {
        ArticleId::derive(ArticleKey {
            source: &source,
            external_id: &external_id,
            url: &url,
            text: ["", "", ""],
        })
    });
    Ok(Retraction { article_id, reason })
}

/// Checks a correlation id.
pub fn correlation_id(given: &str) -> Result<(), Invalid> {
    if given.len() <= MAX_CORRELATION_ID_BYTES {
        return Ok(());
    }
    Err(Invalid::field(
        "correlation_id",
        at_most(given.len(), MAX_CORRELATION_ID_BYTES, "bytes"),
    ))
}

/// The part of a correlation id that goes into the answer: all of it, unless it is too long.
pub fn answered_correlation_id(mut given: String) -> String {
    let cut = (0..=MAX_CORRELATION_ID_BYTES.min(given.len()))
        .rev()
        .find(|index| given.is_char_boundary(*index));
    given.truncate(cut.unwrap_or_default());
    given
}

/// Checks fields one by one and collects what is wrong. Text that is refused comes back as it was.
#[derive(Debug)]
struct Checker {
    message: &'static str,
    invalid: Invalid,
}

impl Checker {
    fn new(message: &'static str) -> Self {
        Self {
            message,
            invalid: Invalid::default(),
        }
    }

    fn refuse(&mut self, field: &str, problem: impl Into<String>) {
        let field = format!("{}.{field}", self.message);
        // The first thing that is wrong with a field is enough.
        let listed = self.invalid.violations.iter().any(|other| other.field == field);
        if !listed && self.invalid.violations.len() < MAX_VIOLATIONS {
            self.invalid.violations.push(Violation {
                field,
                problem: problem.into(),
            });
        }
    }

    fn finish(self) -> Result<(), Invalid> {
        if self.invalid.violations.is_empty() {
            Ok(())
        } else {
            Err(self.invalid)
        }
    }

    fn normalized(&mut self, field: &str, given: String, lines: Lines) -> String {
        match text::forbidden_control(&given, lines) {
            Some(found) => {
                self.refuse(field, found.to_string());
                given
            }
            None => text::normalize(given),
        }
    }

    fn text(&mut self, field: &str, given: String, max_characters: usize, lines: Lines) -> String {
        let text = self.normalized(field, given, lines);
        // No text has more characters than bytes.
        if text.len() > max_characters {
            let characters = text.chars().count();
            if characters > max_characters {
                self.refuse(field, at_most(characters, max_characters, "characters"));
            }
        }
        text
    }

    fn require(&mut self, field: &str, text: &str) {
        if text::is_blank(text) {
            self.refuse(field, "must not be empty or blank");
        }
    }

    fn article_id(&mut self, given: &str) -> Option<ArticleId> {
        if given.is_empty() {
            return None;
        }
        ArticleId::parse(given)
            .map_err(|error| self.refuse("article_id", error.to_string()))
            .ok()
    }

    fn source(&mut self, given: String) -> String {
        if given.is_empty() {
            return DEFAULT_SOURCE.to_owned();
        }
        self.text("source", given, 64, Lines::One)
    }

    fn url(&mut self, given: String) -> String {
        let url = self.normalized("url", given, Lines::One);
        if let Some(problem) = url_problem(&url) {
            self.refuse("url", problem);
        }
        url
    }

    fn body(&mut self, given: String, limit: usize) -> String {
        let body = self.normalized("body", given, Lines::ManyWithTabs);
        self.require("body", &body);
        if body.len() > limit {
            self.refuse("body", at_most(body.len(), limit, "bytes"));
            self.invalid.oversized_body = Some(OversizedBody {
                size: body.len(),
                limit,
            });
        }
        body
    }

    fn authors(&mut self, given: Vec<Author>) -> Vec<Author> {
        if given.len() > MAX_AUTHORS {
            self.refuse("authors", at_most(given.len(), MAX_AUTHORS, "authors"));
            return Vec::new();
        }
        let mut check = |(index, author): (usize, Author)| {
            let name_field = format!("authors[{index}].name");
            if author.name.is_empty() {
                self.refuse(&name_field, "must not be empty");
            }
            Author {
                name: self.text(&name_field, author.name, 100, Lines::One),
                email: self.text(&format!("authors[{index}].email"), author.email, 254, Lines::One),
            }
        };
        given.into_iter().enumerate().map(&mut check).collect()
    }

    fn language(&mut self, given: String) -> String {
        if given.is_empty() {
            return DEFAULT_LANGUAGE.to_owned();
        }
        if !plausible_language(&given) {
            self.refuse("language", "is not a BCP 47 tag such as `ko` or `en-US`");
        }
        given
    }

    fn published_at(&mut self, given: Option<GivenTime>, now: Timestamp) -> Option<ZonedTime> {
        let given = given?;
        if given.utc_offset_seconds.unsigned_abs() > ZonedTime::MAX_OFFSET_SECONDS.unsigned_abs() {
            self.refuse("published_at.utc_offset_seconds", "must be -64800 to 64800");
        }
        let Some((seconds, nanoseconds)) = given.instant else {
            self.refuse("published_at.instant", "must be set");
            return None;
        };
        let instant = Timestamp::new(seconds, nanoseconds)
            .ok()
            .filter(|_| (0..1_000_000_000).contains(&nanoseconds));
        match instant {
            None => self.refuse("published_at.instant", "is not a valid timestamp"),
            Some(instant) if instant < EARLIEST_PUBLICATION => {
                self.refuse("published_at.instant", "lies before 1883");
            }
            Some(instant) if instant.duration_since(now) > MAX_AHEAD => {
                self.refuse("published_at.instant", "lies more than 24 hours in the future");
            }
            Some(_) => {}
        }
        instant.map(|instant| ZonedTime {
            instant,
            utc_offset_seconds: given.utc_offset_seconds,
        })
    }

    fn state(&mut self, given: GivenState) -> RequestedState {
        match given {
            GivenState::Usable => return RequestedState::Usable,
            GivenState::Corrected => return RequestedState::Corrected,
            GivenState::Withheld => return RequestedState::Withheld,
            GivenState::Retracted => self.refuse("state", "must not be RETRACTED; use a retraction"),
            GivenState::Unknown(number) => self.refuse("state", format!("{number} is not a known state")),
        }
        RequestedState::Usable
    }
}

fn at_most(found: usize, limit: usize, unit: &str) -> String {
    format!("has {found} {unit}, at most {limit} are allowed")
}

fn url_problem(url: &str) -> Option<String> {
    if url.is_empty() {
        return None;
    }
    if url.len() > MAX_URL_BYTES {
        return Some(at_most(url.len(), MAX_URL_BYTES, "bytes"));
    }
    // The parser forgives a lot (`http:host`, spaces at the ends); readers of the article may not.
    let starts_with = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if !starts_with("http://") && !starts_with("https://") {
        return Some("must start with http:// or https://".to_owned());
    }
    if url.contains(char::is_whitespace) {
        return Some("must not contain white space".to_owned());
    }
    match Url::parse(url) {
        Ok(_) => None,
        Err(error) => Some(format!("is not a URL: {error}")),
    }
}

fn plausible_language(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    let rest_is_plausible = subtags.all(|subtag| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    // `x` and `i` begin private and grandfathered tags, which have more after it.
    let primary_is_plausible = match primary {
        "x" | "X" | "i" | "I" => tag.len() > 2,
        _ => (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic()),
    };
    tag.len() <= MAX_LANGUAGE_CHARACTERS && primary_is_plausible && rest_is_plausible
}

#[cfg(test)]
mod tests;
