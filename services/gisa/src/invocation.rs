//! How this program was started, for commands that are suggested to people.

use std::path::{Component, Path};

/// The shell command after which plain `gisa` is found, when this program was started by a path, as `cargo run` does.
pub(crate) fn path_command() -> Option<String> {
    let program = std::env::args_os().next()?;
    path_command_for(Path::new(&program))
}

fn path_command_for(program: &Path) -> Option<String> {
    let directory = program
        .parent()
        .filter(|directory| directory.components().next().is_some())?;
    let directory = directory.display();
    let absolute = matches!(program.components().next(), Some(Component::RootDir));
    let start = if absolute { "" } else { "$PWD/" };
    Some(format!("export PATH=\"{start}{directory}:$PATH\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_suggested_only_when_one_was_used() {
        assert_eq!(path_command_for(Path::new("gisa")), None);
        assert_eq!(
            path_command_for(Path::new("target/release/gisa")).as_deref(),
            Some("export PATH=\"$PWD/target/release:$PATH\"")
        );
        assert_eq!(
            path_command_for(Path::new("/opt/gisa/gisa")).as_deref(),
            Some("export PATH=\"/opt/gisa:$PATH\"")
        );
    }
}
