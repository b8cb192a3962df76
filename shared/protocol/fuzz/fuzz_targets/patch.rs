#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{patch, write_seeds};

fuzz_target!(
    init: {
        write_seeds(patch::seeds);
    },
    |input: &[u8]| patch::run(input)
);
