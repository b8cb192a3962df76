#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{redirect, write_seeds};

fuzz_target!(init: write_seeds(redirect::seeds), |input: &[u8]| redirect::run(input));
