//! Results for people: articles with their entities in colour, hits with what matched.

pub(crate) mod analysis;
pub(crate) mod explanation;

use std::ops::Range;

use anstyle::{AnsiColor, Effects, Style};
use gisa_article_codec::mention::decode_field;
use gisa_article_model::{Article, EntityType, Mention, TaggedArticle, TextField};
use gisa_proto::query::v1::{ArticleChangeKind, Highlight};

use super::{
    Output,
    layout::{Mark, columns, cut, pad, wrap},
};
use crate::failure::Failure;

/// Headlines.
pub(crate) const HEADLINE: Style = Style::new().effects(Effects::BOLD);
/// What is less important.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// What matched a search.
const MATCHED: Style = AnsiColor::Yellow
    .on_default()
    .effects(Effects::BOLD.insert(Effects::UNDERLINE));

/// Columns before the text of a hit.
const INDENT: &str = "   ";
/// Code points shown before the first match.
const LEAD: usize = 24;
/// Lines of a hit's text.
const SNIPPET_LINES: usize = 2;

/// The look of a type, the same everywhere.
pub(crate) fn style_of(entity_type: EntityType) -> Style {
    let name = |colour: AnsiColor| colour.on_default().effects(Effects::BOLD);
    let expression = |colour: AnsiColor| colour.on_default().effects(Effects::UNDERLINE);
    match entity_type {
        EntityType::Person => name(AnsiColor::Yellow),
        EntityType::Organization => name(AnsiColor::Cyan),
        EntityType::Location => name(AnsiColor::Green),
        EntityType::Product => name(AnsiColor::Magenta),
        EntityType::Event => name(AnsiColor::Red),
        EntityType::Date => expression(AnsiColor::Blue),
        EntityType::Time => expression(AnsiColor::BrightBlue),
        EntityType::Duration => expression(AnsiColor::BrightCyan),
        EntityType::Money => expression(AnsiColor::BrightGreen),
        EntityType::Percent => expression(AnsiColor::BrightMagenta),
        EntityType::Quantity => expression(AnsiColor::BrightRed),
    }
}

/// The look of a kind of change.
pub(crate) fn change_style(kind: ArticleChangeKind) -> Style {
    match kind {
        ArticleChangeKind::Published => AnsiColor::Green.on_default(),
        ArticleChangeKind::Corrected | ArticleChangeKind::Retagged => AnsiColor::Yellow.on_default(),
        ArticleChangeKind::Withdrawn | ArticleChangeKind::Unmatched => AnsiColor::Red.on_default(),
        ArticleChangeKind::Unspecified => Style::new(),
    }
}

/// The short name of a type, for text without colours.
fn label_of(entity_type: EntityType) -> &'static str {
    match entity_type {
        EntityType::Person => "PER",
        EntityType::Organization => "ORG",
        EntityType::Location => "LOC",
        EntityType::Product => "PRD",
        EntityType::Event => "EVT",
        EntityType::Date => "DAT",
        EntityType::Time => "TIM",
        EntityType::Duration => "DUR",
        EntityType::Money => "MNY",
        EntityType::Percent => "PCT",
        EntityType::Quantity => "QTY",
    }
}

/// `text` in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Explains the colours, or the short names that stand for them.
pub(crate) fn legend(output: &Output) -> String {
    let entry = |entity_type: &EntityType| {
        if output.colour() {
            styled(style_of(*entity_type), &entity_type.as_str().to_lowercase())
        } else {
            format!(
                "{} {}",
                label_of(*entity_type),
                entity_type.as_str().to_lowercase()
            )
        }
    };
    let list = |names: bool, separator: &str| {
        let wanted = EntityType::ALL
            .iter()
            .filter(|entity_type| entity_type.is_name() == names);
        wanted.map(entry).collect::<Vec<_>>().join(separator)
    };
    if output.colour() {
        return format!("{}  {}", list(true, "  "), list(false, "  "));
    }
    format!("{}\n{}", list(true, " · "), list(false, " · "))
}

/// The mentions of one field as marks.
pub(crate) fn entity_marks(mentions: &[Mention], field: TextField) -> Vec<Mark> {
    mentions
        .iter()
        .filter(|mention| mention.field == field)
        .map(|mention| Mark {
            range: mention.span.start_byte as usize..mention.span.end_byte as usize,
            style: style_of(mention.entity_type),
            label: label_of(mention.entity_type),
        })
        .collect()
}

/// Source, section, time and state of an article in one line.
pub(crate) fn byline(article: &Article) -> String {
    let mut parts = vec![article.source.clone()];
    if !article.section.is_empty() {
        parts.push(article.section.clone());
    }
    parts.push(
        article
            .published_at
            .korean_datetime()
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
    );
    if article.revision > 1 {
        parts.push(format!(
            "revision {} ({})",
            article.revision,
            article.state.as_str()
        ));
    }
    parts.join(" · ")
}

/// Writes texts of an article with their entities; `max_body_lines` shortens the body.
pub(crate) fn write_texts(
    output: &mut Output,
    texts: [(TextField, &str); 3],
    mentions: &[Mention],
    max_body_lines: Option<usize>,
) -> Result<(), Failure> {
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        let marks = entity_marks(mentions, field);
        let mut lines = wrap(text, &marks, output.width(), output.colour());
        if let Some(limit) = max_body_lines.filter(|limit| field == TextField::Body && *limit < lines.len()) {
            lines.truncate(limit);
            lines.push(styled(FAINT, "…"));
        }
        for line in &lines {
            output.line(line)?;
        }
        if field != TextField::Body {
            // Underlines the headline without touching the colours in it.
            let widest = lines
                .iter()
                .map(|line| columns(&anstream::adapter::strip_str(line).to_string()))
                .max();
            let rule = if field == TextField::Title { "─" } else { "" };
            output.line(&styled(FAINT, &rule.repeat(widest.unwrap_or(0))))?;
        }
    }
    Ok(())
}

/// Writes the mentions as a table.
pub(crate) fn write_mentions(output: &mut Output, mentions: &[Mention]) -> Result<(), Failure> {
    let rows: Vec<[String; 5]> = mentions
        .iter()
        .map(|mention| {
            let stands_for = mention.value.as_ref().map(ToString::to_string).or_else(|| {
                let link = mention.link.as_ref()?;
                Some(link.entity_id.clone().unwrap_or_else(|| "-".to_owned()))
            });
            [
                format!(
                    "{} {}..{}",
                    mention.field.as_str(),
                    mention.span.start_code_point,
                    mention.span.end_code_point
                ),
                mention.entity_type.as_str().to_owned(),
                mention.surface.clone(),
                stands_for.unwrap_or_else(|| "-".to_owned()),
                format!("{:.2} {}", mention.confidence, mention.layer.as_str()),
            ]
        })
        .collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let widest = rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0);
        widest.min(output.width() / 3)
    });
    for (row, mention) in rows.iter().zip(mentions) {
        let [place, kind, surface, stands_for, origin] =
            std::array::from_fn(|column| pad(&cut(&row[column], widths[column]), widths[column]));
        let style = style_of(mention.entity_type);
        output.line(&format!(
            "{FAINT}{place}{FAINT:#}  {kind}  {style}{surface}{style:#}  {stands_for}  {FAINT}{}{FAINT:#}",
            origin.trim_end()
        ))?;
    }
    Ok(())
}

/// Where a highlight is, if it fits the article.
pub(crate) fn highlight_range(
    tagged: &TaggedArticle,
    highlight: &Highlight,
) -> Option<(TextField, Range<usize>)> {
    let field = decode_field(highlight.field())?;
    let span = highlight.span.as_ref()?;
    let range = span.start_byte as usize..span.end_byte as usize;
    tagged.text(field).get(range.clone())?;
    Some((field, range))
}

/// Writes a search hit: headline, byline, and the place that matched.
pub(crate) fn write_hit(
    output: &mut Output,
    number: usize,
    tagged: &TaggedArticle,
    score: f32,
    highlights: &[Highlight],
) -> Result<(), Failure> {
    let marks = |wanted: TextField| -> Vec<Mark> {
        let mut marks: Vec<Mark> = highlights
            .iter()
            .filter_map(|highlight| highlight_range(tagged, highlight))
            .filter(|(field, _)| *field == wanted)
            .map(|(_, range)| Mark {
                range,
                style: MATCHED,
                label: "",
            })
            .collect();
        marks.sort_by_key(|mark| mark.range.start);
        marks
    };
    let width = output.width() - INDENT.len();
    let title = wrap(
        &tagged.article.title,
        &marks(TextField::Title),
        width,
        output.colour(),
    );
    for (index, line) in title.iter().enumerate() {
        let lead = if index == 0 {
            format!("{number}. ")
        } else {
            INDENT.to_owned()
        };
        output.line(&format!(
            "{}{HEADLINE}{line}{HEADLINE:#}",
            pad(&lead, INDENT.len())
        ))?;
    }
    let score = if score > 0.0 {
        format!(" · score {score:.2}")
    } else {
        String::new()
    };
    let details = format!(
        "{} · {}{score}",
        byline(&tagged.article),
        tagged.article.article_id
    );
    output.line(&format!("{INDENT}{}", styled(FAINT, &details)))?;

    let body_marks = marks(TextField::Body);
    if let Some((text, marks)) = snippet(&tagged.article.body, &body_marks) {
        for line in wrap(&text, &marks, width, output.colour())
            .iter()
            .take(SNIPPET_LINES)
        {
            output.line(&format!("{INDENT}{line}"))?;
        }
    }
    output.line("")
}

/// The part of a text that begins a little before its first mark, on one line.
fn snippet(text: &str, marks: &[Mark]) -> Option<(String, Vec<Mark>)> {
    let first = marks.first()?.range.start;
    let before = &text[..first];
    let mut start = before.char_indices().rev().nth(LEAD - 1).map_or(0, |(at, _)| at);
    // Begins with a whole word.
    if start > 0 {
        start = before[start..]
            .find([' ', '\n'])
            .map_or(first, |space| start + space + 1);
    }
    let lead = if start > 0 { "…" } else { "" };
    let shown = format!("{lead}{}", text[start..].replace('\n', " "));
    let moved = |mark: &Mark| Mark {
        range: mark.range.start - start + lead.len()..mark.range.end - start + lead.len(),
        ..mark.clone()
    };
    Some((shown, marks.iter().map(moved).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_begins_a_little_before_the_match() {
        let text = format!("{}\n그리고 나서 네이버는 발표했다", "앞의 말 ".repeat(20));
        let start = text.find("네이버").unwrap();
        let mark = Mark {
            range: start..start + "네이버".len(),
            style: MATCHED,
            label: "",
        };
        let (shown, marks) = snippet(&text, &[mark]).unwrap();
        assert!(shown.starts_with("…앞의 말"), "{shown}");
        assert_eq!(&shown[marks[0].range.clone()], "네이버");
        assert!(snippet(&text, &[]).is_none());
    }
}
