//! Numbers as Korean text writes them: digits, digits mixed with 만·억·조, and number words.

use gisa_article_model::Amount;
use rust_decimal::Decimal;

use super::scan::{Cursor, is_hangul};

/// A number and how it was written, which decides what it can count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// The number itself.
    pub(super) value: Decimal,
    /// How it was written.
    pub(super) style: NumberStyle,
    /// Largest power of ten among 만, 억, 조 in it, 0 without.
    pub(super) scale: u32,
    /// Whether it has a thousands separator or a decimal point.
    pub(super) punctuated: bool,
    /// Whether 여 follows ("500여").
    pub(super) about: bool,
    /// What stands in front of the first 만, 억 or 조: 3 in 3만.
    coefficient: Decimal,
}

/// Ways to write a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberStyle {
    /// With digits.
    Digits,
    /// With native words: 한, 두, 열두.
    Native,
    /// With Sino-Korean words: 백만.
    Sino,
}

impl Number {
    /// The value if it was written with digits alone, for example a year or a day.
    pub(super) fn plain(&self) -> Option<u32> {
        let plain = self.style == NumberStyle::Digits && self.scale == 0 && !self.punctuated && !self.about;
        plain.then(|| u32::try_from(self.value).ok()).flatten()
    }
}

/// A number or a range of two, with the style of its last number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantified {
    /// What is counted with.
    pub(super) amount: Amount,
    /// The last number.
    pub(super) last: Number,
}

impl Quantified {
    /// Whether it is a range.
    pub(super) fn is_range(&self) -> bool {
        matches!(self.amount, Amount::Range(..))
    }

    /// With every number's sign turned.
    pub(super) fn negated(self) -> Self {
        let amount = match self.amount {
            Amount::Exact(value) => Amount::Exact(-value),
            Amount::Range(low, high) => Amount::Range(-low, -high),
        };
        Self { amount, ..self }
    }

    /// Joins this and a later one with the same unit (`30%~40%`), if they make a range.
    pub(super) fn joined(&self, upper: &Self) -> Option<Amount> {
        match (self.amount, upper.amount) {
            (Amount::Exact(low), Amount::Exact(high)) if low < high => Some(Amount::Range(low, high)),
            _ => None,
        }
    }
}

/// Digits that fit a [`Decimal`] together with the largest multiplier.
const MAX_DIGITS: usize = 14;

const BIG_SCALES: &[(&str, u32)] = &[("만", 4), ("억", 8), ("조", 12)];
const SMALL_SCALES: &[(&str, u32)] = &[("천", 3), ("백", 2), ("십", 1)];
const SINO_DIGITS: &str = "일이삼사오육칠팔구";
const NATIVE_TENS: &[(&str, u32)] = &[
    ("스물", 20),
    ("스무", 20),
    ("서른", 30),
    ("마흔", 40),
    ("쉰", 50),
    ("예순", 60),
    ("일흔", 70),
    ("여든", 80),
    ("아흔", 90),
    ("열", 10),
];
const NATIVE_ONES: &[(&str, u32)] = &[
    ("다섯", 5),
    ("여섯", 6),
    ("일곱", 7),
    ("여덟", 8),
    ("아홉", 9),
    ("한", 1),
    ("두", 2),
    ("세", 3),
    ("석", 3),
    ("네", 4),
    ("넉", 4),
];

/// Where an expression may start, with the number there: most parts of the grammar begin by reading one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'text> {
    pub(super) cursor: Cursor<'text>,
    quantified: Option<(Quantified, Cursor<'text>)>,
}

impl<'text> Start<'text> {
    /// Reads the number at the cursor.
    pub(super) fn new(cursor: Cursor<'text>) -> Self {
        Self {
            cursor,
            quantified: quantified(cursor),
        }
    }

    /// A number or a range at `at`, which is read only if it is not where the expression starts.
    pub(super) fn quantified_at(&self, at: Cursor<'text>) -> Option<(Quantified, Cursor<'text>)> {
        if at.position() == self.cursor.position() {
            self.quantified
        } else {
            quantified(at)
        }
    }
}

/// A number or a range at the cursor.
pub(super) fn quantified(cursor: Cursor<'_>) -> Option<(Quantified, Cursor<'_>)> {
    let (first, after) = number(cursor)?;
    if let Some((range, end)) = range_from(first, after) {
        return Some((range, end));
    }
    Some((
        Quantified {
            amount: Amount::Exact(first.value),
            last: first,
        },
        after,
    ))
}

fn range_from(first: Number, after: Cursor<'_>) -> Option<(Quantified, Cursor<'_>)> {
    let (last, end) = number(after.eat_range_mark()?)?;
    // 3~5만 means 30,000 to 50,000, but 5,000~1만 means what it says.
    let shares_scale = first.scale == 0 && last.scale > 0 && first.value < last.coefficient;
    let low = if shares_scale {
        first.value.checked_mul(power_of_ten(last.scale)?)?
    } else {
        first.value
    };
    let both_digits = first.style == NumberStyle::Digits && last.style == NumberStyle::Digits;
    (both_digits && low < last.value).then_some((
        Quantified {
            amount: Amount::Range(low, last.value),
            last,
        },
        end,
    ))
}

/// Whether a number word can start with this syllable. Most words do not, and that is seen at once.
fn starts_number(syllable: char) -> bool {
    matches!(
        syllable,
        '일' | '이'
            | '삼'
            | '사'
            | '오'
            | '육'
            | '칠'
            | '팔'
            | '구'
            | '십'
            | '백'
            | '천'
            | '만'
            | '억'
            | '조'
            | '스'
            | '서'
            | '마'
            | '쉰'
            | '예'
            | '여'
            | '아'
            | '열'
            | '다'
            | '한'
            | '두'
            | '세'
            | '석'
            | '네'
            | '넉'
    )
}

/// One number at the cursor.
pub(super) fn number(cursor: Cursor<'_>) -> Option<(Number, Cursor<'_>)> {
    match cursor.peek()? {
        next if next.is_ascii_digit() => digit_number(cursor),
        next if starts_number(next) => native_number(cursor).or_else(|| sino_number(cursor)),
        _ => None,
    }
}

/// Calls `see` with the words that a number in words can start with.
pub(super) fn each_start(see: &mut impl FnMut(&str)) {
    let words = [NATIVE_TENS, NATIVE_ONES, SMALL_SCALES].concat();
    words.into_iter().for_each(|(word, _)| see(word));
    see("만");
    // Single digits are numbers with a scale only.
    let scales = [SMALL_SCALES, BIG_SCALES].concat();
    for (digit, (scale, _)) in SINO_DIGITS
        .chars()
        .flat_map(|digit| scales.iter().map(move |scale| (digit, *scale)))
    {
        see(&format!("{digit}{scale}"));
    }
}

/// At most four digits that stand alone, for example a day: the value and how many digits.
pub(super) fn short_integer(cursor: Cursor<'_>) -> Option<(u32, usize, Cursor<'_>)> {
    let rest = cursor.rest();
    let length = rest.bytes().take(5).take_while(u8::is_ascii_digit).count();
    if length == 0 || length > 4 {
        return None;
    }
    let value = rest.get(..length)?.parse().ok()?;
    Some((value, length, Cursor::eat(cursor, rest.get(..length)?)?))
}

fn digit_number(cursor: Cursor<'_>) -> Option<(Number, Cursor<'_>)> {
    let mut number = Number {
        value: Decimal::ZERO,
        style: NumberStyle::Digits,
        scale: 0,
        punctuated: false,
        about: false,
        coefficient: Decimal::ZERO,
    };
    let mut at = cursor;
    let mut lowest_scale = u32::MAX;
    loop {
        let (chunk, punctuated, after) = chunk(at)?;
        let (after_about, about) = eat_inner_about(after);
        number.punctuated |= punctuated;
        let scale = big_scale(after_about).filter(|(power, _)| *power < lowest_scale);
        let Some((power, after)) = scale else {
            number.value = number.value.checked_add(chunk)?;
            return Some(with_about(number, after));
        };
        number.about |= about;
        if number.scale == 0 {
            (number.scale, number.coefficient) = (power, chunk);
        }
        number.value = number
            .value
            .checked_add(chunk.checked_mul(power_of_ten(power)?)?)?;
        lowest_scale = power;
        match continuation(after, power) {
            Some(next) => at = next,
            None => return Some(with_about(number, after)),
        }
    }
}

/// Where the number goes on behind 만, 억 or 조: at once (`7조2,000억`) or behind a space (`1조 2천억`).
fn continuation(after: Cursor<'_>, power: u32) -> Option<Cursor<'_>> {
    let next = after.skip_space();
    let (value, punctuated, end) = chunk(next)?;
    if value >= power_of_ten(power)? || value.is_zero() {
        return None;
    }
    if next.position() == after.position() {
        return Some(next);
    }
    // Behind a space it may be another number: 830억 2024년.
    let scaled =
        big_scale(end).is_some_and(|(smaller, _)| smaller < power) || written_with_small_scale(next, end);
    let counted = end
        .skip_space()
        .eat_any(&["원", "명", "달러", "여", "개", "건", "대", "톤", "가구"])
        .is_some();
    let grouped = punctuated && power == 4 && value >= Decimal::ONE_THOUSAND;
    (scaled || grouped || counted && value > Decimal::from(9)).then_some(next)
}

fn written_with_small_scale(start: Cursor<'_>, end: Cursor<'_>) -> bool {
    start
        .rest()
        .get(..end.position() - start.position())
        .is_some_and(|written| written.chars().any(is_hangul))
}

/// 여 in front of a multiplier: 500여만.
fn eat_inner_about(at: Cursor<'_>) -> (Cursor<'_>, bool) {
    match at.eat("여") {
        Some(after) if big_scale(after).is_some() => (after, true),
        _ => (at, false),
    }
}

/// 여 behind the number, also when a stray space precedes it (`500 여명`).
fn with_about(mut number: Number, at: Cursor<'_>) -> (Number, Cursor<'_>) {
    let spaced = at.skip_space();
    for start in [at, spaced] {
        let Some(after) = start.eat("여") else { continue };
        let before_space = after.peek() == Some(' ') && start.position() == at.position();
        if before_space || after.eat_any(&ABOUT_FOLLOWERS).is_some() {
            number.about = true;
            return (number, after);
        }
    }
    (number, at)
}

/// What 여 stands in front of without a space.
const ABOUT_FOLLOWERS: [&str; 29] = [
    "명", "개", "건", "곳", "년", "일", "시간", "분", "초", "원", "달러", "유로", "엔", "위안", "종", "대",
    "편", "점", "권", "회", "차례", "톤", "평", "가지", "가구", "마리", "㎡", "km", "㎞",
];

/// Digits with 천, 백, 십: 1천, 2천5백, 4천500, 1,200, 1.5.
fn chunk(cursor: Cursor<'_>) -> Option<(Decimal, bool, Cursor<'_>)> {
    let (mut value, punctuated, mut at) = digits(cursor)?;
    let Some((mut power, after)) = small_scale(at) else {
        return Some((value, punctuated, at));
    };
    value = value.checked_mul(power_of_ten(power)?)?;
    at = after;
    while let Some((next, _, after)) = digits(at) {
        if next >= power_of_ten(power)? {
            break;
        }
        match small_scale(after).filter(|(smaller, _)| *smaller < power) {
            Some((smaller, after)) => {
                value = value.checked_add(next.checked_mul(power_of_ten(smaller)?)?)?;
                (power, at) = (smaller, after);
            }
            None => return Some((value.checked_add(next)?, punctuated, after)),
        }
    }
    Some((value, punctuated, at))
}

/// Digits with thousands separators and a decimal point. A second point makes it a version or a date, so no number.
fn digits(cursor: Cursor<'_>) -> Option<(Decimal, bool, Cursor<'_>)> {
    let bytes = cursor.rest().as_bytes();
    let run = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take(MAX_DIGITS + 1)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut end = run(0);
    if end == 0 || end > MAX_DIGITS {
        return None;
    }
    let mut punctuated = false;
    while end <= MAX_DIGITS && bytes.get(end) == Some(&b',') && run(end + 1) == 3 && (punctuated || end <= 3)
    {
        end += 4;
        punctuated = true;
    }
    if bytes.get(end) == Some(&b'.') && run(end + 1) > 0 {
        end += 1 + run(end + 1);
        punctuated = true;
        if bytes.get(end) == Some(&b'.') && run(end + 1) > 0 {
            return None;
        }
    }
    if bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let written = cursor.rest().get(..end)?;
    let value = if punctuated {
        written.replace(',', "").parse().ok()?
    } else {
        Decimal::from(written.parse::<u64>().ok()?)
    };
    Some((value, punctuated, cursor.eat(written)?))
}

fn native_number(cursor: Cursor<'_>) -> Option<(Number, Cursor<'_>)> {
    let word = |at: Cursor<'_>, table: &[(&str, u32)]| {
        table
            .iter()
            .find_map(|(word, value)| Some((*value, at.eat(word)?.position())))
    };
    let tens = word(cursor, NATIVE_TENS);
    let behind_tens = tens.map_or(cursor, |(_, end)| cursor.moved_to(end));
    let ones = word(behind_tens, NATIVE_ONES);
    let end = ones.map_or(behind_tens, |(_, end)| cursor.moved_to(end));
    let value = tens.map_or(0, |(value, _)| value) + ones.map_or(0, |(value, _)| value);
    (value > 0).then(|| {
        let value = Decimal::from(value);
        with_about(
            Number {
                value,
                style: NumberStyle::Native,
                scale: 0,
                punctuated: false,
                about: false,
                coefficient: value,
            },
            end,
        )
    })
}

/// 십, 백, 천 and 만 in Hangul: 백만, 이십, 천. Single digits (이, 사) are left out, they are mostly other words.
fn sino_number(cursor: Cursor<'_>) -> Option<(Number, Cursor<'_>)> {
    let (mut total, mut group, mut pending) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let (mut at, mut scaled, mut highest, mut lowest) = (cursor, false, 0, u32::MAX);
    while let Some(next) = at.peek().filter(|_| at.position() - cursor.position() < 36) {
        if let Some(index) = SINO_DIGITS
            .chars()
            .position(|digit| digit == next)
            .filter(|_| pending.is_zero())
        {
            pending = Decimal::from(index as u32 + 1);
        } else if let Some((power, _)) = small_scale(at) {
            group += pending.max(Decimal::ONE) * power_of_ten(power)?;
            (pending, scaled) = (Decimal::ZERO, true);
        } else if let Some((power, _)) = big_scale(at).filter(|(power, _)| *power < lowest) {
            let factor = (group + pending).max(Decimal::ONE);
            total = total.checked_add(factor.checked_mul(power_of_ten(power)?)?)?;
            (group, pending, scaled, lowest) = (Decimal::ZERO, Decimal::ZERO, true, power);
            highest = highest.max(power);
        } else {
            break;
        }
        at = at.advance();
    }
    let value = total.checked_add(group)?.checked_add(pending)?;
    let number = Number {
        value,
        style: NumberStyle::Sino,
        scale: highest,
        punctuated: false,
        about: false,
        coefficient: value,
    };
    // 억 and 조 alone are the rest of 수억, 수조.
    let starts_alone = cursor.peek().is_some_and(|first| matches!(first, '억' | '조'));
    // 몇 백, 수 천: nobody knows how many.
    let is_vague = cursor.follows_word(&["몇", "수"]);
    (scaled && !starts_alone && !is_vague).then(|| with_about(number, at))
}

fn small_scale(at: Cursor<'_>) -> Option<(u32, Cursor<'_>)> {
    SMALL_SCALES
        .iter()
        .find_map(|(word, power)| Some((*power, at.eat(word)?)))
}

fn big_scale(at: Cursor<'_>) -> Option<(u32, Cursor<'_>)> {
    BIG_SCALES
        .iter()
        .find_map(|(word, power)| Some((*power, at.eat(word)?)))
}

fn power_of_ten(power: u32) -> Option<Decimal> {
    10_u64.checked_pow(power).map(Decimal::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_word_is_tried() {
        let words = [NATIVE_TENS, NATIVE_ONES, SMALL_SCALES, BIG_SCALES].concat();
        let firsts = words.iter().filter_map(|(word, _)| word.chars().next());
        for first in firsts.chain(SINO_DIGITS.chars()) {
            assert!(starts_number(first), "{first}");
        }
    }
}
