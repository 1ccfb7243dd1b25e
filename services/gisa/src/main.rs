//! The `gisa` binary.

use std::process::ExitCode;

/// An article is many small allocations; see `docs/adr/0015-allocator.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gisa::run()
}
