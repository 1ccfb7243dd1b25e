//! NDJSON: one JSON object a line. A broken line does not touch the next one.

use std::io::BufRead;

use super::{
    Content, Part,
    bytes::{Lines, too_large},
};

#[derive(Debug)]
pub(super) struct JsonLines<R> {
    lines: Lines<R>,
    ended: bool,
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            lines: Lines::new(reader),
            ended: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Part> {
        while !self.ended {
            let line = match self.lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => {
                    self.ended = true;
                    return Some(Part {
                        line: self.lines.number() + 1,
                        content: Err(error.to_string()),
                    });
                }
            };
            let content = match line.bytes {
                Some(bytes) if bytes.trim_ascii().is_empty() => continue,
                Some(bytes) => Ok(Content::Json(bytes)),
                None => Err(too_large()),
            };
            return Some(Part {
                line: line.number,
                content,
            });
        }
        None
    }
}
