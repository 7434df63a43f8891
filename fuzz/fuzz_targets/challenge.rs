#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dockside_fuzz::challenge(bytes));
