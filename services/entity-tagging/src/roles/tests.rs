//! Roles in texts with marked mentions.

use proptest::prelude::*;

use super::*;
use crate::marked::Marked;

/// `person: title @ affiliation`, one a role.
fn roles(marked: &str) -> Vec<String> {
    let marked = Marked::body(marked);
    let text = marked.text();
    let show = |(person, role): (usize, PersonRole)| {
        let evidence = role.evidence.span.slice(text.body).unwrap();
        let last = role.title.rsplit(' ').next().unwrap();
        assert!(
            evidence.contains(last),
            "{evidence} is no evidence of {}",
            role.title
        );
        let affiliation = role.affiliation.map_or("-", |index| {
            let affiliation = marked.surface(index as usize);
            assert!(evidence.contains(affiliation));
            affiliation
        });
        format!("{}: {} @ {affiliation}", marked.surface(person), role.title)
    };
    find_roles(&text, &marked.mentions)
        .into_iter()
        .map(show)
        .collect()
}

fn assert_roles(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| roles(text) != *expected)
        .map(|(text, expected)| format!("{text}\n  expected {expected:?}\n  found    {:?}", roles(text)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn behind_the_name() {
    assert_roles(&[
        ("<김별:P> <새론:O> 대표는 말했다.", &["김별: 대표 @ 새론"]),
        ("<새론:O> <김별:P> 대표는 말했다.", &["김별: 대표 @ 새론"]),
        ("<새론:O>의 <김별:P> 대표는 말했다.", &["김별: 대표 @ 새론"]),
        ("<별빛대 의대:O> <이한:P> 교수", &["이한: 교수 @ 별빛대 의대"]),
        (
            "<권별:P> 고성능 컴퓨팅 담당 이사는",
            &["권별: 고성능 컴퓨팅 담당 이사 @ -"],
        ),
        (
            "<새론:O>의 <빌 한:P> 고성능 컴퓨팅 담당 이사는",
            &["빌 한: 고성능 컴퓨팅 담당 이사 @ 새론"],
        ),
        (
            "<김한별:P>(42) <새론:O> 부사장이 왔다.",
            &["김한별: 부사장 @ 새론"],
        ),
        (
            "<김한별:P>(사진) <새론:O> 부사장이 왔다.",
            &["김한별: 부사장 @ 새론"],
        ),
        ("<제이 밀러:P> <새론:O> CEO가 왔다.", &["제이 밀러: CEO @ 새론"]),
        ("<과기부:O> <박별:P> 1차관은", &["박별: 1차관 @ 과기부"]),
        ("<별나라당:O> <김별:P> 의원이", &["김별: 의원 @ 별나라당"]),
        ("<도널드 한:P> <미국:L> 대통령은", &["도널드 한: 대통령 @ 미국"]),
        ("<미국:L> <도널드 한:P> 대통령은", &["도널드 한: 대통령 @ 미국"]),
        (
            "<한별:P> <새론:O> 공동창업자 겸 대표가",
            &["한별: 공동창업자 겸 대표 @ 새론"],
        ),
        (
            "<한별:P> <새론:O> 회장 겸 <가람재단:O> 이사장은",
            &["한별: 회장 @ 새론", "한별: 이사장 @ 가람재단"],
        ),
        (
            "<한별:P> <새론:O> 최고기술책임자(CTO)는",
            &["한별: 최고기술책임자 @ 새론"],
        ),
        (
            "<한별:P> <새론:O> 대표이사 사장은",
            &["한별: 대표이사 사장 @ 새론"],
        ),
        ("<홍별:P> <가람:L>시장은", &["홍별: 시장 @ 가람"]),
        (
            "<홍별:P> <가람농업연구원:O>장, 농민",
            &["홍별: 원장 @ 가람농업연구원"],
        ),
        (
            "<신별:P> <가람도:O> 농정국 스마트농업팀장은",
            &["신별: 농정국 스마트농업팀장 @ 가람도"],
        ),
        (
            "<신별:P> <가람도:O> 수산정책과 과장은",
            &["신별: 수산정책과 과장 @ 가람도"],
        ),
        ("<신별:P> 전 <새론:O> 부사장은", &["신별: 전 부사장 @ 새론"]),
        ("<신별:P> 전 부사장은", &["신별: 전 부사장 @ -"]),
        ("<신별:P>(전 <새론:O> 부사장)씨 별세", &["신별: 전 부사장 @ 새론"]),
        ("<신별:P>(42·<새론:O> 대표)씨", &["신별: 대표 @ 새론"]),
        ("<별빛대:O>(<SLU:O>) <노별:P> 교수팀은", &["노별: 교수 @ 별빛대"]),
        ("<별빛대:O> 재료연구실 <노별:P> 박사", &["노별: 박사 @ 별빛대"]),
        (
            "<새론:O> <김별:P>·<이한:P> 공동대표는",
            &["김별: 공동대표 @ 새론", "이한: 공동대표 @ 새론"],
        ),
        ("<김별:P>대표가 왔다.", &["김별: 대표 @ -"]),
        ("<김:P> 대표는 말했다.", &["김: 대표 @ -"]),
        ("<한별:P> 주한 <가람국:L>대사와", &["한별: 대사 @ 가람국"]),
        ("<한별:P> <새론:O> 대표 내정자", &["한별: 대표 내정자 @ 새론"]),
    ]);
}

#[test]
fn before_the_name() {
    assert_roles(&[
        (
            "<새론:O>의 최고경영자(CEO)인 <제이 밀러:P>는",
            &["제이 밀러: 최고경영자 @ 새론"],
        ),
        ("<새론:O> 창업자인 <제이 밀러:P>는", &["제이 밀러: 창업자 @ 새론"]),
        ("가수 <한별:P>이 노래했다.", &["한별: 가수 @ -"]),
        ("<미국:L> 가수 <한별:P>이 노래했다.", &["한별: 가수 @ -"]),
        ("<가람국:L> 대통령 <한별:P>은", &["한별: 대통령 @ 가람국"]),
        ("<새론:O>(대표 <한별:P>)은 7일", &["한별: 대표 @ 새론"]),
        ("<별빛 센터:O>장 <한별:P>은", &["한별: 센터장 @ 별빛 센터"]),
        ("<한별:P> <별빛AI랩:O>장은", &["한별: 랩장 @ 별빛AI랩"]),
        ("<한별:P> <별빛공사:O>장은", &[]),
        ("<가람:L>시장 <한별:P>은", &["한별: 시장 @ 가람"]),
        ("△<가람박물관:O>장 <채별:P> △", &["채별: 관장 @ 가람박물관"]),
        (
            "△<가람도서관:O> 기획연수부장 <남별:P> △",
            &["남별: 기획연수부장 @ 가람도서관"],
        ),
        (
            "<새론:O> 인공지능 연구소장 <남별:P>이",
            &["남별: 인공지능 연구소장 @ 새론"],
        ),
        ("새 얼굴 신임 대표 <남별:P>이", &["남별: 신임 대표 @ -"]),
        ("프로기사 <이별:P> 9단", &["이별: 프로기사 @ -"]),
        ("△ 보험 담당 <서별:P> △", &["서별: 보험 담당 @ -"]),
        ("△<가람본부:O>장 <채별:P> △", &["채별: 본부장 @ 가람본부"]),
        ("<새론:O> 출신 의사 <한별:P>", &["한별: 의사 @ -"]),
        ("<새론:O> 소속 간호사 <한별:P>", &["한별: 간호사 @ 새론"]),
        ("배우 <한별:P> 작가", &["한별: 배우 @ -", "한별: 작가 @ -"]),
    ]);
}

#[test]
fn no_role() {
    assert_roles(&[
        ("<한별:P>씨는 말했다.", &[]),
        ("<한별:P> 씨가 대표를 만났다.", &[]),
        ("<한별:P>은 <새론:O> 대표를 만났다.", &[]),
        ("<한별:P>, <새론:O> 대표를 만났다.", &[]),
        ("<한별:P> 측 변호사는 말했다.", &[]),
        ("<한별:P> 관광객이 대표를 만났다.", &[]),
        ("<한별:P> 대표했다.", &[]),
        ("주차장 <한별:P>은", &[]),
        ("대표가 <한별:P>을 만났다.", &[]),
        ("대표. <한별:P>은", &[]),
        ("대표\n<한별:P>은", &[]),
        ("<새론:O> 대표", &[]),
        ("", &[]),
    ]);
}

#[test]
fn whose_role_it_is() {
    assert_roles(&[
        (
            "<김별:P> <새론:O> 대표와 <이한:P> <가람대:O> 교수가",
            &["김별: 대표 @ 새론", "이한: 교수 @ 가람대"],
        ),
        (
            "<김별:P> 대표 <이한:P> 교수",
            &["김별: 대표 @ -", "이한: 교수 @ -"],
        ),
        (
            "<김별:P> 교수 가수 <이한:P>",
            &["김별: 교수 @ -", "이한: 가수 @ -"],
        ),
        ("<새론:O>과 <가람:O> <이한:P> 부장", &["이한: 부장 @ 가람"]),
        ("<서울:L> <이한:P> 배우", &["이한: 배우 @ -"]),
    ]);
}

proptest! {
    #[test]
    fn any_text_gives_sound_roles(parts in prop::collection::vec(prop::sample::select(vec![
        "<김별:P>", "<새론:O>", "<가람:L>", "<별폰:R>", " ", "(", ")", "·", "대표", "의", "인", "장", "시장", "전 ", "겸 ",
        "고성능 ", ", ", "\n", "😀", "씨", "은 ", "이자 ",
    ]), 0..24)) {
        let text = parts.concat();
        let marked = Marked::body(&text);
        let mut last = 0;
        for (person, role) in find_roles(&marked.text(), &marked.mentions) {
            prop_assert!(person >= last && marked.mentions[person].entity_type == EntityType::Person);
            last = person;
            prop_assert!(role.evidence.span.slice(marked.text().body).is_some());
            let affiliation = role.affiliation.map(|index| marked.mentions[index as usize].entity_type);
            prop_assert!(affiliation.is_none_or(is_affiliation));
        }
    }
}
