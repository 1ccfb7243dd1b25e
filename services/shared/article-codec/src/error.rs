//! Why a protobuf message is no valid domain value.

use thiserror::Error;

/// A message that breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes are no protobuf message of this type.
    #[error("not a protobuf message of the expected type: {0}")]
    Malformed(String),
    /// A required field is missing.
    #[error("field `{0}` is missing")]
    Missing(&'static str),
    /// A field has a value outside its documented range.
    #[error("field `{field}` is out of range: {value}")]
    OutOfRange {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: String,
    },
}

impl DecodeError {
    pub(crate) fn out_of_range(field: &'static str, value: impl std::fmt::Debug) -> Self {
        Self::OutOfRange {
            field,
            value: format!("{value:?}"),
        }
    }
}
