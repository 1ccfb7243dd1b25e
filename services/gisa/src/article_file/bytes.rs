//! Reading lines of bounded length.

use std::io::{self, BufRead};

use super::MAX_ARTICLE_BYTES;

/// A line without its line break.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    /// `None` when the line is too long to be kept.
    pub(super) bytes: Option<Vec<u8>>,
}

/// The lines of a reader, counted from 1.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// Number of the line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, `None` at the end. Line breaks are `\n` and `\r\n`.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Some(Vec::new());
        let mut any = false;
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(buffer.len());
            if let Some(kept) = &mut bytes {
                if kept.len() + taken > MAX_ARTICLE_BYTES {
                    bytes = None;
                } else {
                    kept.extend_from_slice(&buffer[..taken]);
                }
            }
            self.reader.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if let Some(kept) = &mut bytes
            && kept.last() == Some(&b'\r')
        {
            kept.pop();
        }
        Ok(Some(Line {
            number: self.number,
            bytes,
        }))
    }
}

/// What is said of an article that is larger than [`MAX_ARTICLE_BYTES`].
pub(super) fn too_large() -> String {
    format!("larger than {} MiB", MAX_ARTICLE_BYTES / 1024 / 1024)
}

/// What is said of bytes that are no UTF-8.
pub(super) fn not_utf8(error: std::str::Utf8Error) -> String {
    format!(
        "not UTF-8 (at byte {}); convert the file first, for example with `iconv -f CP949 -t UTF-8`",
        error.valid_up_to() + 1
    )
}
