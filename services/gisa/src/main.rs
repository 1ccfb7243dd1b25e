//! The `gisa` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    gisa::run()
}
