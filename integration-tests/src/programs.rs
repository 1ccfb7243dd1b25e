//! The binaries of the services, built in the same profile as the test or program that runs them.

use std::{path::PathBuf, sync::OnceLock};

use crate::Stage;

/// The binary of a stage.
pub fn program(stage: Stage) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(build_programs);
    directory.join(match stage {
        Stage::Ingest => "gisa-ingest",
        Stage::EntityTagging => "gisa-entity-tagging",
        Stage::Query => "gisa-query",
    })
}

/// Makes sure that the binaries are there and current; cargo alone builds none of another package. The variable
/// `GISA_TEST_PROGRAMS` names a directory with binaries that are to be taken as they are.
fn build_programs() -> PathBuf {
    if let Some(directory) = std::env::var_os("GISA_TEST_PROGRAMS") {
        return directory.into();
    }
    let this = std::env::current_exe().expect("the path of this program");
    // target/<profile>/<program> or target/<profile>/deps/<test>
    let directory = this
        .ancestors()
        .skip(1)
        .find(|directory| !directory.ends_with("deps"))
        .expect("a target directory")
        .to_owned();
    let mut build = std::process::Command::new(env!("CARGO"));
    // Out of the whole workspace, so that the dependencies are built with the features that `cargo test --workspace` has
    // given them, and not once more.
    build
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--quiet", "--workspace"])
        .args(["--bin", "gisa-ingest"])
        .args(["--bin", "gisa-entity-tagging"])
        .args(["--bin", "gisa-query"])
        .env(
            "CARGO_TARGET_DIR",
            directory.parent().expect("a target directory"),
        );
    if directory.ends_with("release") {
        build.arg("--release");
    }
    assert!(
        build.status().expect("cargo can be run").success(),
        "the services do not build"
    );
    directory
}
