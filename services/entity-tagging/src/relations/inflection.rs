//! Inflection (활용) of predicates: the forms that a stem takes, and what the ending of a form says.
//!
//! A form is a head and an ending: 밝혔 + 다, 밝힌, 밝히 + 며. [`heads`] gives the heads of a stem, so that a word can be
//! looked up by its beginning; [`read`] reads the rest of the word and the words that follow (예정이다, 않았다).

use super::hangul::{Syllable, ends_with_final, finals};

/// Where a predicate stands in its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Ends the sentence.
    Final,
    /// Another clause follows: 출시하고.
    Connective,
    /// Describes a noun: 출시한 제품.
    Relative,
    /// Is reported: 출시했다고.
    Quoted,
}

/// Whether the thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// It did or does.
    Fact,
    /// It is to happen: 출시할 예정이다.
    Plan,
    /// It may happen: 출시하면, 출시할 수 있다.
    Possible,
    /// It does not: 출시하지 않았다.
    Negated,
}

/// What the form of a predicate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub position: Position,
    pub mood: Mood,
}

impl Reading {
    const fn new(position: Position, mood: Mood) -> Self {
        Self { position, mood }
    }
}

/// Vowels in the order of Unicode.
mod vowel {
    pub(super) const A: u32 = 0;
    pub(super) const AE: u32 = 1;
    pub(super) const EO: u32 = 4;
    pub(super) const E: u32 = 5;
    pub(super) const YEO: u32 = 6;
    pub(super) const O: u32 = 8;
    pub(super) const WA: u32 = 9;
    pub(super) const WAE: u32 = 10;
    pub(super) const OE: u32 = 11;
    pub(super) const U: u32 = 13;
    pub(super) const WEO: u32 = 14;
    pub(super) const EU: u32 = 18;
    pub(super) const I: u32 = 20;
}

/// What a head is, which says how the word may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// The stem itself: 밝히.
    Stem,
    /// With ㄴ or ㄹ: 밝힌, 밝힐.
    Modifier,
    /// With ㅂ or ㅁ: 밝힙, 밝힘.
    Other,
    /// With 아 or 어: 밝혀.
    Infinitive,
    /// With ㅆ: 밝혔.
    Past,
}

/// Beginnings of endings that may follow a stem.
const STEM_ENDINGS: &[char] = &[
    '고', '며', '면', '지', '는', '기', '던', '자', '었', '았', '어', '아', '으', '은', '을', '습', '다',
    '도', '려', '게', '거', '네', '겠', '니', '나', '음',
];
/// Beginnings of endings that may follow a past form.
const PAST_ENDINGS: &[char] = &[
    '다', '고', '으', '지', '던', '는', '습', '음', '어', '기', '나', '네', '을', '죠',
];
/// Beginnings of what may follow an infinitive: endings and verbs that help.
const INFINITIVE_ENDINGS: &[char] = &[
    '서', '야', '주', '줬', '왔', '온', '오', '갔', '가', '간', '있', '냈', '낸', '내', '도', '나', '난',
    '났', '낼', '준', '줄', '둔',
];

impl Head {
    /// Whether `rest` may follow the head in a word.
    pub(super) fn takes(self, rest: &str) -> bool {
        match self {
            Self::Stem => rest.starts_with(STEM_ENDINGS),
            Self::Modifier => {
                rest.is_empty() || rest.starts_with('다') || rest.starts_with("지") || rest.starts_with("데")
            }
            Self::Other => rest.is_empty() || rest.starts_with('니'),
            Self::Infinitive => rest.is_empty() || rest.starts_with(INFINITIVE_ENDINGS),
            Self::Past => rest.starts_with(PAST_ENDINGS),
        }
    }
}

/// The beginnings of all forms of a stem, without the stems of 하다 verbs, whose noun is looked up instead.
pub(super) fn heads(stem: &str) -> Vec<(String, Head)> {
    let Some((before, last)) = stem
        .char_indices()
        .next_back()
        .and_then(|(at, character)| Some((&stem[..at], Syllable::of(character)?)))
    else {
        return Vec::new();
    };
    let with = |syllable: Syllable| format!("{before}{}", syllable.compose());
    let mut heads = vec![(stem.to_owned(), Head::Stem)];
    if last.last == finals::RIEUL {
        // 만들다: 만든, 만듭니다.
        heads.push((with(last.with_last(finals::NIEUN)), Head::Modifier));
        heads.push((with(last.with_last(finals::BIEUP)), Head::Other));
    }
    if last.last != finals::NONE {
        // 맺다: 맺은, 맺었다 go on behind the stem as it is.
        return heads;
    }
    heads.extend([
        (with(last.with_last(finals::NIEUN)), Head::Modifier),
        (with(last.with_last(finals::RIEUL)), Head::Modifier),
        (with(last.with_last(finals::BIEUP)), Head::Other),
        (with(last.with_last(finals::MIEUM)), Head::Other),
    ]);
    if stem.ends_with('르') {
        heads.extend(doubled(before));
    }
    let contracted = match last.vowel {
        vowel::I => Some(vowel::YEO),
        vowel::O => Some(vowel::WA),
        vowel::U => Some(vowel::WEO),
        vowel::OE => Some(vowel::WAE),
        vowel::EU => Some(if is_bright(before) { vowel::A } else { vowel::EO }),
        vowel::A | vowel::EO | vowel::AE | vowel::E | vowel::YEO => Some(last.vowel),
        _ => None,
    };
    if let Some(vowel) = contracted {
        let infinitive = last.with_vowel(vowel);
        heads.push((with(infinitive), Head::Infinitive));
        heads.push((with(infinitive.with_last(finals::SSANG_SIOS)), Head::Past));
    }
    heads
}

/// Whether the vowel before calls for 아: 모으다, 모아.
fn is_bright(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .and_then(Syllable::of)
        .is_some_and(|syllable| matches!(syllable.vowel, vowel::A | vowel::O))
}

/// 오르다: 올라, 올랐다.
fn doubled(before: &str) -> Vec<(String, Head)> {
    let Some((at, character)) = before.char_indices().next_back() else {
        return Vec::new();
    };
    let Some(syllable) = Syllable::of(character) else {
        return Vec::new();
    };
    let first = syllable.with_last(finals::RIEUL).compose();
    let endings = if is_bright(before) {
        ["라", "랐"]
    } else {
        ["러", "렀"]
    };
    endings
        .into_iter()
        .zip([Head::Infinitive, Head::Past])
        .map(|(ending, head)| (format!("{}{first}{ending}", &before[..at]), head))
        .collect()
}

/// Nouns behind a relative form that make it a plan: 할 예정.
const PLAN_NOUNS: &[&str] = &["예정", "계획", "방침", "전망", "목표", "것", "작정", "참", "구상"];
/// Nouns behind a relative form that leave open whether it happens: 할 수, 하는 방안.
const OPEN_NOUNS: &[&str] = &[
    "수",
    "경우",
    "가능성",
    "방안",
    "방법",
    "만",
    "지",
    "때",
    "필요",
    "의향",
    "여지",
    "듯",
    "뻔",
];
/// Words that deny what stands before: 하지 않았다, 한 적이 없다.
const DENIALS: &[&str] = &["않", "못", "말", "아니", "없"];
/// What a clause goes on with behind a relative form: 한 뒤.
const NEXT_NOUNS: &[&str] = &["등", "뒤", "후", "이후", "다음", "데", "가운데"];
/// What may stand for the form as a noun of a finite sentence: 한 것으로 알려졌다, 한 바 있다.
const FACT_NOUNS: &[&str] = &["것", "게", "바", "셈", "상태"];

/// What a form says: `form` is the word from the predicate's head on, `following` the words behind it.
pub(super) fn read(form: &str, following: [&str; 2]) -> Reading {
    use Mood::{Fact, Negated, Plan, Possible};
    use Position::{Connective, Final, Quoted, Relative};
    let [next, after_next] = following;
    let begins = |word: &str, list: &[&str]| list.iter().any(|entry| word.starts_with(entry));
    let is = |word: &str, list: &[&str]| {
        list.iter().any(|noun| {
            word.strip_prefix(noun)
                .is_some_and(|rest| rest.chars().count() <= 3)
        })
    };
    let mood = if form.contains('겠') { Plan } else { Fact };
    if form.ends_with('지') && begins(next, DENIALS) {
        return Reading::new(Final, Negated);
    }
    if form.ends_with("기로") {
        return Reading::new(Final, Plan);
    }
    if ["다고", "다며", "다면서", "라고", "라며", "자고", "다는", "다던"]
        .iter()
        .any(|ending| form.ends_with(ending))
    {
        let denied = is(next, &["적이", "적은", "바"]) && begins(after_next, DENIALS);
        let planned = form.ends_with("다는") && is(next, PLAN_NOUNS);
        return match (denied, planned) {
            (true, _) => Reading::new(Quoted, Negated),
            (_, true) => Reading::new(Final, Plan),
            _ => Reading::new(Quoted, mood),
        };
    }
    if form.ends_with(['다', '요', '까', '음', '함', '됨', '임']) {
        return Reading::new(Final, mood);
    }
    if ["으면", "하면", "되면", "려면", "다면", "거나", "든지"]
        .iter()
        .any(|ending| form.ends_with(ending))
    {
        return Reading::new(Connective, Possible);
    }
    let is_noun_form = ["기", "기도", "기에", "기까지", "기를", "기는"]
        .iter()
        .any(|ending| form.ends_with(ending));
    if is_noun_form && !next.starts_with("시작") {
        return Reading::new(Connective, Possible);
    }
    if ends_with_final(form, finals::RIEUL) {
        return match () {
            () if is(next, OPEN_NOUNS) => Reading::new(Relative, Possible),
            () if is(next, PLAN_NOUNS) && begins(after_next, DENIALS) => Reading::new(Final, Negated),
            () if is(next, PLAN_NOUNS) => Reading::new(Final, Plan),
            () => Reading::new(Relative, Plan),
        };
    }
    let is_relative = ends_with_final(form, finals::NIEUN) || form.ends_with('는') || form.ends_with('던');
    if is_relative && !form.ends_with("지만") {
        return match () {
            () if is(next, &["적", "일"]) && begins(after_next, DENIALS) => Reading::new(Final, Negated),
            () if is(next, NEXT_NOUNS) => Reading::new(Connective, mood),
            () if is(next, FACT_NOUNS) => Reading::new(Final, mood),
            () if is(next, OPEN_NOUNS) => Reading::new(Relative, Possible),
            () => Reading::new(Relative, mood),
        };
    }
    Reading::new(Connective, mood)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_stems() {
        let cases: &[(&str, &[&str])] = &[
            ("밝히", &["밝힌", "밝힐", "밝혀", "밝혔", "밝힙"]),
            ("선보이", &["선보인", "선보여", "선보였"]),
            ("오르", &["오른", "올라", "올랐"]),
            ("내놓", &["내놓"]),
            ("나서", &["나선", "나서", "나섰"]),
            ("만들", &["만들", "만든", "만듭"]),
            ("맺", &["맺"]),
            ("꾸리", &["꾸린", "꾸려", "꾸렸"]),
            ("모으", &["모은", "모아", "모았"]),
            ("늘리", &["늘린", "늘려", "늘렸"]),
            ("되", &["된", "될", "돼", "됐"]),
        ];
        for (stem, expected) in cases {
            let found = heads(stem);
            for head in *expected {
                let is_found = found.iter().any(|(other, _)| other == head);
                assert!(is_found, "{stem}: {head} not in {found:?}");
            }
        }
        assert!(heads("").is_empty() && heads("a").is_empty());
        assert!(Head::Past.takes("다고") && !Head::Past.takes("") && !Head::Stem.takes("풍"));
    }

    #[test]
    fn readings() {
        use Mood::{Fact, Negated, Plan, Possible};
        use Position::{Connective, Final, Quoted, Relative};
        let cases = [
            ("했다", ["", ""], Final, Fact),
            ("하겠다", ["", ""], Final, Plan),
            ("했고", ["또", ""], Connective, Fact),
            ("했다고", ["밝혔다", ""], Quoted, Fact),
            ("한다는", ["계획이다", ""], Final, Plan),
            ("한", ["제품을", ""], Relative, Fact),
            ("한", ["것으로", "알려졌다"], Final, Fact),
            ("한", ["뒤", ""], Connective, Fact),
            ("한", ["적이", "없다"], Final, Negated),
            ("할", ["예정이다", ""], Final, Plan),
            ("할", ["계획은", "없다"], Final, Negated),
            ("할", ["수", "있다"], Relative, Possible),
            ("하기로", ["했다", ""], Final, Plan),
            ("하지", ["않았다", ""], Final, Negated),
            ("하면", ["", ""], Connective, Possible),
            ("되기도", ["전에", ""], Connective, Possible),
            ("하기", ["시작했다", ""], Connective, Fact),
            ("했지만", ["", ""], Connective, Fact),
            ("", ["", ""], Connective, Fact),
        ];
        for (form, following, position, mood) in cases {
            assert_eq!(
                read(form, following),
                Reading::new(position, mood),
                "{form} {following:?}"
            );
        }
    }
}
