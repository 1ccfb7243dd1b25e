//! The `gisa` binary.

use std::process::ExitCode;

/// Tagging makes many small allocations; see `docs/adr/0015-allocator-of-entity-tagging.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gisa::run()
}
