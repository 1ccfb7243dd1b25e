//! The weights of the sequence model: the file and the table in memory.
//!
//! The file is one zstd frame of: the magic `GISAMDL2`, the number of features (u32), the calibration (two f32 a type),
//! `LABELS × LABELS` transitions (i16), the number of plain words (u32) and their hashes in ascending order, each as the
//! difference to the one before (LEB128), then the features by ascending key: the difference to the key
//! before (LEB128), a mask of the labels with a weight in the lower 11 bits and the shift in the upper 5 (u16), a weight
//! for each of those labels (i8, to be shifted left). Numbers are little-endian.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::model_file::{ModelError, put_leb128, take, take_leb128, unpack};

use super::decoder::is_inside;
use super::features::FEATURES;

/// Types of names that the model tells apart.
pub const TYPES: usize = 5;

/// Labels of the model: outside, and first and further characters of each type.
pub const LABELS: usize = 1 + 2 * TYPES;

const MAGIC: &[u8; 8] = b"GISAMDL2";

/// What a decompressed file may be at most, in bytes: far more than any model that ships.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// Rows of a bucket: as many as a cache line holds, so that a search waits for memory once.
const BUCKET: usize = 4;

/// Rows of the table for each three features: room enough that few buckets are full.
const ROWS_PER_THREE_FEATURES: usize = 5;

/// The bitmap has so many bits a feature; about one absent feature in so many passes it.
const BITS_PER_FEATURE: usize = 16;

/// The largest shift of a row: a weight of eight bits must fit in sixteen.
pub const LARGEST_SHIFT: u8 = 8;

/// Lanes of a score: one a label, and padding that lets the compiler use whole vectors.
pub(super) const LANES: usize = 16;

/// What the labels of names score at a character that is in no name: less than any sentence makes up for.
const NEVER: i16 = -8_000;

/// Scores of a character that is in no name.
pub(super) const OUTSIDE: Scores = {
    let mut scores = [NEVER; LANES];
    scores[0] = 0;
    scores
};

/// Scores of one character by label; lanes from [`LABELS`] on mean nothing.
pub(super) type Scores = [i16; LANES];

/// A cache line with the rows of up to [`BUCKET`] features: first the rows, each of `LABELS` weights and a shift, then
/// their keys; free ones have key 0 and are behind the others.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket([u8; 64]);

const ROW: usize = LABELS + 1;
const KEYS_AT: usize = BUCKET * ROW;

impl Bucket {
    const FREE: Self = Self([0; 64]);

    #[inline]
    fn key(&self, slot: usize) -> u32 {
        let at = KEYS_AT + 4 * slot;
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    /// A bit for each slot with this key.
    #[inline]
    fn slots_of(&self, key: u32) -> u32 {
        (0..BUCKET).fold(0, |slots, slot| slots | u32::from(self.key(slot) == key) << slot)
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.key(BUCKET - 1) != 0
    }

    /// The row in a slot, and behind it bytes that mean nothing.
    #[inline]
    fn row(&self, slot: usize) -> [u8; LANES] {
        let start = ROW * (slot % BUCKET);
        std::array::from_fn(|byte| self.0[start + byte])
    }

    /// Puts a row into the first free slot; false if there is none.
    fn insert(&mut self, row: &FileRow) -> bool {
        let Some(slot) = (0..BUCKET).find(|&slot| self.key(slot) == 0) else {
            return false;
        };
        let bytes = &mut self.0[ROW * slot..ROW * (slot + 1)];
        for (byte, weight) in bytes.iter_mut().zip(row.weights) {
            *byte = weight as u8;
        }
        bytes[LABELS] = row.shift;
        self.0[KEYS_AT + 4 * slot..][..4].copy_from_slice(&row.key.to_le_bytes());
        true
    }
}

/// Features of the characters of a sentence that may have a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Called {
    keys: Vec<u32>,
    /// Where those of each character end; `None` for a character that is in no name.
    ends: Vec<Option<usize>>,
}

impl Called {
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.ends.clear();
    }
}

/// Weights by feature, and of transitions.
pub struct Weights {
    /// Where a bucket is full, its features go on in the next.
    buckets: Vec<Bucket>,
    /// Which features may have a row: most features of a text have none, and this is a small part of the table.
    bitmap: Vec<u64>,
    /// From the label of a character (row) to that of the next (lane); what may not follow has the least score.
    pub(super) transitions_from: [[i16; LANES]; LABELS],
    /// The same, from the label of a character (lane) to that of the next (row).
    pub(super) transitions_to: [[i16; LANES]; LABELS],
    /// Labels that a sentence may begin with have 0, the others the least score.
    pub(super) start: [i16; LANES],
    calibration: Calibration,
    /// Hashes of words that are no part of any name.
    plain_words: FxHashSet<u32>,
}

/// How margins become probabilities, by type: the logistic function of `offset + slope · margin`.
pub type Calibration = [(f32, f32); TYPES];

impl std::fmt::Debug for Weights {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Weights")
            .field("buckets", &self.buckets.len())
            .finish_non_exhaustive()
    }
}

impl Weights {
    /// Reads a model file.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        Self::parse(&unpack(file, LARGEST_FILE)?).ok_or(ModelError::Format)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let count = u32::from_le_bytes(take(&mut rest)?) as usize;
        // A feature takes at least two bytes, so that a wrong count cannot ask for more memory than the file is worth.
        if count > rest.len() / 2 {
            return None;
        }
        let mut calibration = [(0.0, 0.0); TYPES];
        for (offset, slope) in &mut calibration {
            *offset = f32::from_le_bytes(take(&mut rest)?);
            *slope = f32::from_le_bytes(take(&mut rest)?);
        }
        let mut transitions_from = [[i16::MIN; LANES]; LABELS];
        let mut transitions_to = [[i16::MIN; LANES]; LABELS];
        for from in 0..LABELS {
            for to in 0..LABELS {
                let weight = i16::from_le_bytes(take(&mut rest)?);
                if may_follow(from, to) {
                    transitions_from[from][to] = weight;
                    transitions_to[to][from] = weight;
                }
            }
        }
        let plain_count = u32::from_le_bytes(take(&mut rest)?) as usize;
        let mut plain_words = FxHashSet::default();
        let mut hash = 0u32;
        for _ in 0..plain_count {
            hash = hash.checked_add(take_leb128(&mut rest)?)?;
            plain_words.insert(hash);
        }
        let may_start = |label: usize| label < LABELS && !is_inside(label);
        let mut weights = Self {
            buckets: vec![Bucket::FREE; count * ROWS_PER_THREE_FEATURES / (3 * BUCKET) + 1],
            bitmap: vec![0; count * BITS_PER_FEATURE / 64 + 1],
            transitions_from,
            transitions_to,
            start: std::array::from_fn(|label| if may_start(label) { 0 } else { i16::MIN }),
            calibration,
            plain_words,
        };
        let mut key = 0u32;
        for _ in 0..count {
            key = key.checked_add(take_leb128(&mut rest)?)?;
            let mask = u16::from_le_bytes(take(&mut rest)?);
            let shift = (mask >> LABELS) as u8;
            if shift > LARGEST_SHIFT {
                return None;
            }
            let mut row_weights = [0; LABELS];
            for (label, weight) in row_weights.iter_mut().enumerate() {
                if mask & 1 << label != 0 {
                    let [byte] = take(&mut rest)?;
                    *weight = i8::from_le_bytes([byte]);
                }
            }
            weights.insert(&FileRow {
                key,
                weights: row_weights,
                shift,
            })?;
        }
        rest.is_empty().then_some(weights)
    }

    fn insert(&mut self, row: &FileRow) -> Option<()> {
        // A key of 0 would be free, and none of a text is.
        if row.key == 0 {
            return None;
        }
        let first = place_of(spread(row.key), self.buckets.len());
        let (before, from) = self.buckets.split_at_mut(first);
        from.iter_mut()
            .chain(before)
            .find_map(|bucket| bucket.insert(row).then_some(()))?;
        let (word, bit) = self.bit_of(row.key);
        self.bitmap[word] |= bit;
        Some(())
    }

    #[inline]
    fn bit_of(&self, key: u32) -> (usize, u64) {
        (place_of(key, self.bitmap.len()), 1 << (key & 63))
    }

    /// Whether a word with this hash (see [`words`](super::features::words)) is no part of any name.
    #[inline]
    pub(super) fn is_plain(&self, word: u32) -> bool {
        self.plain_words.contains(&word)
    }

    /// Notes which of a character's features may have a row, and has the rows brought from memory: there is other work to
    /// do until [`Weights::scores`] wants them. `None` is a character that is in no name.
    #[inline]
    pub(super) fn call_for(&self, features: Option<&[u32; FEATURES]>, called: &mut Called) {
        let Some(features) = features else {
            called.ends.push(None);
            return;
        };
        let mut known = [0; FEATURES];
        let mut count = 0;
        for &key in features {
            let (word, bit) = self.bit_of(key);
            known[count] = key;
            count += usize::from(self.bitmap[word] & bit != 0);
        }
        let known = &known[..count];
        for &key in known {
            prefetch(&self.buckets[place_of(spread(key), self.buckets.len())]);
        }
        called.keys.extend_from_slice(known);
        called.ends.push(Some(called.keys.len()));
    }

    /// The sums of the weights of each character's features.
    pub(super) fn scores(&self, called: &Called, scores: &mut Vec<Scores>) {
        let mut start = 0;
        for &end in &called.ends {
            let Some(end) = end else {
                scores.push(OUTSIDE);
                continue;
            };
            let mut sums: Scores = [0; LANES];
            for &key in &called.keys[start..end] {
                self.add_row(key, &mut sums);
            }
            scores.push(sums);
            start = end;
        }
    }

    /// Adds the weights of a feature, if it has any. All lanes are added up, also those that mean nothing, because the
    /// compiler makes that few vector instructions.
    #[inline]
    fn add_row(&self, key: u32, sums: &mut Scores) {
        let mut at = place_of(spread(key), self.buckets.len());
        loop {
            let bucket = &self.buckets[at];
            let slots = bucket.slots_of(key);
            if slots != 0 {
                let row = bucket.row(slots.trailing_zeros() as usize);
                let shift = row[LABELS] & 15;
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum = sum.saturating_add(i16::from(weight as i8) << shift);
                }
                return;
            }
            if !bucket.is_full() {
                return;
            }
            at = (at + 1) % self.buckets.len();
        }
    }

    /// How likely a mention with this margin is right, 0 to 1.
    pub(super) fn confidence(&self, type_number: usize, margin: i32) -> f32 {
        let (offset, slope) = self.calibration[type_number];
        1.0 / (1.0 + (-(offset + slope * margin as f32)).exp())
    }
}

/// A further character of a type follows a character of the same type.
fn may_follow(from: usize, to: usize) -> bool {
    !is_inside(to) || from == to || from + 1 == to
}

/// Keys are hashes: scaling spreads them over any number of places.
#[inline]
fn place_of(key: u32, places: usize) -> usize {
    ((u64::from(key) * places as u64) >> 32) as usize
}

/// Makes other bits of a key count for the bucket than for the bitmap.
#[inline]
fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

/// Has a cache line brought from memory without waiting for it.
#[inline]
fn prefetch<T>(line: &T) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "the intrinsic takes a pointer")]
    // SAFETY: the pointer is of a reference, and nothing is read through it.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch(std::ptr::from_ref(line).cast(), _MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// The weights of one feature as the file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The feature, not 0.
    pub key: u32,
    /// Weights by label, to be shifted left.
    pub weights: [i8; LABELS],
    /// By how much, up to [`LARGEST_SHIFT`].
    pub shift: u8,
}

/// Writes a model file. Rows and hashes of plain words may be in any order; of rows with equal keys the first stays.
pub fn write(
    mut rows: Vec<FileRow>,
    plain_words: &BTreeSet<u32>,
    transitions: &[[i16; LABELS]; LABELS],
    calibration: &Calibration,
) -> std::io::Result<Vec<u8>> {
    rows.sort_by_key(|row| row.key);
    rows.dedup_by_key(|row| row.key);
    let mut bytes = MAGIC.to_vec();
    bytes.extend((rows.len() as u32).to_le_bytes());
    for (offset, slope) in calibration {
        bytes.extend(offset.to_le_bytes());
        bytes.extend(slope.to_le_bytes());
    }
    for weight in transitions.as_flattened() {
        bytes.extend(weight.to_le_bytes());
    }
    bytes.extend((plain_words.len() as u32).to_le_bytes());
    let mut last = 0;
    for &hash in plain_words {
        put_leb128(hash - last, &mut bytes);
        last = hash;
    }
    let mut last = 0;
    for row in rows {
        put_leb128(row.key - last, &mut bytes);
        last = row.key;
        let labels = (0..LABELS).filter(|&label| row.weights[label] != 0);
        let mask = labels.fold(u16::from(row.shift) << LABELS, |mask, label| mask | 1 << label);
        bytes.extend(mask.to_le_bytes());
        bytes.extend(
            row.weights
                .iter()
                .filter(|&&weight| weight != 0)
                .map(|&weight| weight as u8),
        );
    }
    zstd::stream::encode_all(bytes.as_slice(), 19)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let row = |key, label: usize, weight, shift| {
            let mut weights = [0; LABELS];
            weights[label] = weight;
            FileRow { key, weights, shift }
        };
        let rows = vec![row(900_000_000, 4, -128, 2), row(5, 10, 127, 0)];
        let mut transitions = [[0; LABELS]; LABELS];
        transitions[1][2] = -7;
        write(
            rows,
            &BTreeSet::from([3, 4_000_000_000]),
            &transitions,
            &[(0.0, 0.5); TYPES],
        )
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let weights = Weights::read(&file()).unwrap();
        assert_eq!(weights.confidence(3, 0), 0.5);
        assert!(weights.confidence(3, 4) > 0.88 && weights.confidence(3, -4) < 0.12);
        assert_eq!(
            (weights.transitions_from[1][2], weights.transitions_to[2][1]),
            (-7, -7)
        );
        assert_eq!(weights.transitions_from[0][2], i16::MIN);
        let mut features = [7; FEATURES];
        features[0] = 5;
        features[1] = 900_000_000;
        let (mut called, mut scores) = (Called::default(), Vec::new());
        weights.call_for(Some(&features), &mut called);
        weights.call_for(None, &mut called);
        weights.scores(&called, &mut scores);
        let [scores, outside] = scores[..] else {
            panic!("two characters have {} scores", scores.len())
        };
        assert_eq!((outside[0], outside[LABELS - 1]), (0, NEVER));
        assert!(weights.is_plain(3) && weights.is_plain(4_000_000_000) && !weights.is_plain(4));
        assert_eq!((scores[4], scores[10]), (-512, 127));
        assert_eq!(scores[..LABELS].iter().filter(|&&score| score != 0).count(), 2);
    }

    #[test]
    fn wrong_files_are_refused() {
        assert!(matches!(
            Weights::read(b"not a model"),
            Err(ModelError::Compression(_))
        ));
        let bytes = zstd::stream::decode_all(file().as_slice()).unwrap();
        for length in 0..bytes.len() {
            assert!(Weights::parse(&bytes[..length]).is_none(), "{length}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Weights::parse(&longer).is_none());
        let mut greedy = bytes;
        greedy[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Weights::parse(&greedy).is_none());
    }
}
