//! The dictionary files that are compiled into the service.

use super::imported::{Collection, Key};

macro_rules! seed_files {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every file of `seeds/dictionary`.
        pub(super) const FILES: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/dictionary/", $name)),
        )),*];
    };
}

seed_files! {
    "companies.tsv",
    "institutions.tsv",
    "places.tsv",
    "products.tsv",
    "events.tsv",
    "people.tsv",
}

macro_rules! imported_file {
    ($collection:literal, $key:ident) => {
        Collection {
            name: $collection,
            key: Key::$key,
            file: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../seeds/dictionary/imported/",
                $collection,
                ".tsv.zst"
            )),
        }
    };
}

/// The collections of `seeds/dictionary/imported`.
pub(super) const COLLECTIONS: &[Collection<'static>] = &[
    imported_file!("krx", Identifier),
    imported_file!("kiwi", Class),
    imported_file!("geonames", Identifier),
    imported_file!("cldr", Identifier),
    imported_file!("mecab", Identifier),
];
