//! The weights of the sequence model: the file and the table in memory.
//!
//! The file is one zstd frame of: the magic `GISAMDL1`, the number of features (u32), the calibration (two f32 a type), `LABELS × LABELS` transitions (i16), then the features by ascending key: the difference to the key
//! before (LEB128), a mask of the labels with a weight in the lower 11 bits and the shift in the upper 5 (u16), a weight
//! for each of those labels (i8, to be shifted left). Numbers are little-endian.

use crate::model_file::{ModelError, take, take_leb128, unpack};

use super::decoder::is_inside;
use super::features::FEATURES;

/// Types of names that the model tells apart.
pub const TYPES: usize = 5;

/// Labels of the model: outside, and first and further characters of each type.
pub const LABELS: usize = 1 + 2 * TYPES;

const MAGIC: &[u8; 8] = b"GISAMDL1";

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

/// Scores of one character by label; lanes from [`LABELS`] on mean nothing.
pub(super) type Scores = [i16; LANES];

/// One feature in sixteen bytes: `LABELS` weights, the shift, the key. All lanes are added up, those of shift and key too,
/// because the compiler makes that three vector instructions; nobody reads their sums.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(16))]
struct Row([u8; LANES]);

/// A cache line of rows; free ones are behind the others.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Bucket([Row; BUCKET]);

const SHIFT_AT: usize = LABELS;
const KEY_AT: usize = 12;

impl Row {
    fn new(key: u32, weights: [i8; LABELS], shift: u8) -> Self {
        let mut row = [0; LANES];
        for (byte, weight) in row.iter_mut().zip(weights) {
            *byte = weight as u8;
        }
        row[SHIFT_AT] = shift;
        row[KEY_AT..].copy_from_slice(&key.to_le_bytes());
        Self(row)
    }

    /// Upper half of the feature's hash; 0 is a free slot.
    #[inline]
    fn key(&self) -> u32 {
        let [.., a, b, c, d] = self.0;
        u32::from_le_bytes([a, b, c, d])
    }

    /// Weights are in units of two to this power: few features have large weights, and the others need small steps.
    #[inline]
    fn shift(&self) -> u8 {
        self.0[SHIFT_AT] & 15
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

/// The part of a feature's hash that is kept, never 0.
pub fn key_of(feature: u64) -> u32 {
    ((feature >> 32) as u32).max(1)
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
        let may_start = |label: usize| label < LABELS && !is_inside(label);
        let mut weights = Self {
            buckets: vec![Bucket::default(); count * ROWS_PER_THREE_FEATURES / (3 * BUCKET) + 1],
            bitmap: vec![0; count * BITS_PER_FEATURE / 64 + 1],
            transitions_from,
            transitions_to,
            start: std::array::from_fn(|label| if may_start(label) { 0 } else { i16::MIN }),
            calibration,
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
            weights.insert(Row::new(key, row_weights, shift))?;
        }
        rest.is_empty().then_some(weights)
    }

    fn insert(&mut self, row: Row) -> Option<()> {
        let first = place_of(spread(row.key()), self.buckets.len());
        let (before, from) = self.buckets.split_at_mut(first);
        let mut rows = from.iter_mut().chain(before).flat_map(|bucket| &mut bucket.0);
        *rows.find(|row| row.key() == 0)? = row;
        let (word, bit) = self.bit_of(row.key());
        self.bitmap[word] |= bit;
        Some(())
    }

    #[inline]
    fn bit_of(&self, key: u32) -> (usize, u64) {
        (place_of(key, self.bitmap.len()), 1 << (key & 63))
    }

    /// The row of a feature; one without weights if there is none.
    #[inline]
    fn row(&self, key: u32) -> Row {
        let mut at = place_of(spread(key), self.buckets.len());
        loop {
            let rows = &self.buckets[at].0;
            // Without branches, so that the searches for all features of a character wait for memory together.
            let found = (0..BUCKET).fold(
                BUCKET,
                |found, slot| if rows[slot].key() == key { slot } else { found },
            );
            if found < BUCKET {
                return rows[found];
            }
            if rows[BUCKET - 1].key() == 0 {
                return Row::default();
            }
            at = (at + 1) % self.buckets.len();
        }
    }

    /// The sums of the weights of a character's features.
    #[inline]
    pub(super) fn scores(&self, features: &[u64; FEATURES]) -> Scores {
        // First which features have a row, then the rows: the loads of a loop do not wait for each other.
        let mut known = [0u32; FEATURES];
        let mut count = 0;
        for &feature in features {
            let key = key_of(feature);
            let (word, bit) = self.bit_of(key);
            known[count] = key;
            count += usize::from(self.bitmap[word] & bit != 0);
        }
        let mut rows = [Row::default(); FEATURES];
        for (row, &key) in rows.iter_mut().zip(&known[..count]) {
            *row = self.row(key);
        }
        let mut scores: Scores = [0; LANES];
        for row in &rows[..count] {
            let shift = row.shift();
            for (score, &weight) in scores.iter_mut().zip(&row.0) {
                *score = score.saturating_add(i16::from(weight as i8) << shift);
            }
        }
        scores
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

/// The weights of one feature as the file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// See [`key_of`].
    pub key: u32,
    /// Weights by label, to be shifted left.
    pub weights: [i8; LABELS],
    /// By how much, up to [`LARGEST_SHIFT`].
    pub shift: u8,
}

/// Writes a model file. The rows may be in any order; of equal keys the first stays.
pub fn write(
    mut rows: Vec<FileRow>,
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
    let mut last = 0;
    for row in rows {
        let mut difference = row.key - last;
        last = row.key;
        while difference > 0x7f {
            bytes.push(difference as u8 | 0x80);
            difference >>= 7;
        }
        bytes.push(difference as u8);
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
        write(rows, &transitions, &[(0.0, 0.5); TYPES]).unwrap()
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
        let mut features = [0; FEATURES];
        features[0] = 5 << 32;
        features[1] = 900_000_000 << 32;
        features[2] = 6 << 32;
        let scores = weights.scores(&features);
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
