//! Which words are predicates in the middle of a sentence, read off their endings.

use std::sync::LazyLock;

use super::endings::{Endings, Extent};
use super::hangul::{final_of, finals};

/// What a word does to the structure of its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordClass {
    /// A noun, with or without particle.
    Noun,
    /// An adverb or conjunction: belongs to no noun.
    Adverb,
    /// A predicate that describes the noun behind it.
    Relative,
    /// A predicate that leads into the next one with the same participants: 통합해, 바탕으로.
    Linking,
    /// A predicate that ends a clause: 했고, 했지만.
    Connective,
    /// A predicate that is reported: 했다고.
    Quoted,
    /// A predicate that ends the sentence.
    Final,
}

/// What the end of a word says of its class. Whole words come before endings.
const TABLE: &[(WordClass, Extent, &str)] = &[
    // Adverbs and conjunctions of the news.
    (
        WordClass::Adverb,
        Extent::Whole,
        "\
        한편 또 또한 특히 이어 다만 하지만 그러나 그리고 이미 곧 직접 새로 따로 함께 먼저 가장 매우 더 \
        다시 최근 현재 앞서 이후 실제 실제로 정식 정식으로 본격 즉 따라서 이에 이를 이와 여기에 올 약 총 \
        모두 각각 최종 대거 전격 공식 잇따라 처음 처음으로 지난 오는 더욱 아직 계속 만약 만일 반면 아울러 \
        때 때에 뒤 후 경우 동안 게다가 이어서 더구나 나아가 오전 오후 밤 대비 연속 기준 새벽 저녁 아침 가운데 단 무려 최소 최대 중 이밖에 그동안",
    ),
    // Nouns and conjunctions that end like 한, 할 or another relative form.
    (
        WordClass::Noun,
        Extent::Whole,
        "\
        제한 권한 기한 무한 북한 남한 또한 유한 역할 분할 할 극한 여한 상한 하한 시한 한 방한 엄한 최소한 \
        최대한 관할 재할",
    ),
    (
        WordClass::Quoted,
        Extent::End,
        "다고 다며 다면서 다는 라고 라며 라면서 라는 자고 냐고",
    ),
    // Predicates that lead into the next one.
    (
        WordClass::Linking,
        Extent::End,
        "\
        하자 되자 받자 지자 오자 나자 고자 자마자 하여 해서 되어 하면 되면 으면 려면 다면 도록 하려 려고 므로 위해 위한 통해 대해 대한 관해 따라 \
        맞아 맞이해 비롯해 함께해 포함해 거쳐 걸쳐 열어 들어 넘어 만들어 늘어 이어져 앞서 힘입어 받아 찾아 \
        담아 모아 잡아 쌓아 놓아 나서 따르면 의하면 인해 의해 더불어 불구하고 앞두고 가지고 두고 놓고 키워 \
        세워 내놔 밝혀 펼쳐 높여 줄여 달해 그쳐 보여 벌여 선보여 맺어 더해 기해 이끌어 내세워 위해서 \
        통해서",
    ),
    // Connective endings that are never the end of a noun.
    (
        WordClass::Connective,
        Extent::End,
        "\
        지만 면서 으며 하며 되며 이며 는데 한데 인데 은데 으나 했고 됐고 였고 렸고 갔고 왔고 졌고 냈고 \
        섰고 쳤고 켰고 혔고 었고 았고 랐고 겼고 났고 하고 되고 이고 있고 없고 높고 보이고 내고 맺고 잡고 \
        받고 않고 꾸리고 열고 벌이고 밝히고 늘리고 넓히고 거두고 만들고 선보이고 내놓고 치르고 나서고 \
        세우고 치고 리고 키고 우고 들고 르고 꺾고 이기고 넘기고 맡기고 옮기고",
    ),
    // Verbs and adjectives that describe a noun.
    (
        WordClass::Relative,
        Extent::End,
        "\
        한 된 웃도는 밑도는 감도는 했던 됐던 하던 던 시킨 열린 올린 걸린 늘린 달린 살린 알린 내린 돌린 누린 꾸린 마친 거친 펼친 \
        합친 미친 만든 이끈 새로운 어려운 밝힌 꼽힌 막힌 선보인 보인 내놓은 담은 맡은 받은 얻은 찾은 쌓은 \
        높은 낮은 많은 작은 같은 좋은 젊은 늦은 깊은 넓은 맺은 나선 낸 세운 키운 채운 가까운 이룬 갖춘 \
        맞춘 쓴 나온 들어온 이어온 어진 아진 여진 려진 해진 펼쳐진 지닌 가진 할 될 있을 없을 낼 이끌 \
        선보일 열릴 받을 맡을 얻을 찾을 만들 있는 없는 하는 되는 시키는 받는 않는 맞는 찾는 잡는 만드는 \
        이끄는 보이는 올리는 알리는 열리는 살리는 늘리는 내리는 펼치는 미치는 거치는 높이는 줄이는 쓰이는 \
        모이는 어지는 아지는 여지는 해지는 려지는 뤄지는 다루는 이루는 나누는 갖추는 맞추는 바꾸는 꿈꾸는 \
        나오는 들어가는 나가는 나서는 내는 보내는 나타내는 보여주는 해주는 쓰는 쌓는 불리는 모으는 키우는 \
        세우는 채우는 돕는 얻는 맡는 담는 짓는 넘는 이르는 따르는 오르는 꾸미는 생기는 옮기는 남기는 다니는 \
        지니는 지키는 즐기는 넘기는 맡기는 이기는 챙기는 숨기는 밝히는 늘어나는 살아가는 떠나는 만나는 \
        나타나는 일어나는 벗어나는 오가는 이어가는 지내는 이어지는 남는 걷는 듣는 뜻하는 속하는 겨루는",
    ),
];

static ENDINGS: LazyLock<Endings<WordClass>> = LazyLock::new(|| {
    let words = |&(class, extent, words): &(WordClass, Extent, &'static str)| {
        words.split_whitespace().map(move |word| (word, extent, class))
    };
    Endings::new(TABLE.iter().flat_map(words))
});

/// The class of a word, given without signs around it. `is_name` says that a name or quoted words stand at its end, so that
/// what looks like an ending may be part of it.
pub(super) fn class_of(word: &str, is_name: bool) -> WordClass {
    let of_ending = ENDINGS.of(word).next().map(|(_, class)| class);
    if is_name {
        let is_copula = ["이다", "였다", "이었다"].contains(&word);
        return match of_ending {
            Some(WordClass::Quoted) => WordClass::Quoted,
            _ if is_copula => WordClass::Final,
            _ => WordClass::Noun,
        };
    }
    match of_ending {
        Some(class) => class,
        None if is_finite(word) => WordClass::Final,
        None if is_infinitive(word) => WordClass::Linking,
        None => WordClass::Noun,
    }
}

/// 했다, 한다, 됩니다, 할까: a finite form. Nouns in 다 (캐나다, 바다) have no such syllable before.
fn is_finite(word: &str) -> bool {
    let Some(stem) = word.strip_suffix('다') else {
        return word.ends_with("까") || word.ends_with("어요") || word.ends_with("해요");
    };
    let Some(last) = stem.chars().next_back() else {
        return false;
    };
    let is_inflected = final_of(last)
        .is_some_and(|consonant| matches!(consonant, finals::SSANG_SIOS | finals::NIEUN) || last == '니');
    is_inflected
        || matches!(
            last,
            '이' | '하' | '높' | '낮' | '많' | '적' | '있' | '없' | '크' | '않' | '좋'
        )
}

/// 통합해, 출시돼: the bare infinitive of 하다 and 되다.
fn is_infinitive(word: &str) -> bool {
    let stem = word.strip_suffix('해').or_else(|| word.strip_suffix('돼'));
    stem.is_some_and(|stem| {
        stem.chars().count() >= 2 && !["올", "지난", "이듬", "피", "손", "동", "서", "남"].contains(&stem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        use WordClass::{Adverb, Connective, Final, Linking, Noun, Quoted, Relative};
        let cases = [
            ("회사는", Noun),
            ("한편", Adverb),
            ("출시했다", Final),
            ("열린다", Final),
            ("캐나다", Noun),
            ("출시했고", Connective),
            ("광고", Noun),
            ("했지만", Connective),
            ("통합해", Linking),
            ("지난해", Noun),
            ("위해", Linking),
            ("개발한", Relative),
            ("제한", Noun),
            ("있는", Relative),
            ("밝혔다고", Quoted),
            ("", Noun),
        ];
        for (word, expected) in cases {
            assert_eq!(class_of(word, false), expected, "{word}");
        }
        assert_eq!(class_of("가나한", true), Noun);
    }
}
