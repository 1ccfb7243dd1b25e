//! Words that tell of a relation: nouns that become verbs with 하다 and 되다, and verbs.
//!
//! All their beginnings are in one trie, so that a word is looked up in time of its length.

use std::ops::Range;
use std::sync::LazyLock;

use crawdad::Trie;
use gisa_article_model::RelationType::{self, Contract, Investment};

use super::inflection::{Head, Mood, Position, Reading, heads, read};
use super::sentence::{Sentence, Source};
use super::word_class::WordClass;
use table::{Kind, TRIGGERS, Trigger};

pub(super) mod table;

/// How a trigger is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// 출시했다.
    Active,
    /// 출시됐다.
    Passive,
    /// 출시에 나섰다: the noun, carried by another verb.
    Nominal,
}

/// A trigger in a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence {
    pub trigger: &'static Trigger,
    pub voice: Voice,
    pub reading: Reading,
    /// Byte of the text where the trigger begins.
    pub start: usize,
    /// The word that it is in.
    pub word: usize,
    /// The word of the predicate: another one than `word` for a noun carried by a verb.
    pub predicate: usize,
}

impl Occurrence {
    pub(super) fn tells(&self, relation: RelationType) -> bool {
        self.trigger.tells(relation)
    }
}

/// How far a verb may stand behind the noun that it carries, in words.
const SUPPORT_REACH: usize = 3;
/// The longest word that is looked at, in bytes. Longer ones are no words of the language.
const LONGEST_WORD: usize = 90;

/// Verbs that carry a noun: 계약을 맺었다, 출시에 나섰다. The beginnings of their forms.
const SUPPORT_VERBS: &[&str] = &[
    "체결",
    "맺",
    "했",
    "하기로",
    "한다",
    "할",
    "하고",
    "해",
    "하며",
    "진행",
    "완료",
    "마쳤",
    "마치",
    "마무리",
    "추진",
    "성사",
    "따냈",
    "따내",
    "단행",
    "발표",
    "결정",
    "확정",
    "실시",
    "이뤄",
    "이루",
    "나섰",
    "나선",
    "나서",
    "성공",
    "돌입",
    "착수",
    "들어",
    "서명",
    "합의",
    "밝히",
    "밝혔",
    "세웠",
    "앞두",
    "앞둔",
    "이끌",
    "이끈",
    "받",
    "끌어",
    "잡",
    "맞잡",
    "모으",
    "모았",
    "모은",
    "모아",
    "올렸",
    "올린",
];

/// Beginnings of the forms of 하다 behind a noun.
const HADA: [char; 7] = ['하', '한', '할', '함', '합', '해', '했'];

struct Lexicon {
    trie: Trie,
    /// For each value of the trie the trigger, and which head of its verb it is.
    entries: Vec<(&'static Trigger, Option<Head>)>,
}

static LEXICON: LazyLock<Option<Lexicon>> = LazyLock::new(|| {
    let mut records: Vec<(String, &'static Trigger, Option<Head>)> = Vec::new();
    for trigger in TRIGGERS {
        match trigger.kind {
            Kind::Verb | Kind::WeakVerb | Kind::Intransitive => {
                let heads = heads(trigger.stem).into_iter();
                records.extend(heads.map(|(form, head)| (form, trigger, Some(head))));
            }
            _ => records.push((trigger.stem.to_owned(), trigger, None)),
        }
    }
    // Of equal heads the first stays: 내 is stem and infinitive.
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records.dedup_by(|a, b| a.0 == b.0);
    let keys = records
        .iter()
        .zip(0u32..)
        .map(|((form, ..), value)| (form.as_str(), value));
    // Fails only for a table that the tests refuse: without entries, or with one twice.
    let trie = Trie::from_records(keys).ok()?;
    let entries = records
        .into_iter()
        .map(|(_, trigger, head)| (trigger, head))
        .collect();
    Some(Lexicon { trie, entries })
});

/// The triggers of a sentence, at most one a word, in the order of the text.
pub(super) fn find(source: Source<'_>, sentence: &Sentence) -> Vec<Occurrence> {
    let Some(lexicon) = LEXICON.as_ref() else {
        return Vec::new();
    };
    (0..sentence.words.len())
        .filter_map(|word| occurrence(lexicon, source, sentence, word))
        .collect()
}

fn occurrence(
    lexicon: &Lexicon,
    source: Source<'_>,
    sentence: &Sentence,
    index: usize,
) -> Option<Occurrence> {
    let word = &sentence.words[index];
    if word.speech.is_some() {
        return None;
    }
    let tail = &source.text[word.tail..word.range.end];
    // 양해각서(MOU)를: the ending stands behind the bracket.
    let glossed = word.gloss.map(|open| (word.range.start..open, Some(tail)));
    let plain = (word.tail..word.range.end, None);
    glossed
        .into_iter()
        .chain([plain])
        .filter(|(range, _)| range.len() <= LONGEST_WORD)
        .find_map(|(range, ending)| occurrence_in(lexicon, source, sentence, index, range, ending))
}

/// The first trigger in a part of a word. `ending` is what stands behind the part, where a bracket parts it from it.
fn occurrence_in(
    lexicon: &Lexicon,
    source: Source<'_>,
    sentence: &Sentence,
    index: usize,
    range: Range<usize>,
    ending: Option<&str>,
) -> Option<Occurrence> {
    let text = &source.text[range.clone()];
    let is_in_name = |start: usize| {
        let names = source.mentions_in(&sentence.words[index].range);
        names
            .iter()
            .any(|placed| placed.kind().is_name() && placed.start() <= start && start < placed.end())
    };
    for (offset, _) in text.char_indices() {
        let start = range.start + offset;
        let rest = &text[offset..];
        let longest = lexicon.trie.common_prefix_search(rest.chars()).last();
        let Some((value, characters)) = longest else {
            continue;
        };
        let (trigger, head) = lexicon.entries[value as usize];
        let behind: usize = rest.chars().take(characters).map(char::len_utf8).sum();
        let may_stand = (offset == 0 || trigger.may_follow_noun())
            && head.is_none_or(|head| head.takes(&rest[behind..]))
            && (ending.is_none() || behind == rest.len())
            && !is_in_name(start);
        if !may_stand {
            continue;
        }
        let ending = ending.unwrap_or(&rest[behind..]);
        if let Some(found) = used(source.text, sentence, index, trigger, ending, rest) {
            return Some(Occurrence { start, ..found });
        }
    }
    None
}

/// How a trigger is used, if it is used as one: `ending` is the rest of the word behind it.
fn used(
    text: &str,
    sentence: &Sentence,
    index: usize,
    trigger: &'static Trigger,
    ending: &str,
    form: &str,
) -> Option<Occurrence> {
    let made = |voice, form: &str, predicate: usize| {
        let following = [predicate + 1, predicate + 2].map(|next| sentence.word(text, next));
        let mut reading = read(form, following);
        // 못 미쳤다 is no denial.
        let is_denied = predicate > 0 && !trigger.stem.starts_with('미');
        if is_denied && matches!(sentence.word(text, predicate - 1), "안" | "못" | "미") {
            reading.mood = Mood::Negated;
        }
        Occurrence {
            trigger,
            voice,
            reading,
            start: 0,
            word: index,
            predicate,
        }
    };
    match trigger.kind {
        Kind::Verb | Kind::WeakVerb | Kind::Form | Kind::Opening => {
            return Some(made(Voice::Active, form, index));
        }
        Kind::Intransitive => return Some(made(Voice::Passive, form, index)),
        Kind::Arrival if ending.starts_with(HADA) => return Some(made(Voice::Passive, ending, index)),
        Kind::Joint if sentence.words[index].class != WordClass::Noun => {
            return Some(made(Voice::Active, form, index));
        }
        _ => {}
    }
    if !matches!(trigger.kind, Kind::Deed | Kind::Joint) {
        if ending.starts_with(HADA) || ending.starts_with("시키") || ending.starts_with("시켰") {
            return Some(made(Voice::Active, ending, index));
        }
        let gets = ending.starts_with('받') && (trigger.tells(Contract) || trigger.tells(Investment));
        if gets {
            return Some(made(Voice::Active, ending, index));
        }
        if ending.starts_with(['되', '된', '될', '됨', '됩', '돼', '됐', '받', '당']) {
            return Some(made(Voice::Passive, ending, index));
        }
    }
    if trigger.kind != Kind::Joint && !is_nominal(ending) {
        return None;
    }
    let predicate = support(text, sentence, index, trigger, ending)?;
    Some(made(Voice::Nominal, sentence.word(text, predicate), predicate))
}

/// What may stand behind a noun that a verb carries.
fn is_nominal(ending: &str) -> bool {
    matches!(
        ending,
        "" | "을" | "를" | "에" | "이" | "가" | "도" | "로" | "으로" | "와" | "과" | "까지" | "에도"
    )
}

/// The verb that carries the noun in word `index`.
fn support(text: &str, sentence: &Sentence, index: usize, trigger: &Trigger, ending: &str) -> Option<usize> {
    let clause = sentence.words[index].clause;
    // 출시와 수출에 나선다: the verb stands behind the other noun.
    let is_joined = matches!(ending, "와" | "과");
    let reach = match trigger.kind {
        Kind::Joint => 2 * SUPPORT_REACH,
        _ if is_joined => 4 * SUPPORT_REACH,
        _ => SUPPORT_REACH,
    };
    let next = (index + 1..sentence.words.len())
        .take(reach)
        .take_while(|&next| sentence.words[next].clause == clause)
        .find(|&next| {
            let word = sentence.word(text, next);
            !matches!(sentence.words[next].class, WordClass::Noun | WordClass::Adverb)
                || SUPPORT_VERBS.iter().any(|verb| word.starts_with(verb))
        })?;
    let word = sentence.word(text, next);
    let carries = trigger.kind == Kind::Joint || SUPPORT_VERBS.iter().any(|verb| word.starts_with(verb));
    carries.then_some(next)
}

impl Reading {
    /// Whether a whole clause tells it: not 출시한 제품 or 출시하면.
    pub(super) fn is_told(self) -> bool {
        self.position != Position::Relative && matches!(self.mood, Mood::Fact | Mood::Plan)
    }
}
