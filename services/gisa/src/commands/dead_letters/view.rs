//! Dead letters on standard output.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gisa_article_codec::{ArticleRevised, time::decode_timestamp};
use gisa_proto::tagging::v1::{DeadLetter, DeadLetterMessage, DeadLetterState};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    failure::{Failure, StatusParts, tell},
    output::{
        Output,
        layout::wrap,
        views::{FAINT, HEADLINE, byline, styled},
    },
};

/// Columns before what belongs to a letter.
const INDENT: &str = "  ";
/// Bytes of a message that cannot be read as an article are shown as text, so many of them.
const SHOWN_BYTES: usize = 500;

/// A letter, for programs.
#[derive(Debug, Serialize)]
struct LetterRecord<'a> {
    id: &'a str,
    state: &'static str,
    subject: &'a str,
    error: &'a str,
    attempts: u32,
    consumer: &'a str,
    failed_at: Option<Timestamp>,
    trace_id: &'a str,
    resolved_at: Option<Timestamp>,
}

/// A letter with its message, for programs.
#[derive(Debug, Serialize)]
struct FullRecord<'a> {
    #[serde(flatten)]
    letter: LetterRecord<'a>,
    headers: BTreeMap<&'a str, &'a str>,
    /// `null` if the bytes are no article, or not kept any more.
    article: Option<ArticleRecord>,
    payload_base64: String,
}

#[derive(Debug, Serialize)]
struct ArticleRecord {
    article_id: String,
    revision: u32,
    title: String,
}

/// What became of a letter that something was to be done with, for programs.
#[derive(Debug, Serialize)]
struct FailureRecord<'a> {
    id: &'a str,
    error: ErrorRecord<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorRecord<'a> {
    code: &'a str,
    reason: &'a str,
    message: &'a str,
}

impl<'a> LetterRecord<'a> {
    fn new(letter: &'a DeadLetter) -> Self {
        let time = |given: &Option<prost_types::Timestamp>| {
            given
                .as_ref()
                .and_then(|given| decode_timestamp(given, "time").ok())
        };
        Self {
            id: &letter.id,
            state: state(letter),
            subject: &letter.subject,
            error: &letter.error,
            attempts: letter.attempts,
            consumer: &letter.consumer,
            failed_at: time(&letter.failed_at),
            trace_id: &letter.trace_id,
            resolved_at: time(&letter.resolved_at),
        }
    }
}

fn state(letter: &DeadLetter) -> &'static str {
    match letter.state() {
        DeadLetterState::Unspecified => "unknown",
        DeadLetterState::Open => "open",
        DeadLetterState::Replayed => "replayed",
        DeadLetterState::Discarded => "discarded",
    }
}

/// Writes a letter in a few lines.
pub(super) fn write(output: &mut Output, letter: &DeadLetter) -> Result<(), Failure> {
    let record = LetterRecord::new(letter);
    if output.is_json() {
        return output.json(&record);
    }
    let time = record.failed_at.map_or_else(String::new, |time| time.to_string());
    let facts = format!(
        "{} · {} · {} attempts · {time}",
        record.state, record.subject, record.attempts
    );
    output.line(&format!(
        "{}  {}",
        styled(HEADLINE, record.id),
        styled(FAINT, &facts)
    ))?;
    for line in wrap(record.error, &[], output.width() - INDENT.len(), output.colour()) {
        output.line(&format!("{INDENT}{line}"))?;
    }
    Ok(())
}

/// Writes a letter with everything.
pub(super) fn write_full(
    output: &mut Output,
    letter: &DeadLetter,
    message: &DeadLetterMessage,
) -> Result<(), Failure> {
    let revised = ArticleRevised::decode(&message.payload).ok();
    if output.is_json() {
        return output.json(&FullRecord {
            letter: LetterRecord::new(letter),
            headers: message
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            article: revised.map(|revised| ArticleRecord {
                article_id: revised.article.article_id.as_str().to_owned(),
                revision: revised.article.revision,
                title: revised.article.title,
            }),
            payload_base64: BASE64_STANDARD.encode(&message.payload),
        });
    }
    write(output, letter)?;
    let record = LetterRecord::new(letter);
    let facts = [("consumer", record.consumer), ("trace", record.trace_id)];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        output.line(&format!("{INDENT}{name} {value}"))?;
    }
    for (name, value) in message.headers.iter().collect::<BTreeMap<_, _>>() {
        output.line(&format!("{INDENT}header {name}: {value}"))?;
    }
    let size = message.payload.len();
    let (what, text) = match &revised {
        Some(revised) => {
            let article = &revised.article;
            let id = article.article_id.as_str();
            let what = format!("article {id}, {}, {size} bytes", byline(article));
            (what, format!("{}\n{}", article.title, article.body))
        }
        None if size == 0 => ("its bytes are not kept any more".to_owned(), String::new()),
        None => {
            let shown = &message.payload[..size.min(SHOWN_BYTES)];
            let text = String::from_utf8_lossy(shown).into_owned();
            (
                format!("no article, {size} bytes; --output json has them all"),
                text,
            )
        }
    };
    output.line(&format!("{INDENT}{}", styled(FAINT, &what)))?;
    for line in wrap(&text, &[], output.width() - INDENT.len(), output.colour()) {
        output.line(&format!("{INDENT}{line}"))?;
    }
    Ok(())
}

/// Writes what became of a letter.
pub(super) fn write_resolved(output: &mut Output, letter: &DeadLetter, dry_run: bool) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(&LetterRecord::new(letter));
    }
    let what = if dry_run && letter.state() == DeadLetterState::Open {
        "would succeed"
    } else {
        state(letter)
    };
    output.line(&format!("{}  {what}", styled(HEADLINE, &letter.id)))
}

/// Writes why nothing became of a letter.
pub(super) fn write_failed(output: &mut Output, id: &str, parts: &StatusParts) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(&FailureRecord {
            id,
            error: ErrorRecord {
                code: parts.code,
                reason: &parts.reason,
                message: &parts.message,
            },
        });
    }
    tell(format_args!("{id}: {}", parts.in_one_line()));
    Ok(())
}
