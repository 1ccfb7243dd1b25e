//! What the images promise: small, not root, labelled, the same entry point on both ways of building them.

use std::{fs, process::Command};

use gisa_integration_tests::docker::{deploy_directory, docker, image, is_skipped};
use serde_json::Value;

/// Largest image, as the documentation says.
const LARGEST_BYTES: u64 = 60_000_000;

const PROGRAMS: [&str; 4] = ["gisa-ingest", "gisa-entity-tagging", "gisa-query", "gisa"];

#[test]
fn images_are_small_labelled_and_not_root() {
    if is_skipped() {
        return;
    }
    for program in PROGRAMS {
        let (name, tag) = image(program);
        let inspected: Value =
            serde_json::from_str(&docker(&["image", "inspect", &format!("{name}:{tag}")])).unwrap();
        let (inspected, config) = (&inspected[0], &inspected[0]["Config"]);
        let size = inspected["Size"].as_u64().unwrap();
        println!("{program}: {:.1} MB", size as f64 / 1e6);
        assert!(size < LARGEST_BYTES, "{program} has {size} bytes");
        assert_eq!(config["User"], "65532:65532", "{program}");
        assert_eq!(
            config["Entrypoint"],
            serde_json::json!(["/usr/bin/gisa-service"]),
            "{program}"
        );
        let labels = &config["Labels"];
        assert_eq!(labels["org.opencontainers.image.title"], program);
        assert_eq!(
            labels["org.opencontainers.image.version"],
            env!("CARGO_PKG_VERSION")
        );
        assert!(
            labels["org.opencontainers.image.revision"]
                .as_str()
                .is_some_and(|revision| !revision.is_empty())
        );
    }
}

#[test]
fn every_program_starts_in_its_image_without_privileges() {
    if is_skipped() {
        return;
    }
    for program in PROGRAMS {
        let (name, tag) = image(program);
        let arguments = [
            "run",
            "--rm",
            "--read-only",
            "--cap-drop",
            "ALL",
            "--network",
            "none",
        ];
        let image = format!("{name}:{tag}");
        let version = docker(&[&arguments[..], &[&image, "--version"]].concat());
        assert_eq!(version, format!("{program} {}", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn a_health_check_without_a_service_fails() {
    if is_skipped() {
        return;
    }
    let (name, tag) = image("gisa-query");
    let output = Command::new("docker")
        .args([
            "run",
            "--rm",
            "--network",
            "none",
            &format!("{name}:{tag}"),
            "healthcheck",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no service listens on 127.0.0.1:7703"));
}

/// The two final stages of the Dockerfile differ only in where the files come from.
#[test]
fn both_ways_of_building_give_the_same_image() {
    let dockerfile = fs::read_to_string(deploy_directory().join("Dockerfile")).unwrap();
    let settings_of = |stage: &str| -> Vec<String> {
        let body = dockerfile
            .split("\nFROM ")
            .find(|body| body.lines().next().is_some_and(|line| line.ends_with(stage)));
        let body = body.unwrap_or_else(|| panic!("no stage {stage}"));
        body.lines()
            .skip(1)
            .filter(|line| !line.starts_with("COPY") && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let prebuilt = settings_of("AS prebuilt");
    assert!(prebuilt.iter().any(|line| line.starts_with("ENTRYPOINT")));
    let trimmed = |lines: Vec<String>| lines.join("\n").trim().to_owned();
    assert_eq!(trimmed(prebuilt), trimmed(settings_of("AS runtime")));
}
