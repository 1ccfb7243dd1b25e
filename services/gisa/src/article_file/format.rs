//! Which format a file has.

use std::{
    io::{self, BufRead},
    path::Path,
};

use clap::ValueEnum;

/// The mark that some programs put before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How much of a file is looked at.
const BEGINNING_BYTES: usize = 64 * 1024;

/// Format of a file of articles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// By the file's extension and its first characters.
    #[default]
    Auto,
    /// One JSON object a line.
    Ndjson,
    /// JSON objects one after another or in an array, over any number of lines.
    Json,
    /// A title line, then the body; articles separated by a blank line.
    Text,
}

/// Reads as much as [`recognise`] needs and not more, so that a pipe which is still being written to does not block:
/// up to the end of the line with the second visible character.
pub(super) fn read_beginning(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    let mut visible = 0;
    loop {
        let buffer = match reader.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            return Ok(beginning);
        }
        let mut taken = 0;
        let mut enough = false;
        for byte in buffer {
            taken += 1;
            beginning.push(*byte);
            visible += usize::from(!byte.is_ascii_whitespace());
            enough = (visible >= 2 && *byte == b'\n') || beginning.len() == BEGINNING_BYTES;
            if enough {
                break;
            }
        }
        reader.consume(taken);
        if enough {
            return Ok(beginning);
        }
    }
}

/// Says when a file is in no encoding that can be read.
pub(super) fn wrong_encoding(beginning: &[u8]) -> Option<String> {
    let utf16 = beginning.starts_with(b"\xFF\xFE") || beginning.starts_with(b"\xFE\xFF");
    utf16.then(|| {
        "the file is UTF-16; convert it first, for example with `iconv -f UTF-16 -t UTF-8`".to_owned()
    })
}

/// Recognises the format.
pub(super) fn recognise(name: &Path, beginning: &[u8]) -> Format {
    let extension = name
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("");
    match extension.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Format::Ndjson,
        "txt" | "text" => Format::Text,
        "json" => recognise_json(beginning).unwrap_or(Format::Json),
        _ => recognise_json(beginning).unwrap_or(Format::Text),
    }
}

fn recognise_json(beginning: &[u8]) -> Option<Format> {
    let visible = beginning
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(beginning)
        .trim_ascii_start();
    match visible.first()? {
        // An object that ends on its line is a line of NDJSON.
        b'{' => {
            let line = visible.split(|byte| *byte == b'\n').next().unwrap_or(visible);
            let whole = line.trim_ascii_end().ends_with(b"}");
            Some(if whole { Format::Ndjson } else { Format::Json })
        }
        // Headlines begin with a bracket too: `[속보] ...`.
        b'[' => {
            let next = visible[1..].trim_ascii_start().first();
            matches!(next, None | Some(b'{' | b']')).then_some(Format::Json)
        }
        _ => None,
    }
}
