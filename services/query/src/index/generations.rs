//! The directories of indexes: one a generation, and a file that names the current one.
//!
//! ```text
//! <directory>/lock             locked by the process that uses the directory
//! <directory>/current          number of the current generation
//! <directory>/generation-7/    its files
//! <directory>/generation-8/    while another index is built beside it
//! ```
//!
//! `current` is written beside and renamed over, so that a crash leaves the number before or the new one; a generation that
//! it does not name is a leftover. Nothing else in the directory is touched.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tracing::{info, warn};

use super::IndexError;

const LOCK: &str = "lock";
const CURRENT: &str = "current";
const CURRENT_NEW: &str = "current.new";
const PREFIX: &str = "generation-";

/// A process that is just ending may still hold the directory.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// Removing is tried so often: a merge that was under way may write one more file into the directory.
const REMOVE_ATTEMPTS: u32 = 10;
const REMOVE_PAUSE: Duration = Duration::from_millis(100);

/// The generations in one directory, which no other process uses as long as this value lives.
#[derive(Debug)]
pub(super) struct Generations {
    directory: PathBuf,
    numbers: Mutex<Numbers>,
    /// Unlocked when it is closed.
    _lock: File,
}

#[derive(Debug)]
struct Numbers {
    current: Option<u64>,
    /// The highest number ever given, as far as can be known.
    newest: u64,
}

impl Generations {
    /// Takes the directory, which is made if it is missing, and removes leftovers. Fails if another process uses it.
    pub(super) fn open(directory: &Path) -> Result<Self, IndexError> {
        fs::create_dir_all(directory)?;
        let lock = lock(directory)?;
        let current = read_current(directory)?;
        let newest = numbers_in(directory)?.into_iter().chain(current).max();
        let generations = Self {
            directory: directory.to_owned(),
            numbers: Mutex::new(Numbers {
                current,
                newest: newest.unwrap_or(0),
            }),
            _lock: lock,
        };
        generations.remove_others();
        Ok(generations)
    }

    /// The current generation; `None` when there never was one.
    pub(super) fn current(&self) -> Option<u64> {
        self.numbers().current
    }

    /// A number for a new generation.
    pub(super) fn next(&self) -> u64 {
        let mut numbers = self.numbers();
        numbers.newest += 1;
        numbers.newest
    }

    /// Where the files of a generation are.
    pub(super) fn path(&self, generation: u64) -> PathBuf {
        self.directory.join(format!("{PREFIX}{generation}"))
    }

    /// See [`IndexStore::make_current`](super::IndexStore::make_current).
    pub(super) fn make_current(&self, generation: u64) -> Result<(), IndexError> {
        let mut numbers = self.numbers();
        let beside = self.directory.join(CURRENT_NEW);
        let mut file = File::create(&beside)?;
        writeln!(file, "{generation}")?;
        file.sync_all()?;
        fs::rename(&beside, self.directory.join(CURRENT))?;
        // Only now are the new name, and that of the generation's directory, safe from a power failure.
        File::open(&self.directory)?.sync_all()?;
        numbers.current = Some(generation);
        Ok(())
    }

    /// See [`IndexStore::remove_others`](super::IndexStore::remove_others).
    pub(super) fn remove_others(&self) {
        let current = self.current();
        let found = numbers_in(&self.directory).unwrap_or_else(|error| {
            warn!(%error, "cannot look for leftovers of the index: {error}");
            Vec::new()
        });
        for generation in found.into_iter().filter(|number| Some(*number) != current) {
            match remove(&self.path(generation)) {
                Ok(()) => info!(generation, "generation {generation} of the index is removed"),
                Err(error) => {
                    warn!(%error, generation, "generation {generation} of the index is left over: {error}")
                }
            }
        }
        // It is left by a crash between writing and renaming, and overwritten by the next one.
        let _ = fs::remove_file(self.directory.join(CURRENT_NEW));
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(directory: &Path) -> Result<File, IndexError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(directory.join(LOCK))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(IndexError("another process uses its directory".to_owned()));
            }
        }
    }
}

/// The number in the file `current`. One that cannot be read is none: the index is built again then.
fn read_current(directory: &Path) -> Result<Option<u64>, IndexError> {
    let text = match fs::read_to_string(directory.join(CURRENT)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error.into()),
    };
    let number = text.trim().parse().ok();
    if number.is_none() {
        warn!("the file `{CURRENT}` of the index is damaged; the index is rebuilt");
    }
    Ok(number)
}

fn numbers_in(directory: &Path) -> Result<Vec<u64>, IndexError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(numbers)
}

fn remove(path: &Path) -> io::Result<()> {
    let mut attempt = 1;
    loop {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound && attempt < REMOVE_ATTEMPTS => {
                attempt += 1;
                thread::sleep(REMOVE_PAUSE);
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(generations: &Generations) -> u64 {
        let number = generations.next();
        fs::create_dir(generations.path(number)).unwrap();
        fs::write(generations.path(number).join("file"), b"x").unwrap();
        number
    }

    #[test]
    fn the_current_one_is_kept_and_leftovers_go() {
        let directory = tempfile::tempdir().unwrap();
        let generations = Generations::open(directory.path()).unwrap();
        assert_eq!(generations.current(), None);
        let first = make(&generations);
        generations.make_current(first).unwrap();
        let second = make(&generations);
        fs::write(directory.path().join("notes.txt"), b"of somebody else").unwrap();
        fs::write(directory.path().join(CURRENT_NEW), b"2").unwrap();
        drop(generations);

        let generations = Generations::open(directory.path()).unwrap();
        assert_eq!(generations.current(), Some(first));
        assert!(generations.path(first).exists() && !generations.path(second).exists());
        assert!(directory.path().join("notes.txt").exists());
        assert!(!directory.path().join(CURRENT_NEW).exists());

        let third = make(&generations);
        assert!(third > first);
        generations.make_current(third).unwrap();
        generations.remove_others();
        assert!(!generations.path(first).exists() && generations.path(third).exists());
        drop(generations);
        assert_eq!(
            Generations::open(directory.path()).unwrap().current(),
            Some(third)
        );
    }

    #[test]
    fn a_damaged_pointer_names_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for damage in [&b""[..], b"x", b"\xff\xff"] {
            let generations = Generations::open(directory.path()).unwrap();
            let number = make(&generations);
            generations.make_current(number).unwrap();
            drop(generations);
            fs::write(directory.path().join(CURRENT), damage).unwrap();
            let generations = Generations::open(directory.path()).unwrap();
            assert_eq!(generations.current(), None);
            assert!(!generations.path(number).exists());
        }
    }

    #[test]
    fn the_directory_is_of_one_process() {
        let directory = tempfile::tempdir().unwrap();
        let generations = Generations::open(directory.path()).unwrap();
        let other = File::options()
            .write(true)
            .open(directory.path().join(LOCK))
            .unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(generations);
        other.try_lock().unwrap();
    }
}
