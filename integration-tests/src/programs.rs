//! The binaries of the services, built in the same profile as the test or program that runs them.

use std::{path::PathBuf, sync::OnceLock};

use crate::Stage;

/// The binary of a stage.
pub fn program(stage: Stage) -> PathBuf {
    binary(stage.program())
}

/// The binary of this name, such as `gisa`.
pub fn binary(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(build_programs).join(name)
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
        .args(["--bin", "gisa"])
        .args(["--bin", "gisa-ingest"])
        .args(["--bin", "gisa-entity-tagging"])
        .args(["--bin", "gisa-query"])
        .env(
            "CARGO_TARGET_DIR",
            directory.parent().expect("a target directory"),
        );
    // Those that `cargo test` has set for this crate make the build scripts of others run again (ring asks for them), and with
    // them everything that depends on those.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    if directory.ends_with("release") {
        build.arg("--release");
    }
    assert!(
        build.status().expect("cargo can be run").success(),
        "the services do not build"
    );
    directory
}
