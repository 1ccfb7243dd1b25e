//! Running the binary, and a server of it.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A server that does not answer within this time has failed; a loaded machine builds its dictionary slowly.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The binary, without settings of the machine that the test runs on.
pub(crate) fn gisa() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gisa"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GISA_") || name == "CLICOLOR_FORCE" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Standard output as one JSON object a line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Runs to the end.
pub(crate) fn run(command: &mut Command) -> Finished {
    let output = command.output().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `gisa dev` on a port of its own.
#[derive(Debug)]
pub(crate) struct Dev {
    child: Child,
    port: u16,
}

impl Dev {
    /// Starts on a free port.
    pub(crate) fn start(directory: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self::start_on(directory, port)
    }

    pub(crate) fn start_on(directory: &Path, port: u16) -> Self {
        let child = gisa()
            .args(["dev", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(directory)
            .args(["--set", "logging.level=warn"])
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let dev = Self { child, port };
        let begun_at = Instant::now();
        while run(dev.command().args(["search", "--limit", "1", "--output", "json"])).code != 0 {
            assert!(begun_at.elapsed() < START_TIMEOUT, "the server did not start");
            thread::sleep(Duration::from_millis(50));
        }
        dev
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The binary as a client of this server.
    pub(crate) fn command(&self) -> Command {
        let mut command = gisa();
        command.env("GISA_SERVER", format!("http://127.0.0.1:{}", self.port));
        command
    }

    /// Runs a client to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        run(self.command().args(arguments))
    }

    /// Runs a client to its happy end and gives its JSON objects.
    pub(crate) fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        let finished = run(self.command().args(["--output", "json"]).args(arguments));
        assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.stderr);
        finished.objects()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; gives the exit code.
    pub(crate) fn terminate(mut self) -> i32 {
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that goes on while the test does other things; its standard output is JSON.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .args(["--output", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next object; blocks until there is one.
    pub(crate) fn next(&mut self) -> Option<Value> {
        Some(serde_json::from_str(&self.lines.next()?.unwrap()).unwrap())
    }

    /// The remaining objects and the exit code.
    pub(crate) fn finish(mut self) -> (Vec<Value>, i32) {
        let mut objects = Vec::new();
        while let Some(object) = self.next() {
            objects.push(object);
        }
        (objects, self.child.wait().unwrap().code().unwrap_or(-1))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
