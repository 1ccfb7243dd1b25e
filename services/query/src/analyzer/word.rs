//! Words: where they are in a folded eojeol, and the pieces that each is made of.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use unicode_normalization::char::is_combining_mark;

use super::morphemes::{Morpheme, MorphemeModel};

/// Longer runs are cut here: no word has this length, and it bounds what one costs.
const MAX_WORD_CHARACTERS: usize = 128;

/// The middle dot of lists: a letter for Unicode (as U+119E after normalisation), but never part of a word.
const ARAEA: [char; 2] = ['\u{318d}', '\u{119e}'];

const CACHE_SHARDS: usize = 16;
/// Words kept in each shard; then it is emptied, which costs little beside the bookkeeping of anything finer.
const CACHED_WORDS: usize = 8192;

/// The pieces of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WordAnalysis {
    /// By position; a compound before its first part. Never empty.
    pub(super) pieces: Vec<Piece>,
    /// How many positions the word takes.
    pub(super) positions: u32,
    /// Whether the word is nothing but particles and endings.
    pub(super) only_function: bool,
}

/// A part of a word that becomes a term; offsets in bytes of the folded word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) position: u32,
    pub(super) length: u32,
}

/// Analyses words and remembers the frequent ones.
#[derive(Debug)]
pub(super) struct WordAnalyzer {
    model: MorphemeModel,
    hasher: RandomState,
    cache: [Mutex<HashMap<Box<str>, Arc<WordAnalysis>>>; CACHE_SHARDS],
}

impl WordAnalyzer {
    pub(super) fn new(model: MorphemeModel) -> Self {
        Self {
            model,
            hasher: RandomState::new(),
            cache: Default::default(),
        }
    }

    pub(super) fn analyze(&self, word: &str) -> Arc<WordAnalysis> {
        let shard = &self.cache[self.hasher.hash_one(word) as usize % CACHE_SHARDS];
        // The cache holds finished values only: one that a panicking thread left behind is as good as any.
        let cached = shard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(word)
            .map(Arc::clone);
        if let Some(known) = cached {
            return known;
        }
        let analysis = Arc::new(self.analyze_new(word));
        let mut words = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() >= CACHED_WORDS {
            words.clear();
        }
        words.insert(word.into(), Arc::clone(&analysis));
        analysis
    }

    fn analyze_new(&self, word: &str) -> WordAnalysis {
        let characters = Characters::new(word);
        let stem = stem_length(&self.split(word, &characters), &characters);
        let mut analysis = WordAnalysis {
            pieces: Vec::new(),
            positions: 0,
            only_function: stem == 0,
        };
        if stem == 0 {
            // Nothing else remains, so the word is kept, whole.
            add_piece(&mut analysis, &characters, 0..characters.count(), 1);
            analysis.positions = 1;
            return analysis;
        }
        // The stem is cut looking at nothing but the stem: with and without particle the cuts are the same.
        let text = characters.slice(0..stem);
        let cuts = self.split(text, &Characters::new(text));
        let count = cuts.len() as u32;
        if count > 1 {
            add_piece(&mut analysis, &characters, 0..stem, count);
        }
        let mut start = 0;
        for morpheme in cuts {
            add_piece(&mut analysis, &characters, start..morpheme.end, 1);
            analysis.positions += 1;
            start = morpheme.end;
        }
        analysis
    }

    /// Cuts where the script changes, inside Hangul where the model says so, and nowhere else.
    fn split(&self, word: &str, characters: &Characters<'_>) -> Vec<Morpheme> {
        let scripts = &characters.scripts;
        let mut morphemes = self
            .model
            .split(word, |index| match (scripts[index], scripts[index + 1]) {
                (Script::Hangul, Script::Hangul) => None,
                (Script::Han, Script::Han) => Some(true),
                (before, after) => Some(before != after),
            });
        for morpheme in &mut morphemes {
            morpheme.is_function &= scripts[morpheme.end - 1] == Script::Hangul;
        }
        morphemes
    }
}

fn add_piece(analysis: &mut WordAnalysis, characters: &Characters<'_>, range: Range<usize>, length: u32) {
    analysis.pieces.push(Piece {
        start: characters.starts[range.start] as u32,
        end: characters.starts[range.end] as u32,
        position: analysis.positions,
        length,
    });
}

/// How many characters of a word remain without the particles and endings at its end. Those in the middle stay: most of
/// them are syllables of a name that the model does not know.
fn stem_length(morphemes: &[Morpheme], characters: &Characters<'_>) -> usize {
    let Some(last) = morphemes.iter().rev().find(|morpheme| !morpheme.is_function) else {
        return 0;
    };
    let is_whole_tail = last.end == characters.count();
    if is_whole_tail && !last.is_known && has_particle(characters) {
        last.end - 1
    } else {
        last.end
    }
}

/// Whether a word that the model has not seen ends with a particle of one syllable: one that fits the final sound of the
/// syllable before it, and with a stem of at least two syllables.
fn has_particle(characters: &Characters<'_>) -> bool {
    let mut syllables = characters.word.chars().rev();
    let (Some(particle), Some(before), Some(first)) = (syllables.next(), syllables.next(), syllables.next())
    else {
        return false;
    };
    if !is_syllable(before) || !is_syllable(first) {
        return false;
    }
    let closed = (u32::from(before) - u32::from('가')) % 28 != 0;
    match particle {
        '을' | '은' | '과' => closed,
        '를' | '는' | '와' | '가' => !closed,
        '의' => true,
        _ => false,
    }
}

fn is_syllable(character: char) -> bool {
    ('가'..='힣').contains(&character)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Hangul,
    Han,
    Digit,
    /// Latin and all others.
    Letter,
}

/// `None` for combining marks.
fn script(character: char) -> Option<Script> {
    Some(match character {
        '0'..='9' | '.' | ',' => Script::Digit,
        '가'..='힣' | '\u{1100}'..='\u{11ff}' => Script::Hangul,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '々' => Script::Han,
        _ if is_combining_mark(character) => return None,
        _ if character.is_numeric() => Script::Digit,
        _ => Script::Letter,
    })
}

/// A word by character.
struct Characters<'word> {
    word: &'word str,
    /// Where each character starts, and the end of the word.
    starts: Vec<usize>,
    /// Script of each character; that of a combining mark is that of the character it stands on.
    scripts: Vec<Script>,
}

impl<'word> Characters<'word> {
    fn new(word: &'word str) -> Self {
        let starts = word
            .char_indices()
            .map(|(start, _)| start)
            .chain([word.len()])
            .collect();
        let mut scripts: Vec<Script> = Vec::with_capacity(word.len() / 3 + 1);
        for character in word.chars() {
            let own = script(character);
            scripts.push(own.or(scripts.last().copied()).unwrap_or(Script::Letter));
        }
        Self {
            word,
            starts,
            scripts,
        }
    }

    fn count(&self) -> usize {
        self.scripts.len()
    }

    fn slice(&self, range: Range<usize>) -> &'word str {
        &self.word[self.starts[range.start]..self.starts[range.end]]
    }
}

/// The words of a folded eojeol: letters and digits, with what belongs to them (`96.8`, `5,000`, `c#`, `c++`, `r&d`).
pub(super) fn words(eojeol: &str) -> Vec<Range<usize>> {
    let characters: Vec<(usize, char)> = eojeol.char_indices().collect();
    let at = |index: usize| characters.get(index).map_or(eojeol.len(), |(start, _)| *start);
    let mut words = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        if !is_word_character(characters[index].1) {
            index += 1;
            continue;
        }
        let start = index;
        while index < characters.len() && index - start < MAX_WORD_CHARACTERS {
            match joined(&characters, index) {
                0 => break,
                count => index += count,
            }
        }
        words.push(at(start)..at(index));
    }
    words
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() && !ARAEA.contains(&character)
}

/// How many characters from `index` on belong to the word before; 0 at its end.
fn joined(characters: &[(usize, char)], index: usize) -> usize {
    let get = |at: usize| characters.get(at).map(|(_, character)| *character);
    let before = index.checked_sub(1).and_then(get);
    let Some(character) = get(index) else {
        return 0;
    };
    if character.is_ascii_digit() && !before.is_some_and(|before| before.is_ascii_digit()) {
        return number_length(characters, index);
    }
    if is_word_character(character) || is_combining_mark(character) {
        return 1;
    }
    if !before.is_some_and(|before| before.is_ascii_alphabetic()) {
        return 0;
    }
    match character {
        '&' if get(index + 1).is_some_and(|next| next.is_ascii_alphabetic()) => 1,
        '+' | '#' => {
            let run = (index..)
                .take_while(|at| get(*at).is_some_and(|c| c == '+' || c == '#'))
                .count();
            if run <= 2 && !get(index + run).is_some_and(|next| next.is_ascii_alphanumeric()) {
                run
            } else {
                0
            }
        }
        _ => 0,
    }
}

/// Length of the number at `start`: digits with separators of thousands and one decimal point. What has more points is
/// a date or a version, of which each part is a word.
fn number_length(characters: &[(usize, char)], start: usize) -> usize {
    let get = |at: usize| characters.get(at).map(|(_, character)| *character);
    let digits = |from: usize| {
        (from..from + MAX_WORD_CHARACTERS)
            .take_while(|at| get(*at).is_some_and(|c| c.is_ascii_digit()))
            .count()
    };
    let mut end = start + digits(start);
    if end - start <= 3 {
        while get(end) == Some(',') && digits(end + 1) == 3 {
            end += 4;
        }
    }
    let fraction = digits(end + 1);
    let more_points = get(end + 1 + fraction) == Some('.') && digits(end + 2 + fraction) > 0;
    let one_of_several = start.checked_sub(1).and_then(get) == Some('.');
    if get(end) == Some('.') && fraction > 0 && !more_points && !one_of_several {
        end += 1 + fraction;
    }
    end - start
}

/// The index term of a part of a folded word: a number is the same with and without separators of thousands.
pub(super) fn term(part: &str) -> String {
    part.chars().filter(|character| *character != ',').collect()
}
