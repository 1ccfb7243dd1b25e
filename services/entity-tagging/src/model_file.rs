//! What the files of the models have in common: one zstd frame, little-endian numbers, and the ways they can be wrong.

use std::io::Read as _;

use thiserror::Error;

/// Why a model file cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// It cannot be decompressed.
    #[error("the model file cannot be decompressed: {0}")]
    Compression(std::io::Error),
    /// It is not a model file of this version.
    #[error("the model file is not of this version, or cut off")]
    Format,
}

/// The content of a file, of which more than `most` bytes are not read: a small frame may hold a great deal.
pub(crate) fn unpack(file: &[u8], most: u64) -> Result<Vec<u8>, ModelError> {
    let decoder = zstd::stream::read::Decoder::new(file).map_err(ModelError::Compression)?;
    let mut bytes = Vec::new();
    decoder
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(ModelError::Compression)?;
    Ok(bytes)
}

/// The next `N` bytes.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// Appends a number in LEB128.
pub(crate) fn put_leb128(mut number: u32, bytes: &mut Vec<u8>) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The next number, in LEB128.
pub(crate) fn take_leb128(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..32).step_by(7) {
        let [byte] = take(rest)?;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
