//! The schemas of a current Kubernetes, by `kubernetes-validate`, which refuses fields that do not exist.

use std::process::Command;

use crate::overlay::Overlay;

/// Panics unless every object that Kubernetes itself defines is valid. Kinds of others are checked by hand elsewhere.
pub(crate) fn assert_valid(overlay: &Overlay) {
    let problems = problems(overlay);
    assert!(problems.is_empty(), "overlay {}: {problems}", overlay.name);
}

/// What `kubernetes-validate` says; empty if all is well.
pub(crate) fn problems(overlay: &Overlay) -> String {
    let documents: Vec<String> = overlay.built_in_documents().map(ToString::to_string).collect();
    let file = tempfile::Builder::new()
        .suffix(".yaml")
        .tempfile()
        .expect("a temporary file");
    // JSON is YAML.
    std::fs::write(file.path(), documents.join("\n---\n")).expect("the file is written");
    let output = Command::new("kubernetes-validate")
        .args(["--strict", "--quiet"])
        .arg(file.path())
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "kubernetes-validate cannot be run ({error}): run .ci/install-tools and put target/tools/bin on the \
                 PATH, or install it (pip install kubernetes-validate)"
            )
        });
    if output.status.success() {
        return String::new();
    }
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
