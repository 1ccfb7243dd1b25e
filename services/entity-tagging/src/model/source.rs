//! Which model the service uses: the setting `tagging.model`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Model, NameModel};

/// The built-in model as the setting names it.
const BUILT_IN: &str = "built-in";
/// What the setting of an ONNX model begins with.
const ONNX: &str = "onnx:";

/// Where the model comes from: `built-in`, or `onnx:` and a directory with `model.onnx`, `tokenizer.json` and
/// `config.json` as Hugging Face tools export them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelSource {
    /// The model that ships with the service.
    #[default]
    BuiltIn,
    /// A token classification model in this directory.
    Onnx(PathBuf),
}

impl ModelSource {
    /// Checks that this build can read such a model.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Self::Onnx(_) if cfg!(not(feature = "onnx")) => Err(NO_ONNX.to_owned()),
            Self::BuiltIn | Self::Onnx(_) => Ok(()),
        }
    }

    /// Reads the model. Takes seconds for a large one.
    pub fn load(&self) -> anyhow::Result<Box<dyn NameModel>> {
        match self {
            Self::BuiltIn => Ok(Box::new(Model::built_in()?)),
            #[cfg(feature = "onnx")]
            Self::Onnx(directory) => Ok(Box::new(super::onnx::OnnxModel::read(directory)?)),
            #[cfg(not(feature = "onnx"))]
            Self::Onnx(_) => anyhow::bail!(NO_ONNX),
        }
    }
}

const NO_ONNX: &str =
    "tagging.model: this build reads no ONNX models; build it with --features gisa-entity-tagging/onnx";

impl TryFrom<String> for ModelSource {
    type Error = String;

    fn try_from(setting: String) -> Result<Self, String> {
        if setting == BUILT_IN {
            return Ok(Self::BuiltIn);
        }
        match setting.strip_prefix(ONNX) {
            Some(directory) if !directory.is_empty() => Ok(Self::Onnx(directory.into())),
            _ => Err(format!(
                "{setting:?} is no model: expected {BUILT_IN} or {ONNX}DIRECTORY"
            )),
        }
    }
}

impl From<ModelSource> for String {
    fn from(source: ModelSource) -> Self {
        match source {
            ModelSource::BuiltIn => BUILT_IN.to_owned(),
            ModelSource::Onnx(directory) => format!("{ONNX}{}", directory.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        for setting in ["built-in", "onnx:/models/news"] {
            let source = ModelSource::try_from(setting.to_owned()).unwrap();
            assert_eq!(String::from(source), setting);
        }
        for setting in ["", "onnx", "onnx:", "/models/news"] {
            assert!(ModelSource::try_from(setting.to_owned()).is_err(), "{setting}");
        }
        assert_eq!(ModelSource::default().validate(), Ok(()));
    }

    #[test]
    #[cfg(not(feature = "onnx"))]
    fn a_build_without_onnx_says_what_it_needs() {
        let source = ModelSource::Onnx("/models/news".into());
        assert!(
            source
                .validate()
                .unwrap_err()
                .contains("--features gisa-entity-tagging/onnx")
        );
        assert!(source.load().is_err());
    }
}
