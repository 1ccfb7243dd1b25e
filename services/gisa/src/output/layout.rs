//! Text in columns: Korean characters are two columns wide.

use std::ops::Range;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A range of a text that is to stand out.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// How it looks with colours.
    pub(crate) style: Style,
    /// What is said without colours: `[surface|label]`, or `[surface]` when empty.
    pub(crate) label: &'static str,
}

/// One character as it is printed.
#[derive(Clone, Copy, Debug)]
struct Cell {
    character: char,
    style: Option<Style>,
}

/// Columns of a text.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text`, filled with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// `text`, cut to `width` columns with an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if used + wide > width.saturating_sub(1) {
            break;
        }
        used += wide;
        kept.push(character);
    }
    format!("{}…", kept.trim_end())
}

/// Breaks a text into lines of at most `width` columns, at spaces where there are any, with its marks. `marks` are
/// sorted and do not overlap. Control characters, which could play tricks on a terminal, are left out.
pub(crate) fn wrap(text: &str, marks: &[Mark], width: usize, colour: bool) -> Vec<String> {
    text.split('\n')
        .scan(0, |start, paragraph| {
            let range = *start..*start + paragraph.len();
            *start = range.end + 1;
            Some(range)
        })
        .flat_map(|range| wrap_cells(&cells(text, range, marks, colour), width.max(2)))
        .collect()
}

fn cells(text: &str, range: Range<usize>, marks: &[Mark], colour: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    let plain = |character| Cell {
        character,
        style: None,
    };
    let first = marks.partition_point(|mark| mark.range.end <= range.start);
    let mut marks = marks[first..].iter().peekable();
    for (offset, character) in text[range.clone()].char_indices() {
        let position = range.start + offset;
        while marks.next_if(|mark| mark.range.end <= position).is_some() {}
        let mark = marks.peek().filter(|mark| mark.range.start <= position);
        if let Some(mark) = mark
            && !colour
            && (mark.range.start == position || offset == 0)
        {
            cells.push(plain('['));
        }
        if !character.is_control() {
            cells.push(Cell {
                character,
                style: mark.filter(|_| colour).map(|mark| mark.style),
            });
        }
        let end = position + character.len_utf8();
        if let Some(mark) = mark
            && !colour
            && (mark.range.end == end || end == range.end)
        {
            if !mark.label.is_empty() {
                cells.push(plain('|'));
                cells.extend(mark.label.chars().map(plain));
            }
            cells.push(plain(']'));
        }
    }
    cells
}

fn wrap_cells(cells: &[Cell], width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = cells;
    while let Some(fitting) = Some(fitting(rest, width)).filter(|fitting| *fitting < rest.len()) {
        let space = rest[..=fitting]
            .iter()
            .rposition(|cell| cell.character == ' ')
            .filter(|space| *space > 0);
        let end = space.unwrap_or(fitting);
        lines.push(paint(&rest[..end]));
        let next = rest[end..].iter().position(|cell| cell.character != ' ');
        rest = next.map_or(&[][..], |next| &rest[end + next..]);
    }
    lines.push(paint(rest));
    lines
}

/// How many cells fit into `width` columns; at least one, so that every line gets on.
fn fitting(cells: &[Cell], width: usize) -> usize {
    let mut used = 0;
    for (index, cell) in cells.iter().enumerate() {
        used += cell.character.width().unwrap_or(0);
        if used > width {
            return index.max(1);
        }
    }
    cells.len()
}

fn paint(cells: &[Cell]) -> String {
    let mut line = String::new();
    let mut current: Option<Style> = None;
    for cell in cells {
        if cell.style != current {
            if let Some(style) = current {
                line.push_str(&style.render_reset().to_string());
            }
            if let Some(style) = cell.style {
                line.push_str(&style.render().to_string());
            }
            current = cell.style;
        }
        line.push(cell.character);
    }
    if let Some(style) = current {
        line.push_str(&style.render_reset().to_string());
    }
    line
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;
    use proptest::prelude::*;

    use super::*;

    fn mark(range: Range<usize>) -> Mark {
        Mark {
            range,
            style: AnsiColor::Cyan.on_default(),
            label: "ORG",
        }
    }

    #[test]
    fn korean_is_two_columns_wide() {
        assert_eq!(pad("가나", 6), "가나  ");
        assert_eq!(cut("가나다라", 6), "가나…");
        assert_eq!(wrap("가나 다라 마", &[], 5, false), ["가나", "다라", "마"]);
        assert_eq!(wrap("가나다라", &[], 5, false), ["가나", "다라"]);
    }

    #[test]
    fn marks_are_told_with_and_without_colours() {
        assert_eq!(wrap("네이버는", &[mark(0..9)], 40, false), ["[네이버|ORG]는"]);
        assert_eq!(
            wrap("네이버는", &[mark(0..9)], 40, true),
            ["\u{1b}[36m네이버\u{1b}[0m는"]
        );
        // A mark that is broken over two lines is painted on both.
        assert_eq!(
            wrap("한국 은행", &[mark(0..13)], 5, true),
            ["\u{1b}[36m한국\u{1b}[0m", "\u{1b}[36m은행\u{1b}[0m"]
        );
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(wrap("a\u{1b}[31mb\u{7}", &[], 40, true), ["a[31mb"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_character_is_lost(text in "[가-힣a-z \n]{0,80}", width in 2usize..30) {
            let lines = wrap(&text, &[], width, false);
            for line in &lines {
                prop_assert!(columns(line) <= width, "{line:?}");
            }
            let visible = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&lines.concat()), visible(&text));
        }
    }
}
