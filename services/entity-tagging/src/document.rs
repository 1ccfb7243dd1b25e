//! The document layer: what the article as a whole says about its names.
//!
//! * [`bracket`]: a name that the article introduces next to a known one: 과학기술정보통신부(과기정통부).
//! * [`surname`]: a person introduced once is known by the surname after: 백롱민 교수 … 백 교수.
//! * [`dateline`]: place, agency and reporter of wire copy: (서울=새벽통신) 도래솔 기자.
//! * [`head_noun`]: what is introduced in quotes, by its last noun: 'AI 연구센터'를 신설했다.
//! * [`consistency`]: one surface has one type in an article, and is a mention wherever it stands.

mod bracket;
mod consistency;
mod dateline;
mod head_noun;
mod surname;

use std::array::from_fn;

use crate::resolver::Candidate;

pub(crate) use bracket::is_other_name;
pub(crate) use surname::surname_of;

/// A field of the article with the names found in it so far, sorted, not overlapping.
#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    /// The text.
    text: &'a str,
    /// The names in it.
    names: &'a [Candidate],
}

impl Field<'_> {
    /// Whether a name stands in `range` of the text.
    fn has_name_in(&self, range: &std::ops::Range<usize>) -> bool {
        let next = self.names.partition_point(|name| name.range.end <= range.start);
        self.names
            .get(next)
            .is_some_and(|name| name.range.start < range.end)
    }
}

/// Makes the types and links of the names in all fields agree, and drops those that the rest of the article speaks against.
pub fn agree<const FIELDS: usize>(texts: &[&str; FIELDS], names: &mut [Vec<Candidate>; FIELDS]) {
    for (text, names) in texts.iter().zip(names.iter_mut()) {
        bracket::agree(text, names);
        head_noun::agree(text, names);
    }
    consistency::agree(texts, names);
    consistency::share_links(texts, names);
}

/// Finds further names, one list a field: they may overlap each other but not the names that are there.
pub fn find_further_names<const FIELDS: usize>(
    texts: &[&str; FIELDS],
    names: &[Vec<Candidate>; FIELDS],
) -> [Vec<Candidate>; FIELDS] {
    let fields: [Field<'_>; FIELDS] = from_fn(|field| Field {
        text: texts[field],
        names: &names[field],
    });
    let mut further = from_fn(|_| Vec::new());
    for find in [
        dateline::find,
        bracket::find,
        surname::find,
        head_noun::find,
        consistency::find,
    ] {
        for (found, more) in further.iter_mut().zip(find(&fields)) {
            found.extend(more);
        }
    }
    further
}
