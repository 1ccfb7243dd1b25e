//! What the container tests need of Docker: whether it is there, the names of the images, free ports.

use std::{
    collections::BTreeMap,
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Set to 1, it leaves the container tests out, knowingly.
const SKIP: &str = "GISA_SKIP_CONTAINER_TESTS";

/// Whether `GISA_SKIP_CONTAINER_TESTS=1` says that container tests are skipped knowingly; if so, says it on standard error.
///
/// # Panics
///
/// If they are not skipped and cannot run; says what to install or build.
pub fn is_skipped() -> bool {
    if env::var(SKIP).is_ok_and(|value| value == "1") {
        eprintln!("skipped: {SKIP}=1, this container test has not run");
        return true;
    }
    static CHECKED: OnceLock<()> = OnceLock::new();
    CHECKED.get_or_init(|| {
        assert!(
            succeeds(&["info"]),
            "no Docker daemon answers: install Docker and start it (.ci/install-docker does both); set {SKIP}=1 to skip the \
             container tests knowingly"
        );
        let programs = ["gisa-ingest", "gisa-entity-tagging", "gisa-query", "gisa"];
        for (name, tag) in programs.map(image).into_iter().chain([nats_image()]) {
            let name = format!("{name}:{tag}");
            assert!(
                succeeds(&["image", "inspect", &name]) || succeeds(&["pull", "--quiet", &name]),
                "there is no image {name} and it cannot be pulled: build it with deploy/build-images --nats; set {SKIP}=1 to \
                 skip the container tests knowingly"
            );
        }
    });
    false
}

/// Name and tag of the image of a program, such as `gisa-ingest`.
pub fn image(program: &str) -> (String, String) {
    (format!("{}/{program}", pin("GISA_REGISTRY")), pin("GISA_VERSION"))
}

/// Name and tag of the image of NATS.
pub fn nats_image() -> (String, String) {
    ("nats".to_owned(), pin("NATS_VERSION"))
}

/// A value of `deploy/.env`, or of the environment, which wins there too.
fn pin(name: &str) -> String {
    static PINS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let pins = PINS.get_or_init(|| {
        let text = fs::read_to_string(deploy_directory().join(".env")).expect("deploy/.env");
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    });
    env::var(name).unwrap_or_else(|_| {
        pins.get(name)
            .cloned()
            .unwrap_or_else(|| panic!("no {name} in deploy/.env"))
    })
}

/// The folder `deploy` of the repository.
pub fn deploy_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy"))
}

/// A name that no other test on this machine uses.
pub(crate) fn unique_name() -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("gisa-test-{}-{count}", std::process::id())
}

/// A port of the loopback address that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("the free port").port()
}

/// Runs `docker` and returns what it prints.
///
/// # Panics
///
/// If it fails.
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker")
        .args(arguments)
        .output()
        .expect("docker can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Removes all containers whose names begin with `prefix` and a hyphen, and the network `prefix`. Never panics, because it is
/// used where a test panics already.
pub(crate) fn remove_by_name(prefix: &str) {
    let filter = format!("name=^/{prefix}-");
    let listed = Command::new("docker")
        .args(["ps", "--all", "--quiet", "--filter", &filter])
        .output();
    let listed = listed
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    for container in listed.lines() {
        succeeds(&["rm", "--force", "--volumes", container]);
    }
    succeeds(&["network", "rm", prefix]);
}

fn succeeds(arguments: &[&str]) -> bool {
    Command::new("docker")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
