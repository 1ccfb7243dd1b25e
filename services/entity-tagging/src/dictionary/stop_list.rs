//! General terms: words that look like names and are none, whatever a dictionary or a bracket says.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A term a line; `#` begins a comment.
const FILE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../seeds/dictionary/general-terms.txt"
));

/// The terms, in lower case.
static GENERAL_TERMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    FILE.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_ascii_lowercase)
        .collect()
});

/// Longer than any term, in bytes.
const LONGEST_TERM: usize = 64;

/// Whether `text` is a general term and never a mention of its own. Latin terms stand for all their spellings in upper and
/// lower case.
pub fn is_general_term(text: &str) -> bool {
    if text.len() > LONGEST_TERM {
        return false;
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return GENERAL_TERMS.contains(&text.to_ascii_lowercase());
    }
    GENERAL_TERMS.contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_in_any_case() {
        for term in ["AI", "ai", "SaaS", "saas", "스마트팜", "디지털 트윈", "M&A"] {
            assert!(is_general_term(term), "{term}");
        }
        for name in ["", "#", "네이버", "SAP", "AI기본법"] {
            assert!(!is_general_term(name), "{name}");
        }
    }

    #[test]
    fn the_file_is_tidy() {
        let terms: Vec<&str> = FILE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert_eq!(terms.len(), GENERAL_TERMS.len(), "a term stands twice");
        assert!(
            terms
                .iter()
                .all(|term| term.trim() == *term && term.len() <= LONGEST_TERM)
        );
    }
}
