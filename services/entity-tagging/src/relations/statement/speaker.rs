//! Who speaks.

use std::sync::LazyLock;

use gisa_article_model::{
    ArgumentRole::{Agent, Position as Role},
    EntityType,
};

use crate::relations::confidence;
use crate::relations::draft::{Draft, Participant};
use crate::relations::endings::{Endings, Extent};
use crate::relations::event::is_post;
use crate::relations::memory::Memory;
use crate::relations::particle::Case;
use crate::relations::roles::View;
use crate::relations::sentence::Phrase;
use crate::titles::COURTESIES;

/// What words for speakers without a name end in, beside titles.
const SPEAKERS: &str = "관계자 측 전문가 담당자 당국자 연구진 연구팀 주민 학생 시민 씨";

static SPEAKER_ENDINGS: LazyLock<Endings<()>> = LazyLock::new(|| {
    let words = SPEAKERS.split_whitespace();
    Endings::new(words.map(|word| (word, Extent::End, ())))
});

/// Somebody who speaks: the phrase, if the sentence has one.
pub(super) struct Speaker<'a> {
    pub participant: Participant,
    pub phrase: Option<&'a Phrase>,
}

/// How many phrases are looked at for the speaker, on each side of what was said.
const REACH: usize = 12;

/// Who speaks the words in word `first`, and the factor of confidence: the nearest subject, persons before others.
pub(in crate::relations) fn speaker<'a>(
    view: View<'a>,
    first: usize,
    memory: &Memory,
) -> Option<(Speaker<'a>, f32)> {
    let phrases = &view.sentence.phrases;
    let next = phrases.partition_point(|phrase| phrase.words.end <= first);
    let before = phrases[..next].iter().rev().take(REACH);
    let behind = phrases[next..].iter().take(REACH);
    let subjects: Vec<&Phrase> = before
        .chain(behind)
        .filter(|phrase| matches!(phrase.case, Case::Topic | Case::Subject | Case::Also))
        .filter(|phrase| phrase.case == Case::Topic || !view.is_in_relative(phrase, first))
        .collect();
    if let Some(found) = best_of(view, &subjects) {
        return Some(found);
    }
    if let Some(person) = genitive_speaker(view, first) {
        return Some((person, 1.0));
    }
    let topic = subjects
        .iter()
        .find(|phrase| phrase.case == Case::Topic && phrase.words.end <= first);
    if let Some((phrase, participant)) = topic.and_then(|phrase| Some((*phrase, view.actor_of(phrase)?))) {
        let speaker = Speaker {
            participant,
            phrase: Some(phrase),
        };
        return Some((speaker, confidence::ACTOR_UNNAMED));
    }
    let (participant, factor) = memory.recall_person().or_else(|| memory.recall())?;
    let speaker = Speaker {
        participant,
        phrase: None,
    };
    Some((speaker, factor))
}

/// Who reports what ends with word `quoted`: a subject between it and the verb, else the topic or subject that the
/// sentence begins with. Those nearer belong to what is reported.
pub(in crate::relations) fn reporter(view: View<'_>, quoted: usize) -> Option<(Speaker<'_>, f32)> {
    let phrases = &view.sentence.phrases;
    let next = phrases.partition_point(|phrase| phrase.words.end <= quoted);
    let of_case = |phrases: &'_ [Phrase], cases: &[Case]| -> Option<usize> {
        phrases
            .iter()
            .take(REACH)
            .position(|phrase| cases.contains(&phrase.case))
    };
    let behind = of_case(&phrases[next..], &[Case::Topic, Case::Subject]).map(|at| next + at);
    let found = behind
        .or_else(|| of_case(&phrases[..next], &[Case::Topic, Case::Also]))
        .or_else(|| of_case(&phrases[..next], &[Case::Subject]))?;
    best_of(view, &[&phrases[found]])
}

/// The speaker among subjects: the first person, else the first with the name of a post, else the first organization.
fn best_of<'a>(view: View<'a>, subjects: &[&'a Phrase]) -> Option<(Speaker<'a>, f32)> {
    let named = |kind: EntityType| {
        subjects
            .iter()
            .find_map(|&phrase| Some((phrase, view.actor_of(phrase).filter(|actor| actor.is(kind))?)))
    };
    let unnamed = || {
        subjects.iter().find_map(|&phrase| {
            let text = view.text(&phrase.range);
            let is_speaker = is_post(text) || SPEAKER_ENDINGS.of(text).next().is_some();
            is_speaker.then(|| (phrase, Participant::of_range(phrase.range.clone())))
        })
    };
    let ((phrase, participant), factor) = named(EntityType::Person)
        .map(|found| (found, 1.0))
        .or_else(|| unnamed().map(|found| (found, confidence::ACTOR_OF_SENTENCE)))
        .or_else(|| named(EntityType::Organization).map(|found| (found, confidence::ACTOR_OF_SENTENCE)))?;
    let speaker = Speaker {
        participant,
        phrase: Some(phrase),
    };
    Some((speaker, factor))
}

/// Nouns that say whose words the speech before is: 나하늘 대표의 말이다.
const SPEECH_NOUNS: &[&str] = &[
    "말이다",
    "설명이다",
    "말",
    "설명",
    "이야기다",
    "얘기다",
    "지적이다",
    "진단이다",
];

/// The person whose words a noun at the end says the speech to be.
fn genitive_speaker<'a>(view: View<'a>, first: usize) -> Option<Speaker<'a>> {
    let words = &view.sentence.words;
    let last = words.len().checked_sub(1)?;
    let is_told = SPEECH_NOUNS.contains(&view.sentence.word(view.source.text, last));
    let behind = words.get(first + 1)?.range.start..words[last].range.start;
    let names = is_told.then(|| view.names_in(&behind))?;
    let person = names.iter().find(|placed| placed.kind() == EntityType::Person)?;
    Some(Speaker {
        participant: Participant::of_mention(person),
        phrase: None,
    })
}

/// Adds the speaker and the role.
pub(super) fn add_speaker(view: View<'_>, speaker: &Speaker<'_>, draft: &mut Draft) {
    draft.add(Agent, speaker.participant.clone());
    let role = speaker
        .phrase
        .and_then(|phrase| role_of(view, phrase, &speaker.participant));
    let is_role = |role: &Participant| !COURTESIES.contains(&view.text(&role.range));
    draft.add_all(Role, role.filter(is_role));
}

/// The role behind the name: 나하늘 별빛연구소 선임연구원은.
fn role_of(view: View<'_>, phrase: &Phrase, person: &Participant) -> Option<Participant> {
    if !person.is(EntityType::Person) || person.range.end >= phrase.range.end {
        return None;
    }
    let behind = person.range.end..phrase.range.end;
    let start = view
        .names_in(&behind)
        .last()
        .map_or(behind.start, |placed| placed.end());
    let text = view.text(&(start..behind.end));
    let start = start + text.len() - text.trim_start().len();
    (start < behind.end).then(|| Participant::of_range(start..behind.end))
}
