//! The weights of the topic model: the file and the table in memory.
//!
//! The file is one zstd frame with a checksum, of: the magic `GISATPC1`, the number of features (u32), the scale (f32),
//! what prose is expected to weigh (f32 a topic), then the features in ascending order, each as the difference to the one
//! after the one before (LEB128), then the weights (i8), topic by topic. Numbers are little-endian.

use std::io::Write as _;

use gisa_article_model::Topic;

use super::features::BUCKETS;
use crate::model_file::{ModelError, put_leb128, take, take_leb128, unpack};

/// Number of topics.
pub const TOPICS: usize = Topic::ALL.len();

const MAGIC: &[u8; 8] = b"GISATPC1";

/// What a decompressed file may be at most, in bytes: a weight for every feature there can be.
const LARGEST_FILE: u64 = 64 + BUCKETS as u64 * (TOPICS as u64 + 1);

/// The largest scale that makes sense; it keeps the arithmetic finite.
const LARGEST_SCALE: f32 = 1e6;

/// Level of compression: the file is written once and read at every start.
const COMPRESSION_LEVEL: i32 = 19;

/// Features of one word of the bitmap.
const WORD: usize = u64::BITS as usize;

/// A feature with its weights, in units of the file's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the feature, below [`BUCKETS`].
    pub feature: u32,
    /// Weights by topic, in the order of [`Topic::ALL`].
    pub weights: [i8; TOPICS],
}

/// Weights by feature. Most features of a text have none: a bitmap tells, and how many bits are set before one is the
/// position of its weights.
pub(super) struct Weights {
    bitmap: Vec<u64>,
    /// Bits that are set before each word of the bitmap.
    before: Vec<u32>,
    /// Weights of the features of the bitmap; the last of each row is padding.
    rows: Vec<[i8; 8]>,
    pub(super) scaling: Scaling,
}

/// What weights are worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// Turns sums of weights into logits; positive, at most a million.
    pub scale: f32,
    /// Mean weight of the known features of news prose, by topic, in units of the file's weights.
    pub prose: [f32; TOPICS],
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Weights")
            .field("rows", &self.rows.len())
            .field("scaling", &self.scaling)
            .finish_non_exhaustive()
    }
}

impl Weights {
    /// Reads a model file.
    pub(super) fn read(file: &[u8]) -> Result<Self, ModelError> {
        Self::parse(&unpack(file, LARGEST_FILE)?).ok_or(ModelError::Format)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let count = u32::from_le_bytes(take(&mut rest)?) as usize;
        let scaling = take_scaling(&mut rest)?;
        // A wrong count cannot ask for more memory than the file is worth.
        if count > rest.len() / (1 + TOPICS) {
            return None;
        }
        let mut bitmap = vec![0u64; BUCKETS as usize / WORD];
        let mut next = 0;
        for _ in 0..count {
            let feature = take_leb128(&mut rest)?.checked_add(next)?;
            next = feature.checked_add(1)?;
            *bitmap.get_mut(feature as usize / WORD)? |= 1 << (feature as usize % WORD);
        }
        if rest.len() != count * TOPICS {
            return None;
        }
        let mut rows = vec![[0; 8]; count];
        for topic in 0..TOPICS {
            for (row, &weight) in rows.iter_mut().zip(&rest[topic * count..]) {
                row[topic] = weight as i8;
            }
        }
        let mut set = 0;
        let before = bitmap.iter().map(|word| {
            let before = set;
            set += word.count_ones();
            before
        });
        Some(Self {
            before: before.collect(),
            bitmap,
            rows,
            scaling,
        })
    }

    /// Keeps the features that have weights.
    pub(super) fn retain_known(&self, features: &mut Vec<u32>) {
        // Which ones cannot be foreseen, so there is no branch on it.
        let mut known = 0;
        for index in 0..features.len() {
            let feature = features[index];
            features[known] = feature;
            known += usize::from(self.has(feature));
        }
        features.truncate(known);
    }

    #[inline]
    fn has(&self, feature: u32) -> bool {
        let word = self.bitmap.get(feature as usize / WORD).copied();
        word.unwrap_or_default() >> (feature as usize % WORD) & 1 == 1
    }

    /// The weights of a feature that has some.
    #[inline]
    pub(super) fn of(&self, feature: u32) -> &[i8; 8] {
        let index = feature as usize / WORD;
        let below = self.bitmap[index] & ((1u64 << (feature as usize % WORD)) - 1);
        &self.rows[(self.before[index] + below.count_ones()) as usize]
    }
}

fn take_scaling(rest: &mut &[u8]) -> Option<Scaling> {
    let scale = f32::from_le_bytes(take(rest)?);
    let mut prose = [0.0; TOPICS];
    for expected in &mut prose {
        *expected = f32::from_le_bytes(take(rest)?);
    }
    // The largest possible weight bounds the mean ones.
    let sound = (f32::MIN_POSITIVE..=LARGEST_SCALE).contains(&scale)
        && prose.iter().all(|expected| expected.abs() <= f32::from(i8::MAX));
    sound.then_some(Scaling { scale, prose })
}

/// Writes a model file. The rows may be in any order; of those of one feature the first stays.
pub fn write(mut rows: Vec<Row>, scaling: &Scaling) -> std::io::Result<Vec<u8>> {
    rows.sort_by_key(|row| row.feature);
    rows.dedup_by_key(|row| row.feature);
    let mut bytes = MAGIC.to_vec();
    bytes.extend((rows.len() as u32).to_le_bytes());
    bytes.extend(scaling.scale.to_le_bytes());
    for expected in scaling.prose {
        bytes.extend(expected.to_le_bytes());
    }
    let mut next = 0;
    for row in &rows {
        put_leb128(row.feature - next, &mut bytes);
        next = row.feature + 1;
    }
    for topic in 0..TOPICS {
        bytes.extend(rows.iter().map(|row| row.weights[topic] as u8));
    }
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), COMPRESSION_LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(&bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |feature, weight| Row {
            feature,
            weights: [weight, 0, 1, 2, 3, 4, -weight],
        };
        vec![
            row(BUCKETS - 1, -127),
            row(0, 5),
            row(63, 6),
            row(64, 7),
            row(70_000, 8),
        ]
    }

    const SCALING: Scaling = Scaling {
        scale: 0.25,
        prose: [-1.5; TOPICS],
    };

    #[test]
    fn what_is_written_is_read() {
        assert_same(&Weights::read(&write(rows(), &SCALING).unwrap()).unwrap());
    }

    fn assert_same(weights: &Weights) {
        assert_eq!(weights.scaling, SCALING);
        for row in rows() {
            assert_eq!(weights.of(row.feature)[..TOPICS], row.weights);
        }
        let mut features = vec![1, 62, 63, 65, 69_999, 70_000, BUCKETS, u32::MAX];
        weights.retain_known(&mut features);
        assert_eq!(features, [63, 70_000]);
    }

    #[test]
    fn damaged_files_are_refused() {
        assert!(matches!(
            Weights::read(b"not a model"),
            Err(ModelError::Compression(_))
        ));
        let file = write(rows(), &SCALING).unwrap();
        for position in 0..file.len() {
            let mut damaged = file.clone();
            damaged[position] ^= 0x10;
            // A bit of the frame's head says how much memory to read it with: such damage does no harm.
            if let Ok(weights) = Weights::read(&damaged) {
                assert_same(&weights);
            }
        }
        let bytes = zstd::stream::decode_all(file.as_slice()).unwrap();
        for length in 0..bytes.len() {
            assert!(Weights::parse(&bytes[..length]).is_none(), "{length}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Weights::parse(&longer).is_none());
        let mut greedy = bytes.clone();
        greedy[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Weights::parse(&greedy).is_none());
        for scale_or_prose in [12..16, 20..24] {
            for number in [f32::NAN, f32::MAX, f32::NEG_INFINITY] {
                let mut nonsense = bytes.clone();
                nonsense[scale_or_prose.clone()].copy_from_slice(&number.to_le_bytes());
                assert!(Weights::parse(&nonsense).is_none());
            }
        }
    }
}
