//! Reads dictionary files and says in which line something is wrong.

use std::collections::{BTreeMap, BTreeSet};

use gisa_article_model::EntityType;
use thiserror::Error;

use super::Entity;

const HEADER: [&str; 5] = ["id", "type", "name", "aliases", "external_ids"];

/// Why a dictionary could not be read or built.
#[derive(Debug, Error)]
pub enum DictionaryError {
    /// A row of a file is wrong.
    #[error("{file}, line {line}: {problem}")]
    Row {
        /// Name of the file.
        file: String,
        /// Line in the file, from 1.
        line: u64,
        /// What is wrong.
        problem: RowProblem,
    },
    /// A file is not readable as a table.
    #[error("{file}: {source}")]
    Table {
        /// Name of the file.
        file: String,
        /// What the reader says.
        source: csv::Error,
    },
    /// Two parts of an entity differ in type or name.
    #[error("{id} is given twice, with different types or names")]
    ConflictingParts {
        /// Id of the entity.
        id: String,
    },
    /// A file of imported names cannot be unpacked.
    #[error("{file}: {source}")]
    Packed {
        /// Name of the file.
        file: String,
        /// What the decompression says.
        source: std::io::Error,
    },
    /// The names cannot be indexed.
    #[error("the names cannot be indexed: {0}")]
    Index(crawdad::errors::CrawdadError),
}

/// What is wrong with a row.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RowProblem {
    /// The first row is not the header.
    #[error("the header must be: id, type, name, aliases, external_ids")]
    Header,
    /// Too few or too many columns.
    #[error("{found} columns instead of {expected}")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there are at most or must be.
        expected: usize,
    },
    /// The id has not the form that its type asks for.
    #[error("bad id {id:?}: must be {prefix}: and lower-case words joined by hyphens")]
    BadId {
        /// The id as given.
        id: String,
        /// The prefix that the type asks for.
        prefix: &'static str,
    },
    /// Not one of the five types of names.
    #[error("unknown type {0:?}")]
    UnknownType(String),
    /// No name.
    #[error("the name is empty")]
    EmptyName,
    /// An empty alias between separators.
    #[error("an alias is empty")]
    EmptyAlias,
    /// White space around a name, or control characters in it.
    #[error("white space around {0:?}")]
    UntrimmedName(String),
    /// Not `key=value`.
    #[error("bad external id {0:?}: must be key=value")]
    BadExternalId(String),
    /// The id stands in an earlier row of the file.
    #[error("the id {0:?} stands in an earlier row")]
    DuplicateId(String),
}

pub(super) fn read(text: &str, file: &str) -> Result<Vec<Entity>, DictionaryError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .comment(Some(b'#'))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut entities = Vec::new();
    let mut ids = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    let mut is_header = true;
    let in_table = |source| DictionaryError::Table {
        file: file.into(),
        source,
    };
    while reader.read_record(&mut record).map_err(in_table)? {
        let read = reader.position().byte() as usize;
        let in_row = |problem| DictionaryError::Row {
            file: file.into(),
            line: last_line(&text[..read]),
            problem,
        };
        if std::mem::take(&mut is_header) {
            check_header(&record).map_err(in_row)?;
            continue;
        }
        let entity = read_row(&record).map_err(in_row)?;
        if !ids.insert(entity.id.clone()) {
            return Err(in_row(RowProblem::DuplicateId(entity.id)));
        }
        entities.push(entity);
    }
    Ok(entities)
}

/// The number of the last line of `read`. Positions of the reader do not count the comments and empty lines before a row.
fn last_line(read: &str) -> u64 {
    let before = read
        .trim_end_matches(['\n', '\r'])
        .bytes()
        .filter(|byte| *byte == b'\n')
        .count();
    before as u64 + 1
}

fn check_header(record: &csv::StringRecord) -> Result<(), RowProblem> {
    if record.iter().eq(HEADER) {
        Ok(())
    } else {
        Err(RowProblem::Header)
    }
}

fn read_row(record: &csv::StringRecord) -> Result<Entity, RowProblem> {
    let columns: Vec<&str> = record.iter().collect();
    let &[id, entity_type, name, aliases, external_ids] = columns.as_slice() else {
        return Err(RowProblem::Columns {
            found: columns.len(),
            expected: HEADER.len(),
        });
    };
    let (entity_type, prefix) =
        name_type(entity_type).ok_or_else(|| RowProblem::UnknownType(entity_type.into()))?;
    if !is_well_formed_id(id, prefix) {
        return Err(RowProblem::BadId {
            id: id.into(),
            prefix,
        });
    }
    if name.is_empty() {
        return Err(RowProblem::EmptyName);
    }
    Ok(Entity {
        id: id.into(),
        entity_type,
        name: trimmed(name)?,
        aliases: split(aliases).map(read_alias).collect::<Result<_, _>>()?,
        external_ids: split(external_ids)
            .map(read_external_id)
            .collect::<Result<BTreeMap<_, _>, _>>()?,
    })
}

/// The type of a name and the prefix of its ids.
fn name_type(name: &str) -> Option<(EntityType, &'static str)> {
    let entity_type = EntityType::parse(name)?;
    Some((entity_type, id_prefix(entity_type)?))
}

/// What the ids of entities of this type begin with, before the colon; `None` for what is no name.
fn id_prefix(entity_type: EntityType) -> Option<&'static str> {
    match entity_type {
        EntityType::Person => Some("person"),
        EntityType::Organization => Some("org"),
        EntityType::Location => Some("loc"),
        EntityType::Product => Some("product"),
        EntityType::Event => Some("event"),
        _ => None,
    }
}

/// The type that a well-formed id of a curated entity belongs to, for example an organization for `org:naver-cloud`;
/// `None` if it is not well-formed.
pub fn type_of_id(id: &str) -> Option<EntityType> {
    EntityType::ALL
        .iter()
        .copied()
        .find(|entity_type| id_prefix(*entity_type).is_some_and(|prefix| is_well_formed_id(id, prefix)))
}

fn is_well_formed_id(id: &str, prefix: &str) -> bool {
    let Some(slug) = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(':')) else {
        return false;
    };
    slug.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn split(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|').filter(move |_| !cell.is_empty())
}

fn read_alias(alias: &str) -> Result<String, RowProblem> {
    if alias.is_empty() {
        Err(RowProblem::EmptyAlias)
    } else {
        trimmed(alias)
    }
}

fn trimmed(name: &str) -> Result<String, RowProblem> {
    if name.trim() != name || name.contains(char::is_control) {
        return Err(RowProblem::UntrimmedName(name.into()));
    }
    Ok(name.into())
}

fn read_external_id(pair: &str) -> Result<(String, String), RowProblem> {
    match pair.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.into(), value.into())),
        _ => Err(RowProblem::BadExternalId(pair.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# comment\nid\ttype\tname\taliases\texternal_ids\n";

    fn problem(rows: &str) -> (u64, RowProblem) {
        match read(&format!("{HEAD}{rows}"), "test.tsv") {
            Err(DictionaryError::Row { line, problem, .. }) => (line, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_rows() {
        let rows = "org:marubit\tORGANIZATION\t마루빛\tMarubit|마루 빛\tkrx=000001|wikidata=Q1\n# note\nloc:a-1\tLOCATION\t가람\t\t\n";
        let entities = read(&format!("{HEAD}{rows}"), "test.tsv").unwrap();
        assert_eq!(entities.len(), 2);
        assert_eq!(
            entities[0].names().collect::<Vec<_>>(),
            ["마루빛", "Marubit", "마루 빛"]
        );
        assert_eq!(entities[0].external_ids["wikidata"], "Q1");
        assert_eq!(entities[1].aliases, Vec::<String>::new());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let bad_id = |id: &str, prefix| RowProblem::BadId {
            id: id.into(),
            prefix,
        };
        let cases = [
            (
                "org:a\tORGANIZATION\t가\t\n",
                3,
                RowProblem::Columns {
                    found: 4,
                    expected: 5,
                },
            ),
            (
                "org:a\tCOMPANY\t가\t\t\n",
                3,
                RowProblem::UnknownType("COMPANY".into()),
            ),
            ("org:a\tDATE\t가\t\t\n", 3, RowProblem::UnknownType("DATE".into())),
            ("loc:a\tORGANIZATION\t가\t\t\n", 3, bad_id("loc:a", "org")),
            ("org:A\tORGANIZATION\t가\t\t\n", 3, bad_id("org:A", "org")),
            ("org:a--b\tORGANIZATION\t가\t\t\n", 3, bad_id("org:a--b", "org")),
            ("person:\tPERSON\t가\t\t\n", 3, bad_id("person:", "person")),
            ("org:a\tORGANIZATION\t\t\t\n", 3, RowProblem::EmptyName),
            (
                "org:a\tORGANIZATION\t가 \t\t\n",
                3,
                RowProblem::UntrimmedName("가 ".into()),
            ),
            ("org:a\tORGANIZATION\t가\t나||다\t\n", 3, RowProblem::EmptyAlias),
            (
                "org:a\tORGANIZATION\t가\t\tkrx\n",
                3,
                RowProblem::BadExternalId("krx".into()),
            ),
            (
                "org:a\tORGANIZATION\t가\t\t\n\n# x\norg:a\tORGANIZATION\t나\t\t\n",
                6,
                RowProblem::DuplicateId("org:a".into()),
            ),
        ];
        for (rows, line, expected) in cases {
            assert_eq!(problem(rows), (line, expected), "{rows}");
        }
        let error = read("id\ttype\n", "test.tsv").unwrap_err();
        assert!(
            error.to_string().starts_with("test.tsv, line 1: the header"),
            "{error}"
        );
    }
}
