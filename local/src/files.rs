//! Files of the data directory.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes a directory that only its owner can enter, when it isn't there.
///
/// # Errors
/// The file system's.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)
}

/// What the local program keeps in its data directory. The engine's journal stands beside its file.
const OWN: [&str; 8] = [
    "dynamodb.sqlite",
    "dynamodb.sqlite-wal",
    "dynamodb.sqlite-shm",
    "kms.key",
    "dns.json",
    "seed.json",
    "practice-idp",
    "lock",
];

/// Deletes what the local program keeps in a directory, and nothing else that may be there.
///
/// # Errors
/// The file system's.
pub fn remove_data(directory: &Path) -> io::Result<()> {
    for path in OWN.map(|name| directory.join(name)) {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match removed {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
    }
    Ok(())
}

/// Takes the data directory for this process, until the file is dropped. `None` when another process has it.
///
/// # Errors
/// The file system's.
pub(crate) fn lock_data(directory: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(directory.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(problem)) => Err(problem),
    }
}

/// Writes a file that only its owner can read, in one step: a reader sees the old content or the new.
///
/// # Errors
/// The file system's.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    if unfinished.exists() {
        fs::remove_file(&unfinished)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(&unfinished)?.write_all(content)?;
    fs::rename(unfinished, path)
}
