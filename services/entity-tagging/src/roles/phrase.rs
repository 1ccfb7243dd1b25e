//! A title with what belongs to it, as found in a text.

use std::ops::Range;

use gisa_article_model::{EntityType, Mention};

use crate::dictionary::is_particle_chain;
use crate::titles::{Title, first_word, read_title};

/// What makes the head of an organization out of its name.
const HEAD: char = '장';

/// A role, in bytes of the field.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// The title as written: 고성능 컴퓨팅 담당 이사.
    pub(super) title: Range<usize>,
    /// The last word's entry in the list of titles.
    pub(super) entry: &'static Title,
    /// The word that says that the role is over, where an affiliation stands between it and the title: 전 새론 대표.
    pub(super) former: Option<Range<usize>>,
    /// Position of the organization or place among the mentions of the field.
    pub(super) affiliation: Option<usize>,
}

/// The title glued to the end of an affiliation: 대구|시장, 분당서울대병|원장.
pub(super) struct GluedTitle {
    pub(super) range: Range<usize>,
    pub(super) entry: &'static Title,
    /// Nothing is glued to the title.
    pub(super) is_bare: bool,
}

/// The title that is glued to `affiliation`, which `rest` follows.
pub(super) fn glued_title(affiliation: &Mention, rest: &str) -> Option<GluedTitle> {
    let end = affiliation.span.end_byte as usize;
    let tail = first_word(rest);
    if let Some(found) = read_title(tail) {
        return Some(GluedTitle {
            range: end..end + found.stem.len(),
            entry: found.title,
            is_bare: found.tail.is_empty(),
        });
    }
    // The head of the 한별연구원 is its 원장, that of the 별빛 센터 its 센터장.
    let particles = tail.strip_prefix(HEAD)?;
    let last_word = affiliation.surface.rsplit(' ').next()?;
    let entry = read_title(&format!("{last_word}{HEAD}"))?.title;
    let fits = affiliation.entity_type == EntityType::Organization
        && entry.text.len() > HEAD.len_utf8()
        && (particles.is_empty() || is_particle_chain(HEAD, particles));
    let end = end + HEAD.len_utf8();
    fits.then(|| GluedTitle {
        range: end - entry.text.len()..end,
        entry,
        is_bare: particles.is_empty(),
    })
}
