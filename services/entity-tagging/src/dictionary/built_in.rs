//! The dictionary files that are compiled into the service.

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
