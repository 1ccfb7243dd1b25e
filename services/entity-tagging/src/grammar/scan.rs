//! A read position in a text, with the word boundaries and particles of Korean that every part of the grammar needs.

use std::sync::LazyLock;

use crate::first_character::ByFirstCharacter;

/// A position in a text. Copied freely: a parser that fails leaves the caller's cursor where it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'text> {
    text: &'text str,
    position: usize,
}

impl<'text> Cursor<'text> {
    /// A cursor at `position`, which must be on a character boundary of `text`.
    pub(super) fn new(text: &'text str, position: usize) -> Self {
        Self { text, position }
    }

    /// Byte offset in the text.
    pub(super) fn position(self) -> usize {
        self.position
    }

    /// What is still to be read.
    pub(super) fn rest(self) -> &'text str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The next character.
    pub(super) fn peek(self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character in front of the cursor.
    pub(super) fn previous(self) -> Option<char> {
        self.text.get(..self.position)?.chars().next_back()
    }

    /// Behind the next character.
    pub(super) fn advance(self) -> Self {
        let width = self.peek().map_or(0, char::len_utf8);
        Self {
            position: self.position + width,
            ..self
        }
    }

    /// The same text at `position`, which must be on a character boundary.
    pub(super) fn moved_to(self, position: usize) -> Self {
        Self { position, ..self }
    }

    /// Behind `literal` if it comes next.
    #[inline]
    pub(super) fn eat(self, literal: &str) -> Option<Self> {
        let next = self.rest().as_bytes().get(..literal.len())?;
        // Hundreds of words are tried at a place. Hangul syllables differ most in their last byte, and comparing it first
        // saves nearly all calls of the library's comparison.
        let is_next = next.last() == literal.as_bytes().last() && next == literal.as_bytes();
        is_next.then_some(Self {
            position: self.position + literal.len(),
            ..self
        })
    }

    /// The first of `literals` that comes next, so longer ones must stand before their prefixes.
    pub(super) fn eat_any(self, literals: &[&'static str]) -> Option<(&'static str, Self)> {
        literals
            .iter()
            .find_map(|literal| Some((*literal, self.eat(literal)?)))
    }

    /// Behind one space, if there is one.
    pub(super) fn skip_space(self) -> Self {
        match self.peek() {
            Some(' ' | '\u{a0}' | '\u{2009}') => self.advance(),
            _ => self,
        }
    }

    /// Behind the next character if `accept` likes it.
    pub(super) fn eat_char(self, accept: impl Fn(char) -> bool) -> Option<Self> {
        self.peek().filter(|next| accept(*next)).map(|_| self.advance())
    }

    /// Behind a tilde or a dash of a range, with at most a space on either side of a tilde.
    pub(super) fn eat_range_mark(self) -> Option<Self> {
        if let Some(after) = self.skip_space().eat_char(is_tilde) {
            return Some(after.skip_space());
        }
        self.eat_char(|next| matches!(next, '-' | '–' | '—' | '−'))
    }

    /// At most `bytes` of the text in front of the cursor.
    pub(super) fn text_before(self, bytes: usize) -> &'text str {
        let mut start = self.position.saturating_sub(bytes);
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        self.text.get(start..self.position).unwrap_or_default()
    }

    /// At most `bytes` of the text in front of the cursor that belong to the same sentence.
    pub(super) fn sentence_before(self, bytes: usize) -> &'text str {
        let window = self.text_before(bytes);
        let start = window
            .char_indices()
            .rev()
            .find(|(at, mark)| ends_sentence(window, *at, *mark));
        start.map_or(window, |(at, mark)| &window[at + mark.len_utf8()..])
    }

    /// At most `bytes` of the text behind the cursor that belong to the same sentence.
    pub(super) fn sentence_after(self, bytes: usize) -> &'text str {
        let rest = self.rest();
        let mut end = rest.len().min(bytes);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let window = &rest[..end];
        let stop = window
            .char_indices()
            .find(|(at, mark)| ends_sentence(window, *at, *mark));
        stop.map_or(window, |(at, _)| &window[..at])
    }

    /// Whether a word can end here: nothing but particles up to the next character that is no Hangul.
    pub(super) fn ends_word(self) -> bool {
        is_tail(self.rest(), &WORD_TAILS, TAIL_DEPTH)
    }

    /// Like [`Cursor::ends_word`], also with suffixes that attach to amounts (`3명씩`, `5년간`).
    pub(super) fn ends_amount(self) -> bool {
        is_tail(self.rest(), &AMOUNT_TAILS, TAIL_DEPTH)
    }

    /// Whether a Latin unit can end here: Korean may follow, more Latin letters or digits may not.
    pub(super) fn ends_latin(self) -> bool {
        !self
            .peek()
            .is_some_and(|next| next.is_alphanumeric() && !is_hangul(next))
    }

    /// Whether one of `words` stands directly in front of the cursor, spaces aside.
    pub(super) fn follows_word(self, words: &[&str]) -> bool {
        let before = self.text_before(32).trim_end();
        words.iter().any(|word| {
            before
                .strip_suffix(word)
                .is_some_and(|rest| !rest.chars().next_back().is_some_and(is_hangul))
        })
    }
}

/// How many particles may follow one another (`까지로는`).
const TAIL_DEPTH: usize = 4;

/// Particles (조사) and the forms of the copula, in any order.
const PARTICLES: &[&str] = &[
    "은", "는", "이", "가", "을", "를", "의", "에", "에서", "서", "에게", "께", "께서", "으로", "로", "와",
    "과", "도", "만", "까지", "부터", "보다", "마다", "쯤", "경", "정도", "가량", "이나", "나", "라도",
    "이며", "며", "이고", "고", "이다", "다", "인", "일", "라", "처럼", "밖에", "뿐", "란", "사이", "짜리",
    "이상", "이하", "미만", "이내", "초과", "인데", "인가", "던", "지만", "어서", "든", "하고", "랑", "만큼",
    "조차", "씩", "엔", "에선", "들", "자", "면",
];

/// What attaches to an amount besides particles.
const AMOUNT_SUFFIXES: &[&str] = &[
    "간",
    "당",
    "짜리",
    "이상",
    "이하",
    "미만",
    "초과",
    "이내",
    "내",
    "안팎",
    "대비",
    "치",
    "어치",
    "급",
    "규모",
    "전",
    "후",
    "뒤",
    "동안",
    "연속",
    "째",
    "만에",
    "만의",
    "여",
    "가까이",
    "남짓",
    "넘게",
    "상당",
    "선",
    "권",
    "수준",
    "외",
    "등",
    "중",
    "분",
    "새",
    "이후",
    "이전",
    "용",
    "형",
    "꼴",
];

/// The copula in the past or formal style ends a word whatever comes after it.
const COPULAS: &[&str] = &["였", "이었", "입니", "이라", "이란"];

/// What may stand between a word and its end.
type Tails = LazyLock<ByFirstCharacter<&'static str>>;

static WORD_TAILS: Tails = LazyLock::new(|| tails(&[PARTICLES]));
static AMOUNT_TAILS: Tails = LazyLock::new(|| tails(&[PARTICLES, AMOUNT_SUFFIXES]));

fn tails(tables: &[&[&'static str]]) -> ByFirstCharacter<&'static str> {
    let tails = tables.iter().copied().flatten();
    ByFirstCharacter::new(tails.map(|tail| (*tail, *tail)))
}

fn is_tail(rest: &str, tails: &ByFirstCharacter<&str>, depth: usize) -> bool {
    if !rest.chars().next().is_some_and(is_hangul) || COPULAS.iter().any(|copula| rest.starts_with(copula)) {
        return true;
    }
    depth > 0
        && tails
            .of(rest)
            .filter_map(|tail| rest.strip_prefix(tail))
            .any(|rest| is_tail(rest, tails, depth - 1))
}

/// Whether `character` is a Hangul syllable.
pub(super) fn is_hangul(character: char) -> bool {
    ('가'..='힣').contains(&character)
}

/// The tildes that Korean newsrooms write between the ends of a range.
pub(super) fn is_tilde(character: char) -> bool {
    matches!(character, '~' | '∼' | '〜' | '～' | '˜')
}

/// The final consonant of a Hangul syllable as its index in Unicode's order; 0 is none.
pub(super) fn final_consonant(syllable: char) -> Option<u32> {
    is_hangul(syllable).then(|| (syllable as u32 - '가' as u32) % 28)
}

/// A full stop between digits is a decimal point, any other mark of this kind ends a sentence.
fn ends_sentence(window: &str, at: usize, mark: char) -> bool {
    match mark {
        '\n' | '!' | '?' | '。' => true,
        '.' => {
            let digit_after = window[at + 1..].starts_with(|next: char| next.is_ascii_digit());
            let digit_before = window[..at].ends_with(|previous: char| previous.is_ascii_digit());
            !(digit_before && digit_after)
        }
        _ => false,
    }
}
