//! A nats-server as a child process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The store in the directory of a server.
const STORE: &str = "store";

/// Freezing takes effect at once, unless the machine is very busy.
const FREEZE_DEADLINE: Duration = Duration::from_secs(20);

/// A nats-server process with its directory.
#[derive(Debug)]
pub(super) struct Process {
    program: PathBuf,
    name: String,
    directory: TempDir,
    child: Option<Child>,
}

impl Process {
    /// A server that listens on `port` and has this `sync_interval`, not started yet. `more_config` is added to its
    /// configuration.
    pub(super) fn new(program: &Path, port: u16, sync_interval: &str, more_config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory for the NATS server");
        let name = format!("gisa-test-{}-{port}", std::process::id());
        let store = directory.path().join(STORE);
        // `max_file` only bounds what streams may reserve, nothing is set aside on the disk.
        let config = format!(
            "server_name: {name}\nlisten: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: {store:?}, max_file: 64GB, max_mem: 64MB, sync_interval: {sync_interval} }}\n\
             {more_config}\n"
        );
        fs::write(directory.path().join("nats.conf"), config)
            .expect("the configuration of the NATS server is written");
        Self {
            program: program.to_owned(),
            name,
            directory,
            child: None,
        }
    }

    /// The directory of its store.
    pub(super) fn store(&self) -> PathBuf {
        self.directory.path().join(STORE)
    }

    /// The name that the server greets with.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Starts it; kills it first if it runs.
    pub(super) fn spawn(&mut self) {
        self.kill();
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_path());
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(self.directory.path().join("nats.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("the log file of the NATS server"))
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}", self.program.display()));
        self.child = Some(child);
    }

    /// SIGKILL; nothing if it does not run.
    pub(super) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // Fails only if it is gone already.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Sends a signal, for example `-STOP`.
    /// Freezes it. Returns when no thread of it runs any more: until then it might answer (known on Linux only).
    pub(super) fn freeze(&self) {
        self.signal("-STOP");
        let deadline = Instant::now() + FREEZE_DEADLINE;
        while !self.is_frozen() {
            assert!(Instant::now() < deadline, "the NATS server does not freeze");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets a frozen one go on.
    pub(super) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn is_frozen(&self) -> bool {
        let child = self.child.as_ref().expect("the NATS server runs");
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", child.id())) else {
            return true;
        };
        let states = threads
            .flatten()
            .map(|thread| fs::read_to_string(thread.path().join("stat")));
        // The state is what follows the name in brackets.
        let frozen = |stat: String| {
            stat.rsplit_once(") ")
                .is_some_and(|(_, state)| state.starts_with('T'))
        };
        states.flatten().all(frozen)
    }

    fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("the NATS server runs");
        let sent = Command::new("kill")
            .arg(signal)
            .arg(child.id().to_string())
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "kill {signal} of the NATS server"
        );
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
