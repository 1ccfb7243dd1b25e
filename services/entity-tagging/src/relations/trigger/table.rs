//! The table of triggers.

use gisa_article_model::RelationType::{
    self, Appointment, Contract, Hire, Investment, Launch, Partnership, Result, Statement, Target,
};

/// How a trigger is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relations) enum Kind {
    /// A noun that 하다 and 되다 make a verb: 출시.
    Noun,
    /// Such a noun whose subject is what the relation is about: 데뷔.
    Arrival,
    /// Such a noun that tells of the relation only of something with a name, or when it is reported as news: 제공.
    WeakNoun,
    /// A noun that another verb has to carry: 계약(을 맺다).
    Deed,
    /// A noun that any verb carries: 공동(으로 추진하다).
    Joint,
    /// The stem of a verb: 선보이.
    Verb,
    /// The stem of a verb whose subject is what the relation is about: 열리.
    Intransitive,
    /// The stem of a verb that needs a name: 만들.
    WeakVerb,
    /// The beginning of some forms of a verb that says it of events and places: 열었.
    Opening,
    /// The beginning of some forms of a verb whose others mean something else: 늘었.
    Form,
}

/// A word that tells of relations.
#[derive(Debug)]
pub(in crate::relations) struct Trigger {
    /// The noun, the stem or the beginning.
    pub stem: &'static str,
    pub kind: Kind,
    /// What it may tell of.
    pub relations: &'static [RelationType],
}

impl Trigger {
    /// Whether it may stand behind another noun in a word: 정식출시.
    pub(in crate::relations) fn may_follow_noun(&self) -> bool {
        matches!(
            self.kind,
            Kind::Noun | Kind::Arrival | Kind::WeakNoun | Kind::Deed
        ) && self.stem.chars().nth(1).is_some()
    }

    pub(in crate::relations) fn tells(&self, relation: RelationType) -> bool {
        self.relations.contains(&relation)
    }

    pub(in crate::relations) fn is_weak(&self) -> bool {
        matches!(self.kind, Kind::WeakNoun | Kind::WeakVerb)
    }
}

macro_rules! triggers {
    ($($kind:ident $relations:expr => $($stem:literal)*;)*) => {
        &[$($(Trigger { stem: $stem, kind: Kind::$kind, relations: &$relations },)*)*]
    };
}

/// One row a stem; a stem stands once.
pub(in crate::relations) const TRIGGERS: &[Trigger] = triggers! {
    Noun [Hire] => "채용" "영입" "스카우트" "특채" "고용";
    Verb [Hire] => "뽑" "데려오";
    Noun [Appointment, Hire] => "임용";
    Noun [Appointment] => "선임" "임명" "내정" "취임" "발탁" "위촉" "선출" "지명" "추대" "승진" "부임" "연임";
    Noun [Appointment, Result] => "선정";
    Verb [Appointment] => "맡";
    Noun [Launch] => "출시" "공개" "론칭" "런칭" "오픈" "개최" "개설" "개소" "개관" "개통" "개업" "신설" "설립"
        "창단" "창립" "발매" "발간" "출간" "상용화" "개봉" "완공" "준공";
    Arrival [Launch] => "데뷔" "출범" "개막" "개장";
    WeakNoun [Launch] => "발표" "제공" "도입" "추가" "시행" "운영" "창설" "배포";
    Verb [Launch] => "선보이" "펴내";
    Intransitive [Launch] => "열리";
    Opening [Launch] => "열었" "열고" "연다" "열며";
    WeakVerb [Launch] => "만들" "꾸리" "세우" "내놓";
    Noun [Contract] => "수주" "낙찰" "납품";
    Verb [Contract] => "따내";
    Deed [Contract] => "계약" "공급계약";
    Noun [Partnership] => "협력" "협업" "제휴" "공조" "합작";
    Deed [Partnership] => "협약" "업무협약" "MOU" "양해각서" "손" "맞손" "힘";
    Joint [Partnership] => "공동";
    Verb [Partnership] => "손잡";
    Noun [Investment] => "투자" "출자" "유치" "인수" "매입" "투입" "건립" "건설" "증설" "신축" "조성";
    Noun [Result] => "기록" "달성" "증가" "감소" "상승" "하락" "성장" "급증" "급감" "급등" "급락" "집계" "차지" "돌파" "획득"
        "수상" "석권" "확보" "조사" "추산";
    Verb [Result] => "오르" "그치" "달하" "넘기" "넘어서" "거두" "올리" "밑돌" "웃돌" "떨어지" "나타나";
    Form [Result] => "늘었" "늘어" "줄었" "줄어" "넘었" "넘겼" "받았" "높았" "낮았" "많았" "적었" "높다" "낮다" "많다" "적다" "땄"
        "미쳤" "미친다" "못미" "냈";
    Noun [Target] => "목표";
    Noun [Statement] => "말" "강조" "설명" "주장" "언급" "지적" "제언" "당부" "평가" "전망" "예상" "예측" "답" "반박" "비판"
        "촉구" "호소" "토로" "조언" "약속" "다짐" "제안" "제시" "전" "발언" "역설" "피력" "경고" "우려" "기대" "제기" "분석" "진단"
        "인정" "선언" "단언" "해명" "회상" "귀띔" "부연" "요구" "예고" "소개";
    Verb [Statement] => "밝히" "덧붙이" "내다보" "꼬집" "알리";
    Form [Statement] => "봤다" "잘라말" "되물" "물었";
};

/// A plan, told by a noun behind any verb.
pub(in crate::relations) const PLAN: Trigger = Trigger {
    stem: "계획",
    kind: Kind::Deed,
    relations: &[Target],
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_stem_stands_once() {
        let mut stems = HashSet::new();
        for trigger in TRIGGERS {
            assert!(
                !trigger.relations.is_empty() && stems.insert(trigger.stem),
                "{}",
                trigger.stem
            );
        }
    }
}
