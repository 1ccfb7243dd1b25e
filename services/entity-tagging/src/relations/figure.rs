//! RESULT: figures, ranks and prizes that were reached.

use std::ops::Range;

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Date, Object},
    EntityType,
    RelationType::Result,
};

use super::actor::{Actor, find_actor};
use super::confidence;
use super::draft::{Draft, Participant};
use super::event::date_of;
use super::inflection::Mood;
use super::memory::Memory;
use super::particle::Case;
use super::roles::View;
use super::sentence::{Phrase, Placed};
use super::trigger::{Occurrence, Voice};
use super::word_class::WordClass;

mod stated;
mod target;

pub(super) use stated::read_stated;
pub(super) use target::{read_plan, read_target};

/// The types of figures.
const FIGURES: &[EntityType] = &[EntityType::Money, EntityType::Percent, EntityType::Quantity];

/// Words behind a figure that make it a class or a limit and no result: 300인 이상 기업.
const LIMITS: &[&str] = &[
    "이상",
    "이하",
    "미만",
    "초과",
    "규모",
    "규모의",
    "이내",
    "넘는",
    "이상의",
    "미만의",
];

/// The result that a trigger tells of.
pub(super) fn read_result(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Option<Draft> {
    if !occurrence.reading.is_told() || occurrence.reading.mood != Mood::Fact {
        return None;
    }
    let clause = view.clause_of(occurrence.predicate);
    let rank = rank_before(view, occurrence);
    let award = award(view, occurrence);
    let mut figures = figures_before(view, &clause, occurrence.start);
    if !figures
        .last()
        .is_some_and(|last| is_governed(view, last, occurrence))
    {
        figures.clear();
    }
    if figures.is_empty() && rank.is_none() && award.is_none() {
        return None;
    }
    let actor = find_actor(view, occurrence, memory);
    let mut draft = Draft::new(
        Result,
        view.evidence(occurrence),
        confidence::FIGURE * confidence::of_reading(occurrence.reading),
    );
    draft.add_all(Amount, figures.iter().map(Participant::of_mention));
    if let Some(found) = rank.or(award) {
        draft.add(Object, found);
    }
    add_measures(view, &figures, occurrence.start, &mut draft);
    add_holder(view, actor, &mut draft);
    if let Some(date) = date_of(view, &clause, occurrence.start) {
        draft.add(Date, date);
    }
    (draft.confidence >= confidence::LEAST).then_some(draft)
}

/// Whether the predicate says something of the figure: it is near, and nothing else is the object.
fn is_governed(view: View<'_>, figure: &Placed<'_>, occurrence: &Occurrence) -> bool {
    const REACH: usize = 5;
    if occurrence.trigger.stem == "받았" {
        return false;
    }
    let words = &view.sentence.words;
    let word = words.partition_point(|word| word.range.end < figure.end());
    let between = word + 1..occurrence.word;
    let is_object = |index: usize| matches!(words[index].case, Some((_, Case::Object)));
    between.len() <= REACH && !between.into_iter().any(is_object)
}

/// The figures of a clause before a predicate that are not limits.
fn figures_before<'a>(view: View<'a>, clause: &Range<usize>, predicate: usize) -> Vec<Placed<'a>> {
    let mut figures = view.expressions(clause, FIGURES);
    figures.retain(|placed| placed.end() <= predicate && !is_limit(view, placed) && !is_aside(view, placed));
    figures
}

fn is_limit(view: View<'_>, placed: &Placed<'_>) -> bool {
    let behind = near(view, placed.end());
    // 20개 팀 중: the figure counts the others.
    let is_whole = || {
        behind
            .split(' ')
            .take(3)
            .any(|word| word == "중" || word == "가운데")
    };
    LIMITS.iter().any(|limit| behind.starts_with(limit)) || is_whole()
}

/// Some words behind `start`.
fn near<'a>(view: View<'a>, start: usize) -> &'a str {
    const LONGEST: usize = 60;
    let text = view.source.text;
    let end = (start..=text.len().min(start + LONGEST)).rfind(|&end| text.is_char_boundary(end));
    end.map_or("", |end| text[start..end].trim_start())
}

/// Whether a figure stands in brackets.
fn is_aside(view: View<'_>, placed: &Placed<'_>) -> bool {
    view.source
        .text
        .get(..placed.start())
        .unwrap_or("")
        .ends_with('(')
}

/// Firsts that are won without a number.
const FIRSTS: &[&str] = &[
    "우승",
    "금메달",
    "은메달",
    "동메달",
    "대상",
    "최우수상",
    "우수상",
    "최고치",
    "신기록",
];

/// Whether the verb is one of winning.
fn wins(occurrence: &Occurrence) -> bool {
    matches!(
        occurrence.trigger.stem,
        "수상" | "받았" | "획득" | "거두" | "땄" | "석권" | "차지" | "기록" | "달성"
    )
}

/// A rank before the predicate: 1위에, 2위를.
fn rank_before(view: View<'_>, occurrence: &Occurrence) -> Option<Participant> {
    let phrase = view
        .phrases_before(occurrence.word)
        .find(|phrase| matches!(phrase.case, Case::Object | Case::Place | Case::Direction))?;
    let text = view.text(&phrase.range);
    let last = text.split_whitespace().next_back()?;
    let is_rank = last.ends_with('위')
        && last
            .trim_end_matches('위')
            .ends_with(|digit: char| digit.is_ascii_digit());
    let is_first = FIRSTS.contains(&last) && wins(occurrence);
    (is_rank || is_first).then(|| Participant::of_range(phrase.range.end - last.len()..phrase.range.end))
}

/// What somebody was chosen for or won: 모범마을로 선정됐다, 대상을 받았다.
fn award(view: View<'_>, occurrence: &Occurrence) -> Option<Participant> {
    let stem = occurrence.trigger.stem;
    let phrases = || view.phrases_before(occurrence.word);
    if stem == "선정" && occurrence.voice == Voice::Passive {
        let phrase = phrases().find(|phrase| matches!(phrase.case, Case::Place | Case::Direction))?;
        return Some(Participant::of_range(view.described_range(phrase)));
    }
    let is_prize = |text: &str| text.ends_with(['상', '증']);
    if !wins(occurrence) {
        return None;
    }
    let phrase = phrases().find(|phrase| phrase.case == Case::Object)?;
    let text = view.text(&phrase.range);
    (stem == "수상" || is_prize(text) || text.ends_with("우승")).then(|| view.thing_of(&phrase.range))
}

/// What the figures measure: the nouns before each, else the subject before it.
fn add_measures(view: View<'_>, figures: &[Placed<'_>], predicate: usize, draft: &mut Draft) {
    for placed in figures {
        if let Some(measure) = noun_before(view, placed) {
            draft.add(Object, measure);
        }
    }
    if draft.has(Object) {
        return;
    }
    let word = view
        .sentence
        .words
        .partition_point(|word| word.range.start < predicate);
    let subject = view
        .phrases_before(word.saturating_sub(1))
        .filter(|phrase| matches!(phrase.case, Case::Subject | Case::Topic))
        .find(|phrase| {
            !view
                .actor_of(phrase)
                .is_some_and(|actor| actor.is_actor() && actor.range == phrase.range)
        });
    if let Some(phrase) = subject {
        let (holder, measure) = holder_and_measure(view, phrase);
        draft.add_all(Agent, holder);
        draft.add(Object, measure);
    }
}

/// Whose figure the subject names, and what it measures: 별빛의 매출은.
fn holder_and_measure(view: View<'_>, phrase: &Phrase) -> (Option<Participant>, Participant) {
    let holder = view.names_in(&phrase.range).into_iter().rfind(|placed| {
        let owns = placed.kind() != EntityType::Location || near(view, placed.end()).starts_with('의');
        owns && placed.end() < phrase.range.end
    });
    let Some(holder) = holder else {
        return (None, Participant::of_range(phrase.range.clone()));
    };
    let behind = view.text(&(holder.end()..phrase.range.end));
    let measure = behind.strip_prefix('의').unwrap_or(behind).trim_start();
    let start = phrase.range.end - measure.len();
    if !measure.starts_with(char::is_alphanumeric) || !behind.starts_with(['의', ' ']) {
        return (None, Participant::of_range(phrase.range.clone()));
    }
    (
        Some(Participant::of_mention(&holder)),
        Participant::of_range(start..phrase.range.end),
    )
}

/// The nouns right before a figure without a particle: 매출 900억.
fn noun_before(view: View<'_>, placed: &Placed<'_>) -> Option<Participant> {
    const LONGEST: usize = 4;
    let words = &view.sentence.words;
    let at = words.partition_point(|word| word.range.end <= placed.start());
    let mut first = at;
    while first > 0 && at - first < LONGEST {
        let before = &words[first - 1];
        let is_bare =
            before.class == WordClass::Noun && before.case.is_none() && !before.is_date && !before.comma;
        let is_figure = view
            .source
            .mentions_in(&before.range)
            .iter()
            .any(|mention| !mention.kind().is_name());
        if !is_bare || is_figure || before.speech.is_some() {
            break;
        }
        first -= 1;
    }
    if first == at {
        return None;
    }
    Some(view.thing_of(&(words[first].range.start..words[at - 1].range.end)))
}

fn add_holder(view: View<'_>, actor: Actor, draft: &mut Draft) {
    if draft.has(Agent) {
        return;
    }
    let named = actor
        .participants
        .iter()
        .filter(|one| one.mention.is_some())
        .cloned();
    let named: Vec<Participant> = named.collect();
    let is_guess = named.is_empty() || !actor.is_explicit;
    if let Some(holder) = is_guess.then(|| holder(view, draft)).flatten() {
        draft.add(Agent, holder);
        draft.confidence *= confidence::ACTOR_OF_SENTENCE;
        return;
    }
    let found = !named.is_empty();
    draft.add_all(Agent, named);
    draft.confidence *= if found {
        actor.factor
    } else {
        confidence::ACTOR_UNNAMED
    };
}

/// A name in the sentence that the figures are of or from.
fn holder(view: View<'_>, draft: &Draft) -> Option<Participant> {
    let actors = [EntityType::Organization, EntityType::Person];
    let names = view.expressions(&(view.sentence.range.start..draft.evidence.end), &actors);
    names.first().map(Participant::of_mention)
}
