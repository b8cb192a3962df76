#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{response, write_seeds};

fuzz_target!(
    init: {
        write_seeds(response::seeds);
        response::prepare();
    },
    |input: &[u8]| response::run(input)
);
