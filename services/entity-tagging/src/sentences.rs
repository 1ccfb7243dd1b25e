//! Where sentences begin and end.
//!
//! A sentence ends at a line end, and at `.`, `!` or `?` behind something that can end one: not in numbers, addresses and
//! abbreviations, not in quotes or brackets. Newspapers often leave out the space behind a sentence (`…했다.또 …`); there a
//! sentence-final ending has to stand before the sign.

pub(crate) mod enclosure;

use std::ops::Range;

use enclosure::Enclosure;

/// Last syllables of sentence-final endings (종결어미): 했다, 해요, 할까, 했죠.
const FINAL_SYLLABLES: &[char] = &['다', '요', '까', '죠', '오', '네'];

/// Nouns that look like a sentence-final ending; they count where no space follows the full stop.
const NOUNS_LIKE_ENDINGS: &[&str] = &[
    "캐나다",
    "우간다",
    "르완다",
    "버뮤다",
    "그레나다",
    "네바다",
    "플로리다",
    "혼다",
    "마쓰다",
    "도요다",
    "프라다",
    "판다",
    "바다",
    "람다",
];

/// Latin words that are cut by a full stop, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "inc", "co", "corp", "ltd", "llc", "dr", "mr", "mrs", "ms", "prof", "st", "no", "vs", "jr", "sr", "etc",
    "al", "vol", "fig", "pp", "ph", "gen", "sen", "rep", "gov", "dept", "univ", "approx",
];

/// The longest word that is looked at before a sign, in bytes.
const LONGEST_WORD: usize = 48;

/// The sentences of `text`, in bytes, without surrounding white space.
pub fn split(text: &str) -> Vec<Range<usize>> {
    split_outside(text, &enclosure::find(text))
}

/// The sentences of a text whose enclosures are known.
pub(crate) fn split_outside(text: &str, enclosures: &[Enclosure]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut enclosures = enclosures.iter().peekable();
    let mut enclosed_until = 0;
    let mut start = 0;
    let mut scanned = 0;
    for (at, character) in text.char_indices() {
        if at < scanned || !is_terminator(character) {
            continue;
        }
        while let Some(enclosure) = enclosures.next_if(|enclosure| enclosure.open < at) {
            enclosed_until = enclosed_until.max(enclosure.end);
        }
        if at < enclosed_until {
            continue;
        }
        let end = end_of_signs(text, at);
        scanned = end;
        if character == '\n' || ends_sentence(text, start, at..end) {
            add(text, start..end, &mut found);
            start = end;
        }
    }
    add(text, start..text.len(), &mut found);
    found
}

fn is_terminator(character: char) -> bool {
    matches!(character, '\n' | '.' | '!' | '?' | '。' | '…')
}

/// The end of the signs that begin at `at`: `?!`, `...`.
fn end_of_signs(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let signs = rest.trim_start_matches(|sign| is_terminator(sign) && sign != '\n');
    let length = rest.len() - signs.len();
    // A line end stands alone.
    at + length.max(1)
}

/// Whether a sentence that began at `start` ends with the signs in `signs`.
fn ends_sentence(text: &str, start: usize, signs: Range<usize>) -> bool {
    let word = last_word(text, start, signs.start);
    let Some(previous) = word.chars().next_back() else {
        return false;
    };
    let Some(next) = text[signs.end..].chars().next() else {
        return true;
    };
    let sign = &text[signs];
    if !next.is_whitespace() {
        return starts_sentence(next) && has_final_ending(word);
    }
    let is_ellipsis = sign.contains('…') || sign.len() > 1 && sign.bytes().all(|byte| byte == b'.');
    if is_ellipsis {
        return has_final_ending(word);
    }
    if sign != "." {
        return true;
    }
    if previous.is_ascii_alphabetic() {
        return ends_with_latin_word(word);
    }
    // 1. 제목, 2024. 4. 2., 가. 제목
    let is_numbering =
        previous.is_ascii_digit() || word.len() == previous.len_utf8() && starts_line(text, start, word);
    !is_numbering
}

/// The characters before `end` and after `start` back to the last white space, at most [`LONGEST_WORD`] bytes.
fn last_word(text: &str, start: usize, end: usize) -> &str {
    let mut from = start.max(end.saturating_sub(LONGEST_WORD));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..end];
    before.rsplit(char::is_whitespace).next().unwrap_or(before)
}

/// Whether a sentence can begin with this character when no space stands before it.
fn starts_sentence(character: char) -> bool {
    let is_closing = matches!(
        character,
        ')' | ']' | '}' | '>' | '”' | '’' | ',' | '·' | ':' | ';' | '~'
    );
    !is_closing && !character.is_ascii_lowercase() && !character.is_ascii_digit() || is_circled(character)
}

/// ①: marks the parts of a list.
fn is_circled(character: char) -> bool {
    ('①'..='⑳').contains(&character)
}

fn has_final_ending(word: &str) -> bool {
    let word = word.trim_end_matches(['"', '\'', '”', '’', ')']);
    word.ends_with(FINAL_SYLLABLES) && !NOUNS_LIKE_ENDINGS.iter().any(|noun| word.ends_with(noun))
}

/// Whether the Latin letters before a full stop are a whole word and no abbreviation.
fn ends_with_latin_word(word: &str) -> bool {
    let letters = word
        .rsplit(|character: char| !character.is_ascii_alphabetic())
        .next()
        .unwrap_or(word);
    let before = word[..word.len() - letters.len()].chars().next_back();
    letters.len() > 1
        && before != Some('.')
        && !ABBREVIATIONS.contains(&letters.to_ascii_lowercase().as_str())
}

/// Whether `word`, the last of the sentence, is all of it.
fn starts_line(text: &str, start: usize, word: &str) -> bool {
    let word_start = word.as_ptr() as usize - text.as_ptr() as usize;
    text[start..word_start].trim_start().is_empty()
}

fn add(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    let trimmed = part.trim_start();
    if !trimmed.is_empty() {
        let start = range.end - trimmed.len();
        found.push(start..start + trimmed.trim_end().len());
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn splits() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \n\t", &[]),
            ("비가 왔다. 눈도 왔다.", &["비가 왔다.", "눈도 왔다."]),
            ("비가 왔다.눈도 왔다.", &["비가 왔다.", "눈도 왔다."]),
            ("비가 왔다.①눈도 왔다.", &["비가 왔다.", "①눈도 왔다."]),
            ("비가 왔다.\"눈도 왔다.\"", &["비가 왔다.", "\"눈도 왔다.\""]),
            ("왜 왔을까.답은 없다", &["왜 왔을까.", "답은 없다"]),
            ("정말?! 그렇다!! 좋다", &["정말?!", "그렇다!!", "좋다"]),
            ("제목\n본문은 짧다\n\n끝", &["제목", "본문은 짧다", "끝"]),
            // Numbers, dates, numberings.
            ("값은 3.5배다. 끝", &["값은 3.5배다.", "끝"]),
            ("2031. 4. 2. 열린다. 끝", &["2031. 4. 2. 열린다.", "끝"]),
            ("1. 첫째다. 2. 둘째다.", &["1. 첫째다.", "2. 둘째다."]),
            ("가. 개요는 짧다. 끝", &["가. 개요는 짧다.", "끝"]),
            // Latin.
            (
                "하늘 Co. Ltd. 한국 지사다. 끝",
                &["하늘 Co. Ltd. 한국 지사다.", "끝"],
            ),
            ("U.S. 증시와 e.g. 은행이다", &["U.S. 증시와 e.g. 은행이다"]),
            ("example.com과 Node.js를 쓴다", &["example.com과 Node.js를 쓴다"]),
            (
                "새 이름은 Byeol. 다음 달 쓴다",
                &["새 이름은 Byeol.", "다음 달 쓴다"],
            ),
            // Nouns joined by full stops.
            ("캐나다.미국이 참가했다", &["캐나다.미국이 참가했다"]),
            ("서울.부산.대구", &["서울.부산.대구"]),
            // Enclosures.
            (
                "그는 \"간다. 꼭 간다.\"라고 했다. 끝",
                &["그는 \"간다. 꼭 간다.\"라고 했다.", "끝"],
            ),
            (
                "“간다! 꼭!”이라는 말이다. 끝",
                &["“간다! 꼭!”이라는 말이다.", "끝"],
            ),
            (
                "별(하늘이다. 바다다.)이 떴다. 끝",
                &["별(하늘이다. 바다다.)이 떴다.", "끝"],
            ),
            ("평균(34%)이다(추정). 끝", &["평균(34%)이다(추정).", "끝"]),
            // A quote that nobody closed.
            ("그는 \"간다. 꼭 간다. 끝", &["그는 \"간다.", "꼭 간다.", "끝"]),
            ("그는 “간다. 꼭 간다.\n끝", &["그는 “간다.", "꼭 간다.", "끝"]),
            // Ellipses.
            ("격차 두 배... 벌어지는 틈", &["격차 두 배... 벌어지는 틈"]),
            ("끝났다... 다시 왔다", &["끝났다...", "다시 왔다"]),
            ("글쎄… 모른다… 끝", &["글쎄… 모른다…", "끝"]),
            ("...", &["..."]),
        ];
        for (text, expected) in cases {
            assert_eq!(sentences(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_signs_is_split_in_linear_time() {
        for part in [".", "\"", "(", "다.", "a.", "'가", "\n", "? ", "“가.", "(\"'[<「"] {
            let text = part.repeat(1_000_000 / part.len());
            let begin = Instant::now();
            let found = split(&text);
            // A few milliseconds at a linear cost; quadratic would be minutes.
            assert!(begin.elapsed() < Duration::from_secs(10), "{part}");
            assert!(found.iter().all(|range| text.get(range.clone()).is_some()));
        }
    }
}
