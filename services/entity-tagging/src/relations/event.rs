//! Events: hiring, appointments, launches, contracts, partnerships, investments.

use std::ops::Range;

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Date, Object, Partner, Place, Position as Post},
    EntityType,
    RelationType::{self, Appointment, Contract, Hire, Investment, Launch, Partnership},
};

use super::confidence;
use super::draft::{Draft, Participant};
use super::inflection::{Mood, Position};
use super::memory::Memory;
use super::particle::Case;
use super::roles::View;
use super::trigger::{Occurrence, Voice, table::Kind};

/// Nouns that stand for something with a name: 행사를 연다.
const GENERIC_OBJECTS: &[&str] = &[
    "행사",
    "제품",
    "신제품",
    "서비스",
    "프로그램",
    "대회",
    "전시회",
    "이를",
    "이 제품",
];

/// Reads the event that a trigger tells of.
pub(super) fn read(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Option<Draft> {
    let relation = relation_of(view, occurrence)?;
    let mut draft = begin(view, relation, occurrence)?;
    let actor = find_actor(view, occurrence, memory);
    let is_right = match relation {
        Partnership => add_parties(view, occurrence, &actor, &mut draft),
        Appointment => add_appointed(view, occurrence, &actor, &mut draft),
        Investment => add_investment(view, occurrence, &actor, &mut draft),
        Contract => add_contract(view, occurrence, &actor, &mut draft),
        _ => add_object(view, occurrence, &actor, &mut draft),
    };
    if !is_right {
        return None;
    }
    add_circumstances(view, occurrence, &mut draft);
    (draft.confidence >= confidence::LEAST).then_some(draft)
}

/// What the trigger tells of here, where it may tell of several things.
fn relation_of(view: View<'_>, occurrence: &Occurrence) -> Option<RelationType> {
    let events = [Appointment, Hire, Launch, Contract, Partnership, Investment];
    let mut told = events.into_iter().filter(|&relation| occurrence.tells(relation));
    let first = told.next()?;
    // 임용: to a post or as staff.
    match told.next() {
        Some(second) if post_phrase(view, occurrence).is_none() => Some(second),
        _ => Some(first),
    }
}

fn begin(view: View<'_>, relation: RelationType, occurrence: &Occurrence) -> Option<Draft> {
    let reading = occurrence.reading;
    if reading.mood == Mood::Negated {
        return None;
    }
    let mut likely = confidence::EVENT * confidence::of_reading(reading);
    if occurrence.voice == Voice::Nominal {
        likely *= confidence::CARRIED;
    }
    if occurrence.trigger.is_weak() {
        likely *= confidence::WEAK;
    }
    Some(Draft::new(relation, view.evidence(occurrence), likely))
}

impl View<'_> {
    /// The clause of a predicate, or the sentence if it has only one.
    pub(super) fn evidence(&self, occurrence: &Occurrence) -> Range<usize> {
        if self.sentence.clauses.len() < 2 {
            return self.sentence.range.clone();
        }
        self.sentence
            .clause_range(self.sentence.words[occurrence.predicate].clause)
    }
}

/// Who acts, and where that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    /// The actors: several where they are joined by 와/과.
    pub participants: Vec<Participant>,
    /// Factor of confidence.
    pub factor: f32,
    /// Whether the clause itself names them.
    pub is_explicit: bool,
}

/// Who does what the predicate says.
pub(super) fn find_actor(view: View<'_>, occurrence: &Occurrence, memory: &Memory) -> Actor {
    let named = |phrase| actors_of(view, phrase).map(|participants| explicit(participants, 1.0));
    let of_clause = view.subject_phrase(occurrence).and_then(named);
    let found = of_clause
        .or_else(|| reporter(view, occurrence))
        .or_else(|| of_sentence(view, occurrence))
        .or_else(|| {
            view.source_named()
                .map(|source| explicit(vec![source], confidence::ACTOR_OF_SENTENCE))
        });
    if let Some(found) = found {
        return found;
    }
    match memory.recall() {
        Some((participant, factor)) => Actor {
            participants: vec![participant],
            factor,
            is_explicit: false,
        },
        None => Actor {
            participants: Vec::new(),
            factor: confidence::NO_ACTOR,
            is_explicit: false,
        },
    }
}

fn explicit(participants: Vec<Participant>, factor: f32) -> Actor {
    let is_named = participants
        .iter()
        .any(|participant| participant.mention.is_some());
    Actor {
        participants,
        factor: if is_named {
            factor
        } else {
            factor * confidence::ACTOR_UNNAMED
        },
        is_explicit: true,
    }
}

fn actors_of(view: View<'_>, phrase: &super::sentence::Phrase) -> Option<Vec<Participant>> {
    let joined = view.joined(phrase);
    let last = view.actor_of(phrase)?;
    let kind = last.mention.map(|(_, kind)| kind);
    let mut participants: Vec<Participant> = view
        .names_in(&joined)
        .iter()
        .filter(|placed| Some(placed.kind()) == kind && is_listed(view, placed.end(), &last))
        .map(Participant::of_mention)
        .collect();
    if participants.is_empty() {
        participants.push(last);
    }
    Some(participants)
}

/// Whether the name that ends at `end` is the last of a list or joined to the next part of it: 가람과 나래, 다온은.
fn is_listed(view: View<'_>, end: usize, last: &Participant) -> bool {
    if end >= last.range.end {
        return end == last.range.end;
    }
    let behind = view.text(&(end..last.range.end));
    ["과 ", "와 ", ", ", "·", ",", "과", "와"]
        .iter()
        .any(|glue| behind.starts_with(glue))
        || behind.starts_with('(')
            && [")와", ")과", "),", ")·"]
                .iter()
                .any(|glue| behind.contains(glue))
}

/// Who reports it in the same clause: 출시한다고 별빛은 밝혔다.
fn reporter(view: View<'_>, occurrence: &Occurrence) -> Option<Actor> {
    if occurrence.reading.position != Position::Quoted {
        return None;
    }
    let phrase = view
        .phrases_after(occurrence.predicate)
        .find(|phrase| matches!(phrase.case, Case::Topic | Case::Subject))?;
    actors_of(view, phrase).map(|participants| explicit(participants, confidence::ACTOR_OF_SENTENCE))
}

/// The topic of a clause before.
fn of_sentence(view: View<'_>, occurrence: &Occurrence) -> Option<Actor> {
    let clause = view.sentence.words[occurrence.predicate].clause;
    let before = view
        .sentence
        .phrases
        .partition_point(|phrase| view.sentence.words[phrase.words.start].clause < clause);
    view.sentence.phrases[..before]
        .iter()
        .rev()
        .take(24)
        .filter(|phrase| matches!(phrase.case, Case::Topic | Case::Subject))
        .find_map(|phrase| actors_of(view, phrase).filter(|found| found.iter().any(Participant::is_actor)))
        .map(|participants| explicit(participants, confidence::ACTOR_OF_SENTENCE))
}

/// HIRE and LAUNCH: somebody does it to something.
fn add_object(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let Some(mut object) = view.object(occurrence) else {
        return false;
    };
    if GENERIC_OBJECTS.contains(&view.text(&object.range)) {
        let named = view
            .expressions(
                view.sentence.range.clone(),
                &[EntityType::Event, EntityType::Product],
            )
            .into_iter()
            .rfind(|placed| placed.end() <= occurrence.start);
        if let Some(placed) = named {
            object = Participant::of_mention(&placed);
        }
    }
    let is_named = object.mention.is_some() || view.is_quoted(&object.range);
    let is_news = view.is_news(occurrence);
    if occurrence.trigger.is_weak() && !is_named && !is_news {
        return false;
    }
    let is_relative = occurrence.reading.position == Position::Relative;
    let is_aside = occurrence.trigger.kind == Kind::Intransitive || view.leads_to_source(occurrence.word);
    if is_relative && (is_aside || !(is_named && actor.is_explicit)) {
        return false;
    }
    if draft.relation == Hire && (object.is(EntityType::Product) || object.is(EntityType::Location)) {
        return false;
    }
    if !is_named {
        draft.confidence *= confidence::OBJECT_UNNAMED;
    }
    draft.add(Object, object.clone());
    let others = actor
        .participants
        .iter()
        .filter(|participant| participant.range != object.range)
        .cloned();
    draft.add_all(Agent, others);
    if occurrence.voice == Voice::Passive && !draft.has(Agent) {
        draft.confidence *= confidence::ACTOR_OF_SENTENCE;
        return is_named;
    }
    draft.confidence *= actor.factor;
    true
}

impl View<'_> {
    /// Whether the predicate is reported as news: 제공한다고 밝혔다.
    fn is_news(&self, occurrence: &Occurrence) -> bool {
        const REPORTS: &[&str] = &["밝혔", "밝힌", "밝히", "발표", "공시"];
        occurrence.reading.position == Position::Quoted
            && (occurrence.predicate + 1..occurrence.predicate + 5).any(|next| {
                let word = self.sentence.word(self.source.text, next);
                REPORTS.iter().any(|report| word.starts_with(report))
            })
    }

    /// Whether the range stands in quotes.
    pub(super) fn is_quoted(&self, range: &Range<usize>) -> bool {
        let before = self.source.text.get(..range.start).unwrap_or("");
        before.ends_with(['\'', '‘', '"', '“', '《', '「', '『'])
    }
}

/// PARTNERSHIP: at least two parties.
fn add_parties(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let with = view
        .phrases_before(occurrence.word)
        .filter(|phrase| phrase.case == Case::With)
        .flat_map(|phrase| {
            let names = view.names_in(&phrase.range).into_iter();
            names.filter(|placed| match placed.kind() {
                EntityType::Organization | EntityType::Person => true,
                EntityType::Location => placed.end() == phrase.range.end,
                _ => false,
            })
        });
    let mut partners: Vec<Participant> = with.map(|placed| Participant::of_mention(&placed)).collect();
    let mut actors = actor.participants.iter().filter(|one| one.mention.is_some());
    let Some(first) = actors.next() else {
        return false;
    };
    partners.retain(|partner| partner != first);
    draft.add(Agent, first.clone());
    draft.add_all(Partner, actors.cloned());
    draft.add_all(Partner, partners);
    if let Some(object) = view.object(occurrence) {
        draft.add(Object, object);
    }
    draft.confidence *= actor.factor;
    draft.has(Partner)
}

/// The phrase that names the post: 단장으로, 대표에.
fn post_phrase<'a>(view: View<'a>, occurrence: &Occurrence) -> Option<&'a super::sentence::Phrase> {
    view.phrases_before(occurrence.word).find(|phrase| {
        matches!(phrase.case, Case::Direction | Case::Place) && is_post(view.text(&phrase.range))
    })
}

/// What the names of posts end in.
const POSTS: &[&str] = &[
    "장",
    "대표",
    "대표이사",
    "이사",
    "사장",
    "부사장",
    "회장",
    "부회장",
    "원장",
    "단장",
    "총장",
    "위원",
    "위원장",
    "본부장",
    "실장",
    "국장",
    "과장",
    "팀장",
    "감독",
    "코치",
    "감사",
    "사외이사",
    "장관",
    "차관",
    "총리",
    "대사",
    "교수",
    "전무",
    "상무",
    "고문",
    "자문",
    "총괄",
    "책임자",
    "CEO",
    "CTO",
    "CFO",
    "COO",
    "의장",
    "사무총장",
    "홍보대사",
    "비서관",
    "수석",
    "청장",
    "처장",
    "대법관",
    "총재",
    "이사장",
    "담당",
    "리더",
    "센터장",
    "공사",
    "연구원",
    "관장",
    "주장",
    "후보",
    "대변인",
    "매니저",
    "디렉터",
    "자리",
    "직",
];

pub(super) fn is_post(text: &str) -> bool {
    POSTS.iter().any(|post| text.ends_with(post)) && !["현장", "시장", "공장", "매장"].contains(&text)
}

/// APPOINTMENT: a person gets a post.
fn add_appointed(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let person_in = |phrase: &super::sentence::Phrase| {
        view.names_in(&phrase.range)
            .into_iter()
            .rfind(|placed| placed.kind() == EntityType::Person)
            .map(|placed| Participant::of_mention(&placed))
    };
    let phrases = || view.phrases_before(occurrence.word);
    let intransitive = matches!(occurrence.trigger.stem, "취임" | "승진" | "부임" | "연임" | "맡");
    let by_object = phrases()
        .filter(|phrase| phrase.case == Case::Object)
        .find_map(person_in);
    let is_subject =
        |phrase: &&super::sentence::Phrase| matches!(phrase.case, Case::Subject | Case::Topic | Case::Also);
    let is_about_subject = intransitive || occurrence.voice == Voice::Passive || by_object.is_none();
    let appointed = if is_about_subject {
        phrases().filter(is_subject).find_map(person_in)
    } else {
        by_object
    };
    let post = post_phrase(view, occurrence).or_else(|| {
        phrases().find(|phrase| phrase.case == Case::Object && is_post(view.text(&phrase.range)))
    });
    let Some(appointed) = appointed.or_else(|| post.and_then(person_in)) else {
        return false;
    };
    draft.add(Object, appointed.clone());
    if let Some(post) = post {
        let start = view
            .names_in(&post.range)
            .last()
            .map_or(post.range.start, |placed| placed.end());
        let text = view.text(&(start..post.range.end));
        let start = start + text.len() - text.trim_start().len();
        draft.add(Post, Participant::of_range(start..post.range.end));
    }
    let organization =
        |participant: &&Participant| **participant != appointed && participant.is(EntityType::Organization);
    if let Some(agent) = actor.participants.iter().find(organization) {
        draft.add(Agent, agent.clone());
        draft.confidence *= actor.factor;
    }
    // 맡다 and 선정하다 say many other things.
    match occurrence.trigger.stem {
        "맡" => post.is_some() && occurrence.reading.position == Position::Final,
        "선정" | "지명" => post.is_some(),
        _ => true,
    }
}

/// INVESTMENT: money, or a company that is bought.
fn add_investment(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let clause = view
        .sentence
        .clause_range(view.sentence.words[occurrence.word].clause);
    let amounts = view.expressions(clause, &[EntityType::Money]);
    let target = view
        .phrases_before(occurrence.word)
        .filter(|phrase| matches!(phrase.case, Case::Place | Case::Object))
        .find(|phrase| !view.names_in(&phrase.range).is_empty())
        .map(|phrase| view.thing_of(&phrase.range));
    let has_amount = !amounts.is_empty();
    draft.add_all(Amount, amounts.iter().map(Participant::of_mention));
    let is_bought = matches!(occurrence.trigger.stem, "인수" | "매입" | "출자" | "투자");
    if let Some(target) = target.filter(|_| is_bought || has_amount) {
        draft.add(Object, target);
    }
    if !has_amount && !(is_bought && draft.has(Object)) {
        return false;
    }
    draft.add_all(Agent, actor.participants.iter().cloned());
    draft.confidence *= actor.factor;
    draft.has(Agent)
}

/// CONTRACT: with somebody or over an amount or thing.
fn add_contract(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let clause = view
        .sentence
        .clause_range(view.sentence.words[occurrence.word].clause);
    let amounts = view.expressions(clause, &[EntityType::Money]);
    draft.add_all(Amount, amounts.iter().map(Participant::of_mention));
    let partners = view
        .phrases_before(occurrence.word)
        .filter(|phrase| matches!(phrase.case, Case::With | Case::Source))
        .flat_map(|phrase| view.names_in(&phrase.range))
        .filter(|placed| matches!(placed.kind(), EntityType::Organization | EntityType::Person))
        .map(|placed| Participant::of_mention(&placed));
    let mut actors = actor.participants.iter().cloned();
    if let Some(first) = actors.next() {
        draft.add(Agent, first);
    }
    draft.add_all(Partner, actors);
    draft.add_all(Partner, partners);
    if let Some(object) = view.object(occurrence) {
        draft.add(Object, object);
    }
    draft.confidence *= actor.factor;
    draft.has(Agent) && (draft.has(Partner) || draft.has(Amount) || draft.has(Object))
}

/// Dates, places and numbers of people, as the clause gives them.
pub(super) fn add_circumstances(view: View<'_>, occurrence: &Occurrence, draft: &mut Draft) {
    let clause = view
        .sentence
        .clause_range(view.sentence.words[occurrence.word].clause);
    if let Some(date) = date_of(view, &clause, occurrence.start) {
        draft.add(Date, date);
    }
    let place = view
        .phrases_before(occurrence.word)
        .filter(|phrase| phrase.case == Case::Place)
        .flat_map(|phrase| view.names_in(&phrase.range))
        .find(|placed| placed.kind() == EntityType::Location);
    if let Some(place) = place {
        draft.add(Place, Participant::of_mention(&place));
    }
    if draft.relation == Hire {
        let people = view.expressions(clause, &[EntityType::Quantity]);
        let people = people
            .iter()
            .filter(|placed| placed.mention.surface.ends_with(['명', '인']));
        draft.add_all(Amount, people.map(Participant::of_mention));
    }
}

/// The date in the clause: the last before the predicate, else the first behind it.
pub(super) fn date_of(view: View<'_>, clause: &Range<usize>, predicate: usize) -> Option<Participant> {
    let dates = view.expressions(clause.clone(), &[EntityType::Date]);
    let before = dates.iter().rfind(|placed| placed.end() <= predicate);
    before.or(dates.first()).map(Participant::of_mention)
}
