//! Entities of texts with marked mentions.

use proptest::prelude::*;

use super::*;
use crate::marked::Marked;

/// `name [id] (surface, surface) {title @ affiliation}`, one an entity.
fn entities(title: &str, body: &str) -> Vec<String> {
    let marked = Marked::article(title, body);
    let show = |entity: &EntitySummary| {
        let surfaces: Vec<&str> = entity
            .mentions
            .iter()
            .map(|&index| marked.surface(index as usize))
            .collect();
        let id = entity
            .entity_id
            .as_ref()
            .map_or(String::new(), |id| format!(" [{id}]"));
        let roles: String = entity
            .roles
            .iter()
            .map(|role| {
                let affiliation = role
                    .affiliation
                    .map_or("-", |index| marked.surface(index as usize));
                format!(" {{{} @ {affiliation}}}", role.title)
            })
            .collect();
        format!("{}{id} ({}){roles}", entity.name, surfaces.join(", "))
    };
    summarise(&marked.text(), &marked.mentions)
        .iter()
        .map(show)
        .collect()
}

#[test]
fn one_entity_or_several() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("<어제:D> 비가 왔다.", &[]),
        // Ids and spellings.
        (
            "<새론:O:org> <새론그룹:O:org>",
            &["새론그룹 [org] (새론, 새론그룹)"],
        ),
        (
            "<새론:O:s1> <새론:O:s2>",
            &["새론 [s1] (새론)", "새론 [s2] (새론)"],
        ),
        ("<새론:O> <새론:O>", &["새론 (새론, 새론)"]),
        ("<새론:O> <새론:R>", &["새론 (새론)", "새론 (새론)"]),
        ("<새론:O> <새론:O:s1>", &["새론 [s1] (새론, 새론)"]),
        (
            "<별 폰:R> <별폰:R> <Star:R> <STAR:R>",
            &["별 폰 (별 폰, 별폰)", "Star (Star, STAR)"],
        ),
        ("<새론전자:O> <새론:O>", &["새론전자 (새론전자)", "새론 (새론)"]),
        // Glosses.
        ("<별다:R>(<BYEOLDA:R>)는", &["BYEOLDA (별다, BYEOLDA)"]),
        (
            "'<별다:R>'(<BYEOLDA:R>)는 <BYEOLDA:R>",
            &["BYEOLDA (별다, BYEOLDA, BYEOLDA)"],
        ),
        (
            "<기후에너지부:O>(이하 <기에부:O>)는",
            &["기후에너지부 (기후에너지부, 기에부)"],
        ),
        (
            "<기후에너지부:O:a>(<기에부:O:b>)는",
            &["기후에너지부 [a] (기후에너지부)", "기에부 [b] (기에부)"],
        ),
        ("<가람시:L>(<가람국:L>)", &["가람시 (가람시)", "가람국 (가람국)"]),
        ("<새론:O>(<가람:O>)", &["새론 (새론)", "가람 (가람)"]),
        (
            "<별다:R>(<BYEOLDA:R> 후속)",
            &["별다 (별다)", "BYEOLDA (BYEOLDA)"],
        ),
        // Surnames.
        (
            "<김별:P> <새론:O> 대표가 왔다. <김:P> 대표는",
            &["김별 (김별, 김) {대표 @ 새론}", "새론 (새론)"],
        ),
        (
            "<김별:P> 대표와 <김한:P> 교수가 왔다. <김:P> 대표는 <김:P> 교수를",
            &["김별 (김별, 김) {대표 @ -}", "김한 (김한, 김) {교수 @ -}"],
        ),
        (
            "<김별:P>과 <김한:P>. <김:P>씨는",
            &["김별 (김별)", "김한 (김한, 김)"],
        ),
        ("<샘 별먼:P>이 왔다. <별먼:P>은", &["샘 별먼 (샘 별먼, 별먼)"]),
        ("<별먼:P>이 왔다. <샘 별먼:P>은", &["샘 별먼 (별먼, 샘 별먼)"]),
        (
            "<별먼:P>이 왔다. <샘 별먼:P>과 <톰 별먼:P>은",
            &["별먼 (별먼)", "샘 별먼 (샘 별먼)", "톰 별먼 (톰 별먼)"],
        ),
        (
            "<샘 별먼:P>과 <톰 별먼:P>. <별먼:P>은",
            &["샘 별먼 (샘 별먼)", "톰 별먼 (톰 별먼, 별먼)"],
        ),
        (
            "<김별:P>이 왔다. <김:P>모씨와 <김:P>모씨는",
            &["김별 (김별)", "김 (김, 김)"],
        ),
        ("<김:P>씨와 <김:P>씨", &["김 (김, 김)"]),
        (
            "<김별:P:p1> 교수. <김:P> 교수는",
            &["김별 [p1] (김별, 김) {교수 @ -}"],
        ),
        (
            "<김별:P:p1> 교수. <김:P:p2> 교수는",
            &["김별 [p1] (김별) {교수 @ -}", "김 [p2] (김) {교수 @ -}"],
        ),
        // Roles.
        (
            "<김별:P> 대표. <새론:O> <김별:P> 대표. <김별:P> <새론:O> 대표. 가수 <김별:P>",
            &[
                "김별 (김별, 김별, 김별, 김별) {대표 @ 새론} {가수 @ -}",
                "새론 (새론, 새론)",
            ],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(entities("", body), *expected, "{body}");
    }
}

#[test]
fn most_salient_first() {
    let mut marked = Marked::article("<새론:O>", "<가람:O> <새론:O> <한별:P>");
    for (mention, salience) in marked.mentions.iter_mut().zip([0.2, 0.5, 0.9, 0.5]) {
        mention.salience = salience;
    }
    let found: Vec<(String, f32)> = summarise(&marked.text(), &marked.mentions)
        .into_iter()
        .map(|entity| (entity.name, entity.salience))
        .collect();
    let expected =
        [("새론", 0.9), ("가람", 0.5), ("한별", 0.5)].map(|(name, salience)| (name.to_owned(), salience));
    assert_eq!(found, expected);
}

#[test]
fn a_long_text_takes_linear_time() {
    let seconds = |times: usize| {
        let marked = Marked::body(&"<김별:P> <새론:O> 대표 <김:P> 대표 <샘 김별:P>(<Sam:P>)".repeat(times));
        let start = std::time::Instant::now();
        assert!(!summarise(&marked.text(), &marked.mentions).is_empty());
        start.elapsed().as_secs_f64()
    };
    seconds(300);
    let (short, long) = (seconds(300), seconds(3_000));
    assert!(long < 60.0 * short.max(0.001), "{short} s became {long} s");
}

proptest! {
    #[test]
    fn every_name_is_of_one_entity(parts in prop::collection::vec(prop::sample::select(vec![
        "<김별:P>", "<김:P>", "<별먼:P>", "<샘 별먼:P>", "<김별:P:p1>", "<김:P:p2>", "<새론:O>", "<새론:O:s1>", "<새론그룹:O:s1>",
        "<SRN:O>", "<별폰:R>", "<SRN:R>", "<어제:D>", "(", ")", " 대표", " ", "모씨",
    ]), 0..24)) {
        let marked = Marked::body(&parts.concat());
        let entities = summarise(&marked.text(), &marked.mentions);
        let mut found: Vec<u32> = entities.iter().flat_map(|entity| entity.mentions.clone()).collect();
        found.sort_unstable();
        let names = marked.mentions.iter().enumerate().filter(|(_, mention)| mention.entity_type.is_name());
        prop_assert_eq!(found, names.map(|(index, _)| index as u32).collect::<Vec<_>>());
        for entity in entities {
            let ids: HashSet<&str> = entity
                .mentions
                .iter()
                .filter_map(|&index| marked.mentions[index as usize].link.as_ref()?.entity_id.as_deref())
                .collect();
            prop_assert!(ids.len() <= 1, "{:?}", ids);
            prop_assert_eq!(entity.entity_id.as_deref(), ids.into_iter().next());
            let longest = entity.mentions.iter().map(|&index| marked.surface(index as usize).chars().count()).max();
            prop_assert_eq!(Some(entity.name.chars().count()), longest);
        }
    }
}
