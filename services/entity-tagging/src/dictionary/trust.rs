//! How far a spelling is trusted.

/// How far a spelling is trusted, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Imported, and short, an everyday word, or often part of other words: no mention by itself, but evidence.
    Weak,
    /// Imported, and hardly anything else: proposes mentions, with less confidence.
    Strong,
    /// Entered by hand: proposes mentions.
    Curated,
}

impl Trust {
    /// All kinds, from little to much.
    pub const ALL: [Self; 3] = [Self::Weak, Self::Strong, Self::Curated];
}
