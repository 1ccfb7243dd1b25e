//! Reads articles from files: NDJSON, JSON (also pretty-printed, also arrays) and plain text.
//!
//! A file is read as a stream, an article at a time, so that its size does not matter. An article that cannot be read
//! is reported with its line and does not keep the others from being read.

mod bytes;
mod fields;
mod format;
mod json;
mod lines;
mod published_at;
mod text;

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
    sync::Arc,
};

pub use self::{
    fields::{ArticleFields, GivenId},
    format::Format,
    published_at::parse_published_at,
};
use self::{json::JsonObjects, lines::JsonLines, text::TextBlocks};

/// Name of standard input on the command line.
pub const STANDARD_INPUT: &str = "-";

/// Largest article that is read, in bytes of the file: far above what ingest accepts, and a bound for the memory.
pub const MAX_ARTICLE_BYTES: usize = 16 * 1024 * 1024;

/// Where an article begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u64,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// An article that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadArticle {
    /// Where it begins.
    pub location: Location,
    /// What it says.
    pub fields: ArticleFields,
    /// Keys that mean nothing here.
    pub unknown_keys: Vec<String>,
}

/// An article, or the rest of a file, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {problem}")]
pub struct Unreadable {
    /// Where it begins.
    pub location: Location,
    /// What is wrong, in words.
    pub problem: String,
}

impl Unreadable {
    /// A file of which nothing can be read.
    pub fn whole_file(name: &str, error: &io::Error) -> Self {
        Self {
            location: Location {
                file: name.into(),
                line: 1,
            },
            problem: format!("cannot read the file: {error}"),
        }
    }
}

/// Opens a file, or standard input for [`STANDARD_INPUT`].
pub fn open(name: &str) -> io::Result<Box<dyn Read + Send>> {
    if name == STANDARD_INPUT {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(name)?))
}

/// The articles of one file, in order. After an error of the disk or of the encoding of the whole file it ends.
#[derive(Debug)]
pub struct ArticleFile<R> {
    name: Arc<str>,
    parts: Parts<R>,
}

#[derive(Debug)]
enum Parts<R> {
    JsonLines(JsonLines<R>),
    Json(JsonObjects<R>),
    Text(TextBlocks<R>),
    /// The whole file is unreadable, told once.
    Broken(Option<String>),
}

/// The bytes of one article.
#[derive(Debug)]
struct Part {
    line: u64,
    content: Result<Content, String>,
}

#[derive(Debug)]
enum Content {
    /// A JSON value.
    Json(Vec<u8>),
    /// Title and body.
    Text { title: String, body: String },
}

impl<R: BufRead> ArticleFile<io::Chain<io::Cursor<Vec<u8>>, R>> {
    /// Reads from `reader`. `name` is told in problems, and its extension helps to recognise the format when `format`
    /// is [`Format::Auto`].
    pub fn new(name: &str, reader: R, format: Format) -> io::Result<Self> {
        let mut reader = reader;
        let beginning = format::read_beginning(&mut reader)?;
        if let Some(problem) = format::wrong_encoding(&beginning) {
            return Ok(Self {
                name: name.into(),
                parts: Parts::Broken(Some(problem)),
            });
        }
        let format = match format {
            Format::Auto => format::recognise(Path::new(name), &beginning),
            given => given,
        };
        let skipped = if beginning.starts_with(format::BYTE_ORDER_MARK) {
            format::BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let reader = io::Cursor::new(beginning[skipped..].to_vec()).chain(reader);
        let parts = match format {
            Format::Text => Parts::Text(TextBlocks::new(reader)),
            Format::Json => Parts::Json(JsonObjects::new(reader)),
            Format::Ndjson | Format::Auto => Parts::JsonLines(JsonLines::new(reader)),
        };
        Ok(Self {
            name: name.into(),
            parts,
        })
    }
}

impl<R: BufRead> Iterator for ArticleFile<R> {
    type Item = Result<ReadArticle, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let part = match &mut self.parts {
            Parts::JsonLines(parts) => parts.next(),
            Parts::Json(parts) => parts.next(),
            Parts::Text(parts) => parts.next(),
            Parts::Broken(problem) => problem.take().map(|problem| Part {
                line: 1,
                content: Err(problem),
            }),
        }?;
        Some(self.read(part))
    }
}

impl<R> ArticleFile<R> {
    fn read(&self, part: Part) -> Result<ReadArticle, Unreadable> {
        let location = Location {
            file: Arc::clone(&self.name),
            line: part.line,
        };
        let unreadable = |problem| Unreadable {
            location: location.clone(),
            problem,
        };
        let (fields, unknown_keys) = match part.content.map_err(unreadable)? {
            Content::Json(bytes) => {
                let value = json::parse(&bytes, part.line).map_err(|(line, problem)| Unreadable {
                    location: Location {
                        file: Arc::clone(&self.name),
                        line,
                    },
                    problem,
                })?;
                ArticleFields::from_json(value).map_err(unreadable)?
            }
            Content::Text { title, body } => (ArticleFields::from_text(title, body), Vec::new()),
        };
        Ok(ReadArticle {
            location,
            fields,
            unknown_keys,
        })
    }
}

#[cfg(test)]
mod tests;
