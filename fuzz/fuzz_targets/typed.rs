#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code, reason = "the other checks have targets of their own")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::typed(data));
