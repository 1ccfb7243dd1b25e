//! Results that a clause states without a verb of reaching: 합격률은 7%였다, 응답자의 58%가 찬성했다.

use std::ops::Range;
use std::sync::LazyLock;

use gisa_article_model::{
    ArgumentRole::{Agent, Amount, Date, Object},
    EntityType,
    RelationType::Result,
};

use super::{figures_before, holder, holder_and_measure};
use crate::relations::confidence;
use crate::relations::draft::{Draft, Participant};
use crate::relations::endings::{Endings, Extent};
use crate::relations::event::date_of;
use crate::relations::memory::Memory;
use crate::relations::particle::Case;
use crate::relations::roles::View;
use crate::relations::sentence::{Placed, Word};
use crate::relations::word_class::WordClass;

/// Forms of the copula behind a figure.
const COPULAS: &[&str] = &[
    "였다",
    "이었다",
    "이다",
    "다",
    "였고",
    "이고",
    "이며",
    "였으며",
    "다고",
];

/// Figures that a clause states without a verb of its own: 합격률은 7%였다, 불량률이 2%로 가장 낮았다.
pub(in crate::relations) fn read_stated(view: View<'_>, clause: usize, memory: &Memory) -> Option<Draft> {
    let words = view.sentence.clauses[clause].clone();
    let last = words.end - 1;
    let text = view.sentence.word(view.source.text, last);
    let range = view.sentence.clause_range(clause);
    let figures = figures_before(view, &range, range.end);
    let figure = figures.last()?;
    let tail = view.text(&(figure.end()..range.end));
    if !COPULAS.contains(&tail) || !text.ends_with(tail) {
        return read_share(view, &range, &figures);
    }
    let subject = view
        .phrases_before(last)
        .find(|phrase| matches!(phrase.case, Case::Topic | Case::Subject))?;
    let mut draft = Draft::new(Result, range.clone(), confidence::FIGURE);
    draft.add_all(Amount, figures.iter().rev().take(1).map(Participant::of_mention));
    let (named, object) = holder_and_measure(view, subject);
    let is_counted = figure.kind() == EntityType::Quantity;
    if is_counted && MEASURE_ENDINGS.of(view.text(&object.range)).next().is_none() {
        return None;
    }
    let holder = named.or_else(|| holder(view, &draft).filter(|holder| holder.range != object.range));
    match holder {
        Some(holder) => draft.add(Agent, holder),
        None => {
            let (agent, factor) = memory.recall().unzip();
            draft.add_all(Agent, agent);
            draft.confidence *= factor.unwrap_or(confidence::ACTOR_UNNAMED);
        }
    }
    draft.add(Object, object);
    if let Some(date) = date_of(view, &range, figure.start()) {
        draft.add(Date, date);
    }
    (draft.confidence >= confidence::LEAST).then_some(draft)
}

/// What counts measure, by the last syllables: 인구는 12만 명이다, but not 답은 3번이다.
const MEASURES: &str = "\
    률 율 수 액 도 량 비 비율 규모 가격 값 인구 매출 이익 점수 기온 비중 평균 요금 지수 면적 길이 높이 무게 나이 연령 기록 성적 \
    관객 속도 거리 용량 정원 대상 인원 실적 물량 금액 기간";

static MEASURE_ENDINGS: LazyLock<Endings<()>> = LazyLock::new(|| {
    let words = MEASURES.split_whitespace();
    Endings::new(words.map(|word| (word, Extent::End, ())))
});

/// How far behind a share its predicate may be, in words.
const REACH_OF_SHARE: usize = 12;

/// A share of a group that did something: 응답자의 58%가 찬성했다.
fn read_share(view: View<'_>, clause: &Range<usize>, figures: &[Placed<'_>]) -> Option<Draft> {
    let words = &view.sentence.words;
    let (share, word) = figures
        .iter()
        .filter(|placed| placed.kind() == EntityType::Percent)
        .map(|placed| {
            (
                placed,
                words.partition_point(|word| word.range.end <= placed.start()),
            )
        })
        .find(|&(_, word)| {
            matches!(
                words.get(word).and_then(|word| word.case),
                Some((_, Case::Topic | Case::Subject))
            )
        })?;
    let is_predicate = |word: &&Word| !matches!(word.class, WordClass::Noun | WordClass::Adverb);
    let predicate = words[word..].iter().take(REACH_OF_SHARE).find(is_predicate)?;
    let group = words.get(word.checked_sub(1)?)?;
    if predicate.class == WordClass::Relative {
        return None;
    }
    let Some((end, Case::Genitive)) = group.case else {
        return None;
    };
    let mut draft = Draft::new(
        Result,
        clause.clone(),
        confidence::FIGURE * confidence::ACTOR_UNNAMED,
    );
    draft.add(Amount, Participant::of_mention(share));
    draft.add(Object, Participant::of_range(group.range.start..end));
    let holder = view.named_source.cloned().or_else(|| holder(view, &draft));
    draft.add_all(Agent, holder);
    if let Some(date) = date_of(view, clause, share.start()) {
        draft.add(Date, date);
    }
    Some(draft)
}
