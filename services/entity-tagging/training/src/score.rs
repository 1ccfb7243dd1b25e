//! Strict scores: a mention counts when span and type are right.

use std::collections::BTreeMap;

/// Right, spurious and missed mentions of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Found and in the gold.
    pub right: usize,
    /// Found and not in the gold.
    pub spurious: usize,
    /// In the gold and not found.
    pub missed: usize,
}

impl Counts {
    /// Precision, 0 to 1.
    pub fn precision(self) -> f64 {
        ratio(self.right, self.right + self.spurious)
    }

    /// Recall, 0 to 1.
    pub fn recall(self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }

    /// F1, 0 to 1.
    pub fn f1(self) -> f64 {
        ratio(2 * self.right, 2 * self.right + self.spurious + self.missed)
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.spurious += other.spurious;
        self.missed += other.missed;
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Counts by type.
#[derive(Clone, Debug, Default)]
pub struct Score {
    by_type: BTreeMap<String, Counts>,
}

impl Score {
    /// Compares the mentions of one text: (start, end, type).
    pub fn compare(&mut self, gold: &[(usize, usize, &str)], found: &[(usize, usize, &str)]) {
        for mention in found {
            let counts = self.by_type.entry(mention.2.to_owned()).or_default();
            if gold.contains(mention) {
                counts.right += 1;
            } else {
                counts.spurious += 1;
            }
        }
        for mention in gold.iter().filter(|mention| !found.contains(mention)) {
            self.by_type.entry(mention.2.to_owned()).or_default().missed += 1;
        }
    }

    /// Adds the counts of another part of the data.
    pub fn merge(&mut self, other: &Self) {
        for (name, &counts) in &other.by_type {
            self.by_type.entry(name.clone()).or_default().add(counts);
        }
    }

    /// All types together, as far as `include` takes them.
    pub fn micro(&self, include: impl Fn(&str) -> bool) -> Counts {
        let mut sum = Counts::default();
        for (name, &counts) in &self.by_type {
            if include(name) {
                sum.add(counts);
            }
        }
        sum
    }

    /// Mean F1 of the types.
    pub fn macro_f1(&self) -> f64 {
        self.by_type.values().map(|counts| counts.f1()).sum::<f64>() / self.by_type.len().max(1) as f64
    }

    /// Counts by type, by name.
    pub fn types(&self) -> impl Iterator<Item = (&str, Counts)> {
        self.by_type.iter().map(|(name, &counts)| (name.as_str(), counts))
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "{:14} {:>6} {:>6} {:>6} {:>6}",
            "type", "gold", "P", "R", "F1"
        )?;
        let mut line = |name: &str, counts: Counts| {
            let gold = counts.right + counts.missed;
            let (p, r, f1) = (counts.precision(), counts.recall(), counts.f1());
            writeln!(formatter, "{name:14} {gold:>6} {p:>6.3} {r:>6.3} {f1:>6.3}")
        };
        for (name, counts) in self.types() {
            line(name, counts)?;
        }
        line("micro", self.micro(|_| true))?;
        write!(formatter, "{:14} {:>27.3}", "macro", self.macro_f1())
    }
}
