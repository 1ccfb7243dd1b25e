//! Statements: who said what.

use std::ops::Range;

use gisa_article_model::{
    ArgumentRole::{Amount, Date, Object, Quotation},
    EntityType,
    RelationType::{Statement, Target},
};

use super::confidence;
use super::draft::{Draft, Participant};
use super::event::{date_of, is_post};
use super::inflection::{Mood, Position};
use super::memory::Memory;
use super::particle::Case;
use super::roles::View;
use super::sentence::Phrase;
use super::trigger::{Occurrence, Voice};
use super::word_class::WordClass;

mod speaker;

use speaker::{Speaker, add_speaker, reporter, speaker};

/// Speech shorter than this, in bytes, is a quoted word.
const SHORTEST_SPEECH: usize = 18;

/// What stands behind the closing quote of speech: 라고, 며, 는 입장.
const SPEECH_TAILS: &[&str] = &[
    "라고",
    "이라고",
    "고",
    "며",
    "라며",
    "이라며",
    "면서",
    "면서도",
    "라면서도",
    "이라면서도",
    "라면서",
    "이라면서",
    "는",
    "라는",
    "이라는",
    "하고",
    "라고도",
    "고도",
    "이라고도",
    "라",
    "이라",
];

/// Verbs of speech that take 것으로 for what is said.
const EXPECTATIONS: &[&str] = &[
    "예상",
    "전망",
    "예측",
    "기대",
    "분석",
    "진단",
    "평가",
    "내다보",
    "봤다",
];

/// Verbs of speech that take a noun for what it is about.
const MATTERS: &[&str] = &[
    "제시", "강조", "제안", "촉구", "당부", "약속", "제기", "설명", "지적", "언급", "역설",
];

/// What is brought to a court, not said: 소송을 제기했다.
const LAWSUITS: &[&str] = &["소송", "소", "항소", "상고", "고소", "고발"];

/// How far the verb may stand behind what is reported, in words: the date and the speaker come between.
const REPORT_REACH: usize = 8;

/// The statement that the quotations of a sentence make, and the target that they set.
pub(super) fn read_quoted(view: View<'_>, occurrences: &[Occurrence], memory: &Memory) -> Vec<Draft> {
    let quotations: Vec<(usize, Range<usize>)> = view
        .sentence
        .words
        .iter()
        .enumerate()
        .filter_map(|(index, word)| Some((index, word.speech.clone()?)))
        .filter(|(index, speech)| is_speech(view, *index, speech))
        .collect();
    let (Some((first, _)), Some((last, _))) = (quotations.first(), quotations.last()) else {
        return Vec::new();
    };
    let verb = speech_verb(view, occurrences, *last);
    let Some((speaker, factor)) = speaker(view, *first, memory) else {
        return Vec::new();
    };
    let told = if verb.is_some() { 1.0 } else { confidence::CARRIED };
    let evidence = view.sentence.range.clone();
    let mut draft = Draft::new(Statement, evidence.clone(), confidence::SPEECH * factor * told);
    add_speaker(view, &speaker, &mut draft);
    draft.add_all(
        Quotation,
        quotations
            .iter()
            .map(|(_, speech)| Participant::of_range(speech.clone())),
    );
    if !draft.has(Quotation) {
        return Vec::new();
    }
    if let Some(date) = date_of(view, &evidence, evidence.end) {
        draft.add(Date, date);
    }
    let target = quotations
        .iter()
        .find_map(|(_, speech)| target(view, speech, &speaker, draft.confidence));
    let mut drafts: Vec<Draft> = target.into_iter().collect();
    drafts.push(draft);
    drafts.retain(|draft| draft.confidence >= confidence::LEAST);
    drafts
}

fn is_speech(view: View<'_>, index: usize, speech: &Range<usize>) -> bool {
    let word = &view.sentence.words[index];
    let tail = view.text(&(word.tail..word.range.end));
    let follows = view.sentence.word(view.source.text, index + 1);
    let is_told = SPEECH_TAILS.contains(&tail)
        || tail.is_empty() && SPEECH_TAILS.contains(&follows)
        || tail.is_empty() && has_final_ending(view.text(speech));
    is_told && speech.len() >= SHORTEST_SPEECH
}

fn has_final_ending(text: &str) -> bool {
    text.trim_end_matches(['.', '!', '?', ' '])
        .ends_with(['다', '요', '까', '죠', '것'])
}

/// The verb of speech behind the last quotation.
fn speech_verb<'a>(view: View<'_>, occurrences: &'a [Occurrence], last: usize) -> Option<&'a Occurrence> {
    occurrences
        .iter()
        .filter(|occurrence| occurrence.word >= last && occurrence.tells(Statement))
        .find(|occurrence| is_told(view, occurrence))
}

/// Whether the verb says that somebody spoke: not 전해졌다, 알려진.
fn is_told(view: View<'_>, occurrence: &Occurrence) -> bool {
    let word = view.sentence.word(view.source.text, occurrence.predicate);
    let is_passive = [
        "해졌", "해진", "해지", "려졌", "려진", "려지", "혀졌", "됐", "된다",
    ]
    .iter()
    .any(|passive| word.contains(passive));
    !is_passive && occurrence.voice != Voice::Passive && occurrence.reading.mood != Mood::Negated
}

/// A target in speech: figures and a plan, 2030년까지 … 만들겠다.
fn target(view: View<'_>, speech: &Range<usize>, speaker: &Speaker<'_>, likely: f32) -> Option<Draft> {
    let text = view.text(speech).trim_end_matches(['.', '!', ' ']);
    let plans = [
        "겠다",
        "계획이다",
        "계획",
        "목표다",
        "목표",
        "방침",
        "것이다",
        "겠습니다",
        "것",
    ];
    if !plans.iter().any(|plan| text.ends_with(plan)) {
        return None;
    }
    let mentions = view.source.mentions_in(speech);
    let figures = mentions.iter().take(24).filter(|placed| {
        matches!(
            placed.kind(),
            EntityType::Money | EntityType::Percent | EntityType::Quantity
        )
    });
    let date = mentions.iter().find(|placed| placed.kind() == EntityType::Date)?;
    let mut draft = Draft::new(Target, view.sentence.range.clone(), likely * confidence::CARRIED);
    draft.add_all(Amount, figures.map(Participant::of_mention));
    if !draft.has(Amount) {
        return None;
    }
    add_speaker(view, speaker, &mut draft);
    draft.add(Date, Participant::of_mention(date));
    Some(draft)
}

/// What somebody is reported to have said without quotes: …다고 밝혔다. Only where the sentence names who said it.
pub(super) fn read_reported(view: View<'_>, occurrences: &[Occurrence]) -> Option<Draft> {
    let words = &view.sentence.words;
    let verb = occurrences.iter().rfind(|occurrence| {
        occurrence.tells(Statement)
            && is_told(view, occurrence)
            && matches!(
                occurrence.reading.position,
                Position::Final | Position::Connective
            )
    })?;
    let reach = verb.word.saturating_sub(REPORT_REACH)..verb.word;
    let quoted = reach.rev().find(|&index| {
        let word = view.sentence.word(view.source.text, index);
        let is_quoted = words[index].class == WordClass::Quoted && word.ends_with(['고', '며']);
        let is_expected = || word == "것으로";
        is_quoted && words[index].speech.is_none()
            || EXPECTATIONS.contains(&verb.trigger.stem) && is_expected()
    })?;
    let (speaker, factor) = reporter(view, quoted)?;
    let phrase = speaker.phrase?;
    let start = if phrase.words.end <= quoted {
        words[phrase.words.end].range.start
    } else {
        view.sentence.range.start
    };
    let said = start..words[quoted].range.end;
    let mut draft = Draft::new(
        Statement,
        view.sentence.range.clone(),
        confidence::REPORT * factor,
    );
    add_speaker(view, &speaker, &mut draft);
    draft.add(Quotation, Participant::of_range(said));
    (draft.has(Quotation)).then_some(draft)
}

/// What a person spoke of, without its words: 방향을 제시했다.
pub(super) fn read_subject_matter(view: View<'_>, occurrences: &[Occurrence]) -> Option<Draft> {
    let verb = occurrences.iter().rfind(|occurrence| {
        MATTERS.contains(&occurrence.trigger.stem)
            && occurrence.reading.position == Position::Final
            && is_told(view, occurrence)
    })?;
    let matter = view
        .phrases_before(verb.word)
        .find(|phrase| phrase.case == Case::Object)?;
    let text = view.text(&matter.range);
    if LAWSUITS.iter().any(|suit| text.ends_with(suit)) {
        return None;
    }
    // 대화로 해결할 것을 촉구했다: what it is stands before.
    let range = if text == "것" {
        view.described_range(matter)
    } else {
        matter.range.clone()
    };
    let (speaker, factor) = reporter(view, matter.words.start)?;
    let has_post = |phrase: &Phrase| is_post(view.text(&phrase.range));
    if !speaker.participant.is(EntityType::Person) && !speaker.phrase.is_some_and(has_post) {
        return None;
    }
    let mut draft = Draft::new(
        Statement,
        view.sentence.range.clone(),
        confidence::REPORT * confidence::WEAK * factor,
    );
    add_speaker(view, &speaker, &mut draft);
    draft.add(Object, Participant::of_range(range));
    draft.has(Object).then_some(draft)
}
