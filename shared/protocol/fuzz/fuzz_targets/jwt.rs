#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{jwt, write_seeds};

fuzz_target!(
    init: {
        write_seeds(jwt::seeds);
        jwt::prepare();
    },
    |input: &[u8]| jwt::run(input)
);
