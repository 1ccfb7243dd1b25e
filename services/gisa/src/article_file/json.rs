//! JSON: objects one after another or in an array, over as many lines as they like.
//!
//! The objects are cut out by their braces and parsed one at a time, so that an array of any length is read with the
//! memory of one article. Commas between objects are not insisted on.

use std::io::{self, BufRead};

use serde_json::Value;

use super::{
    Content, MAX_ARTICLE_BYTES, Part,
    bytes::{not_utf8, too_large},
};

#[derive(Debug)]
pub(super) struct JsonObjects<R> {
    reader: R,
    line: u64,
    /// Bytes read of the current line.
    column: u64,
    /// Whether the current line holds nothing but opening punctuation so far, and so an object may begin a line here.
    at_line_start: bool,
    /// Line of the `[` of an array that is not closed.
    array_from: Option<u64>,
    /// After a broken object: the column that the next one is looked for in.
    resume_at_column: Option<u64>,
    ended: bool,
}

impl<R: BufRead> JsonObjects<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: 1,
            column: 0,
            at_line_start: true,
            array_from: None,
            resume_at_column: None,
            ended: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Part> {
        if self.ended {
            return None;
        }
        match self.next_object() {
            Ok(part) => part,
            Err(error) => {
                self.ended = true;
                Some(Part {
                    line: self.line,
                    content: Err(error.to_string()),
                })
            }
        }
    }

    fn next_object(&mut self) -> io::Result<Option<Part>> {
        loop {
            let begins_line = self.at_line_start;
            let Some(byte) = self.take()? else {
                self.ended = true;
                return Ok(
                    self.array_from.take().map(|line| Part {
                        line,
                        content: Err(
                            "the array that begins here is not closed; is the file complete?".to_owned()
                        ),
                    }),
                );
            };
            if let Some(column) = self.resume_at_column {
                if !(byte == b'{' && begins_line && self.column <= column) {
                    continue;
                }
                self.resume_at_column = None;
            }
            match byte {
                b'{' => return self.object().map(Some),
                b'[' if self.array_from.is_none() => self.array_from = Some(self.line),
                b']' if self.array_from.is_some() => self.array_from = None,
                b',' => {}
                byte if byte.is_ascii_whitespace() => {}
                _ => {
                    let line = self.line;
                    self.skip_value()?;
                    return Ok(Some(Part {
                        line,
                        content: Err("not a JSON object".to_owned()),
                    }));
                }
            }
        }
    }

    /// Reads an object whose opening brace has been taken.
    fn object(&mut self) -> io::Result<Part> {
        let (line, column) = (self.line, self.column);
        let mut bytes = vec![b'{'];
        let mut depth = 1_u32;
        let mut in_string = false;
        let mut escaped = false;
        let broken = |reader: &mut Self, line, problem: String| {
            reader.resume_at_column = Some(column);
            Part {
                line,
                content: Err(problem),
            }
        };
        while depth > 0 {
            let line_now = self.line;
            let Some(byte) = self.take()? else {
                self.ended = true;
                let problem = "broken JSON: the object that begins here is not closed".to_owned();
                return Ok(Part {
                    line,
                    content: Err(problem),
                });
            };
            if bytes.len() == MAX_ARTICLE_BYTES {
                return Ok(broken(self, line, too_large()));
            }
            bytes.push(byte);
            match byte {
                b'\n' if in_string => {
                    let problem = "broken JSON: a string is not closed on its line".to_owned();
                    return Ok(broken(self, line_now, problem));
                }
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
        }
        Ok(Part {
            line,
            content: Ok(Content::Json(bytes)),
        })
    }

    /// Skips what is no object, up to where one may begin.
    fn skip_value(&mut self) -> io::Result<()> {
        while let Some(byte) = self.peek()? {
            if matches!(byte, b'\n' | b',' | b'{' | b']') {
                break;
            }
            self.take()?;
        }
        Ok(())
    }

    fn take(&mut self) -> io::Result<Option<u8>> {
        let Some(byte) = self.peek()? else {
            return Ok(None);
        };
        self.reader.consume(1);
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
            self.at_line_start = true;
        } else {
            self.column += 1;
            self.at_line_start &= matches!(byte, b' ' | b'\t' | b'[' | b',' | b'\r');
        }
        Ok(Some(byte))
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Parses the value that begins on line `line`; a problem is told with its own line.
pub(super) fn parse(bytes: &[u8], line: u64) -> Result<Value, (u64, String)> {
    let text = std::str::from_utf8(bytes).map_err(|error| (line, not_utf8(error)))?;
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let reason = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(reason, _)| reason);
        let line_in_part = (error.line() as u64).saturating_sub(1);
        (
            line + line_in_part,
            format!("broken JSON: {reason} (column {})", error.column()),
        )
    })
}
