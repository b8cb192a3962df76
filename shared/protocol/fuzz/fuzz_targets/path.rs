#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{path, write_seeds};

fuzz_target!(
    init: {
        write_seeds(path::seeds);
        path::prepare();
    },
    |input: &[u8]| path::run(input)
);
