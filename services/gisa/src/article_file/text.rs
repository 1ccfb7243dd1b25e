//! Plain text: a title line, then the body; articles are separated by blank lines.

use std::io::BufRead;

use super::{
    Content, MAX_ARTICLE_BYTES, Part,
    bytes::{Lines, not_utf8, too_large},
};

#[derive(Debug)]
pub(super) struct TextBlocks<R> {
    lines: Lines<R>,
    ended: bool,
}

impl<R: BufRead> TextBlocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            lines: Lines::new(reader),
            ended: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Part> {
        if self.ended {
            return None;
        }
        let mut first_line = None;
        let mut block = Vec::new();
        let mut whole = true;
        loop {
            match self.lines.next() {
                Ok(Some(line)) => {
                    let Some(bytes) = line.bytes else {
                        first_line.get_or_insert(line.number);
                        whole = false;
                        continue;
                    };
                    if bytes.trim_ascii().is_empty() {
                        if first_line.is_some() {
                            break;
                        }
                        continue;
                    }
                    first_line.get_or_insert(line.number);
                    if block.len() + bytes.len() > MAX_ARTICLE_BYTES {
                        whole = false;
                    }
                    if whole {
                        block.extend_from_slice(&bytes);
                        block.push(b'\n');
                    }
                }
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Part {
                        line: self.lines.number() + 1,
                        content: Err(error.to_string()),
                    });
                }
            }
        }
        let line = first_line?;
        let content = if whole {
            title_and_body(&block)
        } else {
            Err(too_large())
        };
        Some(Part { line, content })
    }
}

fn title_and_body(block: &[u8]) -> Result<Content, String> {
    let text = std::str::from_utf8(block)
        .map_err(not_utf8)?
        .trim_end_matches('\n');
    let Some((title, body)) = text.split_once('\n') else {
        return Err("a title without a body: the body begins on the line after the title".to_owned());
    };
    Ok(Content::Text {
        title: title.to_owned(),
        body: body.to_owned(),
    })
}
