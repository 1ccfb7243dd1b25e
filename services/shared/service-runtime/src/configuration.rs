//! Settings: defaults, then a TOML file, then `GISA_*` environment variables, then flags; each later source wins.
//!
//! The environment variable of a setting is `GISA_` and its path in upper case with `__` between the parts:
//! `server.listen` is `GISA_SERVER__LISTEN`. Lists are separated by commas.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
};

use config::{Config, Environment, File, FileFormat};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// Prefix of the environment variables that are settings.
const ENVIRONMENT_PREFIX: &str = "GISA_";

/// Settings of a program. `Default` gives the documented defaults; every field must serialise, also when unset.
pub trait Settings: Default + Serialize + DeserializeOwned {
    /// Checks what types cannot; the message names the setting, its value and what is allowed.
    fn validate(&self) -> Result<(), String>;
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct SettingsSources {
    /// TOML file.
    pub file: Option<PathBuf>,
    /// Environment variables; those that are no settings are passed over.
    pub environment: HashMap<String, String>,
    /// `path=value` pairs, for example `server.listen=0.0.0.0:7001`.
    pub overrides: Vec<String>,
}

/// Settings that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigurationError {
    /// A source could not be read, or a value has the wrong type.
    #[error("cannot read the settings: {0}")]
    Unreadable(String),
    /// A key that is no setting.
    #[error("unknown setting `{0}`; `--print-config` shows all settings")]
    UnknownSetting(String),
    /// An override without `=`.
    #[error("`{0}` is not of the form path=value")]
    MalformedOverride(String),
    /// A value that is not allowed.
    #[error("invalid setting: {0}")]
    Invalid(String),
}

impl SettingsSources {
    /// Sources with the environment of this process.
    pub fn from_process(file: Option<PathBuf>, overrides: Vec<String>) -> Self {
        // Variables that are not Unicode cannot be settings.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            file,
            environment,
            overrides,
        }
    }

    /// Reads, merges and checks the settings. A key that is no setting is an error in a file or flag; in the environment
    /// it is passed over, because `GISA_*` variables of other Gisa programs may stand there.
    pub fn load<S: Settings>(&self) -> Result<S, ConfigurationError> {
        let unreadable = |error: config::ConfigError| ConfigurationError::Unreadable(error.to_string());
        let defaults = toml::Table::try_from(S::default())
            .map_err(|error| ConfigurationError::Unreadable(error.to_string()))?;
        let mut known = KnownSettings::default();
        known.collect("", &defaults);

        let mut builder =
            Config::builder().add_source(File::from_str(&defaults.to_string(), FileFormat::Toml));
        if let Some(file) = &self.file {
            known.check_file(file)?;
            builder = builder.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        builder = builder.add_source(known.environment_source(&self.environment));
        for assignment in &self.overrides {
            let (path, value) = assignment
                .split_once('=')
                .ok_or_else(|| ConfigurationError::MalformedOverride(assignment.clone()))?;
            if !known.paths.contains(path) {
                return Err(ConfigurationError::UnknownSetting(path.to_owned()));
            }
            builder = if known.lists.contains(path) {
                let items: Vec<String> = value.split(',').map(str::to_owned).collect();
                builder.set_override(path, items)
            } else {
                builder.set_override(path, value)
            }
            .map_err(unreadable)?;
        }

        let settings: S = builder
            .build()
            .and_then(Config::try_deserialize)
            .map_err(unreadable)?;
        settings.validate().map_err(ConfigurationError::Invalid)?;
        Ok(settings)
    }
}

/// Writes settings as TOML, as `--print-config` shows them.
pub fn to_toml<S: Settings>(settings: &S) -> Result<String, ConfigurationError> {
    toml::to_string_pretty(settings).map_err(|error| ConfigurationError::Unreadable(error.to_string()))
}

/// The paths of all settings, read off the defaults.
#[derive(Debug, Default)]
struct KnownSettings {
    paths: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl KnownSettings {
    fn collect(&mut self, prefix: &str, table: &toml::Table) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                toml::Value::Table(inner) => self.collect(&path, inner),
                toml::Value::Array(_) => {
                    self.lists.insert(path.clone());
                    self.paths.insert(path);
                }
                _ => {
                    self.paths.insert(path);
                }
            }
        }
    }

    fn check_file(&self, file: &std::path::Path) -> Result<(), ConfigurationError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            ConfigurationError::Unreadable(format!("{}: {error}", file.display()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
        let table: toml::Table = text.parse().map_err(|error| unreadable(&error))?;
        let mut in_file = Self::default();
        in_file.collect("", &table);
        match in_file.paths.difference(&self.paths).next() {
            Some(unknown) => Err(ConfigurationError::UnknownSetting(unknown.clone())),
            None => Ok(()),
        }
    }

    fn environment_source(&self, environment: &HashMap<String, String>) -> Environment {
        let settings: HashMap<String, String> = environment
            .iter()
            .filter(|(name, _)| {
                name.strip_prefix(ENVIRONMENT_PREFIX)
                    .is_some_and(|rest| self.paths.contains(&rest.to_lowercase().replace("__", ".")))
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut source = Environment::with_prefix(ENVIRONMENT_PREFIX.trim_end_matches('_'))
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .source(Some(settings));
        for list in &self.lists {
            source = source.with_list_parse_key(list);
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Example {
        name: String,
        nested: Nested,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Nested {
        max_items: u32,
        servers: Vec<String>,
    }

    impl Default for Example {
        fn default() -> Self {
            Self {
                name: "default".into(),
                nested: Nested::default(),
            }
        }
    }

    impl Default for Nested {
        fn default() -> Self {
            Self {
                max_items: 1,
                servers: vec!["a".into()],
            }
        }
    }

    impl Settings for Example {
        fn validate(&self) -> Result<(), String> {
            if self.nested.max_items == 0 {
                Err("nested.max_items must not be 0".into())
            } else {
                Ok(())
            }
        }
    }

    fn environment(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn later_sources_win() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gisa.toml");
        std::fs::write(&file, "name = 'file'\n[nested]\nmax_items = 2\nservers = ['b']\n").unwrap();
        let mut sources = SettingsSources {
            file: Some(file),
            ..Default::default()
        };
        let loaded = |sources: &SettingsSources| sources.load::<Example>().unwrap();
        assert_eq!(
            (loaded(&sources).name.as_str(), loaded(&sources).nested.max_items),
            ("file", 2)
        );

        sources.environment = environment(&[
            ("GISA_NESTED__MAX_ITEMS", "3"),
            ("GISA_NESTED__SERVERS", "c,d"),
            ("GISA_OTHER", "x"),
        ]);
        assert_eq!(
            loaded(&sources).nested,
            Nested {
                max_items: 3,
                servers: vec!["c".into(), "d".into()]
            }
        );

        sources.overrides = vec![
            "nested.max_items=4".into(),
            "name=flag".into(),
            "nested.servers=e".into(),
        ];
        let last = loaded(&sources);
        assert_eq!((last.name.as_str(), last.nested.max_items), ("flag", 4));
        assert_eq!(last.nested.servers, ["e"]);
    }

    #[test]
    fn mistakes_are_named() {
        let failure = |overrides: &[&str]| {
            let overrides = overrides.iter().map(|text| (*text).to_owned()).collect();
            SettingsSources {
                overrides,
                ..Default::default()
            }
            .load::<Example>()
            .unwrap_err()
            .to_string()
        };
        assert!(failure(&["nested.max_item=4"]).contains("unknown setting `nested.max_item`"));
        assert!(failure(&["name"]).contains("path=value"));
        assert!(failure(&["nested.max_items=0"]).contains("nested.max_items must not be 0"));
        assert!(failure(&["nested.max_items=many"]).contains("max_items"));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gisa.toml");
        std::fs::write(&file, "naem = 'x'\n").unwrap();
        let sources = SettingsSources {
            file: Some(file),
            ..Default::default()
        };
        assert!(
            sources
                .load::<Example>()
                .unwrap_err()
                .to_string()
                .contains("`naem`")
        );
    }

    #[test]
    fn printed_settings_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gisa.toml");
        std::fs::write(&file, to_toml(&Example::default()).unwrap()).unwrap();
        let sources = SettingsSources {
            file: Some(file),
            ..Default::default()
        };
        assert_eq!(sources.load::<Example>().unwrap(), Example::default());
    }
}
