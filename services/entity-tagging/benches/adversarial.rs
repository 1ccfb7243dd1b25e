//! What the cost of tagging grows with: texts that ask for as much work as a text can, at two lengths. The figures per
//! character of a row's two lengths have to agree, or the cost is not linear.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark without its tagger has nothing to measure"
)]

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::CharsCount;
use gisa_article_model::ZonedTime;
use gisa_entity_tagging::tagger::{Tagger, TextToTag};

/// Characters of the short and of the long text.
const LENGTHS: [usize; 2] = [10_000, 100_000];

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::built_in().unwrap());

fn main() {
    LazyLock::force(&TAGGER);
    divan::main();
}

macro_rules! repeated {
    ($($(#[$doc:meta])* $name:ident = $part:literal,)*) => {
        $($(#[$doc])*
        #[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
        fn $name(bencher: Bencher<'_, '_>, length: usize) {
            measure(bencher, $part, length);
        })*
    };
}

repeated! {
    /// Prose, for comparison.
    a_prose = "네이버클라우드가 2일 서울에서 새 서비스를 공개했다. 김한별 대표는 “내년에 30% 늘리겠다”고 말했다.\n",
    /// One name after the other.
    b_names = "삼성전자 네이버 서울 ",
    /// One word without an end.
    c_one_word = "가나다라마바사",
    /// Quotes that never close.
    d_open_quotes = "“'‘",
    /// Brackets that never close.
    e_open_brackets = "네이버(",
    /// Digits.
    f_digits = "1",
    /// Numbers with units and signs.
    g_numbers = "1,2~3억4.",
    /// Number words.
    h_number_words = "일이삼사백천만억",
    /// Statements without an end.
    i_statements = "말했다 밝혔다 전했다 ",
    /// Particles.
    j_particles = "은는이가을를에서의",
    /// Persons with one surname.
    k_surnames = "김별 대표와 김 대표 ",
    /// Spaces.
    l_spaces = " ",
    /// Letters of different names, in Latin.
    m_latin = "AbC dE-F.G ",
}

fn measure(bencher: Bencher<'_, '_>, part: &str, length: usize) {
    let body: String = part.chars().cycle().take(length).collect();
    let text = TextToTag {
        title: "",
        subtitle: "",
        body: &body,
        published_at: ZonedTime::in_korea("2026-09-01T08:00:00+09:00".parse().unwrap()),
    };
    bencher
        .counter(CharsCount::new(length))
        .bench_local(|| TAGGER.tag(&text).mentions.len());
}
