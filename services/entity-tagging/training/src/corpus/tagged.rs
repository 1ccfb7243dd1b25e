//! The project's own sentences in tagged form: `<네이버클라우드:ORGANIZATION>는 …`, one a line, an empty line between
//! passages, comment lines with `#`.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};

use super::{Labelled, Sentence};

/// Reads a file of tagged sentences.
pub fn read_tagged(path: &Path) -> anyhow::Result<Vec<Sentence>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            parse_tagged(line).with_context(|| format!("{}, line {}", path.display(), number + 1))
        })
        .collect()
}

/// Reads one tagged sentence. A surface may hold colons: the type is what follows the last one.
pub fn parse_tagged(line: &str) -> anyhow::Result<Sentence> {
    let mut text = Vec::new();
    let mut mentions = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        text.extend(rest[..open].chars());
        let tagged = &rest[open + 1..];
        let Some(close) = tagged.find('>') else {
            bail!("a tag is not closed");
        };
        let Some((surface, label)) = tagged[..close].rsplit_once(':') else {
            bail!("a tag without a type: {}", &tagged[..close]);
        };
        let start = text.len();
        text.extend(surface.chars());
        mentions.push(Labelled {
            start,
            end: text.len(),
            label: label.to_owned(),
        });
        rest = &tagged[close + 1..];
    }
    text.extend(rest.chars());
    Ok(Sentence { text, mentions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let sentence = parse_tagged("<해오름:PRODUCT>를 <12:30:TIME>에 냈다.").unwrap();
        assert_eq!(sentence.string(), "해오름를 12:30에 냈다.");
        let found: Vec<_> = sentence
            .mentions
            .iter()
            .map(|mention| (mention.start, mention.end, mention.label.as_str()))
            .collect();
        assert_eq!(found, [(0, 3, "PRODUCT"), (5, 10, "TIME")]);
        assert!(parse_tagged("<해오름").is_err());
        assert!(parse_tagged("<해오름>").is_err());
    }
}
