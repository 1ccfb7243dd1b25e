//! Tests of the analyzer.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::*;

static ANALYZER: LazyLock<Arc<Analyzer>> = LazyLock::new(|| Analyzer::shared().unwrap());

/// The morphemes of a text, without the compounds beside them.
fn morphemes(text: &str) -> Vec<String> {
    let tokens = ANALYZER.tokens(text);
    tokens
        .into_iter()
        .filter(|token| token.length == 1)
        .map(|token| token.text)
        .collect()
}

#[test]
fn particles_and_endings_are_dropped() {
    assert_eq!(morphemes("정부가 예산을 국회에서"), ["정부", "예산", "국회"]);
    assert_eq!(
        morphemes("쿠버네티스를 쿠버네티스가 쿠버네티스"),
        ["쿠버네티스", "쿠버네티스", "쿠버네티스"]
    );
}

#[test]
fn a_compound_stands_beside_its_parts() {
    let tokens = ANALYZER.tokens("네이버클라우드가");
    let places: Vec<(&str, usize, usize)> = tokens
        .iter()
        .map(|token| (token.text.as_str(), token.position, token.length))
        .collect();
    assert_eq!(
        places,
        [("네이버클라우드", 0, 2), ("네이버", 0, 1), ("클라우드", 1, 1)]
    );
    assert_eq!(&"네이버클라우드가"[tokens[0].span.clone()], "네이버클라우드");
}

#[test]
fn signs_that_belong_to_words_stay_and_others_part() {
    assert_eq!(morphemes("C#, C++ R&D"), ["c#", "c++", "r&d"]);
    assert_eq!(morphemes("C#으로"), ["c#"]);
    assert_eq!(
        morphemes("5,000 96.8% 2024.4.2 v1.2"),
        ["5000", "96.8", "2024", "4", "2", "v", "1.2"]
    );
    assert_eq!(morphemes("(주)교보문고")[0], "주");
    assert_eq!(morphemes("㈜교보문고"), morphemes("(주)교보문고"));
    assert_eq!(morphemes("GPT-4"), morphemes("gpt4"));
    assert_eq!(
        morphemes("반도체ㆍ클라우드·로봇/바이오"),
        ["반도체", "클라우드", "로봇", "바이오"]
    );
    assert_eq!(morphemes("美中"), ["美", "中"]);
}

#[test]
fn punctuation_does_not_change_a_word() {
    for word in ["표현입니당", "쿠버네티스를", "반도체"] {
        for form in [
            format!("{word})"),
            format!("'{word}'"),
            format!("{word}."),
            format!("…{word}"),
        ] {
            assert_eq!(morphemes(&form), morphemes(word), "{form}");
        }
    }
}

#[test]
fn particles_after_a_bracket_are_dropped() {
    assert_eq!(
        morphemes("인공지능(AI)은"),
        [morphemes("인공지능"), vec!["ai".to_owned()]].concat()
    );
    assert_eq!(morphemes("'글결'을"), morphemes("글결"));
    assert_eq!(morphemes("5%가"), ["5"]);
    assert_eq!(morphemes("산·들·일"), ["산", "들", "일"]);
}

#[test]
fn what_is_nothing_but_a_particle_stays() {
    for word in ["은", "에서", "(주)", "!가!"] {
        assert!(!morphemes(word).is_empty(), "{word}");
    }
}

#[test]
fn forms_of_one_text_give_the_same_terms() {
    let decomposed: String = "한글이".nfd().collect();
    assert_eq!(morphemes(&decomposed), morphemes("한글이"));
    assert_eq!(morphemes("ＫＡＩＳＴ"), ["kaist"]);
}

#[test]
fn long_runs_are_bounded_and_nothing_is_lost() {
    let text = "a".repeat(100_000);
    let tokens = ANALYZER.tokens(&text);
    assert!(tokens.iter().all(|token| token.text.len() <= 128));
    assert_eq!(tokens.last().unwrap().span.end, text.len());
}

/// Korean news text, mixed with what else may come.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[가-힣]{1,8}",
        2 => "(네이버|클라우드|삼성전자|쿠버네티스|발표|서울|했다|에서|가|를|은|의|이다|하는){1,4}",
        1 => "[0-9]{1,5}([.,][0-9]{1,3}){0,3}(%|억|만|년|원)?",
        1 => "[A-Za-z]{1,6}[+#&]{0,2}[A-Za-z0-9]{0,3}(은|는|을)?",
        1 => "[(\\[‘“'\"]{0,2}[가-힣A-Z]{1,4}[)\\]’”'\".,…]{0,2}(이|가|을)?",
        1 => "[一-龥㈜①½㎡ㆍ·/ㄱ-ㅎㅏ-ㅣ\u{1100}-\u{11ff}\u{300}-\u{305}]{1,4}",
        1 => any::<String>(),
    ];
    prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn offsets_are_exact_and_ascending(text in any_text()) {
        let tokens = ANALYZER.tokens(&text);
        for token in &tokens {
            prop_assert!(!token.text.is_empty());
            let surface = text.get(token.span.clone());
            prop_assert!(surface.is_some_and(|surface| !surface.is_empty()), "{:?}", token);
            // A part of a character that stands for several words, like ½, folds to more than the term.
            let folded = fold_name(surface.unwrap()).replace(',', "");
            prop_assert!(folded.contains(&token.text), "{:?} is not in {:?}", token, folded);
        }
        for pair in tokens.windows(2) {
            prop_assert!(pair[0].span.start <= pair[1].span.start);
            prop_assert!(pair[0].position <= pair[1].position && pair[1].position <= pair[0].position + 1);
        }
    }

    #[test]
    fn every_eojeol_with_a_letter_or_digit_has_a_token(text in any_text()) {
        for eojeol in text.split_whitespace() {
            let has_letter = fold_name(eojeol).chars().any(|c| c.is_alphanumeric() && c != '\u{119e}');
            prop_assert_eq!(has_letter, !ANALYZER.tokens(eojeol).is_empty(), "{}", eojeol);
        }
    }

    #[test]
    fn an_eojeol_is_cut_alike_wherever_it_stands(text in any_text()) {
        let alone: Vec<String> = text.split_whitespace().flat_map(morphemes).collect();
        prop_assert_eq!(morphemes(&text), alone);
    }
}
