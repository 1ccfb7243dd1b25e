//! Particles (조사) that say which part a noun plays.

use std::sync::LazyLock;

use super::endings::{Endings, Extent};
use super::hangul::{final_of, finals};

/// What a particle says of its noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// 은, 는.
    Topic,
    /// 이, 가, 께서.
    Subject,
    /// 도: a topic or an object.
    Also,
    /// 을, 를.
    Object,
    /// 와, 과.
    With,
    /// 의.
    Genitive,
    /// 로, 으로.
    Direction,
    /// 에, 에게, 에서.
    Place,
    /// 부터, 로부터.
    Source,
    /// 까지.
    Until,
    /// 보다, 처럼.
    Comparison,
}

/// What the last syllable of the noun must be like.
#[derive(Clone, Copy)]
enum After {
    Any,
    Consonant,
    Vowel,
}

/// The particles, long ones before those that they end in.
const PARTICLES: &[(&str, After, Case)] = &[
    ("으로부터", After::Consonant, Case::Source),
    ("로부터", After::Any, Case::Source),
    ("에서부터", After::Any, Case::Source),
    ("으로서는", After::Consonant, Case::Topic),
    ("에서는", After::Any, Case::Place),
    ("에서도", After::Any, Case::Place),
    ("에게는", After::Any, Case::Place),
    ("으로는", After::Consonant, Case::Direction),
    ("으로도", After::Consonant, Case::Direction),
    ("으로써", After::Consonant, Case::Direction),
    ("으로서", After::Consonant, Case::Direction),
    ("까지는", After::Any, Case::Until),
    ("부터는", After::Any, Case::Source),
    ("과의", After::Consonant, Case::With),
    ("와의", After::Vowel, Case::With),
    ("과는", After::Consonant, Case::With),
    ("와는", After::Vowel, Case::With),
    ("과도", After::Consonant, Case::With),
    ("와도", After::Vowel, Case::With),
    ("에서", After::Any, Case::Place),
    ("에선", After::Any, Case::Place),
    ("에게", After::Any, Case::Place),
    ("께서", After::Any, Case::Subject),
    ("에는", After::Any, Case::Place),
    ("에도", After::Any, Case::Place),
    ("로서", After::Vowel, Case::Direction),
    ("로써", After::Vowel, Case::Direction),
    ("로는", After::Vowel, Case::Direction),
    ("까지", After::Any, Case::Until),
    ("부터", After::Any, Case::Source),
    ("보다", After::Any, Case::Comparison),
    ("보다는", After::Any, Case::Comparison),
    ("처럼", After::Any, Case::Comparison),
    ("으로", After::Consonant, Case::Direction),
    ("은", After::Consonant, Case::Topic),
    ("는", After::Vowel, Case::Topic),
    ("이", After::Consonant, Case::Subject),
    ("가", After::Vowel, Case::Subject),
    ("을", After::Consonant, Case::Object),
    ("를", After::Vowel, Case::Object),
    ("와", After::Vowel, Case::With),
    ("과", After::Consonant, Case::With),
    ("의", After::Any, Case::Genitive),
    ("로", After::Any, Case::Direction),
    ("에", After::Any, Case::Place),
    ("엔", After::Any, Case::Place),
    ("도", After::Any, Case::Also),
];

/// Words that end like a noun with a particle and are none: nouns, adverbs, determiners.
const WHOLE_WORDS: &str = "\
    결과 성과 경과 학과 통과 초과 과 회의 주의 정의 합의 논의 협의 강의 동의 건의 결의 제의 문의 제도 \
    정도 속도 온도 지도 보도 태도 의도 시도 주도 유도 기도 인도 부도 철도 도로 진로 경로 통로 항로 \
    선로 회로 피로 위로 세로 가로 바로 새로 스스로 서로 따로 별로 주로 실제로 나이 사이 어린이 차이 \
    놀이 먹이 이 은 을 가 도 로 에 이후로 각도 고도 밀도 강도 난도 농도 한도 습도 신도 연도 청도 독도 \
    완도 진도 제주도 경기도 강원도 충청도 전라도 경상도 신뢰도 만족도 인지도 선호도 이해도 혼잡도 \
    완성도 기여도 정밀도 난이도 중요도 의존도 많이 같이 없이 높이 깊이 굳이 길이 널리 일찍이 오히려 \
    또는 혹은 같은 다른 모든";

/// Stems of verbs and adjectives that end in a consonant: with 은 or 을 they describe a noun (높은, 얻을).
const CONSONANT_STEMS: &str =
    "같높낮좋많작짧깊넓젊늦적맑밝붉받얻맡잡찾넣담않읽앉입겪맺놓쌓닦갖있없굳닮막먹묻믿뽑섞씻엮웃잃잊죽쫓찍참";

/// What an ending is: the particle with what it stands behind, or nothing for a whole word.
type Meaning = Option<(After, Case)>;

static ENDINGS: LazyLock<Endings<Meaning>> = LazyLock::new(|| {
    let words = WHOLE_WORDS
        .split_whitespace()
        .map(|word| (word, Extent::Whole, None));
    let particles = PARTICLES
        .iter()
        .map(|&(particle, after, case)| (particle, Extent::End, Some((after, case))));
    Endings::new(words.chain(particles))
});

/// A noun and its particle: how many bytes of `word` are the noun, and the case. `None` where no particle is seen.
pub(super) fn split(word: &str) -> Option<(usize, Case)> {
    for (ending, meaning) in ENDINGS.of(word) {
        let (after, case) = meaning?;
        let noun = &word[..word.len() - ending.len()];
        let Some(last) = noun.chars().next_back() else {
            continue;
        };
        if fits(after, last, ending) && !is_described(noun, last, ending) {
            return Some((noun.len(), case));
        }
    }
    None
}

/// The case of a chain of particles that stands by itself, behind a name or a bracket: 는, 에서도.
pub(super) fn case_of(chain: &str) -> Option<Case> {
    let chain = ["측", "들", "등", "만", "씨"]
        .iter()
        .find_map(|glued| chain.strip_prefix(glued))
        .unwrap_or(chain);
    ENDINGS
        .of(chain)
        .filter(|(ending, _)| *ending == chain)
        .find_map(|(_, meaning)| meaning)
        .map(|(_, case)| case)
}

fn fits(after: After, last: char, particle: &str) -> bool {
    // How letters, digits and signs are read aloud is not known: both forms may follow.
    let Some(consonant) = final_of(last) else {
        return true;
    };
    match after {
        After::Any => particle != "로" || matches!(consonant, finals::NONE | finals::RIEUL),
        After::Consonant => consonant != finals::NONE,
        After::Vowel => consonant == finals::NONE,
    }
}

/// Whether 은 or 을 makes an adjective or verb describe a noun.
fn is_described(noun: &str, last: char, particle: &str) -> bool {
    matches!(particle, "은" | "을")
        && CONSONANT_STEMS.contains(last)
        && (noun.chars().count() == 1
            || matches!(
                last,
                '같' | '높' | '낮' | '받' | '얻' | '않' | '있' | '없' | '맡' | '찾'
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles() {
        let cases = [
            ("회사는", Some(("회사", Case::Topic))),
            ("은행은", Some(("은행", Case::Topic))),
            ("전문가", None),
            ("전문가가", Some(("전문가", Case::Subject))),
            ("결과", None),
            ("결과를", Some(("결과", Case::Object))),
            ("A사와의", Some(("A사", Case::With))),
            ("서울에서도", Some(("서울", Case::Place))),
            ("서울로", Some(("서울", Case::Direction))),
            ("은행로", None),
            ("단장으로", Some(("단장", Case::Direction))),
            ("높은", None),
            ("있을", None),
            ("사업을", Some(("사업", Case::Object))),
            ("제도", None),
            ("이", None),
            ("", None),
            ("CEO는", Some(("CEO", Case::Topic))),
        ];
        for (word, expected) in cases {
            let found = split(word).map(|(length, case)| (&word[..length], case));
            assert_eq!(found, expected, "{word}");
        }
        assert_eq!(case_of("측은"), Some(Case::Topic));
        assert_eq!(case_of("에서는"), Some(Case::Place));
        assert_eq!(case_of("라며"), None);
    }
}
