//! Training and measuring of the tagger's models. Nothing of it runs in the service.
//!
//! ```text
//! corpora -> Example -> hashed features -> perceptron -> Quantised -> model file
//! ```

pub mod augmentation;
pub mod benchmark;
pub mod calibration;
pub mod corpus;
pub mod export;
pub mod facts;
pub mod labels;
pub mod names;
pub mod perceptron;
pub mod plain_words;
pub mod score;
pub mod topics;
