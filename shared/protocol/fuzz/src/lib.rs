//! What the fuzz targets do with their input, and what has to hold whatever it is. A target's own file only hands the
//! input over. tests/fuzz builds and runs them.

pub mod filter;
pub mod jwt;
pub mod metadata;
pub mod patch;
mod patch_model;
pub mod path;
pub mod redirect;
pub mod response;

/// The suite's own vectors, signer and mutations.
#[allow(dead_code)]
#[path = "../../tests/suite/support/mod.rs"]
mod support;

use std::path::Path;
use std::{env, fs, process};

/// A named input to begin with.
pub struct Seed {
    /// The case it comes from.
    pub name: String,
    /// What the target is given.
    pub input: Vec<u8>,
}

/// Writes the seeds into the directory that `PORTICO_FUZZ_SEEDS` names, and ends there; without it, does nothing. A target
/// does this itself because only its own build has everything compiled.
pub fn write_seeds(seeds: fn() -> Vec<Seed>) {
    let Ok(directory) = env::var("PORTICO_FUZZ_SEEDS") else { return };
    for seed in seeds() {
        fs::write(Path::new(&directory).join(&seed.name), &seed.input).unwrap();
    }
    process::exit(0);
}
