//! Files of the data directory.

use std::fs::{self, DirBuilder, OpenOptions};
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
