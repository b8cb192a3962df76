#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{metadata, write_seeds};

fuzz_target!(init: write_seeds(metadata::seeds), |input: &[u8]| metadata::run(input));
