//! Names imported from other collections, kept as the text of their files and read where they are needed.
//!
//! A row is a spelling: name, type and trust (`P+`), key, canonical name, separated by tabs; rows are sorted by name.
//! `seeds/dictionary/imported/README.md` says where the files come from.

use gisa_article_model::EntityType;

use super::{DictionaryError, RowProblem, Trust};

/// What the key column of a file holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// What identifies the entity in the collection.
    Identifier,
    /// A class of entities. The class and the canonical name identify the entity together.
    Class,
}

/// A collection of names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collection<'file> {
    /// Short name, which begins the ids of its entities: `geonames`.
    pub(super) name: &'static str,
    /// What its key column holds.
    pub(super) key: Key,
    /// The file: zstd-compressed rows.
    pub(super) file: &'file [u8],
}

/// The names of all collections.
#[derive(Debug, Default)]
pub(super) struct ImportedNames(Vec<Table>);

#[derive(Debug)]
struct Table {
    name: &'static str,
    key: Key,
    /// The rows, one a line.
    text: String,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowPlace {
    table: u8,
    /// Byte of the table's text.
    start: u32,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImportedName<'text> {
    pub(super) text: &'text str,
    pub(super) entity_type: EntityType,
    pub(super) trust: Trust,
    /// Empty if the collection has none for it.
    key: &'text str,
    /// The same as `text` unless that is an alias.
    canonical: &'text str,
}

impl ImportedNames {
    /// Unpacks the files.
    pub(super) fn unpack(collections: &[Collection<'_>]) -> Result<Self, DictionaryError> {
        collections
            .iter()
            .map(Table::unpack)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// All rows with their places, a collection after the other.
    pub(super) fn rows(&self) -> impl Iterator<Item = Result<(RowPlace, ImportedName<'_>), DictionaryError>> {
        (0u8..)
            .zip(&self.0)
            .flat_map(|(number, table)| table.rows(number))
    }

    /// The row at `place`; there is one at every place that [`Self::rows`] gives.
    pub(super) fn get(&self, place: RowPlace) -> Option<ImportedName<'_>> {
        let table = self.0.get(usize::from(place.table))?;
        let line = table.text.get(place.start as usize..)?.lines().next()?;
        ImportedName::parse(line).ok()
    }

    /// The id of the entity that the row at `place` names, for example `geonames:1880252` or `kiwi:Q5/더글러스_애덤스`.
    pub(super) fn id(&self, place: RowPlace) -> Option<String> {
        let table = self.0.get(usize::from(place.table))?;
        let row = self.get(place)?;
        let collection = table.name;
        let name = || row.canonical.replace(' ', "_");
        Some(match table.key {
            Key::Class => format!("{collection}:{}/{}", row.key, name()),
            Key::Identifier if row.key.is_empty() => format!("{collection}:{}", name()),
            Key::Identifier => format!("{collection}:{}", row.key),
        })
    }
}

impl Table {
    fn unpack(collection: &Collection<'_>) -> Result<Self, DictionaryError> {
        let damaged = |source| DictionaryError::Packed {
            file: collection.name.into(),
            source,
        };
        let bytes = zstd::decode_all(collection.file).map_err(damaged)?;
        let not_text = |error| damaged(std::io::Error::new(std::io::ErrorKind::InvalidData, error));
        Ok(Self {
            name: collection.name,
            key: collection.key,
            text: String::from_utf8(bytes).map_err(not_text)?,
        })
    }

    fn rows(
        &self,
        number: u8,
    ) -> impl Iterator<Item = Result<(RowPlace, ImportedName<'_>), DictionaryError>> {
        let mut next = 0;
        let lines = self.text.split_terminator('\n').zip(1u64..);
        lines.map(move |(text, line)| {
            let place = RowPlace {
                table: number,
                start: next,
            };
            // The files are a few MB.
            next += text.len() as u32 + 1;
            match ImportedName::parse(text) {
                Ok(name) => Ok((place, name)),
                Err(problem) => Err(DictionaryError::Row {
                    file: self.name.into(),
                    line,
                    problem,
                }),
            }
        })
    }
}

impl<'text> ImportedName<'text> {
    /// Whether the spelling is the entity's name, not an alias.
    pub(super) fn is_canonical(&self) -> bool {
        self.canonical == self.text
    }

    fn parse(line: &'text str) -> Result<Self, RowProblem> {
        let mut columns = line.split('\t');
        let text = columns.next().filter(|name| !name.is_empty());
        let text = text.ok_or(RowProblem::EmptyName)?;
        let kind = columns.next().unwrap_or_default();
        let unknown = || RowProblem::UnknownType(kind.into());
        let mut letters = kind.chars();
        let entity_type = match letters.next() {
            Some('P') => EntityType::Person,
            Some('O') => EntityType::Organization,
            Some('L') => EntityType::Location,
            Some('R') => EntityType::Product,
            Some('E') => EntityType::Event,
            _ => return Err(unknown()),
        };
        let trust = match letters.as_str() {
            "+" => Trust::Strong,
            "-" => Trust::Weak,
            _ => return Err(unknown()),
        };
        let key = columns.next().unwrap_or_default();
        let canonical = columns.next().unwrap_or(text);
        match columns.count() {
            0 => Ok(Self {
                text,
                entity_type,
                trust,
                key,
                canonical,
            }),
            more => Err(RowProblem::Columns {
                found: 4 + more,
                expected: 4,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(key: Key, rows: &str) -> ImportedNames {
        let file = zstd::bulk::compress(rows.as_bytes(), 1).unwrap();
        ImportedNames::unpack(&[Collection {
            name: "test",
            key,
            file: &file,
        }])
        .unwrap()
    }

    #[test]
    fn ids_are_made_of_collection_and_key() {
        let cases = [
            (Key::Identifier, "가람\tL+\t12", "test:12"),
            (Key::Identifier, "가람 강\tL-", "test:가람_강"),
            (Key::Class, "마루 빛\tO+\tQ7", "test:Q7/마루_빛"),
            (Key::Class, "마르 빛\tO+\tQ7\t마루 빛", "test:Q7/마루_빛"),
        ];
        for (key, row, id) in cases {
            let names = unpack(key, &format!("가\tP-\n{row}\n"));
            let (place, name) = names.rows().nth(1).unwrap().unwrap();
            assert_eq!(names.get(place), Some(name), "{row}");
            assert_eq!(names.id(place).as_deref(), Some(id), "{row}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases = [
            ("\tP+", "the name is empty"),
            ("나\tX+", "unknown type \"X+\""),
            ("나\tP", "unknown type \"P\""),
            ("나", "unknown type \"\""),
            ("나\tP+\tQ1\t다\t라", "5 columns instead of 4"),
        ];
        for (row, problem) in cases {
            let names = unpack(Key::Class, &format!("가\tP-\n{row}\n"));
            let error = names.rows().nth(1).unwrap().unwrap_err();
            assert_eq!(error.to_string(), format!("test, line 2: {problem}"));
        }
        let not_packed = Collection {
            name: "test",
            key: Key::Class,
            file: b"no zstd frame",
        };
        assert!(ImportedNames::unpack(&[not_packed]).is_err());
    }
}
