//! A title with what belongs to it, as found in a text.

use std::ops::Range;

use gisa_article_model::{EntityType, Mention};

use super::word::is_headed;
use crate::dictionary::is_particle_chain;
use crate::titles::{Title, first_word, read_title};

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

/// Last syllables of units whose head is called by adding 장, besides those of organizations.
const UNIT_ENDINGS: &[char] = &['팀', '실', '부', '과', '랩', '룹'];

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
    // The head of the 한별연구원 is its 원장.
    let head = affiliation.surface.chars().next_back()?;
    let particles = tail.strip_prefix('장')?;
    let fits = affiliation.entity_type == EntityType::Organization
        && (is_headed(head) || UNIT_ENDINGS.contains(&head))
        && (particles.is_empty() || is_particle_chain('장', particles));
    let start = end.checked_sub(head.len_utf8()).filter(|_| fits)?;
    Some(GluedTitle {
        range: start..end + '장'.len_utf8(),
        entry: read_title("원장")?.title,
        is_bare: particles.is_empty(),
    })
}
