#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_protocol_fuzz::{filter, write_seeds};

fuzz_target!(
    init: {
        write_seeds(filter::seeds);
        filter::prepare();
    },
    |input: &[u8]| filter::run(input)
);
