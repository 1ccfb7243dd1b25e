//! A signature of what an article says, to find copies of it: wire stories that others print with another title, byline
//! or order.
//!
//! MinHash (Broder, 1997) over shingles of letters: the share of equal minima of two signatures estimates the Jaccard
//! similarity of their sets of shingles. Signatures are stored and compared for ever: shingles, hash functions and their
//! constants must never change. `docs/adr/0011-content-signature.md` says why it is made so.

use gisa_article_model::ContentSignature;
use multiversion::multiversion;

use crate::letters::for_each_letter;

/// Letters and digits of a shingle. White space and signs are left out, since copies differ in them. Five are about two
/// words: fewer are shared by articles on one subject, more are lost with every word that a copy changes.
const SHINGLE: usize = 5;

/// Of fewer shingles, with repetitions, there is no signature: short texts are alike by chance and by set phrases.
const LEAST_SHINGLES: usize = 32;

/// Number of hash functions.
const FUNCTIONS: usize = 64;

/// Bits of a character: any `char` fits.
const CHARACTER_BITS: u32 = 21;

/// The bits of a shingle's characters.
const SHINGLE_MASK: u128 = (1 << (CHARACTER_BITS * SHINGLE as u32)) - 1;

/// Function `i` maps the hash `h` of a shingle to `h * MULTIPLIERS[i] + ADDENDS[i]` modulo 2^32. The multipliers are odd,
/// so that each function is a permutation: none makes shingles equal that differ.
const MULTIPLIERS: [u32; FUNCTIONS] = constants(0x6769_7361, 1);
const ADDENDS: [u32; FUNCTIONS] = constants(0x6d69_6e69, 0);

/// The signature of an article's content; `None` for one that is too short to be compared.
///
/// Takes time in proportion to the length, and no memory that grows with it.
pub fn content_signature(title: &str, body: &str) -> Option<ContentSignature> {
    let mut minima = [u32::MAX; FUNCTIONS];
    let shingles = add_shingles(title, &mut minima) + add_shingles(body, &mut minima);
    (shingles >= LEAST_SHINGLES).then_some(ContentSignature { minima })
}

/// Lowers the minima to those of a text's shingles; gives their number.
fn add_shingles(text: &str, minima: &mut [u32; FUNCTIONS]) -> usize {
    let mut letters = 0usize;
    let mut shingle = 0u128;
    let mut hashes = Vec::with_capacity(HASHES_AT_ONCE);
    for_each_letter(text, |letter| {
        let Some(letter) = letter else { return };
        shingle = (shingle << CHARACTER_BITS | u128::from(u32::from(letter))) & SHINGLE_MASK;
        letters += 1;
        if letters < SHINGLE {
            return;
        }
        hashes.push(hash(shingle));
        if hashes.len() == HASHES_AT_ONCE {
            lower(minima, &hashes);
            hashes.clear();
        }
    });
    lower(minima, &hashes);
    letters.saturating_sub(SHINGLE - 1)
}

/// So many hashes are collected before the minima are lowered: choosing the instructions costs something.
const HASHES_AT_ONCE: usize = 128;

/// Compiled for processors with and without AVX2, which multiplies eight of these numbers at once.
#[multiversion(targets("x86_64+avx2"))]
fn lower(minima: &mut [u32; FUNCTIONS], hashes: &[u32]) {
    for hash in hashes {
        for (function, least) in minima.iter_mut().enumerate() {
            let image = hash
                .wrapping_mul(MULTIPLIERS[function])
                .wrapping_add(ADDENDS[function]);
            *least = image.min(*least);
        }
    }
}

/// The finalizer of MurmurHash3 over the two halves of a shingle; of the result the upper half.
#[inline]
fn hash(shingle: u128) -> u32 {
    let low = finalize(shingle as u64);
    (finalize(low ^ (shingle >> 64) as u64) >> 32) as u32
}

/// The 64-bit finalizer of MurmurHash3: every bit of the result depends on every bit of the input.
const fn finalize(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^= value >> 33;
    value = value.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ value >> 33
}

/// Constants for the functions: the finalizer over steps of the golden ratio from a seed, each with `bits` set.
const fn constants(seed: u64, bits: u32) -> [u32; FUNCTIONS] {
    let mut constants = [0; FUNCTIONS];
    let mut state = seed;
    let mut index = 0;
    while index < FUNCTIONS {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        constants[index] = (finalize(state) >> 32) as u32 | bits;
        index += 1;
    }
    constants
}

#[cfg(test)]
mod tests;
