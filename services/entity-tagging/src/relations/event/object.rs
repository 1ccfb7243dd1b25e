//! HIRE and LAUNCH: somebody does it to something.

use std::sync::LazyLock;

use gisa_article_model::{
    ArgumentRole::{Agent, Object},
    EntityType,
    RelationType::Hire,
};

use crate::relations::actor::Actor;
use crate::relations::confidence;
use crate::relations::draft::{Draft, Participant};
use crate::relations::endings::{Endings, Extent};
use crate::relations::inflection::Position;
use crate::relations::roles::View;
use crate::relations::trigger::{Occurrence, Voice, table::Kind};

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

/// Adds who did it and to what; whether that makes a relation.
pub(super) fn add_object(view: View<'_>, occurrence: &Occurrence, actor: &Actor, draft: &mut Draft) -> bool {
    let Some(mut object) = view.object(occurrence) else {
        return false;
    };
    if GENERIC_OBJECTS.contains(&view.text(&object.range)) {
        let named = view
            .expressions(&view.sentence.range, &[EntityType::Event, EntityType::Product])
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
    let is_possible = match draft.relation {
        Hire => !object.is(EntityType::Product) && !object.is(EntityType::Location),
        _ => !object.is(EntityType::Person) && !object.is(EntityType::Location),
    };
    // 뽑다 is to draw, too; 공개하다 and 선보이다 are also what people do with their lives.
    let is_certain = match occurrence.trigger.stem {
        "뽑" => counts_people(view, occurrence),
        "공개" | "선보이" => {
            let is_organization = |one: &Participant| one.is(EntityType::Organization);
            is_named || actor.participants.iter().any(is_organization)
        }
        _ => true,
    };
    let is_opened =
        occurrence.trigger.kind != Kind::Opening || is_named || is_opened(view.text(&object.range));
    if !is_possible || !is_opened || !is_certain {
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

/// What is opened or held, by the last syllables: 하루를 열다 is no launch.
const OPENED: &str = "\
    회 대회 행사 전시 전 축제 공연 콘서트 포럼 세미나 심포지엄 식 매장 점 서점 센터 관 소 문 시장 캠프 학교 카페 워크숍 \
    페스티벌 엑스포 공방 공원 도서관 스토어 극장 지점";

static OPENED_ENDINGS: LazyLock<Endings<()>> = LazyLock::new(|| {
    let words = OPENED.split_whitespace();
    Endings::new(words.map(|word| (word, Extent::End, ())))
});

/// Whether the clause counts people before the predicate: 신입 사원 30명을.
fn counts_people(view: View<'_>, occurrence: &Occurrence) -> bool {
    view.expressions(&view.clause_of(occurrence.word), &[EntityType::Quantity])
        .iter()
        .any(|placed| placed.mention.surface.ends_with(['명', '인']) && placed.end() <= occurrence.start)
}

fn is_opened(text: &str) -> bool {
    OPENED_ENDINGS.of(text).next().is_some()
}
